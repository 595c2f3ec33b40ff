"""airproof: proof that the package index of a host without internet works, before anybody depends on it."""

__version__ = "0.1.0"
