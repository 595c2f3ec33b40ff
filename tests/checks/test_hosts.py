"""Findings about another host, by the facts that were carried back from it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from airproof.check import Failed, NotApplicable
from airproof.checks.carried import (
    check_clocks_agree,
    check_nothing_rests_on_what_is_installed_there,
    check_packages_can_be_written_there,
    check_the_index_answers_from_there,
)
from airproof.checks.host import check_pip_may_install_there
from airproof.checks.pip import check_everything_installs, check_nothing_else_was_contacted
from airproof.diagnosis.room import ROOM
from airproof.errors import CannotLook
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Pin, Reading
from airproof.probes.index.forms import Forms
from airproof.probes.index.simple import IndexRoot, Link, Roots
from airproof.probes.installs.builds import Builds, FailedBuild
from airproof.probes.interpreters.host import Host, Setting
from airproof.probes.pip.facts import PipFacts, PipRun
from airproof.probes.remote.carried import Answered, CarriedFacts
from airproof.site.hosts import Interpreter
from airproof.site.site import Kind, Site
from airproof.system.processes import Ran
from tests.probes.pythons import host_of

NOW = "2026-01-31T08:00:00Z"
ROOT = IndexRoot("http://192.0.2.1/", 200, None, "", 0.0, "text/html", True, 1)
ROOTS = Roots(ROOT, None, None, None)
NOTHING_BUILT = Builds()
NO_PAGES = Forms("", ())
ASKED = Site("http://192.0.2.1/", Kind.LIVE)
FAR, OMFLOWS, NOBODYS = (
    Interpreter("", "far", facts="far.json"),
    Interpreter("python", "server", named=True),
    Interpreter("python", "this"),
)
DATE = "Sat, 31 Jan 2026 08:00:05 GMT"


def host(**fields: Any) -> Host:
    return msgspec.structs.replace(host_of(), **{"time": NOW, "writable": True, "free": ROOM, **fields})


def carried(told: Host | None = None, **fields: Any) -> CarriedFacts:
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
    return CarriedFacts("airproof.facts/1", "far", True, index.url, told or host(), index, ())


def causes(caught: pytest.ExceptionInfo[Failed]) -> list[tuple[str, tuple[str, ...]]]:
    return [(finding.cause, finding.victims) for finding in caught.value.findings]


def test_this_machine_asks_for_itself() -> None:
    """Nothing was carried: the other checks look directly."""
    with pytest.raises(NotApplicable) as caught:
        check_the_index_answers_from_there(None, ROOTS, ASKED)

    assert "this-machine" == caught.value.key


@pytest.mark.parametrize("fields", [{"status": None, "trouble": "timed out"}, {"status": 502}, {"status": 404}])
def test_an_index_that_does_not_answer_there_is_found(fields: dict[str, Any]) -> None:
    """Whatever it is: no answer, or another one."""
    with pytest.raises(Failed) as caught:
        check_the_index_answers_from_there(carried(**fields), ROOTS, ASKED)

    assert [("index-unreachable-from-host", ("far",))] == causes(caught)


def test_a_host_that_was_asked_of_another_index_says_nothing_of_this_one() -> None:
    """Neither that it answers there, nor that it does not."""
    with pytest.raises(CannotLook) as caught:
        check_the_index_answers_from_there(carried(url="http://192.0.2.9/", status=404), ROOTS, ASKED)

    assert "facts-other-url" == caught.value.key


def test_an_answer_there_passes() -> None:
    """With the address that the name has there."""
    assert "192.0.2.1" == check_the_index_answers_from_there(carried(), ROOTS, ASKED).values["addresses"]


@pytest.mark.parametrize(("there", "asked", "name"), [(True, FAR, "far"), (False, OMFLOWS, "server")])
def test_rights_and_room_are_judged(there: bool, asked: Interpreter, name: str) -> None:
    """Both may lack, on another host and on this machine; an unknown size is no fault."""
    poor = host(writable=False, free=ROOM - 1)
    facts = carried(poor) if there else None

    with pytest.raises(Failed) as caught:
        check_packages_can_be_written_there(facts, asked, poor)

    assert [("packages-folder-read-only", (name,)), ("disk-nearly-full", (name,))] == causes(caught)
    seen = check_packages_can_be_written_there(facts, asked, host(free=None)).values
    assert ("?", poor.user) == (seen["free"], seen["user"])


def test_the_python_that_merely_runs_airproof_is_nobodys_host() -> None:
    """Neither its rights nor what is installed there are OMFlow's."""
    with pytest.raises(NotApplicable) as rights:
        check_packages_can_be_written_there(None, NOBODYS, host(writable=False))
    with pytest.raises(NotApplicable) as installed:
        check_nothing_rests_on_what_is_installed_there(None, NOBODYS, host(), pip(0))

    assert ("not-omflows", "not-omflows") == (rights.value.key, installed.value.key)


