"""From a URL to whether its name resolves, its port answers, and pip trusts what speaks there."""
