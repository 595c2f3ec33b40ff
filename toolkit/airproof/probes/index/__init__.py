"""Probe the index: the listings of each of its URL forms, and the facts that devpi states about itself."""
