"""Report -> text; nothing else goes in. A renderer is one file and one line in RENDERERS."""
