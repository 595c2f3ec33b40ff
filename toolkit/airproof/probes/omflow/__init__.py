"""Read OMFlow's database, REST interface and exports: its index URL, its flows and their imports."""
