"""The only code that touches the world. Probes return facts: typed, frozen, serialisable. A probe never judges."""
