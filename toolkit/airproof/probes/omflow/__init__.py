"""From OMFlow's database, REST interface and exports to its index URL, its flows and their imports."""
