"""From what a person typed, wrote into airproof.toml or stored in OMFlow to a Site. Only this knows options."""
