"""Report -> text; nothing else goes in. A renderer is one file and one line in RENDERERS."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, cast

from airproof.record.report import Report
from airproof.words import Lang


class Renderer(Protocol):
    """A pure function: the same report and language give the same text."""

    def __call__(self, report: Report, lang: Lang, /) -> str: ...


class _Lazy:
    """A renderer whose file is imported when it is first used: the command line starts without it."""

    def __init__(self, module: str) -> None:
        self.module = module

    def __call__(self, report: Report, lang: Lang, /) -> str:
        render = cast(Renderer, importlib.import_module(self.module).render)
        return render(report, lang)


RENDERERS: Mapping[str, Renderer] = MappingProxyType(
    {name: _Lazy(f"{__name__}.{name}") for name in ("terminal", "markdown", "junit", "json", "html", "github")}
)
"""Name to function, in the order in which `--help` lists them. Each name is the name of a file here."""
