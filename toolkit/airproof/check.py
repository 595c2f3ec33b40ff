"""A check: one pure function from facts to its evidence, with an id, a level and its words.

A check looks at facts and either returns `seen(...)`, the values of its positive evidence, or raises:
`Failed` (through `expect`) with one finding for each cause, or `NotApplicable` with the positive fact that makes it so.
Anything else that escapes it is airproof's own error: the check is *broken*, never passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

import msgspec

from airproof.site.site import Kind

F = TypeVar("F", bound=Callable[..., "Seen"])
MARK = "__airproof_check__"
ABOUT = (
    *("filename", "file", "url", "path", "index", "module", "requirement", "distribution", "extra", "flow", "item"),
    *("setting", "variable", "user", "destination", "advisory"),
)
"""Values of a finding that say what its cause is about."""

LISTED = ("PIP01", "PIP07", "API03", "SRV06", "MAN06")
"""Checks that files and flows wait for: PIP02's own requirements, and not PIP02 itself, so that a damaged file beside a
missing one is told in the same run.
"""
PIP_STARTED = ("HOST01", "PIP01", "PIP14", "API06")
"""Checks that the facts of a pip's run wait for."""


class Level(str, Enum):
    """`required`: an activation would fail, data would be wrong, or anybody may replace packages. Else `advised`."""

    REQUIRED = "required"
    ADVISED = "advised"


class Finding(msgspec.Struct, frozen=True):
    """One cause that a check found."""

    cause: str
    """An id of the closed list of causes."""
    found: Any
    """Evidence that was found: comparable, JSON-like."""
    wanted: Any
    """Value that should have been found instead."""
    victims: tuple[str, ...] = ()
    """Requirements, projects or files that the cause affects."""
    values: dict[str, Any] = {}
    """Fills the placeholders of the cause's words."""

    @property
    def filename(self) -> str:
        """The file of the index that the cause is about, if it is about one."""
        return str(self.values.get("filename", ""))

    @property
    def about(self) -> str:
        """The project that the cause is about, if findings of the same cause and project are one, however the
        requirement is spelled and for whichever target it was found.
        """
        return str(self.values.get("about", ""))

    @property
    def goes_by(self) -> tuple[str, ...]:
        """Names by which a waiver may name this finding alone, such as the id of an advisory and its aliases."""
        return tuple(self.values.get("goes_by", ()))

    @property
    def key(self) -> str:
        """Tells the findings of one cause apart: who suffers, what is wanted, and what it is about. No measured value
        and no word of a sentence is in it.
        """
        wanted = [self.wanted] if isinstance(self.wanted, str) else []
        about = [str(self.values[name]) for name in ABOUT if self.values.get(name)]
        return ", ".join(dict.fromkeys([*sorted(self.victims), *wanted, *about]))


class Seen(msgspec.Struct, frozen=True):
    """The positive evidence of a pass: values for the check's `seen` text."""

    values: dict[str, Any]


class Failed(Exception):
    """The site failed a check."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("; ".join(f"{f.cause}: found {f.found!r}, wanted {f.wanted!r}" for f in findings))


class NotApplicable(Exception):
    """A positive fact makes the check meaningless here; `key` names its sentence in `reasons.toml`."""

    def __init__(self, key: str, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(key)


@dataclass(frozen=True)
class CheckInfo:
    """Description of a check, beside its function."""

    id: str
    level: Level
    requires: tuple[str, ...] = ()
    """Ids that must hold before this one says anything."""
    causes: tuple[str, ...] = ()
    """Everything that it may find: the closed list that `explain` and the documentation show."""
    only: Kind | None = None
    """The kind of site that it is for: a live one has no transcript, a rehearsal no surroundings. None: both."""
    waivable: bool = True
    """The proofs of being offline cannot be waived."""
    given: str = ""
    """The field of the Site by which it judges; where nobody filled it, the check does not apply, whatever the run
    did. The reason is `no-FIELD`.
    """
    last: bool = False
    """It runs after all others, since its facts change how fast the server answers. No other one may require it but
    one that runs last as well.
    """

    @property
    def family(self) -> str:
        return self.id.rstrip("0123456789")


def check(
    id: str,
    *,
    level: str,
    causes: tuple[str, ...] = (),
    requires: tuple[str, ...] = (),
    only: Kind | None = None,
    waivable: bool = True,
    given: str = "",
    last: bool = False,
) -> Callable[[F], F]:
    """Marks a function as a check and hands back the same function, so that a test can call it.

    Raises ValueError for an unknown level.
    """
    info = CheckInfo(id, Level(level), requires, causes, only, waivable, given, last)

    def mark(function: F) -> F:
        setattr(function, MARK, info)
        return function

    return mark


def info_of(function: Callable[..., object]) -> CheckInfo | None:
    """The check's own data, or None where the function is no check."""
    found = getattr(function, MARK, None)
    return found if isinstance(found, CheckInfo) else None


def expect(findings: Iterable[Finding]) -> None:
    """Raises Failed with all findings, if there is any. Never an `assert`: it would vanish under `python -O`."""
    found = tuple(findings)
    if found:
        raise Failed(found)


def seen(**values: Any) -> Seen:
    """Return the positive evidence of a check that holds: how many things it looked at."""
    return Seen(values)
