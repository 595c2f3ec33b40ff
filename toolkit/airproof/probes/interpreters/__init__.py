"""From a Python's path or a target's name to its version, markers, tags, library and surroundings."""
