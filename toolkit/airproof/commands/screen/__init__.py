"""The lines that a person sees while a command runs, and at its end."""
