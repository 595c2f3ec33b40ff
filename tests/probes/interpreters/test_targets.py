"""Targets by name: what stands behind them, and what a wrong name is told."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest
from packaging.markers import Marker
from packaging.tags import parse_tag

from airproof.ask.site_of import build_site
from airproof.ask.typedoptions import TypedOptions
from airproof.errors import BadInput
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import as_if_empty, covers, names, pip_options, target_of, targets_of
from airproof.probes.remote.carried import Answered, CarriedFacts
from airproof.site.hosts import InstalledDistribution
from tests.probes.pythons import each_python, host_of

URL = "http://127.0.0.1:1/root/local/"
FREE = ("platform_release", "platform_version", "python_full_version", "implementation_version")
"""Markers that a short name does not say."""


NATIVE = "-linux_"
"""In tags of Linux without a word of its C library: pip puts them first since 26, and last before that."""


def name_of(host: Host) -> str:
    """The short name of a real interpreter."""
    best = next(tag for tag in host.tags if NATIVE not in tag)
    return f"{best.partition('-')[0]}-{best.rpartition('-')[2]}"


def in_order(tags: tuple[str, ...]) -> tuple[list[str], set[str]]:
    """The tags whose order all pips agree on, and the others."""
    return [tag for tag in tags if NATIVE not in tag], {tag for tag in tags if NATIVE in tag}


@pytest.mark.parametrize("executable", each_python())
def test_a_name_stands_for_what_a_real_interpreter_takes(executable: str) -> None:
    """The same tags in the same order, and the same markers, as the interpreter of that name has itself."""
    host = host_of(executable)
    made = target_of(name_of(host))

    assert in_order(host.tags) == in_order(made.tags)
    assert {k: v for k, v in host.markers.items() if k not in FREE} == {
        k: v for k, v in made.markers.items() if k not in FREE
    }
    assert covers(host, made)


@pytest.mark.parametrize(
    ("name", "fits", "not_"),
    [
        ("cp37-win32", "cp37-cp37m-win32", "cp37-cp37m-win_amd64"),
        ("cp37-win32", "cp36-abi3-win32", "cp38-abi3-win32"),
        ("cp311-win_amd64", "py2.py3-none-any", "py2-none-any"),
        ("cp312-win_amd64", "cp312-cp312-win_amd64", "cp311-cp311-win_amd64"),
        ("cp38-manylinux_2_17_x86_64", "cp38-cp38-manylinux2014_x86_64", "cp38-cp38-manylinux_2_28_x86_64"),
        ("cp38-manylinux2014_x86_64", "cp38-cp38-manylinux1_x86_64", "cp38-cp38-musllinux_1_1_x86_64"),
        ("cp311-manylinux_2_28_aarch64", "cp311-abi3-manylinux_2_17_aarch64", "cp311-abi3-manylinux_2_17_x86_64"),
        ("cp311-musllinux_1_2_x86_64", "cp311-cp311-musllinux_1_1_x86_64", "cp311-cp311-manylinux_2_17_x86_64"),
        ("cp312-macosx_11_0_arm64", "cp312-cp312-macosx_11_0_universal2", "cp312-cp312-macosx_12_0_arm64"),
        ("cp311-linux_armv7l", "cp311-cp311-linux_armv7l", "cp311-cp311-manylinux_2_17_armv7l"),
        ("cp311-manylinux_2_31_armv7l", "cp311-cp311-linux_armv7l", "cp311-cp311-linux_aarch64"),
        ("cp315-win_amd64", "cp315-cp315-win_amd64", "cp314-cp314-win_amd64"),
        ("cp313t-win_amd64", "cp313-cp313t-win_amd64", "cp313-cp313-win_amd64"),
    ],
)
def test_a_target_takes_its_own_wheels_only(name: str, fits: str, not_: str) -> None:
    """Older platforms and stable ABIs fit; newer platforms, other machines and later Pythons do not."""
    target = TargetMatcher.by(target_of(name))

    assert target.rank(parse_tag(fits)) is not None
    assert target.rank(parse_tag(not_)) is None


@pytest.mark.parametrize(
    ("marker", "applies"),
    [
        ('platform_release >= "20.0"', True),
        ('platform_release < "20.0"', True),
        ('platform_release >= "20.0" and sys_platform == "darwin"', False),
        ('platform_version == "nothing"', False),
    ],
)
def test_a_name_may_be_any_release_of_its_system(marker: str, applies: bool) -> None:
    """A dependency for some releases is needed, since no name says which one the target is."""
    named = TargetMatcher.by(target_of("cp311-win_amd64"))

    assert applies == named.applies(Marker(marker))
    assert not TargetMatcher.of(host_of()).applies(Marker('platform_release == "9999"'))


def test_markers_are_the_targets_own() -> None:
    """A marker is evaluated for the target, wherever airproof runs."""
    windows, linux = (TargetMatcher.by(target_of(text)) for text in ("cp37-win32", "cp311-manylinux2014_x86_64"))
    only = Marker('sys_platform == "win32" and python_version < "3.8"')

    assert (True, False) == (windows.applies(only), linux.applies(only))


def test_every_preset_names_a_target_and_its_source() -> None:
    """Operators need not know tags, and may read who says so."""
    for name, preset in names().preset.items():
        made = target_of(name)

        assert (preset.target, name) == (made.label, made.preset)
        assert preset.source


@pytest.mark.parametrize(
    ("given", "close"),
    [
        ("py37-win32", "cp37-win32"),
        ("3.11 win_amd64", "cp311-win_amd64"),
        ("omflow-1.1-window", "omflow-1.1-windows"),
        ("cp311-win64", "cp311-win_amd64"),
        ("cp311-linux_x86_64", "cp311-manylinux_2_28_x86_64"),
        ("cp311-manylinux_2_99_x86_64", "cp311-manylinux_2_28_x86_64"),
        ("windows", "omflow-1.1-windows"),
        ("", "omflow-1.1-windows"),
    ],
)
def test_a_wrong_name_gets_the_closest_right_ones(given: str, close: str) -> None:
    """The sentence names what was probably meant."""
    with pytest.raises(BadInput) as caught:
        target_of(given)

    assert "target-unknown" == caught.value.key
    assert close in str(caught.value)


@pytest.mark.parametrize("given", ["cp37-win_arm64", "cp37-macosx_11_0_arm64", "cp311t-win_amd64"])
def test_what_never_existed_is_refused_with_the_reason(given: str) -> None:
    """A combination of Python and platform that nobody can have is no target."""
    with pytest.raises(BadInput) as caught:
        target_of(given)

    assert "target-impossible" == caught.value.key


def test_two_names_of_one_target_are_one() -> None:
    """A preset and its target, or two words for one glibc, are judged once."""
    found = targets_of(["omflow-1.1-windows", "cp37-win32", "cp38-manylinux2014_x86_64", "cp38-manylinux_2_17_x86_64"])

    assert ["cp37-win32", "cp38-manylinux2014_x86_64"] == [target.label for target in found]


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("cp311-win_amd64", ["3.11.0", "3.11.3", "3.11.4", "3.11.5"]),
        ("cp311.4-win_amd64", ["3.11.4"]),
        ("cp37-win32", ["3.7.0"]),
    ],
)
def test_a_short_name_means_every_release_of_its_python(name: str, levels: list[str]) -> None:
    """Each stretch of releases is judged in which all that is asked has one answer; a whole version has one."""
    target = TargetMatcher.by(target_of(name))
    extra = Marker('python_full_version < "3.11.3" and extra == "cache"')
    found = []
    for stretch in target.stretches():
        stretch.applies(extra, frozenset({"cache"}))
        stretch.allows(">=3.7,!=3.11.4")
        found.append(stretch.markers["python_full_version"])

    assert levels == found


def test_saved_facts_of_a_host_are_a_target(tmp_path: Path) -> None:
    """A host where airproof cannot run is asked by the probe, and its answer is carried here."""
    path = tmp_path / "host.json"
    path.write_bytes(msgspec.json.encode(host_of()))

    made = target_of(str(path))
    assert host_of().tags == made.tags
    assert InstalledDistribution(host_of().installed["packaging"], ()) == made.had["packaging"]
    assert ({}, made.tags) == (as_if_empty([made])[0].had, as_if_empty([made])[0].tags)
    whole = CarriedFacts("airproof.facts/1", "far", True, URL, host_of(), Answered(URL, (), 200, "", "", "", 0.1), ())
    path.write_bytes(msgspec.json.encode(whole))
    assert made == target_of(str(path))
    path.write_text("{}")
    with pytest.raises(BadInput, match="cannot be used"):
        target_of(str(path))


def test_pip_is_told_to_fetch_for_the_target() -> None:
    """The command names the Python and the platforms, and wheels only."""
    words = pip_options(target_of("cp37-win32"))

    assert "--only-binary=:all: --python-version 3.7 --platform win32" == words
    assert pip_options(target_of("cp311-linux_armv7l")).endswith("--platform linux_armv7l")
    assert "--platform manylinux2014_x86_64" in pip_options(target_of("cp38-manylinux_2_28_x86_64"))


def test_what_is_installed_counts_where_omflow_runs() -> None:
    """In an interpreter that was named, which may be the one that runs airproof; never for what is rehearsed."""
    named, own = (
        build_site(TypedOptions(url=URL, packages=("demo",), all_projects=True, pythons=pythons))
        for pythons in ((sys.executable,), ())
    )
    live = build_site(TypedOptions(url=URL, packages=("demo",), targets=(sys.executable,)))
    rehearsed = build_site(TypedOptions(packages=("demo",), targets=(sys.executable,)))

    assert [True, False] == [site.interpreters[0].named for site in (named, own)]
    assert [True, False, True, False] == [bool(site.targets[0].had) for site in (named, own, live, rehearsed)]


def test_this_interpreter_is_asked_only_if_it_stands_for_a_target() -> None:
    """pip here says nothing about a 32-bit Windows."""
    foreign = build_site(
        TypedOptions(url="http://127.0.0.1:1/root/local/", packages=("demo",), targets=("cp37-win32",))
    )
    own = (name_of(host_of()),)
    here = build_site(TypedOptions(url="http://127.0.0.1:1/root/local/", packages=("demo",), targets=own))

    assert ((), ("cp37-win32",)) == (foreign.interpreters, tuple(target.label for target in foreign.targets))
    assert 1 == len(here.interpreters)
