"""What somebody wants accepted, as data: the site, what is asked for, and the files in which that stands."""
