"""Runs the checks of a plan: pytest in a clean child process that does not outlive its parent; events come out."""
