"""Readers of what is known of the packages that cross the gap."""
