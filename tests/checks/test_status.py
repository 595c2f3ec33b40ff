"""Sentences about a status name it once."""

from __future__ import annotations

import re

import pytest

from airproof.catalog import load_catalog
from airproof.checks import files
from airproof.probes.files.problems import Problem
from airproof.words import LANGS

CATALOG = load_catalog()
DETAILS = re.compile(r"(?:status|狀態碼|狀態)\s*\{(?!status\}|statuses\})")
"""A placeholder that may be a whole phrase, such as `status 404` or `timeout`, behind the word itself."""
DOUBLED = re.compile(r"status status|狀態碼 ?status|狀態 ?status")


@pytest.mark.parametrize("lang", LANGS)
def test_the_word_status_stands_before_a_number_only(lang: str) -> None:
    """In what a cause says and in its remedy; a phrase there would read `status status 404`."""
    texts = {
        id: " ".join((cause.says.of(lang), cause.remedy.of(lang)))  # type: ignore[arg-type]  # one of LANGS
        for id, cause in CATALOG.causes.items()
    }

    assert [] == [id for id, text in texts.items() if DETAILS.search(text)]


@pytest.mark.parametrize("cause", ["hash-mismatch", "file-gone", "file-not-served"])
def test_a_deleted_file_has_one_status(cause: str) -> None:
    """The audit's own detail is a phrase."""
    problem = Problem("a-1.0-py3-none-any.whl", "a", cause, "status 404")
    said = CATALOG.says(files._finding(problem))

    assert [] == [text for text in (said.en, said.zh_tw) if DOUBLED.search(text)]
    assert "status 404" in said.en or cause == "hash-mismatch"
