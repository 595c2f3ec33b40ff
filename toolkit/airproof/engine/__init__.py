"""How checks are run: pytest in a clean child process that does not outlive its parent, and a place without network."""
