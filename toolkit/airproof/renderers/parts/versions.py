"""The software that a record speaks of: the index's server, and each host's Python and pip."""

from __future__ import annotations

from collections.abc import Iterator

from airproof.record.report import Report


def versions_of(report: Report) -> Iterator[tuple[str, str]]:
    """Name and versions, such as `cp311-linux` and `Python 3.11.7, pip 23.2.1, /usr/bin/python3`; as recorded."""
    if report.summary.devpi:
        yield "devpi-server", report.summary.devpi
    for host in report.summary.hosts:
        parts = (f"Python {host.python}", f"pip {host.pip}" if host.pip else "", host.executable)
        yield host.label, ", ".join(part for part in parts if part)
