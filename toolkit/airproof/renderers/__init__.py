"""Report -> text; nothing else goes in. A renderer is one file and one line in RENDERERS."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

from airproof.record.report import Report
from airproof.words import Lang

if TYPE_CHECKING:
    from airproof.renderers.context import Context


class Renderer(Protocol):
    """A pure function: the same report, language and context give the same text.

    The context is the baseline or the other hosts that stand beside the report; without it a report stands alone.
    """

    def __call__(self, report: Report, lang: Lang, context: Context = ..., /) -> str: ...


class _Module(Protocol):
    render: Renderer


class _Lazy:
    """A renderer whose file is imported when it is first used: the command line starts without it."""

    def __init__(self, module: str) -> None:
        self.module = module

    def __call__(self, report: Report, lang: Lang, context: Context | None = None, /) -> str:
        render = self._load().render
        return render(report, lang) if context is None else render(report, lang, context)

    def several(self, parts: Sequence[tuple[Report, Context]], lang: Lang) -> str:
        """Reports of different sites in one text, told apart."""
        together = getattr(self._load(), "several", None)
        if together is not None:
            return cast(str, together(parts, lang))
        return "\n".join(self(report, lang, context) for report, context in parts)

    def prepare(self) -> None:
        """Load all that the first text needs, while nobody waits for it."""
        getattr(self._load(), "prepare", lambda: None)()

    def _load(self) -> _Module:
        return cast(_Module, importlib.import_module(self.module))


RENDERERS: Mapping[str, _Lazy] = MappingProxyType(
    {
        "terminal": _Lazy(f"{__name__}.terminal"),
        "markdown": _Lazy(f"{__name__}.markdown"),
        "junit": _Lazy(f"{__name__}.junit"),
        "json": _Lazy(f"{__name__}.json"),
        "html": _Lazy(f"{__name__}.html.page"),
        "github": _Lazy(f"{__name__}.github"),
        "openmetrics": _Lazy(f"{__name__}.openmetrics"),
        "nagios": _Lazy(f"{__name__}.nagios"),
        "cyclonedx": _Lazy(f"{__name__}.cyclonedx"),
        "locust": _Lazy(f"{__name__}.locust"),
    }
)
"""Name to function, in the order in which `--help` lists them."""
