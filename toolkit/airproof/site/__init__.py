"""The input of a run as data: the site, the requested groups and flows, and the files that list them."""
