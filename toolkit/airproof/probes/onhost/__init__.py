"""Scripts that run under ANOTHER Python: standard library only, Python 3.6 and later. They import only each other."""

from __future__ import annotations

from pathlib import Path

SCRIPTS = Path(__file__).parent
