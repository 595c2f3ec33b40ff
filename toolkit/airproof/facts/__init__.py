"""Facts as pytest fixtures: each calls probes, is gathered once per run, and lies as a JSON file."""
