"""Checks of custody: facts about the packages that cross the gap, and about what comes back after a loss, judged."""
