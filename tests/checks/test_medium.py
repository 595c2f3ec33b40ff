"""Commands for an index that does not agree with its medium name all that is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest

from airproof.catalog import load_catalog
from airproof.check import Failed, Finding, Seen
from airproof.checks.medium import check_everything_arrived, check_nothing_else_arrived
from airproof.diagnosis.remedies.uploads import Around
from airproof.probes.index.devpi import Index, Server
from airproof.probes.media import Arrived, Medium
from airproof.site.indexurl import IndexUrl
from airproof.site.manifest import Manifest

CATALOG = load_catalog()
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b|[<>{}]|\.\.\.")
LIVE = IndexUrl.of("http://127.0.0.1:3141/root/local/")
MANIFEST = Manifest("airproof.medium/1", "1", "2026-01-01T00:00:00Z", True, (), None, (), ())
MEDIUM = Medium("/media/stick", MANIFEST, (), (), (), 1)
ARRIVED = Arrived(
    expected=3,
    absent=("absent-1.0-py3-none-any.whl",),
    changed=("known-2.0-py3-none-any.whl",),
    unhashed=(),
    extra=("Stranger_X-1.0-1-py3-none-any.whl", "other-thing-3.0.tar.gz"),
    unread=(),
    listed=4,
)


def stage(*, volatile: bool) -> Server:
    index = Index("root/local", "stage", (), volatile, ("root",), None)
    return Server(
        version="6.20", index="root/local", exists=True, indexes=(index,), known=("root/local",), outside_url=None,
        absent_seconds=0.1, serial=1,
    )  # fmt: skip


def commands_of(findings: Iterable[Finding], around: Around) -> list[str]:
    steps = [CATALOG.steps(finding, around) for finding in findings]
    return [line for step in steps for line in (*step.here, *step.outside, *step.inside)]


@pytest.mark.parametrize("volatile", [True, False])
@pytest.mark.parametrize(
    "check",
    [
        lambda server: check_everything_arrived(ARRIVED, MEDIUM),
        lambda server: check_nothing_else_arrived(ARRIVED, server),
    ],
    ids=["MED04", "MED05"],
)
def test_commands_have_no_placeholders(check: Callable[[Server], Seen], volatile: bool) -> None:
    """The file and the release are known by then, and the index too."""
    server = stage(volatile=volatile)
    with pytest.raises(Failed) as caught:
        check(server)
    commands = commands_of(caught.value.findings, Around(server, LIVE))

    assert [] == [line for line in commands if PLACEHOLDER.search(line)]
    assert commands


def test_a_file_that_is_not_of_the_medium_is_removed_by_its_release() -> None:
    """devpi removes releases, by the normalised name."""
    server = stage(volatile=True)
    with pytest.raises(Failed) as caught:
        check_nothing_else_arrived(ARRIVED, server)

    commands = commands_of(caught.value.findings, Around(server, LIVE))
    assert {'"stranger-x==1.0"', '"other-thing==3.0"'} == {line.split()[-1] for line in commands if " remove " in line}
