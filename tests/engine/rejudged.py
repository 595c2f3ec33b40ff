"""Facts that were gathered once are judged again and again, each time with something changed."""

from __future__ import annotations

import copy
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

import airproof.engine.session  # noqa: F401 - inline_run takes out of sys.modules again what it imports first
from airproof.custody.licences import Rules
from airproof.engine.child import CHECKS, INI
from airproof.engine.plan import Plan, new_run_dir, write_plan
from airproof.record.file import read_report
from airproof.record.report import Report
from airproof.site.group import Group
from airproof.site.hosts import Interpreter
from airproof.site.site import Site

QUICK = ("-p", "no:hypothesispytest", "--tb=no")
"""Without what costs seconds each time and has no say."""


NO_RULES = Rules()


class Rejudge:
    """Called with plug-ins it runs the checks in this process, on the facts it holds, and returns the report."""

    def __init__(self, pytester: pytest.Pytester, url: str, facts: Mapping[str, Any]) -> None:
        self.facts: dict[str, Any] = copy.deepcopy(dict(facts))
        self.errors: dict[str, str] = {}
        self.exit_code: int | None = None
        self._pytester = pytester
        label = self.named("host").partition("-")[2]
        self._site = Site(url, groups=(Group("demo", ("demo",)),), interpreters=(Interpreter(sys.executable, label),))

    def named(self, prefix: str) -> str:
        """The name of the fact that begins so: those of an interpreter end in its label."""
        return next(name for name in self.facts if name == prefix or name.startswith(f"{prefix}-"))

    def __call__(
        self, *plugins: object, strict: bool = False, licences: Rules = NO_RULES, options: Sequence[str] = ()
    ) -> Report:
        at = self._pytester.path
        work = Path(tempfile.mkdtemp(prefix="work-", dir=at))
        site = msgspec.structs.replace(self._site, strict=strict, licences=licences)
        plan = Plan(site, "pytest", "pytest", new_run_dir(at / "airproof-report"), work)
        folder = plan.facts.folder
        for name, value in self.facts.items():
            kept = {"seconds": 0, "error": self.errors[name]} if name in self.errors else {"seconds": 0, "value": value}
            (folder / f"{name}.json").write_bytes(msgspec.json.encode(kept))
        places = ("-c", INI, "--rootdir", work, "--noconftest")
        words = map(str, [*QUICK, *places, "--airproof-plan", write_plan(plan), CHECKS, *options])
        result = self._pytester.inline_run(*words, plugins=plugins)
        self.exit_code = None if result.ret is None else int(result.ret)
        return read_report(Path(at / "airproof-report" / "record.json"))
