"""Sentences and tables that several formats share."""
