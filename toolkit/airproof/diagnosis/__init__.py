"""From facts to one cause of a closed list. Its words and remedies stand in causes.toml."""
