"""Records of earlier versions, made by really running airproof, render in every format and language for ever."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airproof.record.compare import compare
from airproof.record.file import read_report
from airproof.record.join import join
from airproof.record.report import Report
from airproof.renderers import RENDERERS, missing
from airproof.renderers.context import Context
from airproof.words import LANGS, Lang
from tests.renderers.parsed import Parsed, parsed_xml

FOLDER = Path(__file__).parents[1] / "data" / "records"
RECORDS = sorted(FOLDER.glob("*/*.json"))
FLEET = [path for path in RECORDS if path.name.startswith("fleet-")]


def record(name: str) -> Report:
    return read_report(FOLDER / "0.1.0" / f"{name}.json")


def whole(name: str, shown: str) -> None:
    """A rendering that could be read back."""
    if name == "html":
        assert ([], []) == (Parsed(shown).open, Parsed(shown).others)
        assert len(shown.encode()) < 500_000
    elif name == "junit":
        assert "testsuites" == parsed_xml(shown).tag
    elif name == "markdown":
        assert len(shown) <= 65_536
    assert 60 < len(shown)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_earlier_record_is_drawn(path: Path, name: str, lang: Lang) -> None:
    """The verdict of that day, whatever this version thinks of the site."""
    made = read_report(path)
    shown = RENDERERS[name](made, lang)

    whole(name, shown)
    assert made.verdict.value in shown.lower() or lang == "zh-TW"
    assert missing.render(made, lang).startswith("#")


@pytest.mark.parametrize("name", RENDERERS)
def test_earlier_records_are_joined_and_compared(name: str) -> None:
    """A fleet of two hosts, one of them with a day before; and that day against the next."""
    (joined,) = join(list(map(read_report, FLEET)))
    monday, tuesday = record("fleet-server-monday"), record("fleet-server-tuesday")
    against = compare(monday, tuesday)

    whole(name, RENDERERS[name](joined.report, "zh-TW", Context(members=joined.members)))
    assert (["omflow-1", "omflow-2"], [1, 0]) == (
        [member.name for member in joined.members],
        [len(member.history) for member in joined.members],
    )
    RENDERERS[name](tuesday, "en", Context(against, only_new=True))
    assert {"empty-root-password", "dependency-missing"} == {change.cause for change in against.mended}
    assert (("zip-fast",), ("zip_fast-1.5-py3-none-any.whl",), 0) == (
        against.index.added.names,
        against.index.files_added.names,
        against.exit_code,
    )


def test_the_tree_of_a_rejected_record_leads_to_what_is_missing() -> None:
    """As its summary was written by that version."""
    page = Parsed(RENDERERS["html"](record("rejected-flows-and-hosts"), "en"))

    assert re.search(r"missing for [^✗]*cp37-win32", page.text)
    assert "sheet-report 1.0" in page.text


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_nothing_of_the_machine_that_made_it_is_left(path: Path) -> None:
    """No home, no temporary folder, and every address is one of the documentation's or loopback."""
    text = path.read_text(encoding="utf-8")
    addresses = set(re.findall(r"://(\d+\.\d+\.\d+\.\d+)", text))

    assert [] == re.findall(r"(?<![\w-])/(?:home|tmp|Users)/\w+|\.pyenv", text)
    assert addresses <= {"192.0.2.10", "127.0.0.1"}
