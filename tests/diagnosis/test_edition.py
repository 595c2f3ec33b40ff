"""Remedies in the words of the edition whose flows are judged."""

from __future__ import annotations

import pytest

from airproof.catalog import load_catalog
from airproof.check import Finding
from airproof.diagnosis.remedies.edition import in_open_edition
from airproof.words import Lang

CATALOG = load_catalog()
TOUCHED = sorted(id for id, cause in CATALOG.causes.items() if "PIP Server" in cause.remedy.en + cause.remedy.zh_tw)


@pytest.mark.parametrize("id", TOUCHED)
def test_no_remedy_names_a_setting_that_the_open_edition_lacks(id: str) -> None:
    """In both languages it says pip's own configuration, and nothing is said twice."""
    remedy = in_open_edition(CATALOG.causes[id]).remedy

    assert "PIP Server" not in remedy.en + remedy.zh_tw
    assert 1 == remedy.en.count("pip's own configuration")
    assert 1 == remedy.zh_tw.count("pip 自身的設定")


@pytest.mark.parametrize(
    ("lang", "commercial", "opened"),
    [
        ("en", "in OMFlow (系統設定 > PIP Server 位置): http://IP:1/", "in pip's own configuration: http://IP:1/"),
        ("zh-TW", "請在 OMFlow 的「系統設定 > PIP Server 位置」改填", "請在「pip 自身的設定」改填"),
    ],
)
def test_a_finding_is_told_in_the_words_of_its_edition(lang: Lang, commercial: str, opened: str) -> None:
    """The same cause, for each edition."""
    finding = Finding("loopback-for-others", "127.0.0.1", "", (), {"url": "u", "hosts": "h1", "path": "1/"})

    assert commercial in CATALOG.remedy(finding).of(lang)
    assert opened in CATALOG.remedy(finding, open_edition=True).of(lang)
