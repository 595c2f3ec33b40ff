"""Which software a record speaks of: the index's server and each host's Python and pip, read from its facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from airproof.printable import gathered
from airproof.record.report import Report


class _Host(msgspec.Struct, frozen=True):
    label: str
    python: str = ""
    pip: str = ""
    executable: str = ""


class _Roots(msgspec.Struct, frozen=True):
    devpi: str | None = None


def versions_of(report: Report) -> Iterator[tuple[str, str]]:
    """Names and versions, such as `cp311-linux` and `Python 3.11.7, pip 23.2.1, /usr/bin/python3`; as recorded."""
    roots = _as(report.facts.get("roots"), _Roots)
    if roots is not None and roots.devpi:
        yield "devpi-server", roots.devpi
    labels: dict[str, list[str]] = {}
    for name, value in report.facts.items():
        host = _as(value, _Host) if name.startswith("host-") else None
        if host is not None:
            parts = [f"Python {host.python}" if host.python else "", f"pip {host.pip}" if host.pip else ""]
            labels.setdefault(", ".join(one for one in (*parts, host.executable) if one), []).append(host.label)
    yield from ((gathered(those), told) for told, those in labels.items())


def _as(value: object, kind: type[Any]) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:  # a fact that failed, or of another version
        return None
