"""A devpi's whole state, and a run against it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.faulty import Request

DATABASE = ".sqlite"
BOOKKEEPING = (".event_serial", ".event_serial.tmp")
"""devpi's own event thread writes there how far it is, some time after whoever caused the event was answered."""


class State(NamedTuple):
    """Content of a server."""

    files: dict[str, tuple[int, str]]
    """Path below the serverdir to size and sha256, without the database and its journal."""
    database: frozenset[str]
    """The rows of every table."""


def state_of(server: DevpiServer) -> State:
    """Read from the disk, beside the running server."""
    files = {}
    for path in sorted(server.serverdir.rglob("*")):
        if path.is_file() and not path.name.startswith(DATABASE) and path.name not in BOOKKEEPING:
            content = path.read_bytes()
            files[path.relative_to(server.serverdir).as_posix()] = (len(content), hashlib.sha256(content).hexdigest())
    return State(files, frozenset(_rows(server.serverdir / DATABASE)))


def _rows(database: Path) -> Sequence[str]:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as opened:
        tables = [name for (name,) in opened.execute("select name from sqlite_master where type = 'table'")]
        return [f"{name} {row!r}" for name in tables for row in opened.execute(f"select * from {name}")]  # noqa: S608 -- its own tables


def keys_since(before: State, after: State) -> set[str]:
    """The keys of devpi's store that came or changed."""
    return {row.split("'")[1] for row in after.database - before.database if row.startswith("kv ")}


def writing(requests: Sequence[Request]) -> list[tuple[str, str, bytes]]:
    """Whatever is no plain question."""
    return [
        (request.method, request.path, request.body) for request in requests if request.method not in ("GET", "HEAD")
    ]
