"""Resolve requirements with airproof's own resolution: the files that they need from the index."""
