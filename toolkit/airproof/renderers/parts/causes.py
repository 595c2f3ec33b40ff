"""The causes of a record, each once, however many checks and interpreters ran into it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from airproof.check import Level
from airproof.printable import gathered
from airproof.record.outcome import Outcome
from airproof.record.report import Entry, Report
from airproof.renderers.parts.remedy import Remedy
from airproof.words import Text

HEADINGS = {"required": "causes", "advised": "advised-causes", "waived": "waived-causes"}
NAME = "\0"
"""Stands in a sentence for the host or target of which it is told."""


@dataclass
class Cause:
    """One thing that is wrong."""

    cause: str
    """Id from the closed list of causes; empty if a check failed without a finding."""
    says: Text
    also: dict[str, Text] = field(default_factory=dict)
    """Sentences about further targets, if they differ from `says`, by the targets' labels."""
    remedies: list[Remedy] = field(default_factory=list)
    victims: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    """The checks that found it."""
    sentences: dict[Text, None] = field(default_factory=dict)
    """All that its findings say, each with the name of its own host or target."""
    number: int = 0
    """Its place among all causes of the record, from 1: the same in every format."""

    @property
    def checks(self) -> dict[str, str]:
        """Id to label of each check that found it, such as `PIP02 (cp311-linux)`."""
        subjects: dict[str, list[str]] = {}
        for entry in self.entries:
            subjects.setdefault(entry.id, []).append(entry.subject)
        return {id: f"{id} ({gathered(those)})" if any(those) else id for id, those in subjects.items()}

    @property
    def found_by(self) -> list[str]:
        """The labels of `checks`."""
        return list(self.checks.values())

    @property
    def waiver(self) -> Text | None:
        """The reason for which it is waived, if it is; of a waiver that has ended, that it has."""
        judged = (Outcome.WAIVED, Outcome.FAILED)
        return next((entry.reason for entry in self.entries if entry.outcome in judged and entry.reason), None)


@dataclass(frozen=True)
class Causes:
    """All causes of a record, in the order of its checks."""

    counting: list[Cause]
    """Those that reject."""
    advised: list[Cause]
    waived: list[Cause]

    @property
    def all(self) -> list[Cause]:
        """Every cause in the order in which reports number them."""
        return [*self.counting, *self.advised, *self.waived]

    @cached_property
    def numbers(self) -> Mapping[Text, int]:
        """The number of the cause that a finding's sentence belongs to."""
        found: dict[Text, int] = {}
        for cause in self.all:
            for sentence in cause.sentences:
                found.setdefault(sentence, cause.number)
        return found

    @property
    def by_level(self) -> dict[str, list[Cause]]:
        """`required` (those that reject), `advised` and `waived`, each with its causes; in the order of the numbers."""
        return {"required": self.counting, "advised": self.advised, "waived": self.waived}

    @property
    def lists(self) -> Iterator[tuple[str, list[Cause]]]:
        """The name of the heading, and the causes, of each list that is not empty."""
        return ((HEADINGS[level], causes) for level, causes in self.by_level.items() if causes)


def label_of(entry: Entry) -> str:
    return f"{entry.id} ({entry.subject})" if entry.subject else entry.id


def counter(report: Report) -> Callable[[Entry], bool]:
    """A function that says whether a check's outcome counts for this record's verdict."""
    return lambda entry: report.run.strict or entry.level is Level.REQUIRED


def causes_of(report: Report) -> Causes:
    counts = counter(report)
    failed = [check for check in report.checks if check.outcome is Outcome.FAILED]
    found = Causes(
        counting=_grouped(step for step in failed if counts(step)),
        advised=_grouped(step for step in failed if not counts(step)),
        waived=_grouped((check for check in report.checks if check.outcome is Outcome.WAIVED), by_reason=True),
    )
    for number, cause in enumerate(found.all, 1):
        cause.number = number
    return found


def _grouped(entries: Iterable[Entry], *, by_reason: bool = False) -> list[Cause]:
    """Findings with the same cause and words are one, but for the name of the host or target in them, and so are those
    of one cause that are about the same project. A sentence that is told of several names all of them.

    `by_reason`: those waived for different reasons stay apart.
    """
    causes: dict[tuple[object, ...], Cause] = {}
    seen: dict[tuple[object, ...], set[str]] = {}
    told: dict[tuple[object, ...], dict[Text, list[str]]] = {}
    alike: dict[tuple[str, Text], Text] = {}  # a check that names no host may say the very same
    for entry in entries:
        reason = entry.reason if by_reason else None
        if not entry.findings:
            key: tuple[object, ...] = ("", entry.id, reason)
            causes.setdefault(key, Cause("", entry.title, sentences={entry.title: None})).entries.append(entry)
        for finding in entry.findings:
            nameless = finding.says if finding.about else _nameless(finding.says, entry.subject)
            says = alike.setdefault((finding.cause, finding.says), nameless)
            key = (finding.cause, finding.about or says, reason)
            cause = causes.setdefault(key, Cause(finding.cause, finding.says))
            cause.sentences[finding.says] = None
            labels = told.setdefault(key, {}).setdefault(says, [])
            if entry.subject or not labels:
                labels.append(entry.subject or entry.id)
            if not cause.entries or cause.entries[-1] is not entry:
                cause.entries.append(entry)
            remedy = Remedy.of(finding)
            if remedy not in cause.remedies:
                cause.remedies.append(remedy)
            known = seen.setdefault(key, set())
            for victim in finding.victims:
                if victim not in known:
                    known.add(victim)
                    cause.victims.append(victim)
    for key, sentences in told.items():
        first, *others = [(labels[0], _named(says, labels)) for says, labels in sentences.items()]
        causes[key].says = first[1]
        causes[key].also = dict(others)
    return list(causes.values())


def _nameless(says: Text, subject: str) -> Text:
    """Return the sentence without the name of the host or target that it is told of, if that is a word of its own."""
    if not subject or (subject not in says.en and subject not in says.zh_tw):
        return says
    name = _by_itself(subject)
    return Text(name.sub(NAME, says.en), name.sub(NAME, says.zh_tw))


@lru_cache(maxsize=1024)
def _by_itself(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", re.ASCII)


def _named(says: Text, labels: Iterable[str]) -> Text:
    names = gathered(labels)
    return Text(says.en.replace(NAME, names), says.zh_tw.replace(NAME, names))
