"""From an interpreter to an empty guarded environment in which its own pip runs, and to its contents afterwards."""
