"""All checks with their words: ids unique, requirements known and without a cycle, texts complete in both languages.

A check module `checks/NOUN.py` has its words in `checks/NOUN.toml`:

    [check.NET01.en]      title, why, seen        what it is, why it matters, the evidence of a pass
    [cause.ID.en]         says, remedy            what a finding says, and what to do about it
    [cause.ID]            commands                what to type, the same in every language, if anything
    [reason.ID]           en, zh-TW               why a check does not apply

and the same tables under `zh-TW`. The causes that several checks share stand in `diagnosis/causes.toml`.
"""

from __future__ import annotations

import graphlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import msgspec

from airproof.check import CheckInfo, Finding, Level, NotApplicable, Seen, info_of
from airproof.diagnosis.cause import CauseDefinition
from airproof.diagnosis.remedies.edition import in_open_edition
from airproof.diagnosis.remedies.uploads import NOTHING_AROUND, Around, Steps, about, fitted, steps_of
from airproof.errors import BadInput
from airproof.site.site import Kind, Site
from airproof.words import Both, Text, read_toml

CHECKS = Path(__file__).with_name("checks")
CAUSES = Path(__file__).with_name("diagnosis") / "causes.toml"
ONLY_FOR_ANOTHER = {Kind.LIVE: "live-site", Kind.REHEARSAL: "rehearsal", Kind.RESTORE: "restored"}
"""Kind of site to the reason that a check for the other kind does not apply."""
FAMILIES = (
    *("reach", "simple", "server", "capacity/load", "pip", "closure", "files"),
    *("host", "carried", "stored", "omflow", "manual", "medium"),
    *("custody/scanned", "custody/advisories", "custody/licences", "custody/restored"),
)
"""The nouns of NET, API, SRV (two), PIP, DEP, FIL, HOST (two), OMF (two), MAN, MED, SEC (three) and RES: in this order.
"""

TEXTS = ("title", "why", "seen")
"""Texts about a check, in both languages."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of words."""

    check: dict[str, Both] = {}
    cause: dict[str, CauseDefinition] = {}
    reason: dict[str, Text] = {}


@dataclass(frozen=True)
class Check:
    """A check as the catalogue holds it."""

    info: CheckInfo
    function: Callable[..., Seen]
    words: Both

    @property
    def title(self) -> Text:
        return self.words.text("title")

    @property
    def why(self) -> Text:
        return self.words.text("why")

    def evidence(self, seen: Seen) -> Text:
        return self.words.text("seen").fill(seen.values)


@dataclass(frozen=True)
class Catalog:
    """Checks by id, causes and reasons by name."""

    checks: Mapping[str, Check]
    causes: Mapping[str, CauseDefinition]
    reasons: Mapping[str, Text]
    modules: Mapping[Path, ModuleType]
    """The check files that pytest collects, by their paths."""

    def says(self, finding: Finding) -> Text:
        return self.causes[finding.cause].says.fill(_words(finding))

    def remedy(self, finding: Finding, around: Around = NOTHING_AROUND, *, open_edition: bool = False) -> Text:
        """Return the remedy at this devpi, in sentences."""
        values = _words(finding) | about(around.server, finding.values) | {"held": around.held}
        cause = fitted(self.causes[finding.cause], around)
        return (in_open_edition(cause) if open_edition else cause).remedy.fill(values)

    def steps(self, finding: Finding, around: Around = NOTHING_AROUND) -> Steps:
        """Return what can be pasted, by place. Values are quoted; a command that they would make unsafe is left out."""
        values = _values(finding) | about(around.server, finding.values)
        return steps_of(self.causes[finding.cause], around, values)

    def not_here(self, id: str, site: Site) -> Text | None:
        """Return why a check is not for this site: its kind, or an option that nobody gave; None if it is for it."""
        info = self.checks[id].info
        if info.only not in (None, site.kind):
            return self.reasons[ONLY_FOR_ANOTHER[site.kind]]
        return self.reasons[f"no-{info.given}"] if info.given and not getattr(site, info.given) else None

    def reason(self, why_not: NotApplicable) -> Text:
        return self.reasons[why_not.key].fill(why_not.values)


class CatalogError(Exception):
    """The catalogue contradicts itself: a fault of whoever wrote a check."""


def load_catalog(extra: tuple[str, ...] = ()) -> Catalog:
    """The catalogue of airproof's own checks and those of `extra` files.

    Raises BadInput for an extra file that cannot be used or disagrees with the rest, CatalogError where airproof's own
    ids, requirements or texts disagree.
    """
    try:
        return _gather(extra)
    except CatalogError as error:
        if not extra:
            raise
        raise BadInput("checks-disagree", path=", ".join(extra), reason=error) from error


