"""From a URL to the index: its listings in each URL form, and the facts that devpi states about itself."""
