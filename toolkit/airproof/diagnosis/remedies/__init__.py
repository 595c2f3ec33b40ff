"""From a cause to what to do about it: commands that are safe to paste, fitted to the index that was tested."""
