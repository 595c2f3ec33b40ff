"""The index URL in OMFlow's own database: found by what it holds, and nothing else is seen or changed."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from airproof.errors import BadInput
from airproof.probes.omflow import database
from airproof.probes.omflow.database import read_database
from airproof.site.stored import OMFlowSetting
from tests.probes.omflowserver import OPEN_ROWS, SECRET, write_database

URL = "http://192.0.2.10:3141/root/local/"


def refusal(path: Path, named: str | None = None) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read_database(path, named=named)
    return caught.value


@pytest.mark.parametrize("value", [URL, f" {URL}\n", f'"{URL}"', URL.upper()])
def test_the_url_is_found_by_what_it_holds(tmp_path: Path, value: str) -> None:
    """Whatever its name; texts that only hold a URL among other things are none."""
    path = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "whatever": value, "empty": None, "n": "7"})

    assert read_database(path) == OMFlowSetting(str(path), "database", "whatever", value)


def test_the_file_is_as_it_was(tmp_path: Path) -> None:
    """Byte for byte, and nothing lies beside it."""
    path = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip": URL})
    before = hashlib.sha256(path.read_bytes()).hexdigest()

    stored = read_database(path)

    assert (before, ["db.omflow"]) == (
        hashlib.sha256(path.read_bytes()).hexdigest(),
        [place.name for place in tmp_path.iterdir()],
    )
    assert SECRET not in repr(stored)


def test_a_database_in_use_is_read_with_its_last_changes(tmp_path: Path) -> None:
    """Rows that are committed and not yet in the file count; the files are left as they are, locks or not."""
    path = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip": "http://192.0.2.1/old/"})
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("UPDATE omflow_systemsetting SET value = ? WHERE name = 'pip'", (URL,))
        writer.execute("BEGIN EXCLUSIVE")
        before = {place.name: place.read_bytes() for place in tmp_path.iterdir() if not place.name.endswith("-shm")}

        stored = read_database(path)

        after = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir() if not entry.name.endswith("-shm")}

    assert (URL, before) == (stored.value, after)


def test_the_open_edition_has_no_setting(tmp_path: Path) -> None:
    """It is known by the settings that it has: pip's own configuration decides."""
    stored = read_database(write_database(tmp_path / "db.omflow", OPEN_ROWS))

    assert (True, "") == (stored.open_edition, stored.value)


def test_another_edition_without_a_url_is_told(tmp_path: Path) -> None:
    """The setting is empty there: that is no open edition."""
    path = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip_server": ""})

    assert "omflow-no-setting" == refusal(path).key


@pytest.mark.parametrize(
    "value",
    [
        URL.replace(":", "\uff1a", 1),
        URL.replace(":3141", "\uff1a3141"),
        "\uff48" + URL[1:],
        URL.removeprefix("http://"),
        URL.replace("//", "/"),
        f"\u201c{URL}\u201d",
        f"<{URL}>",
        URL.replace("root/", "root/ "),
        URL.replace(":3141", ":31411111"),
    ],
)
def test_a_url_that_is_mistyped_is_told_by_its_settings_name(tmp_path: Path, value: str) -> None:
    """It is not called empty: a person sees a URL there. The value is shown nowhere."""
    path = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip": value, "backup": "02:30", "key": f"{SECRET}:22"})

    found, named = refusal(path), refusal(path, "pip")

    assert ("omflow-setting-nearly", "pip") == (found.key, found.values["setting"]) == (named.key, "pip")
    assert value not in str(found)


def test_a_mistyped_url_beside_another_setting_wants_a_name(tmp_path: Path) -> None:
    """Else the other setting would be judged in its place."""
    path = write_database(
        tmp_path / "db.omflow", {"pip": URL.replace(":", "\uff1a", 1), "help": "http://192.0.2.5/help"}
    )

    assert ("omflow-several", "help, pip") == (refusal(path).key, refusal(path).values["names"])


def test_several_urls_want_a_name(tmp_path: Path) -> None:
    """With the name it is read; without, nobody guesses."""
    path = write_database(tmp_path / "db.omflow", {"pip": URL, "hook": "https://192.0.2.5/hook"})

    assert ("omflow-several", "hook, pip") == (refusal(path).key, refusal(path).values["names"])
    assert URL == read_database(path, named="pip").value


def test_a_name_that_is_wrong_is_told_with_the_right_ones(tmp_path: Path) -> None:
    """Names only: no value of another setting is shown."""
    path = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip": "none yet"})

    absent, empty = refusal(path, "pipp"), refusal(path, "pip")

    assert ("omflow-setting-absent", "omflow-setting-no-url") == (absent.key, empty.key)
    assert "pip" in str(absent)
    assert SECRET not in str(absent) + str(empty)


@pytest.mark.parametrize(
    ("content", "key"),
    [(b"", "omflow-not-database"), (b"\x89PNG\r\n\x1a\n", "omflow-not-database"), (None, "omflow-unreadable")],
)
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes | None, key: str) -> None:
    """An empty file, a picture, no file."""
    path = tmp_path / "db.omflow"
    if content is not None:
        path.write_bytes(content)

    assert key == refusal(path).key


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """It has no table of settings."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE other (id integer)")

    assert "omflow-not-omflow" == refusal(path).key


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    """Cut while copying."""
    path = write_database(tmp_path / "db.omflow", {f"s{number}": "x" * 500 for number in range(500)} | {"pip": URL})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    assert "omflow-damaged" == refusal(path).key


def test_a_view_is_not_run(tmp_path: Path) -> None:
    """Its code may have no end."""
    path = tmp_path / "db.omflow"
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS name, i AS value FROM n"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute(f"CREATE VIEW omflow_systemsetting AS {endless}")

    assert "omflow-view" == refusal(path).key


def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with so many rows that SQLite looks at the clock."""
    monkeypatch.setattr(database, "STEPS", 10)
    return write_database(tmp_path / "db.omflow", {f"name-{number}": "http:" for number in range(2_000)})


def test_a_database_that_does_not_answer_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its bound, in one sentence."""
    monkeypatch.setattr(database, "ANSWER_TIME", -1.0)

    assert "omflow-slow" == refusal(large(tmp_path, monkeypatch)).key


def test_an_interrupt_is_heard_while_the_database_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sqlite3 drops what a signal's handler raises; airproof passes it on."""
    path, asked = large(tmp_path, monkeypatch), itertools.count()

    def monotonic() -> float:
        if next(asked):
            raise KeyboardInterrupt
        return 0.0

    monkeypatch.setattr("time.monotonic", monotonic)

    with pytest.raises(KeyboardInterrupt):
        read_database(path)


def test_a_huge_value_is_not_read(tmp_path: Path) -> None:
    """Neither where the setting is told by what it holds, nor where it is named."""
    path = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip": URL + "x" * 200_000})

    assert ["omflow-no-setting", "omflow-setting-no-url"] == [refusal(path).key, refusal(path, "pip").key]
