"""OMFlow's SQLite database: one row of one table is read, and the file is not touched."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from airproof.errors import BadInput
from airproof.probes.settings import IS_URL, choose, is_near
from airproof.stored import Stored

MAGIC = b"SQLite format 3\0"
BESIDE = ("-wal", "-journal")
"""What SQLite keeps beside a database whose last changes are not in it yet."""
MAY_BE_URL = "(value LIKE '%:%' OR value LIKE '%：%') AND value NOT LIKE '%{%' AND length(value) < 2000"
"""A setting that holds more than one value, as that of the directory with its password does, is not even read."""


def read_database(path: Path, *, named: str | None = None) -> Stored:
    """The setting that holds the index URL. Raises BadInput for a file that is not OMFlow's, or that does not say."""
    _hold_is_sqlite(path)
    try:
        with _opened(path) as database:
            names = [str(name) for (name,) in database.execute("SELECT name FROM omflow_systemsetting")]
            wanted = ("name = ?", (named,)) if named is not None else (MAY_BE_URL, ())
            rows = database.execute(f"SELECT name, value FROM omflow_systemsetting WHERE {wanted[0]}", wanted[1])  # noqa: S608 -- both texts are our own
            found = {str(name): str(value or "") for name, value in rows}
    except sqlite3.OperationalError as error:
        key = "omflow-not-omflow" if "no such" in str(error) else "omflow-damaged"
        raise BadInput(key, path=path, reason=error) from error
    except sqlite3.Error as error:
        raise BadInput("omflow-damaged", path=path, reason=error) from error
    if named is None:
        found = {name: value for name, value in found.items() if IS_URL.fullmatch(value) or is_near(value)}
    return choose(found, names, named=named, source=str(path), by="database")


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
    """Read-only, without locks and without a file beside it; a database in use is copied first, with what lies beside.

    An immutable database is read as if nobody wrote: right for one that nobody writes, and the reason for the copy.
    """
    beside = [other for ending in BESIDE if (other := path.with_name(path.name + ending)).exists()]
    if not any(one.stat().st_size for one in beside):
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            yield database
        return
    with tempfile.TemporaryDirectory(prefix="airproof-") as folder:
        for one in (path, *beside):
            shutil.copyfile(one, Path(folder, one.name))
        with closing(sqlite3.connect(Path(folder, path.name))) as database:
            yield database
