"""`airproof check --load N`: it is announced, it takes a word on the command line, and Ctrl-C leaves what is known."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from airproof.record.outcome import Outcome
from airproof.record.report import Report
from pytest_airproof import Index, Mirror, Wheel
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from tests.engine.running import SCRIPT, airproof, environment, record

WAIT = 120
"""Seconds; only to catch a hang."""
QUICK = ("--no-import", "--no-login", "--lang", "en")


def outcome(report: Report, id: str) -> Outcome:
    return next(entry.outcome for entry in report.checks if entry.id == id)


def test_a_load_is_announced_and_reported(airproof_index: Index, tmp_path: Path) -> None:
    """The server, the requests and their bytes stand there before; then the result, on every channel."""
    airproof_index.upload(Wheel("alpha"))

    ran = airproof(
        *("check", airproof_index.simple_url, "-p", "alpha", "--load", "2", "--activation-time", "60", *QUICK),
        cwd=tmp_path,
    )

    assert 0 == ran.returncode, ran.stdout
    server = airproof_index.server.url
    said = ran.stderr.splitlines()
    assert any(f"up to 2 hosts will activate at once on {server}, by GET alone" in line for line in said)
    assert any(f"load on {server} with 1, 2 hosts at once: 16 GETs and" in line for line in said)
    assert "Up to 2 hosts at once are served within 60 s" in ran.stdout
    report = record(tmp_path)
    assert (Outcome.PASSED, Outcome.PASSED) == (outcome(report, "SRV14"), outcome(report, "SRV15"))
    load = report.summary.load
    assert load is not None
    assert ([1, 2], [4, 4], 2) == (
        [step.hosts for step in load.steps],
        [step.activations for step in load.steps],
        load.held,
    )
    page = (tmp_path / "airproof-report" / "report.html").read_text(encoding="utf-8")
    assert '<svg class="curve"' in page
    assert "<script" not in page


def test_airproof_toml_alone_sends_no_load(airproof_index: Index, tmp_path: Path) -> None:
    """It holds the threshold; consent is a word of whoever runs it."""
    airproof_index.upload(Wheel("alpha"))
    (tmp_path / "airproof.toml").write_text("[load]\nhosts = 2\nactivation-time = 60\n", encoding="utf-8")
    words = ("check", airproof_index.simple_url, "-p", "alpha", *QUICK)

    without = airproof(*words, cwd=tmp_path)
    alone = record(tmp_path)
    airproof(*words, cwd=tmp_path, AIRPROOF_LOAD="2")
    consented = record(tmp_path)

    assert "GETs" not in without.stderr
    assert (Outcome.NOT_APPLICABLE, Outcome.NOT_APPLICABLE) == (outcome(alone, "SRV14"), outcome(alone, "SRV15"))
    assert alone.summary.load is None
    assert (Outcome.PASSED, Outcome.PASSED) == (outcome(consented, "SRV14"), outcome(consented, "SRV15"))


@pytest.mark.thorough
def test_an_option_revokes_the_consent_of_a_variable(airproof_index: Index, tmp_path: Path) -> None:
    """A typed option counts more than a variable."""
    airproof_index.upload(Wheel("alpha"))

    airproof("check", airproof_index.simple_url, "-p", "alpha", "--load", "0", cwd=tmp_path, AIRPROOF_LOAD="2")

    assert record(tmp_path).summary.load is None


def test_fewer_hosts_than_the_site_has_prove_nothing(airproof_index: Index, tmp_path: Path) -> None:
    """A first careful load says what it measured, and the verdict stays open."""
    airproof_index.upload(Wheel("alpha"))

    ran = airproof(
        *("check", airproof_index.simple_url, "-p", "alpha", "--load", "1", "--load-hosts", "50"),
        *("--activation-time", "60", *QUICK),
        cwd=tmp_path,
    )

    assert 3 == ran.returncode
    assert "Run again with --load 50" in " ".join(ran.stdout.split())


def test_a_mirror_gets_no_load(airproof_mirror: Mirror, tmp_path: Path) -> None:
    """Not one request of a load is sent: the error names the mirror, the reason and the mend."""
    airproof_mirror.upstream.upload(Wheel("alpha"))

    ran = airproof("check", airproof_mirror.simple_url, "-p", "alpha", "--load", "2", *QUICK, cwd=tmp_path)

    report = record(tmp_path)
    reason = next(entry.reason for entry in report.checks if entry.id == "SRV14")
    assert (3, Outcome.BROKEN, None) == (ran.returncode, outcome(report, "SRV14"), report.summary.load)
    assert "GETs" not in ran.stderr
    assert reason is not None
    assert f"{airproof_mirror.name}, which" in reason.en
    assert "Take the mirror out of the bases" in reason.en


@pytest.mark.parametrize(
    "words",
    [("--load", "-1"), ("--load", "501"), ("--load-hosts", "501"), ("--load-hosts", "0"), ("--activation-time", "-1")],
    ids=" ".join,
)
def test_a_number_that_cannot_be_used_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    """Before anybody is asked."""
    ran = airproof("check", "http://192.0.2.10:3141/root/local/", *words, "--lang", "en", cwd=tmp_path)

    assert (2, True) == (ran.returncode, f"{words[0]} {words[1]} cannot be used" in " ".join(ran.stderr.split()))


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_during_a_load_leaves_what_was_measured(airproof_index: Index, tmp_path: Path) -> None:
    """The steps that were measured, and what of the last one was seen; no request comes any more."""
    airproof_index.upload(Wheel("alpha"))
    with FaultyProxy(airproof_index.server.url) as proxy:
        url = airproof_index.simple_url.replace(airproof_index.server.url, proxy.url)
        process = subprocess.Popen(
            [str(SCRIPT), "check", url, "-p", "alpha", "--load", "64", *QUICK],
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert process.stderr is not None
        for line in process.stderr:
            if "load: 4 of 64" in line:
                break
        proxy.rules.append(Rule("*.whl", hang=True))
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=WAIT)
        seen = len(proxy.requests)
        time.sleep(0.5)
        after = len(proxy.requests)

    report = record(tmp_path)
    load = report.summary.load
    assert (130, True) == (process.returncode, report.run.interrupted)
    assert load is not None
    assert [False, False, True] == [step.stopped for step in load.steps]
    assert "4 at once was interrupted" in " ".join(output.split())
    assert seen == after


def test_a_locustfile_of_the_record(airproof_index: Index, tmp_path: Path) -> None:
    """It is Python, it asks for the same, and it has no login."""
    airproof_index.upload(Wheel("alpha"))
    url = airproof_index.simple_url.replace("://", "://ann:geheim@")
    airproof("check", url, "-p", "alpha", "--load", "1", *QUICK, cwd=tmp_path)

    ran = airproof("report", "airproof-report/record.json", "--format", "locust", cwd=tmp_path)

    compile(ran.stdout, "locustfile.py", "exec")
    assert f'"{airproof_index.server.url}"' in ran.stdout
    assert f"/{airproof_index.name}/+simple/alpha/" in ran.stdout.replace("%2B", "+")
    assert "geheim" not in ran.stdout
