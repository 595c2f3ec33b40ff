"""An empty guarded environment in which an interpreter's own pip runs, and what lies in it afterwards."""
