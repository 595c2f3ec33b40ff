"""Facts are gathered once per run, whoever asks first, and lie as files in the run's folder.

Under several pytest workers the first to ask gathers and the others wait for it; after a crash what was learned is
still there. A probe that fails is remembered as failed: it is not asked twice, and no check mistakes it for an answer.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from filelock import FileLock

from airproof.encodable import decode_json, encode_json
from airproof.errors import AirproofError, CannotLook

T = TypeVar("T")


class Kept(msgspec.Struct, frozen=True):
    """One probe's answer as it is kept: `value`, or `error` where it could not look."""

    seconds: float
    value: Any = None
    error: str | None = None
    key: str = ""
    """Of the error's sentence, where it has one in both languages."""
    values: dict[str, str] = {}


_stores: dict[Path, FactStore] = {}


class FactStore:
    """Facts by name in a folder of JSON files. A file that changed after this process wrote or read it is not believed:
    code of packages runs under the same account.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._digests: dict[str, str] = {}
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

    def get(self, name: str, kind: type[T], probe: Callable[[], T]) -> T:
        """The facts of that name, gathered now if nobody has yet.

        Raises CannotLook where the probe could not see.
        """
        path = self.folder / f"{name}.json"
        with FileLock(self.folder / f"{name}.lock"):
            if not path.exists():
                started = time.monotonic()
                try:
                    kept = Kept(0, probe())
                except AirproofError as error:
                    values = {name: str(value) for name, value in error.values.items()}
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
        return msgspec.convert(kept.value, kind)

    def known(self, name: str, kind: type[T]) -> T | None:
        """The facts of that name if they were gathered; None where not, or where the probe failed."""
        kept = self._read(name) if (self.folder / f"{name}.json").exists() else None
        return None if kept is None or kept.error is not None else msgspec.convert(kept.value, kind)

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
