"""From the code of an item to the modules that it imports, and to the Pythons that can read it. Nothing is run."""
