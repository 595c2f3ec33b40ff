"""The verdict in one line."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Level
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.renderers.parts.verdict import next_step, verdict_line
from tests.renderers.records import HERE, WINDOWS, accepted, entry, inconclusive, rejected, report, text

FINE = entry("PIP02", text("It installs", "可以安裝"), subject=HERE)
TWELVE = {"all": tuple(f"project-{number}" for number in range(12))}


def waived(report_of: Report) -> Report:
    return report_of


def test_accepted_says_for_what() -> None:
    """The line names target, requirements, waivers and what was assumed."""
    waiver = entry("SRV03", text("password"), Outcome.WAIVED, reason=text("lab"))
    made = report(FINE, waiver, groups=TWELVE, trust_assumed=True)

    assert (
        verdict_line(made, "en") == "ACCEPTED for cp311-linux (this machine), 12 requirements, 1 waiver · trust assumed"
    )
    chinese = "驗收通過：cp311-linux（本機）、12 項套件需求、1 項豁免 · 信任設定未經確認（假設）"
    assert chinese == verdict_line(made, "zh-TW")


def test_one_requirement_is_singular() -> None:
    """No line says "1 requirements"."""
    assert verdict_line(report(FINE), "en") == "ACCEPTED for cp311-linux (this machine), 1 requirement"


def test_rejected_counts_causes_and_says_for_what() -> None:
    """The number of causes comes first, then what was judged."""
    expected = "REJECTED: 2 causes · for cp311-linux (this machine), cp37-win32, 4 requirements"

    assert expected == verdict_line(rejected(), "en")
    chinese = "驗收未通過：2 個原因 · 適用範圍：cp311-linux（本機）、cp37-win32"
    assert verdict_line(rejected(), "zh-TW").startswith(chinese)


def test_one_cause_is_singular() -> None:
    """No line says "1 causes"."""
    made = report(entry("PIP02", text("It installs"), Outcome.FAILED, subject=HERE))

    assert verdict_line(made, "en") == "REJECTED: 1 cause · for cp311-linux (this machine), 1 requirement"


def test_inconclusive_names_the_check_that_could_not_look() -> None:
    """Why nothing can be said: which check, and what stopped it."""
    line = verdict_line(inconclusive(), "en")

    assert line.startswith(
        'INCONCLUSIVE: FIL01 "The served bytes are the published ones" could not look: The server closed'
    )
    assert line.endswith("· run by a pytest that is not airproof's own · 1 check left out")


def test_a_target_that_is_elsewhere_is_not_this_machine() -> None:
    """Only an interpreter whose own pip was asked is called this machine's."""
    made = report(FINE, entry("DEP01", text("closure"), subject=WINDOWS), targets=(WINDOWS, HERE))

    assert verdict_line(made, "en") == "ACCEPTED for cp311-linux (this machine), cp37-win32, 1 requirement"


def test_nothing_asked_tells_how_to_ask() -> None:
    """A run without requirements says which options name them."""
    made = report(FINE, groups={})

    assert verdict_line(made, "en").startswith("INCONCLUSIVE: nothing was judged: name requirements with -p or -r")
    assert next_step(made, "en").startswith(
        "Next: declare the packages in the items of your flows (套件) and export again"
    )


def stuck(outcome: Outcome, level: Level = Level.REQUIRED, reason: str = "") -> Report:
    other = entry(
        "API01", text("index"), outcome, level=level, reason=text(reason) if reason else None, blocked_by="NET01"
    )
    return report(FINE, other)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (stuck(Outcome.BROKEN), 'API01 "index" could not look: no reason was recorded'),
        (stuck(Outcome.BLOCKED), 'API01 "index" is blocked: it waits for NET01'),
        (stuck(Outcome.BROKEN, reason="a\nlong\x1b story."), 'API01 "index" could not look: a long\\x1b story'),
        (report(FINE, finished=False), "the run ended before it was finished"),
        (report(FINE, finished=False, interrupted=True), "the run was interrupted"),
        (report(FINE, requirements=0), "none of the requirements asked for was judged"),
        (report(entry("PIP02", text("x"), Outcome.NOT_APPLICABLE)), "no required check has passed"),
    ],
)
def test_the_first_reason_is_said(made: Report, why: str) -> None:
    """An inconclusive line says what kept airproof from judging."""
    assert verdict_line(made, "en").startswith(f"INCONCLUSIVE: {why}")


