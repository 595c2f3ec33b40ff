"""The facts of a run go in; the parts of its record beside the checks' outcomes come out."""
