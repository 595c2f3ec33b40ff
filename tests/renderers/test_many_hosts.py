"""A report of many hosts stays one that is read: what they have in common stands once, whatever is drawn from it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from airproof.printable import folded, gathered
from airproof.record.file import encode
from airproof.record.outcome import Outcome
from airproof.record.report import Entry, Report
from airproof.record.summary import HostSummary, Summary
from airproof.renderers import RENDERERS
from airproof.renderers.parts.alike import alike
from airproof.renderers.parts.causes import causes_of
from airproof.renderers.parts.matrix import matrix_of
from airproof.renderers.parts.verdict import verdict_line
from airproof.words import Lang
from tests.renderers.records import entry, finding, report, text

OLD = (17, 33)
HOSTS = {number: f"h{number}--cp{38 if number in OLD else 311}-linux" for number in range(1, 41)}
ALIKE = "h1--cp311-linux … h16--cp311-linux, h18--cp311-linux … h32--cp311-linux, h34--cp311-linux … h40--cp311-linux"


def host(label: str, number: int) -> dict[str, Any]:
    """Its own time and free space; in all else one of two kinds."""
    python = "3.8.18" if number in OLD else "3.11.7"
    tags = [f"{python}-abi3-manylinux_2_{minor}_x86_64" for minor in range(400)]
    return {"label": label, "python": python, "pip": "24.2", "user": "svc", "tags": tags, "free": 10**9 + number}


def of(label: str, number: int) -> list[Entry]:
    """Return the entries of one host."""
    missing = finding("absent", text("The index has no gamma."), text("Fetch it."), victims=("gamma",))
    resolved = [
        entry(
            f"PIP{id:02}",
            text("Every requirement resolves"),
            subject=label,
            evidence=text(f"all of {label} in 0.{number} s"),
        )
        for id in range(3, 20)
    ]
    return [
        entry("HOST01", text("It answers"), subject=label),
        entry("HOST04", text("It reaches the index"), subject=label),
        entry("PIP02", text("Resolves"), Outcome.FAILED, subject=label, findings=(missing,))
        if number in OLD
        else entry("PIP02", text("Resolves"), subject=label),
        *resolved,
    ]


@pytest.fixture(scope="module")
def many() -> Report:
    told = [item for number, label in HOSTS.items() for item in of(label, number)]
    return report(
        *sorted(told, key=lambda one: one.id),
        groups={"app": ("alpha", "gamma")},
        targets=tuple(HOSTS.values()),
        here=(),
        facts={f"host-{label}": host(label, number) for number, label in HOSTS.items()},
        summary=Summary(
            hosts=tuple(
                HostSummary(label, "3.8.18" if number in OLD else "3.11.7", "24.2", "svc", "", label)
                for number, label in HOSTS.items()
            )
        ),
    )


def test_the_record_is_small(many: Report) -> None:
    """Forty hosts of two kinds take hardly more than two."""
    whole = len(msgspec.json.encode(many))

    assert len(encode(many)) < 200_000 < whole


@pytest.mark.parametrize(
    ("lang", "hosts"), [("en", "40 hosts: h1--cp311-linux, h2"), ("zh-TW", "40 台主機：h1--cp311-linux、h2")]
)
def test_the_verdict_is_one_line_that_counts_them(many: Report, lang: Lang, hosts: str) -> None:
    """The first and the last by name, h2 before h10."""
    line = verdict_line(many, lang)

    assert hosts in line
    assert "h3--cp311-linux … h40--cp311-linux" in line
    assert "h10--" not in line


@pytest.mark.parametrize("name", ["terminal", "markdown", "html"])
def test_hosts_that_are_alike_share_a_line(many: Report, name: str) -> None:
    """Also where each took another time; those that differ stand by themselves."""
    told = " ".join(RENDERERS[name](many, "en").split())

    assert f"{ALIKE} (38): Python 3.11.7, pip 24.2, as svc" in told
    assert "h17--cp38-linux, h33--cp38-linux: Python 3.8.18" in told
    assert told.count("h9--cp311-linux") == 0


def test_entries_that_are_alike_are_drawn_as_one(many: Report) -> None:
    """A text that names its own host names all of them, and no duration that is not everybody's."""
    (told,) = alike(check for check in many.checks if check.id == "PIP03")
    passed, failed = alike(check for check in many.checks if check.id == "PIP02")

    assert told.evidence is not None
    assert told.evidence.en.startswith("all of h1--cp311-linux … h16--cp311-linux, h17--cp38-linux")
    assert told.evidence.en.endswith("(40) in … s")
    assert (f"{ALIKE} (38)", "h17--cp38-linux, h33--cp38-linux") == (passed.subject, failed.subject)


def test_the_matrix_has_a_column_for_each_kind(many: Report) -> None:
    """Two columns, not forty, so that it stays on the page."""
    matrix = matrix_of(many, causes_of(many))

    assert (f"{ALIKE} (38)", "h17--cp38-linux, h33--cp38-linux") == matrix.targets
    assert [["passed", "failed"], ["passed", "passed"]] == [[cell.value for cell in row.cells] for row in matrix.rows]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["h10", "h2", "h1", "h3"], ["h1 … h3", "h10"]),
        (["h1", "h2", "h4"], ["h1", "h2", "h4"]),
        (["h08", "h09", "h10", "h11"], ["h08 … h11"]),
        (["h8", "h9", "h10"], ["h8 … h10"]),
        (["a1-b1", "a1-b2", "a1-b3", "a2-b3"], ["a1-b1 … a1-b3", "a2-b3"]),
        (["web", "db", "web"], ["db", "web"]),
        (["h9" * 9, "h" + "9" * 5000], ["h9" * 9, "h" + "9" * 5000]),
        ([], []),
    ],
)
def test_names_that_are_numbered_one_after_another_are_folded(names: list[str], shown: list[str]) -> None:
    """Only where all between the first and the last are there."""
    assert shown == folded(names)


def test_names_that_cannot_be_folded_are_counted() -> None:
    """The line stays short, and says how many there are."""
    assert "db0, db2, db4, db6, db8, db10, …, db98 (50)" == gathered(f"db{number}" for number in range(0, 100, 2))
