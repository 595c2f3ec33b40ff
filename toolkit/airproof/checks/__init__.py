"""The judgement: one module per family, its words in the TOML file of the same name. Checks look at facts only."""
