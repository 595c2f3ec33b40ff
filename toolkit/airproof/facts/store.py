"""Facts are gathered once per run, whoever asks first, and lie as files in the run's folder.

Under several pytest workers the first to ask gathers and the others wait for it; after a crash what was learned is
still there. A probe that fails is remembered as failed: it is not asked twice, and no check mistakes it for an answer.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import msgspec

from airproof.encodable import decode_json, encode_json
from airproof.errors import AirproofError, CannotLook

T = TypeVar("T")
Per = Literal["interpreter", "target", "worker", "medium", "step"]


@dataclass(frozen=True)
class Fact(Generic[T]):
    """A fact of the whole run, or one entry of a fact of each interpreter, target or worker: its name and its type."""

    name: str
    kind: type[T]

    def read(self, facts: Mapping[str, Any]) -> T | None:
        """The fact among those of a record; None where it is absent, failed, or has another shape."""
        try:
            return msgspec.convert(facts.get(self.name), self.kind)
        except msgspec.ValidationError:
            return None


@dataclass(frozen=True)
class FactOfEach(Generic[T]):
    """A fact that a run has for each interpreter, target or worker. Its entries are called NAME-LABEL."""

    name: str
    kind: type[T]
    per: Per

    def of(self, label: str) -> Fact[T]:
        """The entry of that label."""
        return Fact(f"{self.name}-{label}", self.kind)

    def read(self, facts: Mapping[str, Any]) -> dict[str, T]:
        """All entries among the facts of a record, by label; without those that failed or have another shape."""
        labels = [name.removeprefix(f"{self.name}-") for name in facts if name.startswith(f"{self.name}-")]
        entries = ((label, self.of(label).read(facts)) for label in labels)
        return {label: entry for label, entry in entries if entry is not None}


class Kept(msgspec.Struct, frozen=True):
    """One probe's answer as it is kept: `value`, or `error` where it could not look."""

    seconds: float
    value: Any = None
    error: str | None = None
    key: str = ""
    """Key of the error's sentence, if it has one in both languages; else empty."""
    values: dict[str, str] = {}


_stores: dict[Path, FactStore] = {}


class FactStore:
    """Facts by name in a folder of JSON files. A file that changed after this process wrote or read it is not believed:
    code of packages runs under the same account.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._digests: dict[str, str] = {}
        self._locks: dict[str, threading.Lock] = {}
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def of(cls, folder: Path) -> FactStore:
        """The store of a folder, the same for all of this process until it is forgotten."""
        if folder not in _stores:
            _stores[folder] = cls(folder)
        return _stores[folder]

    def forget(self) -> None:
        """The run is over."""
        _stores.pop(self.folder, None)

    def get(self, fact: Fact[T], probe: Callable[[], T]) -> T:
        """The fact, gathered now if nobody has yet.

        Raises CannotLook where the probe could not see.
        """
        name = fact.name
        path = self.folder / f"{name}.json"
        with self._turn(name):
            if not path.exists():
                started = time.monotonic()
                try:
                    kept = Kept(0, probe())
                except AirproofError as error:
                    values = {placeholder: str(value) for placeholder, value in error.values.items()}
                    kept = Kept(0, error=str(error), key=error.key, values=values)
                except Exception as error:  # a failing probe is an outcome, and a fact of its own
                    kept = Kept(0, error=f"{type(error).__name__}: {error}")
                kept = msgspec.structs.replace(kept, seconds=round(time.monotonic() - started, 3))
                part = path.with_suffix(".part")  # a run that is killed while it writes leaves no half answer
                raw = encode_json(kept)
                self._digests[name] = _sha256(raw)
                part.write_bytes(raw)
                part.replace(path)
        kept = self._read(name)
        if kept.key:
            raise CannotLook(kept.key, **kept.values)
        if kept.error is not None:
            raise CannotLook("probe-failed", probe=name, error=kept.error)
        return msgspec.convert(kept.value, fact.kind)

    def _turn(self, name: str) -> AbstractContextManager[object]:
        """Return the lock of a fact: for the threads of this process, and for all workers of pytest where there are
        several.
        """
        if "PYTEST_XDIST_WORKER" not in os.environ:
            return self._locks.setdefault(name, threading.Lock())
        from filelock import FileLock  # noqa: PLC0415 - its import is a twentieth of a short run

        return FileLock(self.folder / f"{name}.lock")

    def known(self, fact: Fact[T]) -> T | None:
        """The fact if it was gathered; None where not, or where the probe failed."""
        kept = self._read(fact.name) if (self.folder / f"{fact.name}.json").exists() else None
        return None if kept is None or kept.error is not None else msgspec.convert(kept.value, fact.kind)

    def everything(self) -> dict[str, Any]:
        """All facts gathered so far, by name: plain JSON values, an error as `{"error": ...}`."""
        found: dict[str, Any] = {}
        for path in sorted(self.folder.glob("*.json")):
            try:
                kept = decode_json(path.read_bytes(), type=Kept)
            except msgspec.DecodeError as error:  # somebody else wrote it
                kept = Kept(0, error=f"unreadable: {error}")
            found[path.stem] = {"error": kept.error} if kept.error is not None else kept.value
        return found

    def digests(self) -> dict[str, str]:
        """The sha256 of each fact that this process has gathered or read, by name."""
        return dict(self._digests)

    def changed_since(self, digests: Mapping[str, str]) -> bool:
        """Say whether the files are others than those of which another process told the digests."""
        return self._of_files() != digests

    def _of_files(self) -> dict[str, str]:
        return {path.stem: _sha256(path.read_bytes()) for path in sorted(self.folder.glob("*.json"))}

    def _read(self, name: str) -> Kept:
        """Raises CannotLook where somebody else has changed the file."""
        raw = (self.folder / f"{name}.json").read_bytes()
        if self._digests.setdefault(name, _sha256(raw)) != _sha256(raw):
            raise CannotLook("facts-altered", probe=name)
        return msgspec.json.decode(raw, type=Kept)


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
