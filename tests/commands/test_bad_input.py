"""Bad input is answered with one sentence and the mend, with exit code 2, before anything is done."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from airproof.cli import main
from airproof.record.file import encode
from airproof.words import LANGS
from tests.renderers.records import entry, report, text

Prepare = Callable[[Path], None]
URL = "http://127.0.0.1:9/root/local/"


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here comes so far that it needs the engine, which would be begun for each."""
    monkeypatch.setattr("airproof.cli.JUDGING", ())


def nothing(_: Path) -> None:
    """As the folder is: empty."""


def a_file(at: Path) -> None:
    (at / "file").write_text("no folder\n")


def a_folder(at: Path) -> None:
    (at / "folder").mkdir()


def a_full_folder(at: Path) -> None:
    a_folder(at)
    (at / "folder" / "mine").touch()


def settings(text: str) -> Prepare:
    def write(at: Path) -> None:
        (at / "airproof.toml").write_text(text)

    return write


def a_record(content: bytes) -> Prepare:
    def write(at: Path) -> None:
        (at / "record.json").write_bytes(content)

    return write


def sites(*hosts: str) -> Prepare:
    """Records `0.json`, `1.json` and so on, each a day after the one before."""

    def write(at: Path) -> None:
        for number, host in enumerate(hosts):
            one = report(entry("NET01", text("x")), started=f"2026-01-0{number + 1}T08:00:00Z")
            site = msgspec.structs.replace(one.site, url=f"http://{host}/")
            (at / f"{number}.json").write_bytes(encode(msgspec.structs.replace(one, site=site)))

    return write


def requirements(line: str) -> Prepare:
    def write(at: Path) -> None:
        (at / "req.txt").write_text(line + "\n")

    return write


def no_python(at: Path) -> None:
    program = at / "no-python"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)


def no_temporary_folder(at: Path) -> None:
    tempfile.tempdir = str(at / "absent")  # as after TMPDIR, /tmp and all others have been refused


POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a script that runs by its first line")
CASES = [
    # What is prepared, the command, and words that the sentence has in each language: the input itself.
    pytest.param(nothing, ["rehearse", "absent"], ["absent"], id="no wheelhouse"),
    pytest.param(a_folder, ["rehearse", "folder"], ["folder", "pip download"], id="empty wheelhouse"),
    pytest.param(a_file, ["rehearse", "file"], ["file"], id="a wheelhouse that is a file"),
    pytest.param(a_full_folder, ["rehearse", "--keep", "folder"], ["--keep folder"], id="--keep not empty"),
    pytest.param(a_file, ["rehearse", "--keep", "file"], ["--keep file"], id="--keep is a file"),
    pytest.param(nothing, ["check", URL, "-p", "de mo!"], ["-p", "de mo!"], id="unreadable requirement"),
    pytest.param(nothing, ["check", URL, "-p", ""], ["-p"], id="empty requirement"),
    pytest.param(
        nothing, ["check", URL, "-p", "demo @ http://127.0.0.1:9/x.whl"], ["demo @ http", "=="], id="URL requirement"
    ),
    pytest.param(nothing, ["check", URL, "-r", "absent.txt"], ["absent.txt"], id="no requirements file"),
    pytest.param(requirements("=="), ["check", URL, "-r", "req.txt"], ["req.txt", "=="], id="unreadable line"),
    pytest.param(requirements("-e ."), ["check", URL, "-r", "req.txt"], ["req.txt"], id="line that names a place"),
    pytest.param(nothing, ["check"], ["airproof check http://"], id="no URL"),
    pytest.param(nothing, ["check", "10.0.0.5:3141/root/local/"], ["10.0.0.5:3141"], id="URL without scheme"),
    pytest.param(nothing, ["check", "ftp://10.0.0.5/"], ["ftp://10.0.0.5/"], id="URL of another scheme"),
    pytest.param(nothing, ["check", "http://10.0.0.5:port/"], ["http://10.0.0.5:port/"], id="URL with no port number"),
    pytest.param(nothing, ["check", f"{URL}?a=1"], [f"{URL}?a=1", "?"], id="URL with a query"),
    pytest.param(nothing, ["check", f"{URL}#a"], [f"{URL}#a", "#"], id="URL with a fragment"),
    pytest.param(nothing, ["check", ""], ["PIP Server"], id="empty URL"),
    pytest.param(nothing, ["check", URL, "--form", "sideways"], ["--form", "sideways"], id="unknown value"),
    pytest.param(nothing, ["check", URL, "--timeout", "soon"], ["--timeout", "soon"], id="no number"),
    pytest.param(nothing, ["check", URL, "--timeout", "0"], ["--timeout 0"], id="no time"),
    pytest.param(nothing, ["check", URL, "--timeout", "nan"], ["--timeout nan"], id="not a number"),
    pytest.param(nothing, ["check", URL, "--colour"], ["--colour"], id="unknown option"),
    pytest.param(nothing, ["inspect"], ["inspect"], id="unknown command"),
    pytest.param(nothing, [], ["COMMAND"], id="no command"),
    pytest.param(nothing, ["check", URL, "--ca", "absent.pem"], ["absent.pem"], id="no certificates"),
    pytest.param(nothing, ["check", URL, "--checks", "absent.py"], ["absent.py"], id="no file of checks"),
    pytest.param(nothing, ["check", URL, "--pip-command", "pip install x"], ["--pip-command"], id="pip command"),
    pytest.param(nothing, ["check", URL, "--python", "absent-python"], ["absent-python"], id="no interpreter"),
    pytest.param(
        no_python,
        ["check", URL, "--python", "./no-python"],
        ["no-python"],
        id="an interpreter that is none",
        marks=POSIX,
    ),
    pytest.param(
        a_file, ["check", URL, "--report-dir", "file"], ["file", "--report-dir"], id="report folder is a file"
    ),
    pytest.param(
        a_file, ["check", URL, "--report-dir", "file/in"], ["--report-dir"], id="report folder cannot be made"
    ),
    pytest.param(no_temporary_folder, ["check", URL], ["TMPDIR"], id="no temporary folder"),
    pytest.param(nothing, ["check", URL, "--waive", "NET99=why"], ["NET99", "airproof explain"], id="unknown waiver"),
    pytest.param(nothing, ["check", URL, "--waive", "NET01"], ["NET01"], id="waiver without reason"),
    pytest.param(nothing, ["check", URL, "--waive", "NET01= "], ["NET01="], id="waiver with an empty reason"),
    pytest.param(nothing, ["check", URL, "--waive", "PIP05=no"], ["PIP05"], id="what cannot be waived"),
    pytest.param(
        nothing, ["check", URL, "--waive", "NET01@2026-02-31=no"], ["2026-02-31"], id="waiver until a day that is none"
    ),
    pytest.param(nothing, ["check", URL, "--advisories", "absent.zip"], ["absent.zip", "all.zip"], id="no advisories"),
    pytest.param(a_file, ["check", URL, "--advisories", "file"], ["file", "all.zip"], id="advisories that are none"),
    pytest.param(a_folder, ["rehearse", "--advisories", "folder"], ["folder"], id="advisories in an empty folder"),
    pytest.param(nothing, ["check", URL, "--fail-on", "sky"], ["--fail-on", "critical"], id="unknown severity"),
    pytest.param(nothing, ["check", URL, "--fail-on", "low"], ["--fail-on low", "all.zip"], id="a severity of nothing"),
    pytest.param(
        settings("[custody]\nfail-on = 'sky'"),
        ["check", URL, "-q"],
        ["--fail-on sky", "critical"],
        id="no severity in settings",
    ),
    pytest.param(nothing, ["check", URL, "--vex", "absent.json"], ["absent.json", "OpenVEX"], id="no VEX document"),
    pytest.param(
        a_folder, ["check", URL, "--vex", "folder"], ["folder", "OpenVEX"], id="a VEX document that is a folder"
    ),
    pytest.param(a_file, ["check", URL, "--vex", "file"], ["file", "OpenVEX"], id="a VEX document that is none"),
    pytest.param(nothing, ["explain", "NET99"], ["NET99", "airproof explain"], id="unknown check"),
    pytest.param(nothing, ["check", URL, "--deny-licence", "MTI"], ["--deny-licence MTI", "MIT"], id="no licence"),
    pytest.param(nothing, ["check", URL, "--allow-licence", ""], ["--allow-licence ''", "SPDX"], id="empty licence"),
    pytest.param(
        settings("[licences]\nallow = ['mit']\ndeny = ['MIT']"), ["check", URL, "-q"], ["MIT"], id="allowed and denied"
    ),
    pytest.param(
        settings("[licences]\nallow = 'MIT'"), ["check", URL], ["airproof.toml", "licences.allow"], id="no list"
    ),
    pytest.param(settings("[index]\nurll = 'x'"), ["check", URL], ["airproof.toml", "urll"], id="unknown key"),
    pytest.param(settings("[index"), ["rehearse"], ["airproof.toml"], id="settings that are no TOML"),
    pytest.param(settings("[index]\ntimeout = 'x'"), ["check", URL], ["airproof.toml"], id="setting of another type"),
    pytest.param(nothing, ["report", "absent.json"], ["absent.json"], id="no record"),
    pytest.param(a_folder, ["report", "folder"], ["folder"], id="a record that is a folder"),
    pytest.param(a_record(b'{"schema": "airproof.rep'), ["report", "record.json"], ["record.json"], id="cut record"),
    pytest.param(a_record(b"\xff\xfe<html>"), ["report", "record.json"], ["record.json"], id="no JSON"),
    pytest.param(a_record(b""), ["report", "record.json"], ["record.json"], id="empty record"),
    pytest.param(a_record(b"[]"), ["report", "record.json"], ["airproof.report/1"], id="other JSON"),
    pytest.param(
        a_record(b'{"schema": "airproof.report/2"}'),
        ["report", "record.json"],
        ["airproof.report/1", "airproof.report/2"],
        id="other schema",
    ),
    pytest.param(
        a_record(b'{"schema": "airproof.report/1"}'), ["report", "record.json"], ["record.json"], id="damaged"
    ),
    pytest.param(nothing, ["report", "x", "--format", "pdf"], ["pdf", "markdown"], id="unknown format"),
    pytest.param(a_folder, ["report", "folder"], ["folder"], id="a record that is a folder"),
    pytest.param(nothing, ["report", "absent.json"], ["absent.json"], id="no record"),
    pytest.param(a_record(b"<html>"), ["report", "record.json"], ["record.json"], id="a record that is not JSON"),
    pytest.param(nothing, ["report", "x", "--lang", "fr"], ["--lang", "fr"], id="unknown language"),
    pytest.param(nothing, ["report", "x", "--only-new"], ["--only-new", "--baseline"], id="only new, since when"),
    pytest.param(
        sites("192.0.2.1", "192.0.2.2"),
        ["report", "0.json", "--baseline", "1.json"],
        ["1.json", "http://192.0.2.1/", "http://192.0.2.2/"],
        id="baseline of another site",
    ),
    pytest.param(
        sites("192.0.2.1", "192.0.2.1"),
        ["report", "0.json", "--baseline", "1.json"],
        ["1.json", "--baseline", "2026-01-02"],
        id="baseline that is newer",
    ),
    pytest.param(
        sites("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ["report", "1.json", "2.json", "--baseline", "0.json"],
        ["--baseline", "2"],
        id="baseline of several",
    ),
    pytest.param(
        sites("192.0.2.1"), ["report", "0.json", "--baseline", "absent.json"], ["absent.json"], id="no baseline"
    ),
    pytest.param(
        sites("192.0.2.1"),
        ["report", "0.json", "--output", "absent/x.html"],
        [os.path.join("absent", "x.html")],  # noqa: PTH118 - as it is printed
        id="output that cannot be written",
    ),
    pytest.param(sites("192.0.2.1"), ["report", "0.json", "--output", "."], ["."], id="output that is a folder"),
]


@pytest.fixture(autouse=True)
def leaves_the_process_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The commands run in this process: its handler and working folder comes back afterwards."""
    monkeypatch.chdir(tmp_path)
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


def told(words: list[str], capfd: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, output and what was complained."""
    try:
        code = main(words)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        tempfile.tempdir = None
    out, err = capfd.readouterr()
    return code, out, err


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("prepare", "words", "names"), CASES)
def test_bad_input_is_one_sentence(
    prepare: Prepare, words: list[str], names: list[str], lang: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It names the input, in the reader's language; nothing is written, and no report is begun."""
    prepare(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    code, out, err = told(["--lang", lang, *words], capfd)

    assert (2, "") == (code, out), err
    assert (1, "airproof: ") == (len(err.splitlines()), err[:10]), err
    assert [] == [name for name in names if name not in err], err
    assert any(ord(letter) > 0x3000 for letter in err) == (lang == "zh-TW"), err
    assert before == sorted(tmp_path.rglob("*"))


def test_an_output_that_exists_is_not_overwritten(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], record_file: Path
) -> None:
    """`report --output` names a new file; what is there stays."""
    (tmp_path / "mine.txt").write_text("mine")

    code, _, err = told(["report", str(record_file), "--output", "mine.txt", "--lang", "en"], capfd)

    assert (2, 1, "mine") == (code, len(err.splitlines()), (tmp_path / "mine.txt").read_text())


@pytest.fixture
def record_file(tmp_path: Path) -> Path:
    """A small record, whole."""
    text = {"en": "x", "zh-TW": "x"}
    entry = {
        **{"id": "NET01", "family": "NET", "level": "required", "subject": "", "outcome": "passed", "seconds": 0},
        **{"title": text, "why": text},
    }
    path = tmp_path / "whole.json"
    path.write_text(
        json.dumps(
            {
                "schema": "airproof.report/1",
                "tool": {"name": "airproof", "version": "0", "python": "3"},
                "run": {
                    **{"command": "check", "started": "2026-01-31T08:00:00Z", "seconds": 1},
                    **{"engine": "airproof", "finished": True},
                },
                "site": {
                    **{"kind": "live", "url": URL, "groups": {}, "pip_command": "pip"},
                    **{"pip_command_assumed": False},
                },
                "verdict": "accepted",
                "exit_code": 0,
                "scope": {"targets": [], "requirements": 1},
                "counts": {},
                "checks": [entry],
                "facts": {},
                "offline": {"strength": "none", "canary_refused": None, "decoy_visitors": None, "refused": []},
            }
        )
    )
    return path
