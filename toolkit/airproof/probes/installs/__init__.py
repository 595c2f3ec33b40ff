"""From groups of requirements to what pip installs for each, and to what imports afterwards."""
