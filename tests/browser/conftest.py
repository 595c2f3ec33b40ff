"""A real Chromium without a network, one for all tests of this folder, and pages opened in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser import finding
from tests.browser.opening import Open


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Start Chromium, here only: while Playwright runs, no other test of the process may run an event loop."""
    found = finding.chromium()
    if found is None:
        pytest.skip("absent: Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=finding.FLAGS, timeout=60_000)
        yield browser
        browser.close()


@pytest.fixture
def contexts(chromium: Browser) -> Iterator[list[BrowserContext]]:
    held: list[BrowserContext] = []
    yield held
    for page in held:
        page.close()


@pytest.fixture
def opened(chromium: Browser, contexts: list[BrowserContext], tmp_path: Path) -> Open:
    """Opens HTML from a file, as from a USB stick."""
    return Open(chromium, contexts, tmp_path)