def test_clocks_are_compared() -> None:
    """A few seconds are none; ten minutes are a finding; without a Date nothing is said."""
    late = "Sat, 31 Jan 2026 08:10:05 GMT"

    assert {"seconds": -5} == check_clocks_agree(carried(), host()).values
    with pytest.raises(Failed) as caught:
        check_clocks_agree(carried(date=late), host())
    with pytest.raises(NotApplicable) as silent:
        check_clocks_agree(carried(date=""), host())

    assert ([("clocks-apart", ("far",))], "no-clock") == (causes(caught), silent.value.key)


def pip(exit_code: int | None, *, free: int | None = None, carried: bool = True) -> PipFacts:
    run = PipRun(("app",), ("a",), Ran((), exit_code, 0.1, "", "no"), free=free)
    return PipFacts("far", "9.0.1", (run,), carried=carried)


@pytest.mark.parametrize(("there", "asked", "name"), [(True, FAR, "far"), (False, OMFLOWS, "server")])
def test_what_is_only_installed_there_is_advice(there: bool, asked: Interpreter, name: str) -> None:
    """OMFlow skips it; the index alone would not do."""
    facts = carried() if there else None
    resting = msgspec.structs.replace(pip(0).runs[0], counted={"a": "1.0"})
    runs = msgspec.structs.replace(pip(0), runs=(resting,))

    with pytest.raises(Failed) as caught:
        check_nothing_rests_on_what_is_installed_there(facts, asked, host(), runs)

    assert [("only-installed", ("a",))] == causes(caught)
    assert name == caught.value.findings[0].values["name"]
    assert name == check_nothing_rests_on_what_is_installed_there(facts, asked, host(), pip(0)).values["name"]


def readings(*filenames: str) -> Readings:
    pins = tuple(Pin(name[0], "1.0", Link(name, f"http://192.0.2.1/{name}")) for name in filenames)
    return Readings("far", "9.0.1", (GroupReading("app", ("a",), False, Reading(pins)),))


def test_a_host_whose_pip_fails_all_the_same_is_found() -> None:
    """The index has everything for it, and its pip, too old or set otherwise, does not get it."""
    with pytest.raises(Failed) as caught:
        check_everything_installs(pip(1), readings("a-1.0-py3-none-any.whl"), host(), NOTHING_BUILT, NO_PAGES, ASKED)

    assert [("host-pip-fails", ("a",))] == causes(caught)


def test_a_pip_elsewhere_that_came_to_no_end_is_told_as_that() -> None:
    """It was stopped: that is no exit code of its own."""
    with pytest.raises(Failed) as caught:
        check_everything_installs(pip(None), readings("a-1.0-py3-none-any.whl"), host(), NOTHING_BUILT, NO_PAGES, ASKED)

    assert [("install-too-slow", ("a",))] == causes(caught)


def test_an_answer_that_no_certificate_vouches_for_is_an_answer_all_the_same() -> None:
    """Without the login, so with another status; whether pip trusts it is asked of pip."""
    told = check_the_index_answers_from_there(carried(unverified=True, status=401), ROOTS, ASKED)

    assert "far" == told.values["name"]


@pytest.mark.parametrize("code", [0, 1])
def test_an_sdist_for_another_host_is_no_evidence(code: int) -> None:
    """It would have to be built there: nobody tried, also where pip took an older wheel in its place."""
    with pytest.raises(CannotLook) as caught:
        check_everything_installs(pip(code), readings("a-1.0.tar.gz"), host(), NOTHING_BUILT, NO_PAGES, ASKED)

    assert "sdist-elsewhere" == caught.value.key


