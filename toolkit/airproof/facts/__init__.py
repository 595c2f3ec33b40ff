"""Gathers each fact once per run and keeps it as a file."""
