"""SEC: known vulnerabilities of the packages that are accepted or carried in, by a database without a network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.custody.cvss import counts
from airproof.errors import CannotLook
from airproof.probes.advised import Advised, AdvisedPackages, Database
from airproof.site.site import Site

ADVISED = (
    *("advisory-fix-resolves", "advisory-fix-held", "advisory-fix-absent", "advisory-no-fix"),
    "advisory-on-medium",
)
OLD = 30
"""Days after which a database of advisories is old: the export is published anew every day."""
AHEAD = 2
"""Days by which the clock of this machine may be slow."""
SHOWN = 6
"""Names in one sentence."""


@check("SEC01", level="required", causes=ADVISED, requires=("PIP02", "DEP01"))
def check_no_advisory_reaches_the_threshold(advised: AdvisedPackages | None, asked: Site) -> Seen:
    """No package has a known vulnerability of the severity that `--fail-on` names, or a severer one.

    Raises CannotLook where a closure is not known, or where no package was looked at.
    """
    packages = _held(advised)
    if not asked.fail_on:
        raise NotApplicable("no-threshold")
    expect(_finding(advisory) for advisory in packages.advised if counts(advisory.match.severity, asked.fail_on))
    _hold_looked(packages)
    return seen(packages=packages.packages, severity=asked.fail_on)


@check("SEC02", level="advised", causes=("advisories-old",))
def check_the_advisories_are_recent(advisories: Database | None) -> Seen:
    """The newest advisory of the database is at most 30 days older than the run."""
    if advisories is None:
        raise NotApplicable("no-advisories")
    newest = advisories.newest[:10]
    try:
        days = (date.fromisoformat(advisories.at) - date.fromisoformat(newest)).days
    except ValueError:
        raise CannotLook("advisories-undated", path=advisories.path, date=newest) from None
    if days < -AHEAD:
        raise CannotLook("advisories-ahead", path=advisories.path, date=newest, today=advisories.at)
    values = {"path": advisories.path, "newest": newest, "days": days}
    expect([Finding("advisories-old", newest, f"{OLD} days", (), values)] if days > OLD else [])
    return seen(total=advisories.total, newest=newest, path=advisories.path)


@check("SEC06", level="advised", causes=ADVISED, requires=("PIP02", "DEP01"))
def check_no_package_has_a_known_advisory(advised: AdvisedPackages | None, asked: Site) -> Seen:
    """No package has any known vulnerability, beside those that count by `--fail-on`.

    Raises CannotLook where a closure is not known, or where no package was looked at.
    """
    packages = _held(advised)
    threshold = asked.fail_on
    expect(
        _finding(advisory)
        for advisory in packages.advised
        if not threshold or not counts(advisory.match.severity, threshold)
    )
    _hold_looked(packages)
    return seen(packages=packages.packages)


def _held(advised: AdvisedPackages | None) -> AdvisedPackages:
    if advised is None:
        raise NotApplicable("no-advisories")
    return advised


def _hold_looked(packages: AdvisedPackages) -> None:
    if packages.unknown:
        raise CannotLook("advisories-closure-unknown", targets=_listed(packages.unknown))
    if not packages.packages:
        raise CannotLook("advisories-nothing")


def _finding(advisory: Advised) -> Finding:
    """Return the finding of an advisory, whose cause says whether a version without it can be had."""
    match = advisory.match
    instead = list(dict.fromkeys(advisory.instead.values()))
    score = f", CVSS {match.score:.1f}" if match.score is not None else ""
    others = f" ({_listed(match.aliases)})" if match.aliases else ""
    values = {
        "advisory": match.id,
        "named": f"{match.id}{others}",
        "distribution": f"{match.project} {match.version}",
        "project": match.project,
        "version": match.version,
        "summary": match.summary or "-",
        "severity": f"{match.severity}{score}",
        "affected": match.affected,
        "fixed": _listed(match.fixed) or "-",
        "targets": _listed(advisory.targets) or "-",
        "needed_by": _listed(advisory.needed_by) + (f" ({_listed(advisory.paths)})" if advisory.paths else "") or "-",
        "instead": _listed(instead) or "-",
        "on_index": _listed(advisory.on_index[-SHOWN:]) or "-",
        "media": _listed(advisory.media) or "-",
        "about": f"{match.id} {match.project} {match.version}",
        "goes_by": match.subjects,
    }
    return Finding(_cause(advisory), f"{match.project} {match.version}", None, advisory.needed_by, values)


def _cause(advisory: Advised) -> str:
    if not advisory.targets:
        return "advisory-on-medium"
    if advisory.instead and set(advisory.instead) == set(advisory.targets):
        return "advisory-fix-resolves"
    if advisory.on_index:
        return "advisory-fix-held"
    return "advisory-fix-absent" if advisory.match.fixed else "advisory-no-fix"


def _listed(names: Iterable[str]) -> str:
    each = list(names)
    return ", ".join(each[:SHOWN]) + (f" (+{len(each) - SHOWN})" if len(each) > SHOWN else "")
