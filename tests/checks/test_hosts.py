"""What is said of another host, by the facts that were carried back from it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from airproof.check import Failed, NotApplicable
from airproof.checks.carried import (
    ROOM,
    check_clocks_agree,
    check_nothing_rests_on_what_is_installed_there,
    check_packages_can_be_written_there,
    check_the_index_answers_from_there,
)
from airproof.checks.pip import check_everything_installs, check_nothing_else_was_contacted
from airproof.errors import CannotLook
from airproof.probes.carried import Answered, Carried
from airproof.probes.host import Host
from airproof.probes.pip import PipFacts, PipRun
from airproof.probes.readings import GroupReading, Readings
from airproof.probes.resolution import Pin, Reading
from airproof.probes.simple import IndexRoot, Link, Roots
from airproof.processes import Ran
from airproof.site import Site
from tests.probes.pythons import host_of

NOW = "2026-01-31T08:00:00Z"
ROOT = IndexRoot("http://192.0.2.1/", 200, None, "", 0.0, "text/html", True, 1)
ROOTS = Roots(ROOT, None, None, ROOT, None)
DATE = "Sat, 31 Jan 2026 08:00:05 GMT"


def host(**fields: Any) -> Host:
    return msgspec.structs.replace(host_of(), **{"time": NOW, "writable": True, "free": ROOM, **fields})


def carried(told: Host | None = None, **fields: Any) -> Carried:
    plain: dict[str, Any] = {
        "url": "http://192.0.2.1/",
        "addresses": ("192.0.2.1",),
        "status": 200,
        "trouble": "",
        "content_type": "text/html",
        "date": DATE,
        "seconds": 0.1,
    }
    index = Answered(**{**plain, **fields})
    return Carried("airproof.facts/1", "far", True, index.url, told or host(), index, ())


def causes(caught: pytest.ExceptionInfo[Failed]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.cause, one.victims) for one in caught.value.findings]


def test_this_machine_asks_for_itself() -> None:
    """Nothing was carried: the other checks look directly."""
    with pytest.raises(NotApplicable) as caught:
        check_the_index_answers_from_there(None, ROOTS)

    assert "this-machine" == caught.value.key


@pytest.mark.parametrize("fields", [{"status": None, "trouble": "timed out"}, {"status": 502}, {"status": 404}])
def test_an_index_that_does_not_answer_there_is_found(fields: dict[str, Any]) -> None:
    """Whatever it is: no answer, or another one."""
    with pytest.raises(Failed) as caught:
        check_the_index_answers_from_there(carried(**fields), ROOTS)

    assert [("index-unreachable-from-host", ("far",))] == causes(caught)


def test_an_answer_there_passes() -> None:
    """With the address that the name has there."""
    assert "192.0.2.1" == check_the_index_answers_from_there(carried(), ROOTS).values["addresses"]


def test_rights_and_room_are_judged() -> None:
    """Both may lack; an unknown size is no fault."""
    poor = host(writable=False, free=ROOM - 1)

    with pytest.raises(Failed) as caught:
        check_packages_can_be_written_there(carried(poor), poor)

    assert ["packages-folder-read-only", "disk-nearly-full"] == [cause for cause, _ in causes(caught)]
    assert "?" == check_packages_can_be_written_there(carried(), host(free=None)).values["free"]


def test_clocks_are_compared() -> None:
    """A few seconds are none; ten minutes are a finding; without a Date nothing is said."""
    late = "Sat, 31 Jan 2026 08:10:05 GMT"

    assert {"seconds": -5} == check_clocks_agree(carried(), host()).values
    with pytest.raises(Failed) as caught:
        check_clocks_agree(carried(date=late), host())
    with pytest.raises(NotApplicable) as silent:
        check_clocks_agree(carried(date=""), host())

    assert ([("clocks-apart", ("far",))], "no-clock") == (causes(caught), silent.value.key)


def pip(exit_code: int) -> PipFacts:
    return PipFacts("far", "9.0.1", (PipRun(("app",), ("a",), Ran((), exit_code, 0.1, "", "no")),), carried=True)


def test_what_is_only_installed_there_is_advice() -> None:
    """OMFlow skips it; the index alone would not do."""
    resting = msgspec.structs.replace(pip(0).runs[0], counted={"a": "1.0"})

    with pytest.raises(Failed) as caught:
        check_nothing_rests_on_what_is_installed_there(carried(), msgspec.structs.replace(pip(0), runs=(resting,)))

    assert [("only-installed", ("a",))] == causes(caught)
    assert "far" == check_nothing_rests_on_what_is_installed_there(carried(), pip(0)).values["name"]


def readings(filename: str) -> Readings:
    pins = (Pin("a", "1.0", Link(filename, f"http://192.0.2.1/{filename}")),)
    return Readings("far", "9.0.1", (GroupReading("app", ("a",), False, Reading(pins)),))


def test_a_host_whose_pip_fails_all_the_same_is_found() -> None:
    """The index has everything for it, and its pip, too old or set otherwise, does not get it."""
    with pytest.raises(Failed) as caught:
        check_everything_installs(pip(1), readings("a-1.0-py3-none-any.whl"), host())

    assert [("host-pip-fails", ("a",))] == causes(caught)


def test_an_sdist_for_another_host_is_no_evidence() -> None:
    """It would have to be built there: nobody tried."""
    with pytest.raises(CannotLook) as caught:
        check_everything_installs(pip(1), readings("a-1.0.tar.gz"), host())

    assert "sdist-elsewhere" == caught.value.key


def test_nothing_was_installed_or_guarded_there() -> None:
    """That is said, not passed."""
    with pytest.raises(NotApplicable) as installed:
        check_everything_installs(pip(0), readings("a-1.0-py3-none-any.whl"), host())
    with pytest.raises(NotApplicable) as guarded:
        check_nothing_else_was_contacted(pip(0), Site("http://192.0.2.1/"))

    assert ("carried", "carried") == (installed.value.key, guarded.value.key)
