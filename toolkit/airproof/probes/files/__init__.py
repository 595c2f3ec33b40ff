"""From a served file to its bytes, its hash, and what is inside."""
