"""Remedies that are alike for several targets or hosts are shown once."""

from __future__ import annotations

import pytest

from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.renderers import RENDERERS
from airproof.renderers.parts.causes import causes_of
from airproof.renderers.parts.remedy import Remedy, todos_of, told_once
from airproof.words import LANGS, Lang
from tests.renderers.records import entry, finding, report, text

FETCH = "pip download alpha -d WHEELS"
SPACE = text("Free some space on that disk.", "請釋出該磁碟的空間。")
TARGETS = ("cp37-win32", "cp311-linux", "cp312-linux")


def carry(target: str) -> Remedy:
    said = text(f"Fetch it on a machine like {target}, and carry it in.", f"在與 {target} 同類型的機器上下載後攜入。")
    return Remedy(said, (FETCH,))


def lacking() -> Report:
    """One package that three targets lack."""
    gone = text("alpha is not in the index.", "索引中沒有 alpha。")
    return report(
        *(
            entry(
                "DEP01",
                gone,
                Outcome.FAILED,
                subject=target,
                findings=(finding("absent", gone, carry(target).text, victims=(target,), commands=(FETCH,)),),
            )
            for target in TARGETS
        )
    )


def full(*hosts: str) -> Report:
    """Hosts whose disks are full."""
    title = text("Packages can be written there")
    said = [text(f"On {host}, only {at} MB are free.", f"{host} 僅剩 {at} MB。") for at, host in enumerate(hosts)]
    found = [(finding("disk-nearly-full", one, SPACE, victims=(host,)),) for host, one in zip(hosts, said, strict=True)]
    return report(
        *(
            entry("HOST05", title, Outcome.FAILED, subject=host, findings=one)
            for host, one in zip(hosts, found, strict=True)
        )
    )


def test_sentences_that_differ_in_a_target_are_one() -> None:
    """All targets are named in its place, and the mark behind them stands once."""
    (todo,) = todos_of(map(carry, TARGETS), "en")
    (chinese,) = todos_of(map(carry, TARGETS), "zh-TW")

    assert ("Fetch it on a machine like cp37-win32, cp311-linux, cp312-linux, and carry it in.",) == todo.proses
    assert ("在與 cp37-win32, cp311-linux, cp312-linux 同類型的機器上下載後攜入。",) == chinese.proses
    assert (FETCH,) == todo.commands


@pytest.mark.parametrize(
    "apart",
    [
        ("Set the clock of a by two hours.", "Set the clock of b by ten hours."),
        ("Set the clock of a.", "Set the clock of a now."),
        ("Do a.", "Do b."),
        ("Set a clock here.", "Set b clock here.", "Set a clock there."),
    ],
)
def test_other_sentences_stay_apart(apart: tuple[str, ...]) -> None:
    """Two words that differ, one more, too few to tell, or another word than before: the reader gets each."""
    assert len(told_once(apart)) > 1
    assert apart[-1] == told_once(apart)[-1]


def test_the_same_sentence_for_other_commands_is_said_with_each() -> None:
    """Commands for one machine are no part of those for another."""
    other = Remedy(carry("cp37-win32").text, ("pip wheel alpha -w WHEELS",))

    assert 2 == len(todos_of([carry("cp311-linux"), other], "en"))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["terminal", "markdown", "github"])
def test_each_rendering_says_once_what_targets_lack_alike(name: str, lang: Lang) -> None:
    """One package, one sentence, one command, three targets."""
    shown = RENDERERS[name](lacking(), lang)
    said = {"en": "Fetch it on a machine like", "zh-TW": "同類型的機器上下載後攜入"}[lang]

    assert 1 == shown.count(said)
    assert [] == [target for target in TARGETS if target not in shown]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["terminal", "markdown"])
def test_hosts_that_suffer_alike_have_one_remedy(name: str, lang: Lang) -> None:
    """Each is a cause of its own, with its name; the remedy stands at the first, and the others say so."""
    shown = RENDERERS[name](full("one", "two", "three"), lang)

    assert 1 == shown.count(SPACE.of(lang))
    assert 2 == shown.count({"en": "as for 1.", "zh-TW": "同第 1 項。"}[lang])
    assert [] == [item for item in ("one", "two", "three") if item not in shown]


def test_the_page_has_it_once_among_its_causes() -> None:
    """And once more among the checks that found it, host by host."""
    causes = [
        shown[shown.index('<ol class="causes">') : shown.index("</ol>")]
        for shown in (RENDERERS["html"](item, "en") for item in (lacking(), full("one", "two", "three")))
    ]

    assert 1 == causes[0].count("Fetch it on a machine like")
    assert (1, 2) == (causes[1].count(SPACE.en), causes[1].count("as for 1."))


@pytest.mark.parametrize("name", ["terminal", "markdown"])
def test_another_remedy_is_told_in_full(name: str) -> None:
    """A cause refers to nothing but word for word the same."""
    shown = RENDERERS[name](lacking(), "en") + RENDERERS[name](full("one"), "en")

    assert "as for" not in shown


def test_one_fault_on_many_hosts_is_one_cause() -> None:
    """Its sentence differs in the host's name alone, and names all of them; a host whose name ends one stays whole."""
    hosts = [*(f"h{number}" for number in range(1, 51)), "sha-h1"]
    said = [text(f"{host} has no pip, says {host}.", f"{host} 沒有 pip。") for host in hosts]
    made = report(
        *(
            entry("HOST01", text("x"), Outcome.FAILED, subject=host, findings=(finding("no-pip", one, SPACE),))
            for host, one in zip(hosts, said, strict=True)
        )
    )

    (cause,) = causes_of(made).counting

    assert cause.says.en == "h1 … h50, sha-h1 (51) has no pip, says h1 … h50, sha-h1 (51)."
    assert (len(cause.entries), cause.also, len(cause.remedies)) == (51, {}, 1)
