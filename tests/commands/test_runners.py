"""On a runner of GitHub or Azure no line that airproof shows is taken for a command, but those that it means."""

from __future__ import annotations

import json
import re

import pytest

from airproof.system.output import without_steering

HOSTILE = (
    "before\n  ::error::from outside\n\t::set-env name=A::b\n##[error]x ##vso[task.setvariable]y\nafter :: ## [end]"
)
STEERS = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE)


@pytest.mark.parametrize("runner", ["GITHUB_ACTIONS", "TF_BUILD"])
@pytest.mark.parametrize("format", ["terminal", "markdown", "html", "junit"])
def test_foreign_text_steers_no_runner(runner: str, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every format; what only looks like a command stays as it is."""
    monkeypatch.setenv(runner, "true")
    shown = without_steering(HOSTILE, format)

    assert None is STEERS.search(shown)
    assert shown.endswith("after :: ## [end]")


def test_a_record_means_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON has another spelling for the same text."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    shown = without_steering(json.dumps({"said": HOSTILE}), "json")

    assert (None, HOSTILE) == (STEERS.search(shown), json.loads(shown)["said"])


def test_elsewhere_and_in_annotations_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The format `github` consists of commands."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("TF_BUILD", raising=False)
    elsewhere = without_steering(HOSTILE)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert (HOSTILE, HOSTILE) == (elsewhere, without_steering(HOSTILE, "github"))
