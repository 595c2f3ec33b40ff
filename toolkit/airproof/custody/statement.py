"""The statement that binds a record, its page, the medium and the verdict: in-toto Statement v1, as JSON.

It lies beside the record and is signed like it (`signing`), not in a DSSE envelope, so that plain `ssh-keygen`
verifies it. Its predicate is of a type of airproof's own: the known ones (SLSA's verification summary, in-toto's test
result) have no word for a verdict that is neither passed nor failed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec

from airproof.encodable import decode_json
from airproof.errors import BadInput

TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "urn:airproof:acceptance:1"
LARGEST = 1 << 22


class Subject(msgspec.Struct, frozen=True):
    """One file that the statement is about."""

    name: str
    digest: dict[str, str]

    @property
    def sha256(self) -> str:
        return self.digest.get("sha256", "")


class Acceptance(msgspec.Struct, frozen=True, rename="camel"):
    """The predicate: the judgement of a site."""

    verdict: str
    """`accepted`, `rejected` or `inconclusive`."""
    exit_code: int
    started: str
    """UTC."""
    url: str
    """The index that was judged, without credentials; empty for a rehearsal."""
    targets: tuple[str, ...]
    requirements: int
    airproof: str
    """The version that judged."""


class Statement(msgspec.Struct, frozen=True):
    """The whole statement."""

    kind: Literal["https://in-toto.io/Statement/v1"] = msgspec.field(name="_type")
    subject: tuple[Subject, ...]
    predicate_type: Literal["urn:airproof:acceptance:1"] = msgspec.field(name="predicateType")
    predicate: Acceptance

    def digests_of(self, name: str) -> tuple[str, ...]:
        """The sha256 of each subject of that name."""
        return tuple(subject.sha256 for subject in self.subject if subject.name == name)


def place_of(record: Path) -> Path:
    """The path of a record's statement: `statement.json` beside `record.json`, `X.statement` beside `X.json`."""
    return record.with_name("statement.json" if record.name == "record.json" else f"{record.stem}.statement")


def encode_statement(subjects: dict[str, tuple[str, ...]], acceptance: Acceptance) -> bytes:
    """The statement's JSON. `subjects`: name to sha256, in the order in which they are listed."""
    each = tuple(Subject(name, {"sha256": digest}) for name, digests in subjects.items() for digest in digests)
    raw = msgspec.json.encode(Statement(TYPE, each, PREDICATE, acceptance))
    return msgspec.json.format(raw, indent=1) + b"\n"


def read_statement(path: Path) -> Statement | None:
    """The statement; None where there is none. Raises BadInput for one that cannot be used."""
    try:
        if not path.exists():
            return None
        if path.stat().st_size > LARGEST:
            raise BadInput("statement-unusable", path=path, reason=f"more than {LARGEST >> 20} MB")
        return decode_json(path.read_bytes(), type=Statement)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("statement-unusable", path=path, reason=error) from error
