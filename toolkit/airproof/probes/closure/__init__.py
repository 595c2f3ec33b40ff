"""From requirements and the index's pages to the files that they need, by airproof's own resolution."""
