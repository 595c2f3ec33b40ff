"""Checks of custody: facts about the packages that cross the gap in, their evidence or findings out."""
