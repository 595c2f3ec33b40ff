"""Texts in TOML, and what is kept of them."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from airproof import words
from airproof.words import Text, read_toml

KEPT = Path("__pycache__") / "texts.toml.json"
Texts = dict[str, Text]


def written(folder: Path, sentence: str) -> Path:
    path = folder / "texts.toml"
    path.write_text(f'[key]\nen = "{sentence}"\nzh-TW = "文"\n', encoding="utf-8")
    return path


def test_what_is_kept_is_used_for_the_very_same_text_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A text that was changed is read anew, and so is one of which a half was kept."""
    monkeypatch.setattr(words, "PACKAGE", tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    first = [read_toml(written(tmp_path, "one"), Texts) for _ in range(2)]
    changed = read_toml(written(tmp_path, "two"), Texts)
    (tmp_path / KEPT).write_bytes((tmp_path / KEPT).read_bytes()[:-5])
    mended = read_toml(tmp_path / "texts.toml", Texts)

    assert [{"key": Text("one", "文")}] * 2 == first
    assert [{"key": Text("two", "文")}] * 2 == [changed, mended]


def test_what_is_kept_is_read_instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """TOML is not read a second time."""
    monkeypatch.setattr(words, "PACKAGE", tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = written(tmp_path, "one")
    read_toml(path, Texts)
    monkeypatch.delattr(msgspec, "toml")

    assert "one" == read_toml(path, Texts)["key"].en


def test_nothing_is_kept_of_a_file_that_is_not_airproofs_own(tmp_path: Path) -> None:
    """Beside the checks of a site nothing is written."""
    path = written(tmp_path, "one")

    assert "one" == read_toml(path, Texts)["key"].en
    assert [path] == list(tmp_path.iterdir())
