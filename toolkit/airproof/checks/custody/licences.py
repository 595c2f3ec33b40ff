"""SEC03, SEC04: the licences of everything that would be installed, and of all that lies on a medium."""

from __future__ import annotations

from collections.abc import Iterator

from airproof.check import LISTED, Finding, NotApplicable, Seen, check, expect, seen
from airproof.probes.files.known import KnownFile, TakenFiles
from airproof.site.site import Site


@check(
    "SEC03",
    level="required",
    causes=("licence-denied", "licence-not-allowed"),
    requires=LISTED,
    given="licences",
)
def check_no_licence_is_refused(taken: TakenFiles, asked: Site) -> Seen:
    """Every SPDX expression that a file states is permitted by the site's own lists. A licence that is not known is no
    reason here, SEC04 lists it, unless each licence that it may mean is denied.
    """
    files = _any_of(taken)
    expect(finding for file in files for finding in _refused(file, taken, asked))
    return seen(files=len(files), known=sum(file.licence.known for file in files))


@check("SEC04", level="advised", causes=("licence-unknown",), requires=LISTED, given="licences")
def check_every_licence_is_known(taken: TakenFiles, asked: Site) -> Seen:
    """Every file states its licence as an SPDX expression, or in words that mean exactly one."""
    files = _any_of(taken)
    expect(
        Finding(
            "licence-unknown",
            file.licence.text,
            "an SPDX expression",
            taken.askers.get(file.url, ()) or (file.project,),
            {
                "filename": file.filename,
                "project": file.project,
                "version": file.version,
                "about": file.project,
                "licence": file.licence.text or "-",
                "field": file.licence.field or "METADATA",
            },
        )
        for file in files
        if not file.licence.known
    )
    return seen(files=len(files))


def _any_of(taken: TakenFiles) -> tuple[KnownFile, ...]:
    if not taken.files:
        raise NotApplicable("no-file-taken")
    return taken.files


def _refused(file: KnownFile, taken: TakenFiles, asked: Site) -> Iterator[Finding]:
    victims = taken.askers.get(file.url, ()) or (file.project,)
    found = [(expression, asked.licences.refused(expression)) for expression in file.licence.spdx]
    found += [(text, "denied") for text in file.licence.text.split(", ") if asked.licences.denies_all_of(text)]
    for expression, why in found:
        values = {
            "filename": file.filename,
            "project": file.project,
            "version": file.version,
            "about": file.project,
            "licence": expression,
            "field": file.licence.field,
            "needed": ", ".join(victims),
            "allowed": ", ".join(asked.licences.allow),
        }
        if why == "denied":
            yield Finding("licence-denied", expression, f"not {', '.join(asked.licences.deny)}", victims, values)
        elif why:
            yield Finding("licence-not-allowed", expression, values["allowed"], victims, values)
