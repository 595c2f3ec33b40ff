"""From a report to one HTML file."""
