"""The log of a run: what was read is kept, and whatever somebody else does to the file is noticed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from airproof.engine.events import EventLog, EventReader
from airproof.facts.store import Fact, FactStore
from airproof.record.fold import Event, Finish, Progress

KEY = b"known to the child and its parent"
FIRST, SECOND, LAST = Progress("host"), Progress("pip"), Finish("2026-01-31T08:00:09Z", 9.0)

NUMBER = Fact("number", int)


def written(file: Path, *events: Event, key: bytes = KEY) -> EventLog:
    log = EventLog(file, key)
    for event in events:
        log.write(event)
    return log


@pytest.mark.parametrize("key", [KEY, b""], ids=["sealed", "plain"])
def test_events_are_read_as_they_come(tmp_path: Path, key: bytes) -> None:
    """Each once, in order, and the file is what was read."""
    file = tmp_path / "events"
    reader = EventReader(file, key)
    nothing = reader.news()
    log = written(file, FIRST, SECOND, key=key)
    news = reader.news()
    log.write(LAST)
    reader.finish()

    assert ([], [FIRST, SECOND], [FIRST, SECOND, LAST], False) == (nothing, news, reader.events, reader.altered)


def test_a_log_that_was_cut_keeps_what_came_before(tmp_path: Path) -> None:
    """A crash in the middle of a line loses that line only."""
    file = tmp_path / "events"
    written(file, FIRST, LAST)
    file.write_bytes(file.read_bytes()[:-20])
    reader = EventReader(file, KEY)
    reader.finish()

    assert ([FIRST], False) == (reader.events, reader.altered)


def forge(lines: list[bytes]) -> list[bytes]:
    """A finish that nobody sealed."""
    return [*lines, b'{"event":"finish","at":"","seconds":1}\t' + b"0" * 64 + b"\n"]


def drop(lines: list[bytes]) -> list[bytes]:
    return lines[:1] + lines[2:]


def swap(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def change(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b"host", b"hos2"), *lines[1:]]


def empty(_lines: list[bytes]) -> list[bytes]:
    return []


@pytest.mark.parametrize("read_before", [True, False], ids=["read", "unread"])
@pytest.mark.parametrize("act", [forge, drop, swap, change, empty])
def test_what_somebody_else_does_to_the_file_is_noticed(
    act: Callable[[list[bytes]], list[bytes]], read_before: bool, tmp_path: Path
) -> None:
    """Changes by somebody else are noticed in lines that were read and in those that were not; an emptied log has no
    end.
    """
    file = tmp_path / "events"
    written(file, FIRST, SECOND, LAST)
    reader = EventReader(file, KEY)
    if read_before:
        reader.news()
    file.write_bytes(b"".join(act(file.read_bytes().splitlines(keepends=True))))
    reader.finish()

    assert reader.altered or (act is empty and not reader.events)
    assert not read_before or [FIRST, SECOND, LAST] == reader.events


def test_a_fact_that_somebody_else_changed_is_noticed(tmp_path: Path) -> None:
    """By the process that gathered it, and by its parent, who was told the sums."""
    child, parent = FactStore(tmp_path), FactStore(tmp_path)
    child.get(NUMBER, lambda: 1)
    told = child.digests()
    before = parent.changed_since(told)
    (tmp_path / "number.json").write_bytes((tmp_path / "number.json").read_bytes().replace(b"1", b"2"))

    assert (False, True) == (before, parent.changed_since(told))
    with pytest.raises(Exception, match="changed by another program"):
        child.get(NUMBER, lambda: 1)
