"""From a URL to what the index lists, in each of its forms, and to what devpi says of itself."""
