"""Read one row of one table of OMFlow's SQLite database, without changing the file."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from airproof.errors import BadInput
from airproof.probes.omflow.setting import IS_URL, choose, is_near
from airproof.site.stored import OMFlowSetting

MAGIC = b"SQLite format 3\0"
BESIDE = ("-wal", "-journal")
"""Endings of the files that SQLite keeps beside a database whose last changes are not in it yet."""
MAY_BE_URL = "length(value) < 2000 AND (value LIKE '%:%' OR value LIKE '%：%') AND value NOT LIKE '%{%'"
"""Condition that skips a setting with more than one value, such as the directory settings with their password, without
reading it. The length comes first: SQLite knows it without reading the value.
"""
LONGEST, MOST = 100_000, 10_000
"""Limits for the length of a value in characters, and for the number of rows: a database with more is not OMFlow's."""
ANSWER_TIME = 15.0
"""Seconds that the database may take for all queries."""
STEPS = 100_000
"""Steps of SQLite's virtual machine between two checks of the clock."""


def read_database(path: Path, *, named: str | None = None) -> OMFlowSetting:
    """Return the setting that holds the index URL. Raises BadInput for a file that is not OMFlow's, or that has no such
    setting.
    """
    _hold_is_sqlite(path)
    try:
        with _opened(path) as database, _bounded(database, path):
            kinds = database.execute("SELECT type FROM sqlite_master WHERE name = 'omflow_systemsetting'")
            if any(kind != "table" for (kind,) in kinds.fetchall()):
                raise BadInput("omflow-view", path=path)
            asked = "SELECT name FROM omflow_systemsetting WHERE length(name) < ? LIMIT ?"
            names = [str(name) for (name,) in database.execute(asked, (LONGEST, MOST))]
            wanted = ("name = ?", (named,)) if named is not None else (MAY_BE_URL, ())
            value = f"CASE WHEN length(value) < {LONGEST} THEN value ELSE '' END"
            asked = f"SELECT name, {value} FROM omflow_systemsetting WHERE {wanted[0]} LIMIT {MOST}"  # noqa: S608 -- our own texts
            settings = {str(name): str(value or "") for name, value in database.execute(asked, wanted[1])}
    except sqlite3.OperationalError as error:
        key = "omflow-not-omflow" if "no such" in str(error) else "omflow-damaged"
        raise BadInput(key, path=path, reason=error) from error
    except sqlite3.Error as error:
        raise BadInput("omflow-damaged", path=path, reason=error) from error
    if named is None:
        settings = {name: value for name, value in settings.items() if IS_URL.fullmatch(value) or is_near(value)}
    return choose(settings, names, named=named, source=str(path), by="database")


@contextmanager
def _bounded(database: sqlite3.Connection, path: Path) -> Iterator[None]:
    """End each query at the time bound, and at once after Ctrl-C, which SQLite would ignore. Raises BadInput."""
    bound = time.monotonic() + ANSWER_TIME
    stopped: list[BaseException] = []

    def look() -> int:
        try:
            return time.monotonic() > bound
        except BaseException as error:  # Raised by a signal's handler; sqlite3 drops exceptions of its callbacks.
            stopped.append(error)
            return 1

    database.set_progress_handler(look, STEPS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if stopped:
            raise stopped[0] from error
        if time.monotonic() > bound:
            raise BadInput("omflow-slow", path=path, seconds=f"{ANSWER_TIME:g}") from error
        raise


def _hold_is_sqlite(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError as error:
        raise BadInput("omflow-unreadable", path=path, reason=error.strerror or error) from error
    if start != MAGIC:
        raise BadInput("omflow-not-database", path=path)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database read-only, without locks and without creating a file beside it.

    A database in use is copied first, with the files beside it. An immutable database is read as if no process wrote to
    it, which is only right if none does; this is the reason for the copy.
    """
    beside = [other for ending in BESIDE if (other := path.with_name(path.name + ending)).exists()]
    if not any(extra.stat().st_size for extra in beside):
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            yield database
        return
    with tempfile.TemporaryDirectory(prefix="airproof-") as folder:
        for file in (path, *beside):
            shutil.copyfile(file, Path(folder, file.name))
        with closing(sqlite3.connect(Path(folder, path.name))) as database:
            yield database
