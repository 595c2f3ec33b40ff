"""For all tests: pytester, to run pytest inside of them. The plug-in itself comes by its entry point."""

from __future__ import annotations

pytest_plugins = ["pytester"]
