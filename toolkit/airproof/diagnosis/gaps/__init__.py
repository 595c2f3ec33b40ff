"""Why a requirement does not resolve: readings of an index in, findings with one cause each out."""
