"""From requirements and the index's pages to what they need there, by airproof's own resolution."""
