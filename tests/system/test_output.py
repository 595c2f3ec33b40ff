"""Output of the command line on any console: plain if it is redirected, never an exception, the path last."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.catalog import load_catalog
from airproof.renderers import RENDERERS
from pytest_airproof.servers.stage import Stage
from tests.engine.running import DEMO, SCRIPT, airproof, environment, record, static_index

CLOSED_INDEX = "http://127.0.0.1:9/root/local/"
"""The discard port: nobody answers."""
ESCAPE = "\x1b"
PATH = os.path.join("airproof-report", "record.json")  # noqa: PTH118 - as it is printed


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, subprocess.CompletedProcess[str]]]:
    """One run with a finding, its output redirected, in Traditional Chinese."""
    folder = tmp_path_factory.mktemp("judged")
    with static_index(DEMO[0]) as index:  # demo-lib is missing
        yield folder, airproof("check", index.url, "-p", "demo", "--lang", "zh-TW", cwd=folder)


def test_redirected_output_is_plain_and_ends_in_the_path(
    judged: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """No colour, no line that changes; the report on standard output, the progress on standard error."""
    folder, ran = judged

    assert (1, PATH) == (ran.returncode, ran.stdout.splitlines()[-1])
    assert (folder / PATH).is_file()
    assert [] == [text for text in (ran.stdout, ran.stderr) if ESCAPE in text or "\r" in text]
    assert ("驗收未通過" in ran.stdout, "demo-lib" in ran.stdout, "cp3" in ran.stderr) == (True, True, True)


def test_a_record_knows_what_the_index_held(judged: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """The files of every page that the run read, by hash, so that a later record can be compared with it."""
    wheel = DEMO[0]
    digest = hashlib.sha256(wheel.content()).hexdigest()
    held = record(judged[0]).summary.listing

    assert {"demo": {wheel.filename: f"sha256:{digest}"}, "demo-lib": {}} == held.files


@pytest.mark.parametrize("encoding", ["cp950", "cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize("lang", ["en", "zh-TW"])
def test_no_console_is_too_poor(
    judged: tuple[Path, subprocess.CompletedProcess[str]], encoding: str, lang: str
) -> None:
    """Code page 950, 1252 or plain ASCII: what cannot be shown is escaped, and nothing raises."""
    folder, _ = judged
    words = ["report", PATH, "--lang", lang, "--verbose"]
    ran = subprocess.run(
        [str(SCRIPT), *words], cwd=folder, env=environment(PYTHONIOENCODING=encoding), capture_output=True, check=False
    )

    shown = ran.stdout.decode(encoding)
    assert (1, b"") == (ran.returncode, ran.stderr)
    assert ("REJECTED" if lang == "en" else "驗收未通過") in shown or (lang == "zh-TW" and "\\u9a57" in shown)


@pytest.mark.parametrize("format", ["json", "html", "junit"])
def test_a_document_is_utf8_wherever_it_goes(
    judged: tuple[Path, subprocess.CompletedProcess[str]], format: str
) -> None:
    """It says so in its first lines: a console's code page does not change that."""
    folder, _ = judged
    poor, rich = (
        subprocess.run(
            [str(SCRIPT), "report", PATH, "--lang", "zh-TW", "--format", format],
            cwd=folder,
            env=environment(PYTHONIOENCODING=encoding),
            capture_output=True,
            check=False,
        ).stdout
        for encoding in ("cp950", "utf-8")
    )

    assert "套件" in rich.decode("utf-8")
    assert rich == poor


@pytest.mark.parametrize("encoding", ["cp950", "ascii"])
def test_a_run_itself_survives_a_poor_console(tmp_path: Path, encoding: str) -> None:
    """Progress and report in Chinese on a console that cannot show all of it."""
    ran = subprocess.run(
        [str(SCRIPT), "check", CLOSED_INDEX, "--lang", "zh-TW", "-p", "demo"],
        cwd=tmp_path,
        env=environment(PYTHONIOENCODING=encoding),
        capture_output=True,
        check=False,
    )

    assert (1, 1) == (ran.returncode, record(tmp_path).exit_code)
    assert b"Traceback" not in ran.stderr
    assert PATH.encode() == ran.stdout.splitlines()[-1]


def test_quiet_says_the_verdict_and_the_path(tmp_path: Path, airproof_index: Stage) -> None:
    """Nothing on standard error, and on standard output the verdict, what to do next and the path. Nothing was asked
    of the index here, so that nothing is accepted, and the lines say what to name.
    """
    ran = airproof("check", airproof_index.url, "--quiet", "--lang", "en", cwd=tmp_path)

    first, *_, last = ran.stdout.splitlines()
    assert (3, "") == (ran.returncode, ran.stderr)
    assert (True, PATH) == (first.startswith("INCONCLUSIVE"), last)
    assert "-p" in ran.stdout
    assert len(ran.stdout.splitlines()) < 6


def test_verbose_lists_every_check_with_its_evidence(judged: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Each check of the catalogue, and what was seen of those that passed; without the option they are counted only."""
    folder, brief = judged
    ran = airproof("report", PATH, "--lang", "en", "--verbose", cwd=folder)

    passed = [check for check in record(folder).checks if check.evidence is not None]
    assert [] == [id for id in load_catalog().checks if id not in ran.stdout]
    assert 0 < len(passed)
    assert [] == [entry.id for entry in passed if entry.evidence and entry.evidence.en[:40] not in ran.stdout]
    assert "NET01" not in brief.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal of POSIX")
@pytest.mark.parametrize(("variables", "coloured"), [({"TERM": "xterm"}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_that_want_it(
    judged: tuple[Path, subprocess.CompletedProcess[str]], variables: dict[str, str], coloured: bool
) -> None:
    """On a terminal the report is coloured, unless NO_COLOR is set."""
    import pty

    folder, _ = judged
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [str(SCRIPT), "report", PATH], cwd=folder, env=environment(**{"TERM": "xterm", **variables}), stdout=theirs
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while chunk := os.read(ours, 65536):
                said += chunk
        except OSError:  # the other end is closed
            pass
        process.wait(60)
    os.close(ours)

    assert (1, coloured) == (process.returncode, ESCAPE.encode() in said)


def test_a_reader_who_leaves_changes_no_verdict(judged: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """`airproof report … | head -1` is as rejected as the record is."""
    folder, _ = judged
    with subprocess.Popen(
        [str(SCRIPT), "report", PATH, "--format", "json"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        code = process.wait(60)

    assert (1, b"") == (code, said)


def test_the_same_record_in_each_format_has_the_verdicts_exit_code(
    judged: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """`report` returns what the run returned, however the record is drawn."""
    folder, ran = judged
    named = [name for name in RENDERERS if name != "nagios"]  # which has codes of its own
    drawn = [airproof("report", PATH, "--format", name, cwd=folder) for name in named]

    assert {ran.returncode} == {text.returncode for text in drawn}
    assert [] == [text.args for text in drawn if not text.stdout or text.stderr]
