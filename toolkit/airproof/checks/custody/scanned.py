"""SEC: the site's own scanner, run over what is carried."""

from __future__ import annotations

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.errors import CannotLook
from airproof.probes.scanner import Scanned


@check("SEC05", level="required", causes=("scanner-rejects",))
def check_the_scanner_finds_nothing(scanned: Scanned | None) -> Seen:
    """The scanner that the site names ends with exit code 0 on each folder: of every medium, or of what is uploaded."""
    if scanned is None:
        raise NotApplicable("no-scanner")
    if not scanned.scans:
        raise CannotLook("scanned-nothing")
    expect(
        Finding(
            "scanner-rejects",
            scan.exit_code,
            0,
            (),
            {
                "name": scanned.name,
                "version": scanned.version or "-",
                "path": scan.folder,
                "code": scan.exit_code,
                "output": scan.output,
            },
        )
        for scan in scanned.scans
        if scan.exit_code != 0
    )
    seconds = sum(scan.seconds for scan in scanned.scans)
    last = next((scan.output.splitlines()[-1] for scan in reversed(scanned.scans) if scan.output), "-")
    return seen(
        name=scanned.name,
        version=scanned.version or "-",
        folders=len(scanned.scans),
        seconds=round(seconds, 1),
        last=last,
    )