def _gather(extra: tuple[str, ...]) -> Catalog:
    modules = {CHECKS / f"{noun}.py": _module_of(noun) for noun in FAMILIES}
    words = [_read_words(path.with_suffix(".toml")) for path in modules]
    for name in extra:
        path = Path(name).resolve()
        modules[path] = _import_extra(path)
        words.append(_read_words(path.with_suffix(".toml")))
        if not any(checks_in(modules[path])):
            raise BadInput("checks-none", path=path)
    shared = _read_words(CAUSES)
    check_words = {id: texts for word in words for id, texts in word.check.items()}
    checks = {}
    for info, function in (found for module in modules.values() for found in checks_in(module)):
        if info.id in checks:
            raise CatalogError(f"two checks are called {info.id}")
        if info.id not in check_words:
            raise CatalogError(f"{info.id} has no words")
        lacking = [name for name in TEXTS for texts in check_words[info.id].both() if not texts.get(name)]
        if lacking:
            raise CatalogError(f"{info.id} lacks the text {lacking[0]!r} in en or zh-TW")
        checks[info.id] = Check(info, function, check_words[info.id])
    _hold_requires(checks)
    causes = {id: texts for word in (shared, *words) for id, texts in word.cause.items()}
    for check in checks.values():
        unknown = [cause for cause in check.info.causes if cause not in causes]
        if unknown:
            raise CatalogError(f"{check.info.id} may find {unknown[0]!r}, which has no words")
    return Catalog(
        checks,
        causes,
        {id: text for word in (shared, *words) for id, text in word.reason.items()},
        modules,
    )


def _module_of(noun: str) -> ModuleType:
    return importlib.import_module(f"airproof.checks.{noun.replace('/', '.')}")


def checks_in(module: ModuleType) -> Iterator[tuple[CheckInfo, Callable[..., Seen]]]:
    """The checks that a module defines, in the order of their definition."""
    for value in vars(module).values():
        if callable(value) and (info := info_of(value)) is not None:
            yield info, value


def running_order(checks: Mapping[str, Check]) -> list[str]:
    """Ids such that every check comes after those it requires, otherwise in the catalogue's order; those that run last
    come last.
    """
    sorter = graphlib.TopologicalSorter({id: one.info.requires for id, one in checks.items()})
    position = {id: number for number, id in enumerate(checks)}
    order: list[str] = []
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        order += ready
        sorter.done(*ready)
    return sorted(order, key=lambda id: checks[id].info.last)


def _values(finding: Finding) -> dict[str, object]:
    """Return the values that the words of a cause may name: the finding's own, and always found, wanted and victims."""
    return {
        "found": finding.found,
        "wanted": finding.wanted,
        "victims": ", ".join(finding.victims),
        **finding.values,
    }


def _words(finding: Finding) -> dict[str, object]:
    """The same for a sentence: white space inside a value is folded, so that no value breaks the line."""
    return {name: " ".join(one.split()) if isinstance(one, str) else one for name, one in _values(finding).items()}


def _hold_requires(checks: Mapping[str, Check]) -> None:
    for id, one in checks.items():
        for needed in one.info.requires:
            if needed not in checks:
                raise CatalogError(f"{id} requires {needed}, which does not exist")
            if checks[needed].info.last and not one.info.last:
                raise CatalogError(f"{id} may not wait for {needed}, which runs last")
            if one.info.level is Level.REQUIRED and checks[needed].info.level is not Level.REQUIRED:
                raise CatalogError(f"{id} is required and may not wait for {needed}, which is only advised")
    try:
        running_order(checks)
    except graphlib.CycleError as error:
        raise CatalogError(f"checks require each other: {' -> '.join(error.args[1])}") from error


def _read_words(path: Path) -> Words:
    try:
        return read_toml(path, Words)
    except FileNotFoundError as error:
        raise BadInput("checks-no-words", path=path) from error
    except (msgspec.DecodeError, ValueError) as error:
        raise BadInput("checks-bad-words", path=path, reason=error) from error


def _import_extra(path: Path) -> ModuleType:
    name = f"airproof_site_checks_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path) if path.suffix == ".py" and path.is_file() else None
    if spec is None or spec.loader is None:
        raise BadInput("checks-missing", path=path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a stranger's code: whatever it raises is a bad input
        raise BadInput("checks-broken", path=path, reason=f"{type(error).__name__}: {error}") from error
    return module
