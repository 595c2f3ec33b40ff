"""Files that only a build needs."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Failed
from airproof.checks.files import check_served_files_have_their_published_hash, check_wheels_are_what_their_names_say
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Broken, Pin, Reading
from airproof.probes.files.files import ServedFile
from airproof.probes.files.served import Served
from airproof.probes.index.simple import Link
from airproof.site.site import Site

SDIST = Link("a-1.0.tar.gz", "http://192.0.2.1/a-1.0.tar.gz")
TOOL = Link("buildkit-1.0-py3-none-any.whl", "http://192.0.2.1/buildkit-1.0-py3-none-any.whl")
SERVED = Served((ServedFile(SDIST.filename, SDIST.url, "a", {}, "0", 1, 200, None, 0.0, None, readable=True),))


def reading(problem: str, cause: str) -> Readings:
    """An sdist is taken, and what builds it is listed and cannot be used."""
    broken = (Broken("buildkit", TOOL, problem, cause),)
    group = GroupReading("a", ("a",), False, Reading((Pin("a", "1.0", SDIST),), broken=broken))
    return Readings("here", "24.2", (group,))


@pytest.mark.parametrize("cause", ["needed-not-served", "hash-mismatch"])
def test_what_builds_an_sdist_is_served_as_published(cause: str) -> None:
    """pip only says that the build failed; the file that it could not have is the cause."""
    with pytest.raises(Failed) as caught:
        check_served_files_have_their_published_hash(SERVED, reading("status 404", cause), Site("http://192.0.2.1/"))

    assert [(cause, TOOL.filename)] == [
        (finding.cause, finding.values["filename"]) for finding in caught.value.findings
    ]


def test_what_builds_an_sdist_can_be_read() -> None:
    """A damaged wheel of a build backend is named like any other."""
    with pytest.raises(Failed) as caught:
        check_wheels_are_what_their_names_say(SERVED, reading("no zip", "damaged-wheel"))

    assert ["damaged-wheel"] == [finding.cause for finding in caught.value.findings]


@pytest.mark.parametrize(("pip", "found"), [("23.2.1", ["file-not-served"]), ("24.0", [])])
def test_a_file_behind_a_gateway_error_is_not_served_to_an_older_pip(pip: str, found: list[str]) -> None:
    """pip asks again for it from 24.0 on only (measured, 22.2.2 to 26.3), and airproof always."""
    (arrived,) = SERVED.files
    served = Served((msgspec.structs.replace(arrived, retried=frozenset({502})),))
    readings = Readings("here", pip, (GroupReading("a", ("a",), True, Reading((Pin("a", "1.0", SDIST),))),))
    causes = []
    try:
        check_served_files_have_their_published_hash(served, readings, Site("http://192.0.2.1/"))
    except Failed as failed:
        causes = [finding.cause for finding in failed.findings]

    assert found == causes
