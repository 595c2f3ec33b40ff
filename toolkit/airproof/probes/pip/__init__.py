"""An empty guarded environment in which an interpreter's own pip runs, and its contents afterwards."""
