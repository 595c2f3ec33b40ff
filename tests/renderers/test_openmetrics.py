"""Metrics for a textfile collector."""

from __future__ import annotations

import re

import msgspec

from airproof.record.join import join
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.renderers.context import Context
from airproof.renderers.openmetrics import METRICS, render, several
from tests.renderers.records import accepted, entry, finding, inconclusive, rejected, report, text

LINE = re.compile(r'(\w+)\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\} (\S+)')


def samples(shown: str) -> dict[tuple[str, str], float]:
    """Name and labels to the value of each line that is no comment."""
    found = [LINE.fullmatch(line) for line in shown.splitlines() if not line.startswith("#")]

    assert all(found)
    return {(match[1], match[2]): float(match[3]) for match in found if match}


def one(shown: str, name: str, *labels: str) -> float:
    """The value of the one sample of that name which has all of these labels."""
    (value,) = [
        value for (key, held), value in samples(shown).items() if key == name and set(labels) <= set(held.split(","))
    ]
    return value


def test_the_verdict_is_the_one_that_is_1() -> None:
    """And the exit code stands beside it."""
    for made, verdict, code in (
        (accepted(), "accepted", 0),
        (rejected(), "rejected", 1),
        (inconclusive(), "inconclusive", 3),
    ):
        shown = render(made, "en")
        values = {
            name: one(shown, "airproof_verdict", f'verdict="{name}"')
            for name in ("accepted", "rejected", "inconclusive")
        }

        assert {verdict: 1.0} == {name: value for name, value in values.items() if value}
        assert code == one(shown, "airproof_exit_code")


def test_causes_are_counted_by_level() -> None:
    """Causes that reject, that are advised, and that were waived have a number each."""
    shown = render(rejected(), "en")

    assert [2, 1, 0] == [
        one(shown, "airproof_causes", f'level="{level}"') for level in ("required", "advised", "waived")
    ]


def test_the_time_is_that_of_the_run() -> None:
    """2026-01-31T08:00:00Z, in seconds since 1970."""
    assert 1769846400 == one(render(rejected(), "en"), "airproof_run_timestamp_seconds")


def test_each_metric_is_declared_once_before_its_samples() -> None:
    """As the format wants it, also for several sites; the last line says that nothing is cut off."""
    other = msgspec.structs.replace(accepted(), site=msgspec.structs.replace(accepted().site, url="http://other/"))
    shown = several([(rejected(), Context()), (other, Context())], "zh-TW")
    names = [line.split()[2] if line.startswith("# ") else line.partition("{")[0] for line in shown.splitlines()[:-1]]

    assert list(METRICS) == list(dict.fromkeys(names))
    assert all(names.count(name) == names[names.index(name) :][: names.count(name)].count(name) for name in METRICS)
    assert [f"# TYPE {name} gauge" for name in METRICS] == re.findall("# TYPE .*", shown)
    assert shown.endswith("\n# EOF\n")


def test_each_host_has_its_own_samples() -> None:
    """A joined report is one of several machines."""
    made = [on(name) for name in ("alpha", "beta")]
    (joined,) = join(made)
    shown = render(joined.report, "en", Context(members=joined.members))

    assert [0, 0] == [one(shown, "airproof_exit_code", f'host="{name}"') for name in ("alpha", "beta")]


def on(machine: str) -> Report:
    return msgspec.structs.replace(accepted(), summary=msgspec.structs.replace(accepted().summary, machine=machine))


def test_no_text_ends_a_label() -> None:
    """Quotation marks, back slashes and line ends stay inside."""
    evil = 'x"} 1\n\\ y'
    found = (finding("c", text(evil), text(evil), victims=(evil,)),)
    made = report(entry("PIP02", text(evil), Outcome.FAILED, subject=evil, findings=found))
    shown = render(msgspec.structs.replace(made, site=msgspec.structs.replace(made.site, url=evil)), "en")

    assert 1 == one(shown, "airproof_exit_code")
