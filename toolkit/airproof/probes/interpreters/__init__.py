"""Describe interpreters and targets: version, markers, tags, standard library and surroundings."""