def test_nothing_was_installed_or_guarded_there() -> None:
    """That is said, not passed."""
    with pytest.raises(NotApplicable) as installed:
        check_everything_installs(pip(0), readings("a-1.0-py3-none-any.whl"), host(), NOTHING_BUILT, NO_PAGES, ASKED)
    with pytest.raises(NotApplicable) as guarded:
        check_nothing_else_was_contacted(pip(0), Site("http://192.0.2.1/"))

    assert ("carried", "carried") == (installed.value.key, guarded.value.key)


@pytest.mark.parametrize("carried", [True, False])
@pytest.mark.parametrize(("free", "cause"), [(ROOM - 1, "disk-nearly-full"), (ROOM, None), (None, None)])
def test_a_pip_without_room_is_told_by_the_room(free: int | None, cause: str | None, carried: bool) -> None:
    """The room that was left after a pip failed decides, whatever pip said; with room the cause stays the same."""
    with pytest.raises(Failed) as caught:
        check_everything_installs(
            pip(1, free=free, carried=carried),
            readings("a-1.0-py3-none-any.whl"),
            host(),
            NOTHING_BUILT,
            NO_PAGES,
            ASKED,
        )

    assert [(cause or ("host-pip-fails" if carried else "unexplained"), ("a",))] == causes(caught)


def test_each_sdist_that_does_not_build_has_its_own_release_to_build() -> None:
    """The command fetches and builds the version that is in the index, and not a newer one that may be no better."""
    builds = Builds((FailedBuild("a", "a-1.0.tar.gz", "no"), FailedBuild("b", "b-2.0.tar.gz", "no")))

    with pytest.raises(Failed) as caught:
        check_everything_installs(
            pip(1, carried=False), readings("a-1.0.tar.gz", "b-2.0.tar.gz"), host(), builds, NO_PAGES, ASKED
        )

    assert ["a==1.0", "b==2.0"] == [finding.values["release"] for finding in caught.value.findings]


def test_only_the_sdist_that_does_not_build_is_blamed() -> None:
    """One that builds by itself is not: then nobody knows why pip failed."""
    failed = Builds((FailedBuild("a", "a-1.0.tar.gz", "no compiler"),))
    told = []
    for builds in (failed, NOTHING_BUILT):
        with pytest.raises(Failed) as caught:
            check_everything_installs(pip(1, carried=False), readings("a-1.0.tar.gz"), host(), builds, NO_PAGES, ASKED)
        told.append([(finding.cause, finding.found) for finding in caught.value.findings])

    assert [[("sdist-build-failed", "no compiler")], [("unexplained", "no")]] == told


MANAGED: dict[str, Any] = {"externally_managed": True, "pip": "24.0"}
LINE = "{python} -m pip install --index-url {url} {requirement}"


def test_a_systems_own_python_is_found() -> None:
    """Its pip refuses to install anything, and the finding names it."""
    with pytest.raises(Failed) as caught:
        check_pip_may_install_there(host(**MANAGED), Site("http://192.0.2.1/"))

    assert ["externally-managed"] == [finding.cause for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"externally_managed": False}, LINE),
        (MANAGED | {"pip": "22.3.1"}, LINE),
        (MANAGED, LINE + " --break-system-packages"),
        (MANAGED, LINE + " --target C:/packages"),
        (MANAGED | {"settings": (Setting("global.break-system-packages", "true"),)}, LINE),
        (MANAGED | {"settings": (Setting(":env:.break-system-packages", "1"),)}, LINE),
    ],
)
def test_a_pip_that_may_install_passes(fields: dict[str, Any], line: str) -> None:
    """No marker, a pip that does not heed it, a place of its own, or a pip that was told to install all the same."""
    seen = check_pip_may_install_there(host(**fields), Site("http://192.0.2.1/", pip_command=line))

    assert ("yes" if fields["externally_managed"] else "no") == seen.values["managed"]


@pytest.mark.parametrize(
    ("line", "setting"), [(LINE + " --user", "true"), (LINE, "false")], ids=["user-folder", "switched-off"]
)
def test_what_does_not_help_is_found(line: str, setting: str) -> None:
    """`--user` is refused as well, and a setting may say no."""
    settings = (Setting("global.break-system-packages", setting),) if "--user" not in line else ()

    with pytest.raises(Failed):
        check_pip_may_install_there(host(**MANAGED, settings=settings), Site("http://192.0.2.1/", pip_command=line))
