"""The live view of a run."""

from __future__ import annotations

import io
import re

import pytest

from airproof.check import Level
from airproof.commands.screen.board import Board
from airproof.commands.screen.live import Follower
from airproof.printable import width
from airproof.record.fold import Catalogued, Event, Finish, Progress, Result, RunStart
from airproof.record.outcome import Outcome
from airproof.record.report import SiteSummary, Tool
from airproof.words import LANGS, Lang
from tests.renderers.records import text

IDS = ("NET01", "NET02", "PIP02")
START = RunStart(
    tool=Tool("airproof", "0", "3"),
    command="check",
    engine="airproof",
    at="",
    site=SiteSummary("live", "http://192.0.2.1/", {}, "pip", False),
    catalog=tuple(Catalogued(id, id[:3], Level.REQUIRED, text(id), text("x"), (), True) for id in IDS),
    waivers=(),
    strict=False,
)


def result(id: str, outcome: Outcome = Outcome.PASSED, subject: str = "") -> Result:
    return Result(id, subject, outcome, 0.1)


EVENTS: list[Event] = [
    START,
    result("NET01"),
    result("NET02", Outcome.FAILED),
    Progress("pip", {"label": "cp311-linux"}),
    result("PIP02", subject="a"),
    result("PIP02", Outcome.BROKEN, subject="b"),
    Finish("", 1.0),
]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def screen(said: str) -> list[str]:
    """The lines that a terminal shows in the end, of what we send: line ends, returns, lines up, clear."""
    lines, at = [""], 0
    for piece in re.findall(r"\x1b\[\d*[A-Zm]|[\r\n]|[^\x1b\r\n]+", re.sub(r"\x1b\[[0-9;]+m", "", said)):
        if piece == "\n":
            at += 1
            lines += [""] * (at + 1 - len(lines))
        elif piece.endswith("A") and piece.startswith("\x1b"):
            at -= int(piece[2:-1])
            assert at >= 0
        elif piece == "\x1b[K":
            lines[at] = ""
        elif piece != "\r":
            lines[at] = piece
    return [line for line in lines if line]


def followed(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, lang: Lang = "en", **variables: str) -> list[str]:
    """Return the screen before and after the end."""
    monkeypatch.setattr("sys.stderr", stream)
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "LINES": "24", **variables}.items():
        monkeypatch.setenv(name, value)
    with Follower(lang, quiet=False) as follower:
        for event in EVENTS:
            follower.event(event)
        before = screen(stream.getvalue())
    after = screen(stream.getvalue())
    return [*before, "--", *after]


def test_a_board_has_a_row_for_each_family_that_has_begun() -> None:
    """With counts, the worst of what was said of each check and subject, and where the run is."""
    board = Board("en")
    for event in [*EVENTS, result("NET01", Outcome.BROKEN)]:
        board.take(event)
    rows = ["".join(text for text, _ in row) for row in board.families()]

    assert ["  NET   reach               1 failed, 1 broken", "  PIP   resolve and install 1 passed, 1 broken"] == rows
    assert "1:05  3/3 · pip resolves and installs under cp311-linux" == board.now(65.4)


def test_the_board_is_taken_away_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The board is drawn over and over, and is not left behind."""
    shown = followed(monkeypatch, Terminal())

    assert [
        "  NET   reach               1 passed, 1 failed",
        "  PIP   resolve and install 1 passed, 1 broken",
        "  0:00  3/3 · pip resolves and installs under cp311-linux",
        "--",
    ] == shown


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("columns", "lines"), [("24", "4"), ("9", "2"), ("200", "60")])
def test_no_line_is_longer_than_the_screen(
    columns: str, lines: str, lang: Lang, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that the terminal breaks could not be taken away again; nor could one that has left the screen."""
    *shown, last = followed(monkeypatch, Terminal(), lang, COLUMNS=columns, LINES=lines)

    assert "--" == last
    assert [] == [line for line in shown if width(line) >= int(columns)]
    assert len(shown) < int(lines)


@pytest.mark.parametrize(("variables", "coloured"), [({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_colour_is_left_out_on_request(
    variables: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The board changes all the same."""
    stream = Terminal()
    followed(monkeypatch, stream, "en", **variables)

    assert coloured == ("\x1b[31m" in stream.getvalue())
    assert "\x1b[K" in stream.getvalue()


@pytest.mark.parametrize(("stream", "variables"), [(io.StringIO(), {}), (Terminal(), {"TERM": "dumb"})])
def test_elsewhere_each_step_is_a_plain_line(
    stream: io.StringIO, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a file, a CI log, or a terminal that is not steered by escapes."""
    followed(monkeypatch, stream, "en", **variables)

    assert "  pip resolves and installs under cp311-linux\n" == stream.getvalue()


def test_quiet_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even how to clear the screen."""
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with Follower("en", quiet=True) as follower:
        follower.event(START)

    assert "" == stream.getvalue()


def test_a_terminal_that_is_gone_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody follows any more, and the run goes on."""

    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise OSError("gone")

    monkeypatch.setattr("sys.stderr", Gone())
    with Follower("en", quiet=False) as follower:
        follower.event(START)

    assert follower.quiet is True
