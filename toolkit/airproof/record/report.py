"""The record `airproof.report/1`: one JSON document is *the* result of a run.

Times are UTC (ISO 8601), durations seconds. Texts stand in both languages. Renderers are pure functions of a Report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from airproof.check import Level
from airproof.record.outcome import Outcome, Verdict
from airproof.record.summary import Summary
from airproof.words import Text

SCHEMA = "airproof.report/1"


class Tool(msgspec.Struct, frozen=True):
    name: str
    version: str
    python: str


RunCommand = Literal["check", "rehearse", "pytest"]
EngineName = Literal["airproof", "pytest"]


class Run(msgspec.Struct, frozen=True):
    command: RunCommand
    started: str
    """UTC, such as 2026-01-31T08:00:00Z."""
    seconds: float
    engine: EngineName
    """`pytest`: somebody's own pytest ran the checks, with whatever plug-ins it had."""
    finished: bool
    """False: interrupted or crashed; what was known is here."""
    deselected: tuple[str, ...] = ()
    """Ids of checks that were left out of the run."""
    interrupted: bool = False
    strict: bool = False
    """Advised checks counted as required ones."""
    bound: float | None = None
    """Seconds within which the run had to end, whatever the index did; None: it had no such bound."""
    overdue: bool = False
    """It came to its bound and was stopped."""
    altered: bool = False
    """Its log or its facts were changed by somebody else while it ran, such as code of a package."""
    again: str = ""
    """The command line that asks the same again, to be pasted; empty where there was none, or where it holds a secret
    or a word that not every shell reads alike.
    """


class SiteSummary(msgspec.Struct, frozen=True):
    """The question of a run. No secrets."""

    kind: str
    url: str
    groups: dict[str, tuple[str, ...]]
    """Requirements by the group that asks for them together."""
    pip_command: str
    pip_command_assumed: bool
    wheelhouse: str | None = None
    media: tuple[str, ...] = ()
    """Folders of the media that were carried in and named."""
    flows: dict[str, tuple[str, ...]] = {}
    """Names of the flows that each interpreter, by its label, would activate."""
    edition: str = ""
    """By whose rule the flows are judged: `open`, `commercial`; empty without flows."""
    collectors_items: int = 0
    """Items that a Collector runs although no Collector was asked: others were judged in its place."""
    collectors_unknown: int = 0
    """Items of a Collector that no asked one is known to be: all Collectors were judged in its place."""
    url_from: str = ""
    """Source of the URL: `typed`, `omflow` (its setting), `pip` (its configuration); empty for a rehearsal."""


class Scope(msgspec.Struct, frozen=True):
    """For what the verdict speaks."""

    targets: tuple[str, ...]
    """Labels such as `cp311-linux`."""
    requirements: int
    trust_assumed: bool = False
    """How the site's pip is called was assumed, and it matters here."""
    here: tuple[str, ...] = ()
    """Those of the targets whose interpreter is on the machine that judged."""
    flows: int = 0
    """Flows of OMFlow's open edition that were played, also those that ask for nothing."""
    advisories: str = ""
    """The day of the database of advisories, such as 2026-11-20; empty: none was asked for."""

    @property
    def judged(self) -> int:
        """How much the run speaks for: with nothing, it accepts nothing."""
        return self.requirements + self.flows


class RecordedFinding(msgspec.Struct, frozen=True):
    cause: str
    says: Text
    remedy: Text
    victims: tuple[str, ...]
    found: Any
    wanted: Any
    commands: tuple[str, ...] = ()
    """Commands of the remedy that can be pasted here and now, in order; each is one line, quoted for a shell. In older
    records also the commands for other places.
    """
    key: str = ""
    """Identity of the finding: the thing that its cause is about, and the victims. A finding of another record with the
    same check, subject, cause and key is the same finding, even if its sentence differs.
    """
    filename: str = ""
    """The file of the index that the cause is about, if it is about one."""
    outside: tuple[str, ...] = ()
    """The same for the connected machine, after what is missing was fetched there."""
    inside: tuple[str, ...] = ()
    """The same for the closed side, once that was carried in."""
    fetch: str = ""
    """A requirement that has to be fetched on the connected machine; empty: nothing has."""
    again: str = ""
    """An option that the check needs when it is repeated; a word in capitals is for the reader to replace."""
    about: str = ""
    """The project that the cause is about, normalised: the same cause of the same project is one, for whichever target
    it was found and however the requirement is spelled.
    """
    goes_by: tuple[str, ...] = ()
    """Names by which a waiver may name this finding alone, such as the id of an advisory and its aliases."""


class Entry(msgspec.Struct, frozen=True):
    """One check on one subject."""

    id: str
    family: str
    level: Level
    subject: str
    """Empty, or the label of the interpreter that was asked."""
    outcome: Outcome
    seconds: float
    title: Text
    why: Text
    evidence: Text | None = None
    """Sentence about what was seen, if the check passed."""
    reason: Text | None = None
    """Why broken, blocked, waived or not applicable."""
    blocked_by: str | None = None
    findings: tuple[RecordedFinding, ...] = ()


Strength = Literal["none", "hermetic", "guard", "namespace"]


class Offline(msgspec.Struct, frozen=True):
    """The proof of being offline."""

    strength: Strength
    """The strongest that held: no proof; hermetic pip; no Python process went elsewhere; no network at all."""
    canary_refused: bool | None
    """None: not tried."""
    decoy_visitors: int | None
    refused: tuple[str, ...]
    """Destinations, `host:port`, that were tried and refused."""


class RehearsalStep(msgspec.Struct, frozen=True):
    """One command of a rehearsal, as it was run."""

    step: str
    """Step of the manual: "1" to "5"."""
    title: Text
    command: str
    exit_code: int | None
    seconds: float
    output: str = ""


class NotFetched(msgspec.Struct, frozen=True):
    """Something that a rehearsal wanted to fetch for itself, and could not have."""

    target: str
    says: Text
    """What, and why."""
    asked: tuple[str, ...]
    """Sources that were asked for it."""


class Report(msgspec.Struct, frozen=True):
    schema: Literal["airproof.report/1"]
    tool: Tool
    run: Run
    site: SiteSummary
    verdict: Verdict
    exit_code: int
    scope: Scope
    counts: dict[str, int]
    """Outcome to number of entries; every outcome is there."""
    checks: tuple[Entry, ...]
    facts: dict[str, Any]
    offline: Offline
    steps: tuple[RehearsalStep, ...] = ()
    """The time line of a rehearsal; empty for a check."""
    departures: tuple[Text, ...] = ()
    """Sentences about each thing that the run did otherwise than the manual or the site's own call of pip, on purpose.
    """
    summary: Summary = Summary()
    """Results that follow from the facts; renderers read these, and not the facts."""
    lacking: tuple[NotFetched, ...] = ()
    """Packages that a rehearsal could not fetch for itself; empty if it was given its wheels."""


def counts_of(checks: Iterable[Entry]) -> dict[str, int]:
    """Outcome to number of checks; every outcome is there."""
    counted = Counter(entry.outcome for entry in checks)
    return {outcome.value: counted[outcome] for outcome in Outcome}
