"""README and reports say what the guard sees, what it does not, and under whose account packages run."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from airproof.record.report import Offline
from airproof.renderers import RENDERERS
from airproof.words import LANGS, Lang
from tests.renderers.records import accepted

ROOT = Path(__file__).parents[2]
README = {"en": ROOT / "README.md", "zh-TW": ROOT / "README.zh-TW.md"}
SAID_IN_README = {
    "en": ("covers Python processes", "compiled program", "`python -S`", "code runs under the account"),
    "zh-TW": ("涵蓋 Python 程序", "編譯式程式", "`python -S`", "以執行 airproof 的帳號執行"),
}
SAID_IN_REPORTS = {
    "en": (
        "no Python process went elsewhere",
        "compiled programs and python -S are not watched",
        "the account that ran airproof",
    ),
    "zh-TW": ("沒有任何 Python 程序連往他處", "編譯式程式與 python -S 不在監看範圍", "以執行 airproof 的帳號執行"),
}


def flat(text: str) -> str:
    """Return the text without line ends and marks of emphasis, and without blanks between Chinese characters."""
    return re.sub(r"(?<=[^\x00-\xff]) (?=[^\x00-\xff])", "", " ".join(text.replace("*", "").split()))


@pytest.mark.parametrize("lang", LANGS)
def test_readme_says_what_the_guard_covers(lang: Lang) -> None:
    """In both languages."""
    text = flat(README[lang].read_text(encoding="utf-8"))

    assert [] == [words for words in SAID_IN_README[lang] if words not in text]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["terminal", "html", "markdown"])
def test_a_report_says_what_the_guard_covered(name: str, lang: Lang) -> None:
    """The report says that the guard alone held, and not a network namespace."""
    report = msgspec.structs.replace(
        accepted(), offline=Offline("guard", canary_refused=True, decoy_visitors=0, refused=())
    )
    text = flat(RENDERERS[name](report, lang))

    assert [] == [words for words in SAID_IN_REPORTS[lang] if words not in text]
