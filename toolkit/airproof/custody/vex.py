"""Read a VEX document, OpenVEX or CycloneDX: the advisories that somebody says do not matter, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from airproof.custody.affected import same_version
from airproof.custody.matches import package_of, subject_of
from airproof.encodable import decode_json
from airproof.errors import BadInput

MAX_BYTES = 20_000_000
MAX_STATEMENTS = 20_000
MAX_TEXT = 300
"""Characters of a reason."""
HARMLESS = {"not_affected", "fixed", "resolved", "resolved_with_pedigree", "false_positive"}
"""Words of both formats for an advisory that does not matter; all others leave it as it is."""

NOT_REACHED = ("not_affected", "false_positive")
"""Words by which an advisory does not matter although the package is of an affected version."""


class VexStatement(msgspec.Struct, frozen=True):
    """Somebody's statement about one advisory in one package."""

    subject: str
    """The advisory and the package, as `Match.subjects` has them."""
    reason: str
    """Why it does not matter; empty: it does, or nobody knows yet."""


def read_vex(path: Path) -> tuple[VexStatement, ...]:
    """Return the statements, the latest first: it counts, also under another name of the same advisory.

    One by which an advisory counts ends all earlier ones whose versions it may speak of too: of a package without a
    version each, and of a version the one of all versions.

    Raises BadInput for what is no VEX document.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise BadInput("vex-unreadable", path=path, reason=f"it has more than {MAX_BYTES} bytes")
        document = decode_json(raw, type=dict[str, Any])
    except FileNotFoundError as error:
        raise BadInput("vex-missing", path=path) from error
    except OSError as error:
        raise BadInput("vex-unreadable", path=path, reason=error.strerror or error) from error
    except (msgspec.DecodeError, ValueError) as error:
        raise BadInput("vex-unreadable", path=path, reason=str(error)[:MAX_TEXT]) from error
    if isinstance(document.get("statements"), list):
        each, read = document["statements"], _of_openvex
    elif document.get("bomFormat") == "CycloneDX" and isinstance(document.get("vulnerabilities"), list):
        each, read = document["vulnerabilities"], _of_cyclonedx
    else:
        raise BadInput("vex-unreadable", path=path, reason="it has no statements and no vulnerabilities")
    if len(each) > MAX_STATEMENTS:
        raise BadInput("vex-unreadable", path=path, reason=f"it has more than {MAX_STATEMENTS} statements")
    found: dict[tuple[str, str], dict[str, tuple[tuple[int, bool], VexStatement]]] = {}
    statements = read(document, [statement for statement in each if isinstance(statement, dict)])
    for number, name, (project, version), reason in statements:
        versions = found.setdefault((name, canonicalize_name(project)), {})
        at, subject = same_version(version), subject_of(name, project, version)
        if not reason:
            for other in {at, ""} if at else {*versions}:
                if other in versions and versions[other][0][0] < number:  # of an earlier statement
                    del versions[other]
        # Of one statement, what it says of a version counts before what it says of the package.
        versions[at] = (number, bool(at)), VexStatement(subject, f"{reason} ({path.name})" if reason else "")
    left = [numbered for versions in found.values() for numbered in versions.values()]
    return tuple(statement for _, statement in sorted(left, key=itemgetter(0), reverse=True))


Told = Iterator[tuple[int, str, tuple[str, str], str | None]]
"""Advisories, each with the number of its statement, a package, its version and a reason; None: the advisory counts."""
BEFORE_ALL = datetime.min.replace(tzinfo=timezone.utc)


def _of_openvex(document: dict[str, Any], each: list[dict[str, Any]]) -> Told:
    """Yield the statements in the order of their times; a text that is no time comes first."""
    default = _time(document.get("timestamp"), BEFORE_ALL)
    in_time = sorted(each, key=lambda statement: _time(statement.get("timestamp"), default))
    for number, statement in enumerate(in_time):
        names = list(_names(statement.get("vulnerability")))
        reason = _reason(statement, "status", ("justification", "impact_statement", "status_notes"))
        for product in _dicts(statement.get("products")):
            parts = _dicts(product.get("subcomponents"))
            for part in parts or [product]:
                identifiers = part.get("identifiers")
                told = identifiers.get("purl") if isinstance(identifiers, dict) else None
                package = package_of(_text(told) or _text(part.get("@id")))
                yield from ((number, name, package, reason) for name in names if package)


def _of_cyclonedx(document: dict[str, Any], each: list[dict[str, Any]]) -> Told:
    """Yield the analyses in the order of their times, or of the times of their vulnerabilities."""
    purls = dict(_components(document))
    for number, told in enumerate(sorted(each, key=_time_of_analysis)):
        references = [_text(one.get("id")) for one in _dicts(told.get("references"))]
        names = [name for name in (_text(told.get("id")), *references) if name]
        analysis = told.get("analysis")
        reason = _reason(analysis if isinstance(analysis, dict) else {}, "state", ("justification", "detail"))
        for affected in _dicts(told.get("affects")):
            ref = _text(affected.get("ref"))
            ref = ref.partition("#")[2] if ref.startswith("urn:cdx:") else ref
            package = package_of(purls.get(ref, ref))
            if package is not None:
                stated = list(_by_version(package, reason, affected))
                yield from ((number, name, *stated_of) for name in names for stated_of in stated)


def _time_of_analysis(vulnerability: dict[str, Any]) -> datetime:
    analysis = vulnerability.get("analysis")
    times = [analysis.get("lastUpdated"), analysis.get("firstIssued")] if isinstance(analysis, dict) else []
    found = (_time(time, BEFORE_ALL) for time in (*times, vulnerability.get("updated"), vulnerability.get("published")))
    return next((time for time in found if time > BEFORE_ALL), BEFORE_ALL)


def _by_version(
    package: tuple[str, str], reason: str | None, affected: dict[str, Any]
) -> Iterator[tuple[tuple[str, str], str | None]]:
    """Yield the versions that `affects` names, each as it is said to be affected or not, behind the whole package.

    Where an analysis calls the package `not_affected`, the versions only tell where the code is.
    """
    versions = _dicts(affected.get("versions"))
    exempt = reason is not None and reason.startswith(NOT_REACHED)
    affects = [version for version in versions if _text(version.get("status")) != "unaffected"]
    if exempt or reason is None or not any("range" in version for version in affects):
        yield package, reason
    for version in () if exempt else versions:
        if _text(version.get("version")):
            harmless = version not in affects
            yield (package[0], _text(version["version"])), "unaffected" if harmless else None


def _components(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the references of all components, nested ones too, with their package URLs."""
    metadata = document.get("metadata")
    own = metadata.get("component") if isinstance(metadata, dict) else None
    waiting = [*_dicts(document.get("components")), *_dicts([own])]
    while waiting:
        component = waiting.pop()
        waiting += _dicts(component.get("components"))
        yield _text(component.get("bom-ref")), _text(component.get("purl"))


def _names(vulnerability: object) -> Iterator[str]:
    """Yield the names of a vulnerability: the name and its aliases; before OpenVEX 0.2 it was a mere text."""
    if isinstance(vulnerability, str):
        yield vulnerability
    elif isinstance(vulnerability, dict):
        yield from filter(None, (_text(vulnerability.get("name")), _text(vulnerability.get("@id"))))
        aliases = vulnerability.get("aliases")
        yield from (alias for alias in (aliases if isinstance(aliases, list) else ()) if isinstance(alias, str))


def _reason(told: dict[str, Any], state: str, texts: tuple[str, ...]) -> str | None:
    """Return why an advisory does not matter; None where it does, or where that is not known yet."""
    word = _text(told.get(state))
    if word not in HARMLESS:
        return None
    said = [" ".join(_text(told.get(text)).split()) for text in texts]
    return ": ".join([word, *(["; ".join(filter(None, said))] if any(said) else [])])[:MAX_TEXT]


def _dicts(found: object) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _time(found: object, default: datetime) -> datetime:
    """Return a time of RFC 3339, as UTC where it names no zone; the default for a text that is none."""
    try:
        time = msgspec.convert(found, type=datetime)
        return (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (msgspec.ValidationError, OverflowError):
        return default


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""
