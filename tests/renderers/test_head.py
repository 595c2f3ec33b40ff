"""The first screen of the HTML report, its annex, and what a signature confirms."""

from __future__ import annotations

import re

import msgspec
import pytest

from airproof.custody.licences import Licence
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.record.summary import InventoryItem
from airproof.renderers.html.head import Head
from airproof.renderers.html.judgement import Judgement
from airproof.renderers.html.matrixtable import MatrixTable
from airproof.renderers.html.page import render
from airproof.renderers.parts.causes import causes_of
from airproof.renderers.parts.matrix import Matrix, matrix_of
from airproof.renderers.text.wording import Wording
from airproof.words import LANGS, Lang
from tests.renderers.parsed import Parsed
from tests.renderers.records import HERE, accepted, entry, inconclusive, rejected, report, text

ITEM = InventoryItem(
    "psutil",
    "7.2.0",
    "psutil-7.2.0.whl",
    "ab" * 32,
    "http://192.0.2.10:3141/root/local",
    ("a",),
    (HERE,),
    installed=True,
    licence=Licence(("BSD-3-Clause",), "", "License-Expression"),
)


def head(made: Report, lang: Lang = "en") -> Head:
    return Head(made, Wording(lang), causes_of(made), MatrixTable(matrix_of(made, causes_of(made))))


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_screen_counts_what_the_matrix_shows(lang: Lang) -> None:
    """Requirements, those that are proven, those that would fail, and the kind of isolation."""
    made = rejected()
    say, tiles = Wording(lang), dict(head(made, lang).tiles)
    rows = matrix_of(made, causes_of(made)).rows
    red = [row for row in rows if any(cell.value == "failed" for cell in row.cells)]

    assert str(made.scope.requirements) == tiles[say("tile-requirements")]
    assert str(len(red)) == tiles[say("tile-blocked")] != "0"
    assert say("tile-offline-guard") == tiles[say("tile-offline")]


def test_the_sentence_agrees_with_the_verdict() -> None:
    """Each verdict has a sentence of its own; a rejection that affects no requirement does not count any."""
    unsafe = report(entry("SRV03", text("root has a password"), Outcome.FAILED), groups={"a": ("psutil",)})
    said = [head(made).sentence for made in (accepted(), rejected(), inconclusive(), unsafe)]

    assert len(set(said)) == 4
    assert "can be depended on" in said[0] and "would fail in production" in said[1]
    assert "no acceptance" in said[2] and "must not be depended on" in said[3]


def test_causes_have_one_number_in_the_list_the_matrix_and_the_steps() -> None:
    """The list of the first screen links to the cause of that number, which links to the check that found it."""
    page = Parsed(render(rejected(), "en"))
    ids = {held["id"] for _, held in page.elements if "id" in held}
    links = [held["href"][1:] for _, held in page.elements if "href" in held]

    assert [row.number for row in head(rejected()).causes] == [1, 2, 3]
    assert {"cause-1-en", "cause-2-en", "cause-3-en", "check-SRV02-en"} <= set(links)
    assert [] == [link for link in links if link not in ids]


def test_what_was_not_looked_at_stands_on_the_first_screen() -> None:
    """A check that could not look is named with its reason; one that waits for a failure is not."""
    waits = entry("PIP03", text("It installs"), Outcome.BLOCKED, blocked_by="PIP02", reason=text("waits for PIP02"))
    failed = entry("PIP02", text("It resolves"), Outcome.FAILED)
    broken = entry("SRV01", text("The kind"), Outcome.BROKEN, reason=text("the answer was cut"))

    assert ["SRV01 The kind: the answer was cut"] == list(head(report(failed, waits, broken)).unseen())
    assert ["Left out on request: SRV05"] == list(head(report(failed, deselected=("SRV05",))).unseen())


LICENCE = ("BSD-3-Clause", "License-Expression")


def test_the_inventory_lists_each_file_with_its_hash() -> None:
    """Name, version, file, SHA-256, its licence, who asks for it, for which target, and where it came from."""
    made = msgspec.structs.replace(accepted(), summary=msgspec.structs.replace(accepted().summary, inventory=(ITEM,)))
    html = render(made, "en")
    section = html[html.index('id="inventory"') : html.index('id="checks"')]

    assert [] == [
        part
        for part in ("psutil", "7.2.0", "psutil-7.2.0.whl", "ab" * 32, HERE, ITEM.source, *LICENCE)
        if part not in section
    ]
    assert 'id="inventory"' not in render(accepted(), "en")


@pytest.mark.parametrize("lang", LANGS)
def test_values_are_told_in_words(lang: Lang) -> None:
    """No True, no brackets, and no JSON stands where a check found something."""
    made = rejected()
    found = causes_of(made)
    tables = MatrixTable(matrix_of(made, found)), MatrixTable(Matrix((), ()))
    part = Judgement(made, Wording(lang), found, *tables, (), "")
    told = [part.in_words(value) for value in (True, False, None, [], ["a", ["b"]], {"x": 1, "y": []}, 3, "text")]
    expected = {
        "en": ["yes", "no", "nothing", "nothing", "a, b", "x: 1, y: nothing", "3", "text"],
        "zh-TW": ["是", "否", "無", "無", "a、b", "x：1、y：無", "3", "text"],
    }

    assert expected[lang] == told


def test_each_signer_has_a_line_for_name_date_and_signature() -> None:
    """And the sentence that is signed names the verdict and its scope."""
    html = render(rejected(), "en")
    section = html[html.rindex('id="sign-off"') : html.index('class="annex"')]
    english = section[: section.index('<div lang="zh-TW"')]

    assert 6 == english.count('class="blank"')
    assert "It states REJECTED for " in english


def test_every_printed_page_has_the_verdict_and_the_digest() -> None:
    """The foot of a page is a rule of the style sheet, which the policy admits by its hash."""
    html = render(rejected(), "en")
    digest = re.search(r"<code>([0-9a-f]{64})</code>", html)

    assert digest is not None
    assert f'@bottom-left {{ content: "REJECTED · SHA-256 {digest[1]}"' in html
    assert 'content: counter(page) " / " counter(pages)' in html
