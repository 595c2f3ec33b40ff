"""Which Chromium, and how it is started: without a network, and without asking for anything by itself."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
FLAGS = [
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", NOWHERE),
]
"""Beside Playwright's own: `--headless`, `--no-sandbox`, and a fresh `--user-data-dir`."""


def chromium() -> str | None:
    """The system's own; AIRPROOF_CHROMIUM names another."""
    return os.environ.get("AIRPROOF_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
