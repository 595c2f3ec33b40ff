"""A child on a lifeline does not outlive its parent."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from airproof.system.lifeline import PARENT_GONE, Lifeline, boot_command, watch

WAIT = 30
"""Seconds; only to catch a hang."""
PROGRAM = """
import json, subprocess, sys, time

def tell():
    print(json.dumps([sys.argv, [p for p in sys.path if p.endswith("engine")], repr(sys.stdin.read())]), flush=True)

def refuse():
    return 3

def sleep():
    print("up", flush=True)
    time.sleep(60)

def start_another():
    child = subprocess.Popen([sys.executable, "-c", "import sys; print(repr(sys.stdin.read()))"])
    return child.wait()
"""


@contextmanager
def child(folder: Path, *calls: tuple[str, ...]) -> Iterator[tuple[subprocess.Popen[str], Lifeline]]:
    """A booted child that can import `program`, on a lifeline that is cut at the end."""
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    line = Lifeline()
    process = subprocess.Popen(
        boot_command(*calls),
        stdin=line.child_end,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )
    line.handed_over()
    with process:
        try:
            yield process, line
        finally:
            line.cut()


def test_a_child_ends_when_its_line_is_cut(tmp_path: Path) -> None:
    """The end of the pipe ends the child, with an exit code that says why."""
    with child(tmp_path, ("program:sleep",)) as (process, line):
        assert process.stdout is not None
        first_words = process.stdout.readline()
        line.cut()

        assert (first_words, process.wait(WAIT)) == ("up\n", PARENT_GONE)


def test_a_child_lives_while_its_line_is_held(tmp_path: Path) -> None:
    """A held line lets the child finish by itself: it sees its own arguments and an empty stdin."""
    with child(tmp_path, ("program:tell", "--one", "two")) as (process, _):
        said, _ = process.communicate(timeout=WAIT)

        assert (said, process.returncode) == ('[["tell", "--one", "two"], [], "\'\'"]\n', 0)


def test_calls_run_in_turn_until_one_refuses(tmp_path: Path) -> None:
    """A call that returns something true ends the child with it, and the next one is not made."""
    with child(tmp_path, ("program:tell", "a"), ("program:refuse",), ("program:tell", "b")) as (process, _):
        said, _ = process.communicate(timeout=WAIT)

        assert (said, process.returncode) == ('[["tell", "a"], [], "\'\'"]\n', 3)


def test_a_grandchild_does_not_read_the_line(tmp_path: Path) -> None:
    """A child's own children inherit an empty stdin, not the line: they neither hold nor drain it."""
    with child(tmp_path, ("program:start_another",)) as (process, _):
        said, _ = process.communicate(timeout=WAIT)

        assert (said, process.returncode) == ("''\n", 0)


@pytest.mark.parametrize("let_go", [True, False])
def test_a_child_knows_whether_its_parent_is_gone(let_go: bool) -> None:
    """A parent that lets go clears up itself; one that was killed does not."""
    code = (
        "import airproof.system.lifeline as line, sys, time\n"
        "print(line.read_line(), flush=True)\n"
        "line.watch(at_end=lambda let_go: print(let_go, flush=True))\n"
        "time.sleep(600)"
    )
    line = Lifeline()
    process = subprocess.Popen([sys.executable, "-c", code], stdin=line.child_end, stdout=subprocess.PIPE, text=True)
    line.handed_over()
    line.say("a key")
    assert process.stdout is not None
    said = process.stdout.readline()
    (line.let_go if let_go else line.cut)()
    rest, _ = process.communicate(timeout=WAIT)

    assert ("a key\n", f"{let_go}\n", PARENT_GONE) == (said, rest, process.returncode)


def test_a_closed_descriptor_is_no_line() -> None:
    """To watch what is not open is an error at once, not a child without a line."""
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)

    with pytest.raises(OSError) as caught:
        watch(reading)

    assert caught.value.errno == errno.EBADF


def test_a_boot_command_names_no_console_script() -> None:
    """The child is this Python and a file, so no script has to lie on the PATH."""
    command = boot_command(("one:main", "-a"), ("two:main",))

    assert [sys.executable, "one:main", "-a", "--then", "two:main"] == [command[0], *command[2:]]
    assert Path(command[1]).is_file()
