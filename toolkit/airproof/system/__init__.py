"""The operating system: child processes that end with their parent, a network namespace, a folder, the terminal."""
