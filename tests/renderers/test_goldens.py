"""Output of each renderer for four records, held as files that a person can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.renderers import RENDERERS
from airproof.words import LANGS, Lang
from tests.renderers.records import SAMPLES

REPORTS = Path(__file__).parents[1] / "reports"
SUFFIXES = {
    "terminal": "txt",
    "markdown": "md",
    "junit": "xml",
    "json": "json",
    "html": "html",
    "github": "github",
    "openmetrics": "prom",
    "nagios": "nagios",
    "cyclonedx": "cdx.json",
    "locust": "locust",
}


def golden(stem: str, name: str, lang: Lang) -> Path:
    """`<report>.<exit>.<language>.<format>`."""
    return REPORTS / f"{stem}.{SAMPLES[stem]().exit_code}.{lang}.{SUFFIXES[name]}"


CASES = [
    (stem, name, lang)
    for stem in SAMPLES
    for name in RENDERERS
    for lang in LANGS
    if name not in ("json", "cyclonedx", "locust") or lang == "en"
]


@pytest.mark.parametrize(("stem", "name", "lang"), CASES)
def test_a_rendering_is_as_it_was(stem: str, name: str, lang: Lang, request: pytest.FixtureRequest) -> None:
    """The same record gives the same text, until somebody means to change it."""
    path = golden(stem, name, lang)
    rendered = RENDERERS[name](SAMPLES[stem](), lang)
    if request.config.getoption("--update-goldens", default=False):
        path.write_text(rendered, encoding="utf-8", newline="\n")

    assert path.read_text(encoding="utf-8") == rendered


def test_every_golden_file_is_compared() -> None:
    """No golden file is left behind by a renamed record or renderer."""
    known = {golden(*case).name for case in CASES}

    assert known == {path.name for path in REPORTS.iterdir()}
