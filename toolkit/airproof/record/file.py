"""How a record lies on disk: what is alike in it stands once, so that a hundred hosts make no hundred times the file.

Entries of one check that differ only in subject, seconds and evidence are one entry, with the further subjects in
`also`. Of the facts, a value that occurs again and is not small lies in `shared`, and a JSON Reference stands in its
places: `{"$ref": "#/shared/3"}`. In memory a report is whole: nothing that reads a Report knows of this form.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import msgspec

from airproof.encodable import decode_json
from airproof.errors import BadInput
from airproof.printable import naturally
from airproof.record.outcome import EXIT_CODES, INTERRUPTED, WORST_VERDICT_FIRST, verdict_of
from airproof.record.report import SCHEMA, Entry, Report, counts_of
from airproof.words import Text

_UNSEEN = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Characters that steer a terminal or change the reading order. The record has their JSON escapes, which mean the same
and are harmless when the file is printed.
"""
_ALONE = re.compile(r"([\[{])\n +([^\n]*[^\n,\[\]{}])\n +([\]}])")
"""A single value within brackets, such as a reference: it is written without line breaks."""
LEAST = 100
"""Characters of a value that is worth a reference."""
LARGEST = 1 << 28
"""Characters of all facts with every reference resolved: a record is a file that anybody can edit."""
_REFERENCE = re.compile(r"#/shared/(\d{1,9})")
_KEY = re.compile(r"\$+ref")
"""The key of a reference; a fact's own key of that form gets one `$` more."""


class Further(msgspec.Struct, frozen=True):
    """A further subject for which a check came to the same."""

    seconds: float
    evidence: Text | msgspec.UnsetType | None = msgspec.UNSET
    """Left out where it is that of the entry."""


class FiledEntry(Entry, frozen=True):
    """One check, on one subject or on several for which it came to the very same."""

    also: dict[str, Further] | msgspec.UnsetType = msgspec.UNSET
    """The further subjects, by name."""


class Filed(Report, frozen=True):
    """A record in its file. In `facts`, `{"$ref": "#/shared/N"}` stands for item N of `shared`, which may hold such
    references to the items before it. An entry of `checks` is that of the subjects in `also`, too.
    """

    checks: tuple[FiledEntry, ...]
    shared: tuple[Any, ...] = ()
    """Values that the facts hold more than once."""


_last: list[tuple[Report, bytes]] = []
"""The report that was encoded last: its file, and the renderings that tell its digest, are of the same bytes."""


def encode(report: Report) -> bytes:
    """The record's bytes: the same report gives the same bytes."""
    raw = next((raw for known, raw in _last if known is report), None)
    if raw is None:
        raw = _encoded(report)
        _last[:] = [(report, raw)]
    return raw


def _encoded(report: Report) -> bytes:
    raw = msgspec.json.encode(filed(report), order="deterministic")
    fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    text = "{\n" + ",\n".join(f' "{name}": {_laid_out(name, value)}' for name, value in fields.items()) + "\n}\n"
    return (text if text.isascii() else _UNSEEN.sub(_shown, text)).encode()


def digest_of(report: Report) -> str:
    """SHA-256 of the record's bytes, as hexadecimal digits: what `sha256sum record.json` says."""
    return hashlib.sha256(encode(report)).hexdigest()


def _laid_out(name: str, value: msgspec.Raw) -> str:
    """Return the text of a field: facts, and what they share, each in a line of its own; all else for people."""
    if name == "facts":
        facts = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
        pairs = [f"  {msgspec.json.encode(key).decode()}: {bytes(fact).decode()}" for key, fact in facts.items()]
        return "{\n" + ",\n".join(pairs) + "\n }" if pairs else "{}"
    if name == "shared":
        values = [f"  {bytes(part).decode()}" for part in msgspec.json.decode(value, type=list[msgspec.Raw])]
        return "[\n" + ",\n".join(values) + "\n ]" if values else "[]"
    text = msgspec.json.format(bytes(value), indent=1).decode().replace("\n", "\n ")
    return _ALONE.sub(r"\1\2\3", text)


