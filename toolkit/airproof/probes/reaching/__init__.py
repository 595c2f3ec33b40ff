"""Try to reach a URL: whether its name resolves, its port answers, and pip trusts the server."""
