"""FIL: the bytes of everything that would be installed."""

from __future__ import annotations

from airproof.check import Finding, Seen, check, expect, seen
from airproof.probes.served import Served


@check("FIL01", level="required", causes=("hash-mismatch", "file-gone", "file-not-served"), requires=("PIP02",))
def check_served_files_have_their_published_hash(served: Served) -> Seen:
    """Each file arrives whole, and its sha256 is the published one: devpi never verifies what it reads from disk."""
    findings = []
    for one in served.files:
        values = {"filename": one.filename, "status": one.status or "-", "project": one.project}
        if one.trouble is not None or one.status != 200:
            cause = "file-gone" if one.status in (404, 410) else "file-not-served"
            detail = one.trouble.value if one.trouble else f"status {one.status}"
            findings.append(Finding(cause, detail, "status 200", (one.project,), values | {"detail": detail}))
        elif one.matches is False:
            published = ", ".join(f"{kind}={value}" for kind, value in sorted(one.published.items()))
            findings.append(Finding("hash-mismatch", f"sha256={one.sha256}", published, (one.project,), values))
    expect(findings)
    return seen(
        matching=sum(one.matches is True for one in served.files),
        files=len(served.files),
        bytes=sum(one.size for one in served.files),
    )


@check("FIL02", level="required", causes=("damaged-wheel", "name-inside-differs"), requires=("FIL01",))
def check_wheels_are_what_their_names_say(served: Served) -> Seen:
    """Each wheel can be read, and its METADATA has the name and version of its file name (PEP 427, 491)."""
    wheels = [one for one in served.files if one.is_wheel]
    findings = []
    for one in wheels:
        values = {"filename": one.filename, "problem": one.problem, "name": one.name, "version": one.version}
        if not one.readable:
            findings.append(Finding("damaged-wheel", one.problem, "a readable wheel", (one.project,), values))
        elif not one.agrees:
            findings.append(
                Finding("name-inside-differs", f"{one.name} {one.version}", one.filename, (one.project,), values)
            )
    expect(findings)
    return seen(wheels=len(wheels))
