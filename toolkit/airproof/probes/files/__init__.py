"""From a served file to its bytes, its hash, and its metadata."""
