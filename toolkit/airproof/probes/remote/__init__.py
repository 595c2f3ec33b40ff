"""From another host, or a file that was carried back from it, to the facts of that host."""
