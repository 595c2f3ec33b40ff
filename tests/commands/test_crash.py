"""An error of airproof itself, or of an output, never ends in the exit code that means REJECTED."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from airproof import cli
from airproof.ask.options import COMMANDS
from airproof.commands import run as commands_run
from tests.commands.test_report import MONDAY, TUESDAY
from tests.engine.running import SCRIPT, environment

NESTED = '{"schema":' + "[" * 20_000
FULL = Path("/dev/full")
needs_a_full_device = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def run(*words: str, **redirected: object) -> subprocess.CompletedProcess[bytes]:
    """The installed command, as a child."""
    command = [str(SCRIPT), *words]
    return subprocess.run(command, env=environment(), check=False, stderr=subprocess.PIPE, **redirected)  # type: ignore[call-overload, no-any-return]


def test_without_a_command_the_help_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """`airproof` alone is bad usage, and the help says what there is."""
    code = cli.main([])

    out, err = capsys.readouterr()
    assert (2, "") == (code, err)
    assert [] == [name for name in COMMANDS if name not in out]


def test_an_unexpected_error_is_one_sentence_and_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The exit code is that of a run that could not look; the traceback lies in a file, without the URL's password."""

    def fail(_options: object) -> int:
        raise ZeroDivisionError("at http://root:secret-word@index.corp/")

    monkeypatch.setattr(cli, "run_command", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = cli.main(["check", "http://root:secret-word@index.corp/", "--lang", "en"])

    out, err = capsys.readouterr()
    (log,) = tmp_path.glob("airproof-crash-*.log")
    kept = log.read_text(encoding="utf-8")
    assert (3, "", 1) == (code, out, err.count("\n"))
    assert (str(log) in err, "ZeroDivisionError" in err, "Traceback" in kept) == (True, True, True)
    assert "secret-word" not in err + kept


@pytest.mark.parametrize(
    "words",
    [("report",), ("report", TUESDAY, "--baseline"), ("carry", "D", "-p", "a", "--target", "cp311-win32", "--have")],
)
def test_a_record_nested_too_deeply_is_bad_input(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a record is read."""
    monkeypatch.chdir(tmp_path)
    hostile = tmp_path / "record.json"
    hostile.write_text(NESTED, encoding="utf-8")

    code = cli.main([*words, str(hostile), "--lang", "en"])

    assert 2 == code
    assert "nested too deeply" in capsys.readouterr().err


@needs_a_full_device
@pytest.mark.parametrize("words", [("--version",), ("explain",), ("report", MONDAY)])
def test_an_output_that_is_full_is_told(words: tuple[str, ...]) -> None:
    """If the output cannot be written, that is bad input, in one line."""
    with FULL.open("wb") as full:
        ran = run(*words, stdout=full)

    assert (2, 1) == (ran.returncode, ran.stderr.count(b"\n"))


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX closes the output")
def test_an_output_that_is_closed_changes_no_exit_code() -> None:
    """`airproof report RECORD >&-`: nobody wants to read it, and the verdict stays what it is."""
    ran = subprocess.run(
        ["sh", "-c", '"$0" report "$1" >&-', str(SCRIPT), TUESDAY],
        env=environment(),
        capture_output=True,
        check=False,
    )

    assert (0, b"") == (ran.returncode, ran.stderr)


def test_a_full_disk_is_told_before_the_run_begins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The report folder has no room for the first facts: bad input, and nothing is left there."""

    def fail(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(commands_run, "hand_over", fail)
    code = cli.main(["check", "http://127.0.0.1:9/", "-p", "a", "--report-dir", str(tmp_path / "r"), "--lang", "en"])

    assert 2 == code
    assert "The disk is full" in capsys.readouterr().err
    assert [] == list((tmp_path / "r").iterdir())
