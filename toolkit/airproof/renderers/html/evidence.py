"""The lower part of the HTML report, as data for its templates: rehearsal, offline proof, facts, environment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from airproof.custody.cvss import SEVERITIES
from airproof.record.report import RehearsalStep, Report
from airproof.record.summary import MediumSummary
from airproof.renderers.html.templating import as_json
from airproof.renderers.parts.overview import MOST_REFUSED, offline_parts, run_parts
from airproof.renderers.parts.verdict import scope_of
from airproof.renderers.parts.versions import versions_of
from airproof.renderers.text.dates import when
from airproof.renderers.text.wording import Wording

MOST_HOSTS = 40
MOST_NAMES = 8
"""Accounts or systems in one line."""
MOST_FACT = 8_000
"""Characters of one fact that is indented."""
MOST_OUTPUT = 1_500
"""Characters of one command's output, of which the end counts."""
NARROWEST = 0.004
"""The share of the whole time line that a step takes at least, so that it is seen."""


@dataclass(frozen=True)
class TimedStep:
    """One step of a rehearsal, and its place on the time line, in thousandths of its length."""

    step: RehearsalStep
    start: float
    length: float
    output: str
    ended: str
    """Its exit code and its time."""


class Evidence:
    """Sections of one report in one language."""

    def __init__(self, report: Report, say: Wording) -> None:
        self.report = report
        self.say = say

    def steps(self) -> Iterator[TimedStep]:
        total = sum(max(0.0, step.seconds) for step in self.report.steps) or 1.0
        start = 0.0
        for step in self.report.steps:
            seconds = max(0.0, step.seconds)
            ended = self.say("stopped") if step.exit_code is None else self.say("exit-code", code=step.exit_code)
            took = self.say("seconds", seconds=f"{step.seconds:.2f}")
            output = step.output if len(step.output) <= MOST_OUTPUT else "…" + step.output[-MOST_OUTPUT:]
            length = max(NARROWEST, seconds / total)
            yield TimedStep(step, 1000 * start / total, 1000 * length, output, f"{ended} · {took}")
            start += seconds

    @property
    def proof(self) -> list[str]:
        return [*offline_parts(self.report, self.say.lang), *run_parts(self.report, self.say.lang)]

    @property
    def sign_sentence(self) -> str:
        """The sentence that a signature confirms."""
        verdict, scope = self.say.verdict(self.report.verdict), scope_of(self.report, self.say.lang)
        return self.say("sign-sentence", verdict=verdict, scope=scope or self.say("nothing"))

    @property
    def refused(self) -> tuple[str, ...]:
        """Every destination that was refused, where the sentence names a few of them only."""
        refused = self.report.offline.refused
        return refused if len(refused) > MOST_REFUSED else ()

    def environment(self) -> list[tuple[str, str]]:
        """Names and values; what is not known is left out."""
        report, say, hosts = self.report, self.say, self.report.summary.hosts
        pip = report.site.pip_command
        command = "pytest" if report.run.command == "pytest" else f"airproof {report.run.command}"
        accounts = dict.fromkeys(host.user for host in hosts if host.user)
        systems = dict.fromkeys(host.target for host in hosts if host.target != host.label)
        rows = [
            ("env-url", report.site.url),
            ("env-kind", say.kind(report.site.kind)),
            ("env-wheelhouse", report.site.wheelhouse or ""),
            *(("env-medium", self._medium(medium)) for medium in report.summary.media[:MOST_NAMES]),
            ("env-scanner", self._scanner()),
            ("inventory-head", self._inventory()),
            ("advisories", self._advisories()),
            ("env-pip", say("assumed", what=pip) if report.site.pip_command_assumed else pip),
            ("env-command", report.run.again or command),
            ("env-machine", report.summary.machine),
            ("env-account", say.some(accounts, MOST_NAMES)),
            (
                "env-system",
                say.some(systems, MOST_NAMES),
            ),
            ("env-engine", say("engine-airproof") if report.run.engine == "airproof" else say("engine-foreign")),
            ("env-started", when(report.run.started, say.lang)),
            ("env-seconds", say("seconds", seconds=f"{report.run.seconds:.1f}")),
            ("env-tool", f"{report.tool.name} {report.tool.version}, Python {report.tool.python}, {report.schema}"),
            ("env-left-out", say.some(report.run.deselected, 40)),
            ("env-exit-code", str(report.exit_code)),
        ]
        named = [(say(key), value) for key, value in rows] + list(versions_of(report))[:MOST_HOSTS]
        return [(name, value) for name, value in named if value]

    def _medium(self, medium: MediumSummary) -> str:
        """A medium with the digest of its sums, and who vouches for it."""
        key = "medium-signed" if medium.signer else "medium-keyed" if medium.key else "medium-unsigned"
        values = {
            "folder": medium.folder,
            "sums": medium.sums or "-",
            "signer": medium.signer,
            "fingerprint": medium.key,
        }
        return self.say(key, **values)

    def _scanner(self) -> str:
        scanner = self.report.summary.scanner
        if scanner is None:
            return ""
        codes = ", ".join(map(str, scanner.exit_codes)) or "-"
        return self.say("scanner-ended", name=scanner.name, version=scanner.version or "-", codes=codes)

    def _inventory(self) -> str:
        """The number of files that the annex lists, and their licences, the most frequent first."""
        items = self.report.summary.inventory
        if not items:
            return ""
        licences = Counter(item.licence.shown or self.say("licence-unknown") for item in items)
        named = [f"{licence} ({count})" for licence, count in licences.most_common()]
        return self.say.count("inventory-files", len(items), licences=self.say.some(named, MOST_NAMES))

    def _advisories(self) -> str:
        """The day of the database, and the number of known vulnerabilities of each severity, the worst first."""
        date, found = self.report.scope.advisories, self.report.summary.advisories
        if not date:
            return ""
        if not found:
            return self.say("advisories-none", date=date)
        severities = Counter(advisory.severity for advisory in found)
        known = [name for name in reversed(SEVERITIES) if name in severities]
        named = ", ".join(f"{name} {severities[name]}" for name in (*known, *sorted(set(severities) - set(known))))
        return self.say.count("advisories-found", len(found), date=date, severities=named)


def facts_of(report: Report) -> Iterator[tuple[str, str]]:
    """Each fact as indented JSON; the same in every language."""
    for name, value in report.facts.items():
        text = as_json(value)
        yield name, msgspec.json.format(text, indent=2) if len(text) <= MOST_FACT else text
