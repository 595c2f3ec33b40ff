"""The software that a record speaks of: the index's server, and each host's Python and pip."""

from __future__ import annotations

from collections.abc import Iterator

from airproof.printable import gathered
from airproof.record.report import Report


def versions_of(report: Report) -> Iterator[tuple[str, str]]:
    """Names and versions, such as `cp311-linux` and `Python 3.11.7, pip 23.2.1, /usr/bin/python3`; as recorded."""
    if report.summary.devpi:
        yield "devpi-server", report.summary.devpi
    labels: dict[str, list[str]] = {}
    for host in report.summary.hosts:
        parts = (f"Python {host.python}", f"pip {host.pip}" if host.pip else "", host.executable)
        labels.setdefault(", ".join(part for part in parts if part), []).append(host.label)
    yield from ((gathered(hosts), versions) for versions, hosts in labels.items())
