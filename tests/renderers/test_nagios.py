"""One line for Nagios, and its codes."""

from __future__ import annotations

import re

import msgspec
import pytest

from airproof.record.report import Report
from airproof.renderers.context import Context
from airproof.renderers.nagios import code_of, render, several
from tests.renderers.records import accepted, inconclusive, rejected

LINE = re.compile(r"AIRPROOF (OK|CRITICAL|UNKNOWN) - [^|\n]+\|causes=(\d+) advised=(\d+) time=[\d.]+s\n")


@pytest.mark.parametrize(
    ("made", "told"),
    [(accepted(), ("OK", "0", "0")), (rejected(), ("CRITICAL", "2", "1")), (inconclusive(), ("UNKNOWN", "0", "0"))],
)
def test_a_record_is_one_line(made: Report, told: tuple[str, str, str]) -> None:
    """State, verdict, and numbers behind the one bar."""
    found = LINE.fullmatch(render(made, "en"))

    assert found is not None
    assert told == found.groups()


def test_several_sites_are_one_line_of_the_worst() -> None:
    """Causes of all of them are counted."""
    found = LINE.fullmatch(several([(accepted(), Context()), (rejected(), Context())], "zh-TW"))

    assert found is not None
    assert ("CRITICAL", "2", "1") == found.groups()


def test_a_bar_begins_no_numbers() -> None:
    """A URL may hold one."""
    made = accepted()
    made = msgspec.structs.replace(made, scope=msgspec.structs.replace(made.scope, targets=("a|b=1",)))

    assert LINE.fullmatch(render(made, "en"))


def test_what_is_not_known_is_unknown() -> None:
    """Interrupted, inconclusive, and codes of the future."""
    assert [0, 2, 3, 3, 3] == [code_of(code) for code in (0, 1, 3, 130, 99)]
