"""Facts are gathered once per run, whoever asks first, and lie as files in the run's folder.

Under several pytest workers the first to ask gathers and the others wait for it; after a crash what was learned is
still there. A probe that fails is remembered as failed: it is not asked twice, and no check mistakes it for an answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from filelock import FileLock

from airproof.encodable import encode_json
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


class FactStore:
    """Facts by name in a folder of JSON files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

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
                part.write_bytes(encode_json(kept))
                part.replace(path)
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
        if kept.key:
            raise CannotLook(kept.key, **kept.values)
        if kept.error is not None:
            raise CannotLook("probe-failed", probe=name, error=kept.error)
        return msgspec.convert(kept.value, kind)

    def known(self, name: str, kind: type[T]) -> T | None:
        """The facts of that name if they were gathered; None where not, or where the probe failed."""
        path = self.folder / f"{name}.json"
        kept = msgspec.json.decode(path.read_bytes(), type=Kept) if path.exists() else None
        return None if kept is None or kept.error is not None else msgspec.convert(kept.value, kind)

    def everything(self) -> dict[str, Any]:
        """All facts gathered so far, by name: plain JSON values, an error as `{"error": ...}`."""
        found: dict[str, Any] = {}
        for path in sorted(self.folder.glob("*.json")):
            kept = msgspec.json.decode(path.read_bytes(), type=Kept)
            found[path.stem] = {"error": kept.error} if kept.error is not None else kept.value
        return found
