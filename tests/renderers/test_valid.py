"""HTML and JUnit XML are what their readers expect: held to a checker of HTML, and to a schema."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import xmlschema

from airproof.record.report import Report
from airproof.renderers import junit
from airproof.renderers.html import page
from airproof.words import LANGS, Lang
from tests.renderers.extremes import planted, vast
from tests.renderers.records import SAMPLES, rejected

SCHEMA = Path(__file__).parents[1] / "data" / "junit.xsd"
RULES = {"root": True, "extends": ["html-validate:standard"]}
"""What the HTML standard says, without the checker's own taste."""


def complaints(folder: Path, pages: dict[str, str]) -> dict[str, set[str]]:
    """File to the rules that it breaks, as html-validate (npm) says."""
    found = shutil.which("html-validate")
    if found is None:
        pytest.skip("absent: html-validate (npm install --global html-validate)")
    rules = folder / "rules.json"
    rules.write_text(json.dumps(RULES))
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [found, "--config", str(rules), "--formatter", "json", *(str(folder / name) for name in pages)]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=folder, timeout=120, check=False)
    if ended.returncode not in (0, 1):
        raise RuntimeError(ended.stderr)
    told = {Path(each["filePath"]).name: each["messages"] for each in json.loads(ended.stdout)}
    return {name: {message["ruleId"] for message in told.get(name, [])} for name in pages}


def test_the_page_is_html(tmp_path: Path) -> None:
    """Every sample, a hostile record and a vast one are valid; what is planted in one more page is told."""
    pages = {f"{name}.{lang}.html": page.render(make(), lang) for name, make in SAMPLES.items() for lang in LANGS}
    pages |= {
        "hostile.html": page.render(planted("\u202e<b x='\"&"), "en"),
        "vast.html": page.render(vast(300), "zh-TW"),
    }
    harmed = page.render(rejected(), "en").replace("<h1>", '<h1 id="next" onside="">').replace("<ul", "<ul><p>x</p", 1)
    found = complaints(tmp_path, {**pages, "harmed.html": harmed})

    assert {"no-dup-id", "element-permitted-content"} <= found.pop("harmed.html")
    assert set() == set().union(*found.values())
    assert set(pages) == set(found)


@cache
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMA)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("make", [*SAMPLES.values(), lambda: planted("\x00\x1b[31m<&\ufffe\ud800"), lambda: vast(50)])
def test_the_junit_file_fits_the_schema(make: Callable[[], Report], lang: Lang) -> None:
    """Whatever the record holds."""
    told = [error.reason for error in schema().iter_errors(junit.render(make(), lang))]

    assert [] == told


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("<failure message=", "<failure massage="),
        ("</failure>", "</failure><error message='' type='x' />"),
        (' tests="', ' tests="-'),
        ('timestamp="2026-01-31T08:00:00"', 'timestamp="yesterday"'),
        ("<properties>", "<property name='a' value='b' /><properties>"),
        (' classname="airproof.NET"', ""),
    ],
)
def test_a_harmed_junit_file_does_not_fit(was: str, becomes: str) -> None:
    """The schema really holds: each harm is refused."""
    text = junit.render(rejected(), "en")

    assert was in text
    assert not schema().is_valid(text.replace(was, becomes))
