"""A site's own checks, named on the command line, with their words beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.catalog import load_catalog
from airproof.errors import BadInput
from airproof.record.outcome import Outcome, Verdict
from tests.engine.running import DEMO, airproof, own_pytest, record, static_index

CHECKS = """
from airproof.check import Finding, check, expect, seen
from airproof.probes.reaching.reach import Reach

@check("SITE01", level="required", causes=("port-other",), requires=("NET02",))
def check_the_port_is_ours(reach: Reach):
    expect([Finding("port-other", reach.port, 3141, values={"port": reach.port})])
    return seen(port=reach.port)

@check("SITE02", level="advised")
def check_the_host_is_named(reach: Reach):
    return seen(host=reach.host)

@check("SITE03", level="advised")
def check_with_a_cause_that_has_no_words(reach: Reach):
    expect([Finding("no-such-cause", object(), None)])
    return seen()

def check_that_is_none():
    raise RuntimeError("not marked")
"""
WORDS = """
[check.SITE01.en]
title = "The port is ours"
why = "Ours is 3141."
seen = "port {port}"
[check.SITE01.zh-TW]
title = "連接埠是我們的"
why = "我們使用 3141。"
seen = "連接埠 {port}"
[check.SITE02.en]
title = "The host is named"
why = "It should be."
seen = "host {host}"
[check.SITE02.zh-TW]
title = "主機有名稱"
why = "應有名稱。"
seen = "主機 {host}"
[check.SITE03.en]
title = "Without words"
why = "A slip."
seen = "nothing"
[check.SITE03.zh-TW]
title = "沒有文字"
why = "疏忽。"
seen = "無"
[cause.port-other.en]
says = "The port is {port}."
remedy = "Use 3141."
[cause.port-other.zh-TW]
says = "連接埠是 {port}。"
remedy = "請使用 3141。"
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A file of checks with its words; it lies outside the folder in which the tests run."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "ours.py").write_text(CHECKS, encoding="utf-8")
    (folder / "ours.toml").write_text(WORDS, encoding="utf-8")
    return folder / "ours.py"


def test_own_checks_judge_beside_the_others(own: Path, tmp_path: Path) -> None:
    """They take part in the verdict under either engine, in their own words; a cause without words breaks its check."""
    words = ("--no-import", "--verbose", "--lang", "zh-TW", "--checks", str(own))
    with static_index(*DEMO) as index:
        ours = airproof("check", index.url, "-p", "demo", *words, cwd=tmp_path)
        first = record(tmp_path)
        theirs = own_pytest(index.url, "--airproof-checks", str(own), "--airproof-package", "demo", cwd=tmp_path)

    for report in (first, record(tmp_path)):
        site = {check.id: check for check in report.checks if check.family == "SITE"}
        assert {"SITE01": Outcome.FAILED, "SITE02": Outcome.PASSED, "SITE03": Outcome.BROKEN} == {
            id: one.outcome for id, one in site.items()
        }
        assert (Verdict.REJECTED, ["port-other"]) == (
            report.verdict,
            [finding.cause for finding in site["SITE01"].findings],
        )
        assert "no-such-cause" in str(site["SITE03"].reason)
    assert (1, 1) == (ours.returncode, theirs.returncode)
    assert "連接埠是我們的" in ours.stdout
    assert "not marked" not in theirs.stdout


def test_own_checks_are_explained(own: Path, tmp_path: Path) -> None:
    """`explain` knows them, in both languages."""
    said = airproof("explain", "site01", "--checks", str(own), cwd=tmp_path)

    assert (0, True, True) == (said.returncode, "The port is ours" in said.stdout, "Use 3141." in said.stdout)


@pytest.mark.parametrize(
    ("checks", "words", "key"),
    [
        ("import no_such_module", WORDS, "checks-broken"),
        ("def broken(:", WORDS, "checks-broken"),
        ("raise SystemExit(0)", WORDS, "checks-broken"),
        (CHECKS, None, "checks-no-words"),
        (CHECKS, "[check.SITE01", "checks-bad-words"),
        (CHECKS, WORDS.partition("[check.SITE01.zh-TW]")[0], "checks-bad-words"),
        (CHECKS, WORDS.replace('seen = "port {port}"', ""), "checks-disagree"),
        (CHECKS, WORDS.replace("SITE03", "SITE04"), "checks-disagree"),
        (CHECKS.replace("SITE02", "NET01"), WORDS, "checks-disagree"),
        (CHECKS.replace("SITE02", "SITE01"), WORDS, "checks-disagree"),
        (CHECKS.replace('("NET02",)', '("NET99",)'), WORDS, "checks-disagree"),
        (CHECKS.replace('("NET02",)', '("SITE02",)'), WORDS, "checks-disagree"),
        (CHECKS.replace('"advised"', '"nice to have"'), WORDS, "checks-broken"),
        (CHECKS.replace("@check", "# @check"), WORDS, "checks-none"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(own: Path, checks: str, words: str | None, key: str) -> None:
    """Broken code, missing words, ids that are taken, requirements that cannot hold: bad input, nothing is judged."""
    own.write_text(checks, encoding="utf-8")
    own.with_suffix(".toml").unlink()
    if words is not None:
        own.with_suffix(".toml").write_text(words, encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        load_catalog((str(own),))

    assert key == caught.value.key


@pytest.mark.parametrize("name", ["absent.py", "ours.toml", "."])
def test_what_is_no_python_file_is_refused(own: Path, name: str) -> None:
    """A file that is not there, that is no Python, or a folder."""
    with pytest.raises(BadInput) as caught:
        load_catalog((str(own.parent / name),))

    assert "checks-missing" == caught.value.key
