"""From groups of requirements to the distributions that pip installs for each, and to imports of their modules."""
