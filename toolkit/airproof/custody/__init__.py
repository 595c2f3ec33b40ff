"""Custody: what is known of the packages that cross the gap, and who vouches for them. Files in, typed values out."""