def test_an_advised_check_that_could_not_look_is_no_reason() -> None:
    """An advised check is not blamed for the verdict."""
    assert verdict_line(stuck(Outcome.BROKEN, Level.ADVISED), "en").startswith("ACCEPTED for")


def test_what_to_do_next_follows_the_verdict() -> None:
    """Each verdict has its own next step."""
    live = msgspec.structs.replace(report(FINE))

    assert next_step(live, "en").startswith("Next: sign the acceptance report")
    assert next_step(accepted(), "en").startswith("Next: carry the wheelhouse in")
    assert next_step(accepted(), "en").endswith("--pip-command.")
    assert next_step(rejected(), "en").startswith("Next: do the remedies in order")
    assert "airproof explain FIL01" in next_step(inconclusive(), "en")
    assert next_step(report(FINE, finished=False), "en").startswith("Next: run airproof again")


def test_an_interrupted_rejection_says_so() -> None:
    """A failure before the interruption still rejects, and the line says that there may be more."""
    made = report(entry("PIP02", text("x"), Outcome.FAILED), finished=False, interrupted=True)

    assert verdict_line(made, "en").endswith("· interrupted")


def test_the_line_is_one_short_line_whatever_is_in_the_record() -> None:
    """A label from outside can neither break the line nor drown it."""
    made = report(FINE, targets=("evil\nACCEPTED for all" + "x" * 5000, HERE))

    assert len(verdict_line(made, "en").splitlines()) == 1
    assert len(verdict_line(made, "en")) < 1000


@pytest.mark.parametrize(
    ("edition", "source", "said"),
    [
        ("", "typed", ""),
        (
            "commercial",
            "omflow",
            "flows by the rule of OMFlow's commercial edition · index {url} (from OMFlow's PIP Server 位置)",
        ),
        (
            "open",
            "typed",
            "flows by the rule of OMFlow's open edition, which has no PIP Server 位置 · index {url} (as typed)",
        ),
        ("open", "", "flows by the rule of OMFlow's open edition, which has no PIP Server 位置"),
    ],
)
def test_flows_are_judged_by_a_rule_and_for_a_url(edition: str, source: str, said: str) -> None:
    """Whose rule, which index, and who named it; without flows there is nothing to say."""
    made = accepted()
    told = msgspec.structs.replace(made, site=msgspec.structs.replace(made.site, edition=edition, url_from=source))

    rest = verdict_line(told, "en").removeprefix(verdict_line(made, "en"))
    assert (f" · {said}" if said else "").format(url=made.site.url) == rest


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (0, ""),
        (1, " · 1 item of a Collector that no asked host is known to be"),
        (2, " · 2 items of Collectors that no asked host is known to be"),
    ],
)
def test_the_line_says_how_many_items_have_a_collector_that_is_not_known(items: int, said: str) -> None:
    """All Collectors were judged in its place."""
    made = accepted()
    site = msgspec.structs.replace(made.site, edition="commercial")
    plain, told = (
        msgspec.structs.replace(made, site=msgspec.structs.replace(site, collectors_unknown=count))
        for count in (0, items)
    )

    assert said == verdict_line(told, "en").removeprefix(verdict_line(plain, "en"))


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (0, ""),
        (1, " · no Collector asked: 1 item that a Collector runs was not judged there"),
        (2, " · no Collector asked: 2 items that a Collector runs were not judged there"),
    ],
)
def test_an_acceptance_says_that_it_does_not_speak_for_a_collector(items: int, said: str) -> None:
    """Other interpreters were judged in its place."""
    made = accepted()
    site = msgspec.structs.replace(made.site, edition="commercial")
    plain, told = (
        msgspec.structs.replace(made, site=msgspec.structs.replace(site, collectors_items=count))
        for count in (0, items)
    )

    assert said == verdict_line(told, "en").removeprefix(verdict_line(plain, "en"))
