"""The medium that is carried in: what is on it, for whom, and how it is filled."""
