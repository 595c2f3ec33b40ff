"""The pytest side of the engine: turns what happens to each check into events, on whatever worker it happens.

A finding raised in a check's call is *failed*; NotApplicable is *not applicable*; a required check that did not hold is
*blocked*; everything else that is not a clean return (in setup, call or teardown) is *broken*.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import pytest

from airproof.catalog import Catalog, CatalogError
from airproof.check import Failed, Finding, Level, NotApplicable, Seen, info_of
from airproof.diagnosis.remedies.held import is_held
from airproof.diagnosis.remedies.uploads import Around
from airproof.engine.collect import EITHER, ON_MEDIUM
from airproof.engine.plan import Plan
from airproof.errors import AirproofError
from airproof.facts.keys import HOST, MEDIUM, ROOTS, SERVER
from airproof.probes.index.devpi import NOWHERE, Server
from airproof.record.fold import WORDS, Result, blocker, holds_back, waiver_for
from airproof.record.outcome import Outcome
from airproof.record.redact import Redactor
from airproof.record.report import RecordedFinding
from airproof.site.hosts import Interpreter, Target
from airproof.site.manifest import WHEELS
from airproof.site.site import Kind, Waiver
from airproof.words import Text

NAMED = 4
"""Items' groups that a reason names."""
SEEN = pytest.StashKey[Seen]()
BLOCKED = pytest.StashKey[str]()
DECLINED = pytest.StashKey[str]()
POINTLESS = pytest.StashKey[str]()
"""The key of the reason for which a check does not apply to this run."""
TOOK = pytest.StashKey[float]()
"""Seconds of the phases so far: what a check waits for is gathered in its setup."""
NO_SUBJECT = {"target": "no-target", "interpreter": "no-interpreter"}
"""Parameter that holds a check's subject -> the reason why the check does not apply to a run without such a subject."""
EVENT = "airproof_event"
"""The report's attribute that carries an event from an xdist worker to the controller: plain JSON values."""


