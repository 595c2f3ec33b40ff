"""Licences against the lists of a site."""

from __future__ import annotations

import pytest

from airproof.check import Failed, NotApplicable, seen
from airproof.checks.custody.licences import check_every_licence_is_known, check_no_licence_is_refused
from airproof.custody.licences import Licence, Rules
from airproof.probes.files.known import KnownFile, TakenFiles
from airproof.site.site import Site

URL = "http://192.0.2.10:3141/root/local/"


def file(project: str, licence: Licence) -> KnownFile:
    filename = f"{project}-1.0-py3-none-any.whl"
    return KnownFile(project, "1.0", filename, f"{URL}{filename}", licence)


def site(*, allow: tuple[str, ...] = (), deny: tuple[str, ...] = ()) -> Site:
    return Site(URL, licences=Rules(allow, deny))


APP = file("app", Licence(("MIT",), "", "License-Expression"))
HELPER = file("helper", Licence(("MIT", "GPL-3.0-only"), "", "Classifier"))
ODD = file("odd", Licence((), "BSD License", "Classifier"))
TAKEN = TakenFiles((APP, HELPER, ODD), {HELPER.url: ("app",), ODD.url: ("app",)})


def test_a_denied_licence_is_found_with_who_needs_it() -> None:
    """Each of several licences is judged; an unknown one is no reason."""
    with pytest.raises(Failed) as caught:
        check_no_licence_is_refused(TAKEN, site(deny=("GPL-3.0-only",)))

    (finding,) = caught.value.findings
    assert ("licence-denied", "GPL-3.0-only", ("app",)) == (finding.cause, finding.found, finding.victims)
    assert ("helper", "1.0", HELPER.filename, "Classifier") == tuple(
        finding.values[name] for name in ("project", "version", "filename", "field")
    )


GPL3 = ("GPL-3.0-only", "GPL-3.0-or-later")


@pytest.mark.parametrize(
    ("text", "deny", "denied"),
    [
        ("GNU General Public License v3 (GPLv3)", GPL3, True),
        ("GNU General Public License v3 (GPLv3)", GPL3[:1], False),
        ("GNU General Public License (GPL)", GPL3, False),
        ("GPLv3", GPL3, True),
        ("GPL", GPL3, False),
        ("see the file LICENSE", GPL3, False),
        ("Other/Proprietary License", GPL3, False),
    ],
)
def test_an_ambiguous_licence_is_denied_where_each_meaning_is(text: str, deny: tuple[str, ...], denied: bool) -> None:
    """`GPLv3` may be two licences: a site that denies both does not take either."""
    taken = TakenFiles((file("vague", Licence((), f"{text}, something", "Classifier")),))

    if not denied:
        assert seen(files=1, known=0) == check_no_licence_is_refused(taken, site(deny=deny))
        return
    with pytest.raises(Failed) as caught:
        check_no_licence_is_refused(taken, site(deny=deny))
    assert [("licence-denied", text)] == [(finding.cause, finding.found) for finding in caught.value.findings]


def test_a_licence_beside_the_allowed_ones_is_found() -> None:
    """With the list, so that the site sees what it has permitted."""
    with pytest.raises(Failed) as caught:
        check_no_licence_is_refused(TAKEN, site(allow=("MIT", "ISC")))

    assert [("licence-not-allowed", "MIT, ISC")] == [
        (finding.cause, finding.wanted) for finding in caught.value.findings
    ]


def test_permitted_licences_pass() -> None:
    """The evidence says of how many files the licence is known."""
    assert seen(files=3, known=2) == check_no_licence_is_refused(TAKEN, site(deny=("ISC",)))
    assert seen(files=1) == check_every_licence_is_known(TakenFiles((APP,)), site(deny=("ISC",)))


def test_an_unknown_licence_is_listed() -> None:
    """With the words of the metadata."""
    with pytest.raises(Failed) as caught:
        check_every_licence_is_known(TAKEN, site(deny=("ISC",)))

    assert [("licence-unknown", "BSD License", ("app",))] == [
        (finding.cause, finding.found, finding.victims) for finding in caught.value.findings
    ]


def test_nothing_taken_is_no_pass() -> None:
    """A site on which everything is installed already has no file to judge."""
    with pytest.raises(NotApplicable):
        check_no_licence_is_refused(TakenFiles(()), site(deny=("ISC",)))
