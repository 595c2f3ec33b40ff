"""A page from a file, in a context of its own, and everything that it asked for or complained of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Page

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PATIENCE = 20_000
"""Milliseconds that any one wait may take; only to catch a hang."""


@dataclass
class Opened:
    """A page and what was noted of it since before it was loaded."""

    page: Page
    asked: list[str] = field(default_factory=list)
    """URLs of all requests, the page's own first."""
    said: list[str] = field(default_factory=list)
    """Errors and warnings of the console, errors of scripts."""

    def measure(self, script: str, argument: object = None) -> Any:
        """The value of a JavaScript function in the page; the page's own policy does not bind it."""
        return self.page.evaluate(script, argument)


@dataclass(frozen=True)
class Open:
    browser: Browser
    contexts: list[BrowserContext]
    folder: Path

    def __call__(self, html: str, *, width: int = 820, scheme: Scheme = "light", scripts: bool = True) -> Opened:
        """`scripts`: False opens it as a reader who forbids them."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
        )
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE)
        opened = Opened(context.new_page())
        context.on("request", lambda request: opened.asked.append(request.url))
        opened.page.on(
            "console", lambda told: opened.said.append(told.text) if told.type in ("error", "warning") else None
        )
        opened.page.on("pageerror", lambda error: opened.said.append(str(error)))
        path = self.folder / f"page-{len(self.contexts)}.html"
        path.write_text(html, encoding="utf-8")
        opened.page.goto(path.as_uri())
        return opened