class Recorder:
    """Judges nothing: it writes down what the checks said."""

    def __init__(self, plan: Plan, catalog: Catalog, redactor: Redactor) -> None:
        self.plan, self.catalog, self.redactor = plan, catalog, redactor
        today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
        self.waivers = [
            (waiver.check, waiver.subject, waiver.reason) for waiver in plan.site.waivers if holds(waiver, today)
        ]
        self.bad: dict[tuple[str, str], Outcome] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Spares a check that must wait. (A plain hook: a wrapper that skips would break the next check.)"""
        info = info_of(getattr(item, "obj", None) or _none)
        if info is None:
            return
        if self.catalog.not_here(info.id, self.plan.site) is not None:
            pytest.skip("not for this site")
        if info.id in self.plan.site.declined:
            item.stash[DECLINED] = self.plan.site.declined[info.id]
            pytest.skip("declined by an option")
        nobody = nobody_to_ask(item)
        if nobody is not None:
            item.stash[POINTLESS] = nobody
            pytest.skip("does not apply")
        by = blocker(info.requires, subject_of(item), self.bad)
        if by is not None:
            item.stash[BLOCKED] = by[0]
            pytest.skip(f"waits for {by[0]}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Calls a check and keeps what it saw: pytest itself has no use for a test's return value."""
        if info_of(pyfuncitem.obj) is None:
            return None
        names = pyfuncitem._fixtureinfo.argnames
        seen = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
        if not isinstance(seen, Seen):
            raise TypeError(f"a check returns seen(...), not {seen!r}")
        pyfuncitem.stash[SEEN] = seen
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        info = info_of(getattr(item, "obj", None) or _none)
        if info is not None and (told := self._told(info.id, item, call)) is not None:
            result, event = told
            waived = (
                bool(result.findings)
                and info.waivable
                and all(
                    waiver_for(self.waivers, result.id, result.subject, finding.goes_by) is not None
                    for finding in result.findings
                )
            )
            if holds_back(result.outcome, result.findings) and not waived:
                self.bad[result.id, result.subject] = result.outcome
            setattr(report, EVENT, event)
            if isinstance(call.excinfo and call.excinfo.value, NotApplicable):
                report.outcome = "skipped"
                report.longrepr = (str(item.path), 0, f"not applicable: {call.excinfo and call.excinfo.value}")
        if info is not None and report.failed:  # a traceback would show the site as it was given, credentials too
            report.longrepr = self._shown(call, report)
            report.sections = [(title, self.redactor.text(text)) for title, text in report.sections]
        return report

    def _shown(self, call: pytest.CallInfo[None], report: pytest.TestReport) -> str:
        """Return the lines that pytest's own terminal prints of a check that did not pass."""
        error = call.excinfo.value if call.excinfo else None
        if not isinstance(error, Failed):
            return self.redactor.text(report.longreprtext)
        try:
            said = [
                f"{self.catalog.says(finding).en}\n    {self._remedy(finding, self._around(finding, '')).en}"
                for finding in error.findings
            ]
        except (KeyError, IndexError, ValueError):  # words that lack a value
            said = [str(error)]
        return self.redactor.text("\n".join(said))

    def _told(self, id: str, item: pytest.Item, call: pytest.CallInfo[None]) -> tuple[Result, Any] | None:
        """Return the result of this phase as it is written down; a result that cannot be written down makes the check
        broken.
        """
        try:
            result = self._result(id, item, call)
            return None if result is None else (result, self.redactor.value(msgspec.to_builtins(result)))
        except Exception as error:  # words that lack a value, evidence that is no data: the run goes on
            said = f"{type(error).__name__}: {error}"
            broken = Result(id, subject_of(item), Outcome.BROKEN, round(call.duration, 3), reason=Text(said, said))
            return broken, self.redactor.value(msgspec.to_builtins(broken))

    def _result(self, id: str, item: pytest.Item, call: pytest.CallInfo[None]) -> Result | None:
        """Return the result of this phase for the check; None if it went by without one."""
        before = item.stash.get(TOOK, 0.0)
        item.stash[TOOK] = before + call.duration
        subject, seconds = subject_of(item), round(before + call.duration, 3)
        error = call.excinfo.value if call.excinfo else None
        check = self.catalog.checks[id]
        match error:
            case None if call.when == "call":
                return Result(id, subject, Outcome.PASSED, seconds, evidence=check.evidence(item.stash[SEEN]))
            case None:
                return None
            case Failed(findings=findings) if call.when == "call":
                strange = [finding.cause for finding in findings if finding.cause not in check.info.causes]
                if strange:
                    raise CatalogError(f"{id} found {strange[0]!r}, which is not among its causes")
                recorded = tuple(self.recorded(finding, subject) for finding in findings)
                if check.info.level is Level.REQUIRED and (reason := self._in_place(findings, subject)) is not None:
                    return Result(id, subject, Outcome.BROKEN, seconds, reason=reason, findings=recorded)
                return Result(id, subject, Outcome.FAILED, seconds, findings=recorded)
            case NotApplicable() if call.when == "call":
                return Result(id, subject, Outcome.NOT_APPLICABLE, seconds, reason=self.catalog.reason(error))
            case pytest.skip.Exception() if (reason := self.catalog.not_here(id, self.plan.site)) is not None:
                return Result(id, "", Outcome.NOT_APPLICABLE, seconds, reason=reason)
            case pytest.skip.Exception() if DECLINED in item.stash:
                reason = self.catalog.reasons[item.stash[DECLINED]]
                return Result(id, subject, Outcome.WAIVED, seconds, reason=reason)
            case pytest.skip.Exception() if POINTLESS in item.stash:
                reason = self.catalog.reasons[item.stash[POINTLESS]]
                return Result(id, subject, Outcome.NOT_APPLICABLE, seconds, reason=reason)
            case pytest.skip.Exception() if BLOCKED in item.stash:
                by = item.stash[BLOCKED]
                return Result(id, subject, Outcome.BLOCKED, seconds, reason=WORDS["waits"].fill({"check": by}))
            case AirproofError():  # its sentence stands in both languages
                return Result(id, subject, Outcome.BROKEN, seconds, reason=error.text)
            case _:
                said = f"{type(error).__name__}: {error}"
                return Result(id, subject, Outcome.BROKEN, seconds, reason=Text(said, said))

    def _in_place(self, findings: Sequence[Finding], subject: str) -> Text | None:
        """Return the reason why the site is not known to fail: all findings are about items that another host runs,
        which was not asked, and in whose place this one was judged. None: some are not.
        """
        replaced = self.plan.site.in_place(subject)
        victims = tuple(dict.fromkeys(victim for finding in findings for victim in finding.victims))
        if not victims or not replaced.issuperset(victims) or not all(finding.victims for finding in findings):
            return None
        said = self.catalog.says(findings[0])
        values = {"what": ", ".join(victims[:NAMED]), "label": subject}
        words = WORDS["in-place"]
        return Text(
            words.en.format_map({**values, "said": said.en}), words.zh_tw.format_map({**values, "said": said.zh_tw})
        )

    def _server(self) -> Server | None:
        """Return what is known of devpi, which its own checks have asked before; nothing waits for it: an advised
        check must not decide whether another one can judge.
        """
        server = self.plan.facts.known(SERVER)
        if server is None and (roots := self.plan.facts.known(ROOTS)) is not None:
            return msgspec.structs.replace(NOWHERE, product=roots.product)
        return server

    def _around(self, finding: Finding, subject: str) -> Around:
        """Return what the remedy of a finding of a host or target is fitted to."""
        site = self.plan.site
        live = site.index if site.kind is Kind.LIVE and site.url else None
        around = Around(self._server(), live)
        cause = self.catalog.causes[finding.cause]
        fetch = self.catalog.steps(finding, around).fetch if cause.adds and cause.fetches else ""
        return around._replace(held=self._held(fetch, self._tags(subject))) if fetch else around

    def _tags(self, subject: str) -> frozenset[str]:
        """Return the tags of the wheels that a host or target takes; none where nobody knows."""
        target = next((target for target in self.plan.site.targets if target.label == subject), None)
        host = self.plan.facts.known(HOST.of(subject)) if subject and target is None else None
        return frozenset(target.tags if target is not None else host.tags if host is not None else ())

    def _held(self, requirement: str, tags: frozenset[str]) -> str:
        """Return the folder on this side that has a package which would do; empty where none has."""
        site = self.plan.site
        medium = self.plan.facts.known(MEDIUM)
        if medium is not None:
            folders = {str(Path(held.folder) / WHEELS): held.usable for held in medium.each}
        elif site.wheelhouse is not None:
            folders = {site.wheelhouse: self._lying}
        else:
            folders = {}
        return next((folder for folder, names in folders.items() if is_held(requirement, names, tags)), "")

    @cached_property
    def _lying(self) -> list[str]:
        """Names of what lies in the wheelhouse, which nothing of a run changes."""
        return [path.name for path in Path(self.plan.site.wheelhouse or "").rglob("*")]

    def _remedy(self, finding: Finding, around: Around) -> Text:
        return self.catalog.remedy(finding, around, open_edition=self.plan.site.is_open_edition)

    def recorded(self, finding: Finding, subject: str = "") -> RecordedFinding:
        """A finding with the words and commands of its cause, as they are for the index that was tested."""
        around = self._around(finding, subject)
        steps = self.catalog.steps(finding, around)
        return RecordedFinding(
            cause=finding.cause,
            says=self.catalog.says(finding),
            remedy=self._remedy(finding, around),
            victims=finding.victims,
            found=finding.found,
            wanted=finding.wanted,
            commands=self._tellable(steps.here),
            key=finding.key,
            filename=finding.filename,
            outside=self._tellable(steps.outside),
            inside=self._tellable(steps.inside),
            fetch=steps.fetch,
            again=steps.again,
            about=finding.about,
            goes_by=finding.goes_by,
        )

    def _tellable(self, commands: tuple[str, ...]) -> tuple[str, ...]:
        """Return the commands without those that hold a secret: masked they would not run."""
        return tuple(command for command in commands if command == self.redactor.text(command))


def holds(waiver: Waiver, today: str) -> bool:
    """Say whether a waiver has not ended; its last day counts."""
    return not waiver.until or today <= waiver.until


def subject_of(item: pytest.Item) -> str:
    """The label of the interpreter that a check asks, or of the target that it judges for, the medium, or empty."""
    params = _params(item)
    asked = params.get("target") or params.get("interpreter")
    if isinstance(asked, (Interpreter, Target)):
        return asked.label
    callspec = getattr(item, "callspec", None)
    return ON_MEDIUM if set(EITHER) <= params.keys() and callspec and callspec.id == ON_MEDIUM else ""


def nobody_to_ask(item: pytest.Item) -> str | None:
    """The key of the reason where a check asks interpreters or targets, and the run has none; else None."""
    params = _params(item)
    if set(EITHER) <= params.keys():
        return None  # with nobody it judges the medium
    return next((key for name, key in NO_SUBJECT.items() if name in params and params[name] is None), None)


def _params(item: pytest.Item) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec else {}


def _none() -> None:
    """Stands in for an item without a function."""
