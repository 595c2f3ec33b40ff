"""From a URL to three answers: its name resolves, its port accepts connections, and pip trusts the server."""
