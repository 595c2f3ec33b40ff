"""Install groups of requirements with pip, and import the installed modules."""
