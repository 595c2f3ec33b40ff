"""A real Chromium without a network, one for all tests of this folder, and pages opened in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.opening import Open

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
FLAGS = [
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", NOWHERE),
]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Of this folder only: while Playwright runs, no other test of the process may run an event loop.

    Playwright gives it a fresh user-data-dir; `--headless` and `--no-sandbox` are its own defaults.
    """
    found = os.environ.get("AIRPROOF_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("absent: Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS, timeout=60_000)
        yield browser
        browser.close()


@pytest.fixture
def contexts(chromium: Browser) -> Iterator[list[BrowserContext]]:
    held: list[BrowserContext] = []
    yield held
    for one in held:
        one.close()


@pytest.fixture
def opened(chromium: Browser, contexts: list[BrowserContext], tmp_path: Path) -> Open:
    """Opens HTML from a file, as from a USB stick."""
    return Open(chromium, contexts, tmp_path)