def read_report(path: Path) -> Report:
    """Reads a record. Raises BadInput as `read_with_digest` does."""
    return read_with_digest(path)[0]


def read_with_digest(path: Path) -> tuple[Report, str]:
    """Reads a record; returns it with the SHA-256 of the file's bytes. Raises BadInput where it cannot be read, is cut,
    has another schema, or contradicts itself.

    Verdict and counts are computed again from the checks: a record is a file that anybody can edit.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput("record-unreadable", path=path, reason=error.strerror or error) from error
    try:
        head = decode_json(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("record-not-json", path=path, reason=error) from error
    found = head.get("schema") if isinstance(head, dict) else None
    if found != SCHEMA:
        raise BadInput("record-other-schema", path=path, found=found, wanted=SCHEMA)
    try:
        report = _whole(msgspec.convert(head, Filed))
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadInput("record-damaged", path=path, reason=error) from error
    run = report.run
    computed = verdict_of(report.checks, finished=run.finished, judged=report.scope.judged, strict=run.strict)
    # Several joined may be worse than their checks.
    better = WORST_VERDICT_FIRST.index(report.verdict) > WORST_VERDICT_FIRST.index(computed)
    codes = {EXIT_CODES[report.verdict], *([INTERRUPTED] if run.interrupted else [])}
    if better or report.exit_code not in codes:
        given = {"found": report.verdict.value, "exit_code": report.exit_code, "wanted": computed.value}
        raise BadInput("record-contradicts", path=path, **given)
    return msgspec.structs.replace(report, counts=counts_of(report.checks)), hashlib.sha256(raw).hexdigest()


def filed(report: Report) -> Filed:
    """The report as it lies in its file."""
    pool = _Pool()
    given = _fields(report, Report)
    return Filed(
        **{**given, "checks": tuple(_together(report.checks)), "facts": pool.written(report.facts)},
        shared=tuple(pool.shared),
    )


def _whole(told: Filed) -> Report:
    """The report in memory. Raises msgspec.ValidationError for references that lead nowhere."""
    given = _fields(told, Report)
    return Report(**{**given, "checks": tuple(_apart(told.checks)), "facts": _Resolved(told.shared).value(told.facts)})


def _together(entries: Iterable[Entry]) -> Iterator[FiledEntry]:
    """Only where the subjects are in natural order, in which they are put apart again."""
    for _, run in groupby(entries, key=lambda one: one.id):
        these = list(run)
        in_order = all(naturally(one.subject) < naturally(after.subject) for one, after in pairwise(these))
        alike: dict[object, list[Entry]] = {}
        for number, one in enumerate(these):
            same = (
                msgspec.json.encode(msgspec.structs.replace(one, subject="", seconds=0.0, evidence=None))
                if in_order
                else number
            )
            alike.setdefault(same, []).append(one)
        for first, *others in alike.values():
            also = {other.subject: _further(other, first) for other in others} or msgspec.UNSET
            yield FiledEntry(**_fields(first, Entry), also=also)


def _apart(entries: Iterable[FiledEntry]) -> Iterator[Entry]:
    for _, run in groupby(entries, key=lambda one: one.id):
        these = list(run)
        told = [Entry(**_fields(fields, Entry)) for fields in these]
        also = [
            _entry(entry, subject, further)
            for one, entry in zip(these, told, strict=True)
            for subject, further in (one.also or {}).items()
        ]
        yield from sorted([*told, *also], key=lambda one: naturally(one.subject)) if also else told


def _further(one: Entry, first: Entry) -> Further:
    return Further(one.seconds, msgspec.UNSET if one.evidence == first.evidence else one.evidence)


def _entry(first: Entry, subject: str, further: Further) -> Entry:
    evidence = first.evidence if further.evidence is msgspec.UNSET else further.evidence
    return msgspec.structs.replace(first, subject=subject, seconds=further.seconds, evidence=evidence)


def _fields(value: Entry | Report, kind: type[Entry] | type[Report]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in kind.__struct_fields__}


class _Pool:
    """Every value once: containers are numbered by what they hold, so that equal ones have one number."""

    def __init__(self) -> None:
        self.shared: list[Any] = []
        self._numbers: dict[Any, int] = {}
        self._values: list[Any] = []
        """A leaf as it is; of a dict its pairs and of a list its items, by number."""
        self._sizes: list[int] = []
        self._times: list[int] = []
        self._seen: dict[int, int] = {}
        """Identity of a container to its number: a record that was read holds equal containers as one object."""
        self._at: dict[int, int] = {}
        """Number of a value to its place in `shared`."""

    def written(self, facts: dict[str, Any]) -> Any:
        root = self._number(facts)
        self._count(root)
        return self._written(root)

    def _number(self, value: Any) -> int:
        if not isinstance(value, (dict, list, tuple)):
            told = value if isinstance(value, str) else repr(value)  # 0.0 and -0.0 are equal, and not the same
            return self._numbered((type(value), told), value, len(told))
        if id(value) in self._seen:
            return self._seen[id(value)]
        if isinstance(value, dict):
            pairs = tuple((_escaped(key, value), self._number(held)) for key, held in sorted(value.items()))
            size = sum(len(key) + self._sizes[number] + 4 for key, number in pairs)
            number = self._numbered((dict, pairs), dict(pairs), size)
        else:
            items = tuple(self._number(part) for part in value)
            number = self._numbered((list, items), list(items), sum(self._sizes[item] + 1 for item in items))
        self._seen[id(value)] = number
        return number

    def _numbered(self, key: Any, value: Any, size: int) -> int:
        if key not in self._numbers:
            self._numbers[key] = len(self._values)
            self._values.append(value)
            self._sizes.append(size)
            self._times.append(0)
        return self._numbers[key]

    def _held(self, number: int) -> Iterable[int]:
        value = self._values[number]
        return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()

    def _count(self, number: int) -> None:
        """Count the texts that occur several times; a text inside of a value that is shared occurs there once."""
        self._times[number] += 1
        if self._times[number] == 1 or self._sizes[number] < LEAST:
            for held in self._held(number):
                self._count(held)

    def _written(self, number: int) -> Any:
        if self._times[number] < 2 or self._sizes[number] < LEAST:
            return self._inline(number)
        if number not in self._at:
            value = self._inline(number)
            self._at[number] = len(self.shared)
            self.shared.append(value)
        return {"$ref": f"#/shared/{self._at[number]}"}

    def _inline(self, number: int) -> Any:
        value = self._values[number]
        if isinstance(value, dict):
            return {key: self._written(held) for key, held in value.items()}
        return [self._written(held) for held in value] if isinstance(value, list) else value


class _Resolved:
    """Puts what is shared in the places of its references."""

    def __init__(self, shared: Sequence[Any]) -> None:
        self._resolved: list[Any] = []
        self._sizes: list[int] = []
        self._size = 0
        for module in shared:
            self._size = 0
            self._resolved.append(self.value(module))
            self._sizes.append(self._size)
        self._size = 0

    def value(self, told: Any) -> Any:
        self._size += len(told) if isinstance(told, str) else 8
        if isinstance(told, dict):
            if set(told) == {"$ref"}:
                return self._of(told["$ref"])
            return {_unescaped(key, told): self.value(held) for key, held in told.items()}
        return [self.value(value) for value in told] if isinstance(told, list) else told

    def _of(self, reference: Any) -> Any:
        found = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
        number = int(found[1]) if found else len(self._resolved)
        if number >= len(self._resolved):
            raise msgspec.ValidationError(f"the reference {reference!r} leads nowhere")
        self._size += self._sizes[number]
        if self._size > LARGEST:
            raise msgspec.ValidationError(f"its facts have more than {LARGEST >> 20} MB")
        return self._resolved[number]


def _escaped(key: str, among: dict[str, Any]) -> str:
    return f"${key}" if len(among) == 1 and _KEY.fullmatch(key) else key


def _unescaped(key: str, among: dict[str, Any]) -> str:
    return key[1:] if len(among) == 1 and _KEY.fullmatch(key) else key


def _shown(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
