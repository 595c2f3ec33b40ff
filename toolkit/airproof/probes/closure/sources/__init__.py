"""Sources of pages and metadata for a closure: a live index, or a folder of wheels."""
