"""The words that renderers add."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airproof.check import Level
from airproof.record.outcome import Outcome, Verdict
from airproof.renderers.text import wording
from airproof.renderers.text.wording import Wording
from airproof.words import LANGS, Lang, load_texts

TEXTS = load_texts(wording.FILE)
FOLDER = Path(wording.__file__).parents[1]
SOURCES = {path: path.read_text(encoding="utf-8") for pattern in ("*.py", "*.html") for path in FOLDER.rglob(pattern)}
BUILT = ("outcome-", "verdict-", "level-", "family-", "kind-", "offline-", "cell-", "manager-", "tile-offline-")
"""Keys that are put together from a value of the record."""


def used_keys() -> set[str]:
    """Every string literal of the renderers that is a key, or a counted noun in both of its forms."""
    literals = {found for source in SOURCES.values() for found in re.findall(r"""["']([a-z][a-z0-9-]*)["']""", source)}
    return literals | {f"{noun}-{form}" for noun in literals for form in ("one", "many")}


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_take_the_same_values(key: str) -> None:
    """A sentence has the same placeholders in English and in Chinese."""
    english, chinese = TEXTS[key].placeholders()

    assert english == chinese


@pytest.mark.parametrize("key", [key for key in TEXTS if not key.startswith(BUILT)])
def test_every_word_is_said_somewhere(key: str) -> None:
    """No text is kept that nobody speaks."""
    assert key in used_keys()


def test_every_word_that_is_said_exists() -> None:
    """`say("key")` names a text of the file, wherever it stands."""
    said = {
        found
        for source in SOURCES.values()
        for found in re.findall(r"""\bsay\(\s*["']([a-z-]+)["']""", source)
        if found not in TEXTS
    }

    assert set() == said


@pytest.mark.parametrize("lang", LANGS)
def test_all_of_the_closed_lists_have_words(lang: Lang) -> None:
    """Every outcome, verdict, level and strength of the record has a word."""
    say = Wording(lang)
    words = [*map(say.outcome, Outcome), *map(say.verdict, Verdict), *map(say.level, Level)]
    strengths = [say(f"offline-{text}") for text in ("none", "hermetic", "guard", "namespace")]

    assert all(words) and all(strengths)
    assert len(set(words)) == len(words)


def test_the_words_are_those_of_the_design() -> None:
    """The two languages agree on what an outcome is called."""
    say = Wording("zh-TW")

    assert [say.outcome(outcome) for outcome in Outcome] == ["通過", "未通過", "無法檢查", "未執行", "豁免", "不適用"]
    assert [say.verdict(verdict) for verdict in Verdict] == ["驗收通過", "驗收未通過", "無法判定"]


@pytest.mark.parametrize("key", TEXTS)
def test_the_windows_console_has_every_character(key: str) -> None:
    """A console in code page 950 can show what we say."""
    both = TEXTS[key].en + TEXTS[key].zh_tw

    assert both == both.encode("cp950").decode("cp950")


def test_one_is_singular() -> None:
    """No line says "1 requirements", and thousands are set apart."""
    say = Wording("en")

    assert [say.count("requirements", n) for n in (0, 1, 5000)] == [
        "0 requirements",
        "1 requirement",
        "5,000 requirements",
    ]


def test_long_lists_end_in_a_number() -> None:
    """A list is cut where it was told, and says how much is missing."""
    assert Wording("en").some("abcd", 2) == "a, b, and 2 more"
    assert Wording("en").some("ab", 2) == "a, b"
    assert Wording("zh-TW").some("ab", 1) == "a、另有 1 項"


def test_an_unknown_family_has_no_name() -> None:
    """A site's own checks may have a family that we have no word for."""
    assert Wording("en").family("SITE") == ""
    assert Wording("en").family("NET") == "reach"
