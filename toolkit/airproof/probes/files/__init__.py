"""Fetch and inspect served files: their bytes, their hashes, and their metadata."""
