"""This interpreter's own pip before an index: its installations, its refusals, and what is reported of them."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path

import msgspec
import pytest
from packaging.version import Version

from airproof.errors import CannotLook
from airproof.probes.installs.pip import OfflinePip
from airproof.probes.installs.together import probe_pip
from airproof.probes.pip import emptyenv, environment
from airproof.probes.pip.environment import PipCall, bound
from airproof.site.site import COMMERCIAL
from airproof.system.processes import Ran
from pytest_airproof.packages import Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import alike, group, offline_pip
from tests.probes.pythons import host_of, python_with_pip

DEMO = Wheel("demo", requires=["dep>=1"])
DEP = Wheel("dep", "1.2")


def test_a_requirement_is_installed_with_what_it_needs(tmp_path: Path) -> None:
    """Names, versions, modules, and where pip took them from; imported, and nothing refused."""
    with StaticIndex({"demo": [DEMO], "dep": [DEP]}) as index:
        run = offline_pip(index.url, tmp_path).install([group("Demo")])

    found = {dist.name: dist for dist in run.installed}
    assert run.ok
    assert {name: one.version for name, one in found.items()} == {"demo": "1.0", "dep": "1.2"}
    assert (found["demo"].requires, found["demo"].modules, found["demo"].requested) == (("dep>=1",), ("demo",), True)
    assert (index.file(DEP.filename), False) == (found["dep"].url, found["dep"].requested)
    assert hashlib.sha256(DEP.content()).hexdigest() == found["dep"].sha256
    assert [(imported.project, imported.module, imported.ok, imported.error) for imported in run.imports] == [
        ("demo", "demo", True, "")
    ]
    assert (run.refused, run.check_problems) == ((), ())


def test_a_build_tool_that_is_asked_for_comes_from_the_index(tmp_path: Path) -> None:
    """A pip before 25.3 sees the interpreter's own setuptools, for builds; asked for it, it would ask no index."""
    python = python_with_pip(Version("20.3"), Version("25.3"))
    if python is None:
        pytest.skip("absent: a pip before 25.3")

    with StaticIndex({"setuptools": [Wheel("setuptools", "70.0")]}) as index:
        run = offline_pip(index.url, tmp_path, executable=python).install([group("setuptools")], imports=False)

    assert [("setuptools", "70.0")] == [(dist.name, dist.version) for dist in run.installed]


def test_nothing_of_the_run_stays_behind(tmp_path: Path) -> None:
    """The environment is gone; the interpreter's own packages were neither seen nor touched."""
    with StaticIndex({"pytest": [Wheel("pytest", "0.1")]}) as index:
        pip = offline_pip(index.url, tmp_path)
        before = sorted(tmp_path.iterdir())
        run = pip.install([group("pytest")], imports=False)

    assert [dist.version for dist in run.installed] == ["0.1"]
    assert before == sorted(tmp_path.iterdir())


def test_a_missing_dependency_fails_with_pips_own_words(tmp_path: Path) -> None:
    """The exit code and both outputs are kept; nothing is checked or imported."""
    with StaticIndex({"demo": [DEMO]}) as index:
        run = offline_pip(index.url, tmp_path).install([group("demo")])

    assert not run.ok
    assert run.ran.exit_code == 1
    assert "No matching distribution found for dep>=1" in run.ran.stderr
    assert (run.installed, run.imports) == ((), ())


def test_a_failing_import_is_told_with_its_last_line(tmp_path: Path) -> None:
    """For pip all is well, the module is not."""
    wheel = Wheel("demo", files={"demo/__init__.py": b"import nowhere_to_be_found\n"})
    with StaticIndex({"demo": [wheel]}) as index:
        run = offline_pip(index.url, tmp_path).install([group("demo")])

    assert run.ok
    error = "ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    assert [(False, error)] == [(imported.ok, imported.error) for imported in run.imports]


def test_imports_can_be_left_out(tmp_path: Path) -> None:
    """Some modules do harm when they are imported."""
    with StaticIndex({"dep": [DEP]}) as index:
        run = offline_pip(index.url, tmp_path).install([group("dep")], imports=False)

    assert (run.ok, run.imports) == (True, ())


def test_tests_and_private_modules_are_not_imported(tmp_path: Path) -> None:
    """Only what a flow would import; a distribution that has nothing else is imported by its first module."""
    index_of = {
        "demo": [Wheel("demo", modules=["demo", "_demo", "tests"])],
        "hidden": [Wheel("hidden", modules=["_hidden"])],
    }
    with StaticIndex(index_of) as index:
        run = offline_pip(index.url, tmp_path).install([group("demo", "hidden")])

    assert [imported.module for imported in run.imports] == ["demo", "_hidden"]


def test_pip_check_complains_of_what_does_not_fit(tmp_path: Path) -> None:
    """`--no-deps` in the site's line leaves a hole, which pip check names."""
    command = "{python} -m pip install --no-deps --index-url {url} {requirement}"
    with StaticIndex({"demo": [DEMO]}) as index:
        run = offline_pip(index.url, tmp_path, pip_command=command).install([group("demo")])

    assert run.ok
    assert run.check_problems == ("demo 1.0 requires dep, which is not installed.",)


def test_constraints_hold(tmp_path: Path) -> None:
    """They are given to pip as a file."""
    with StaticIndex({"dep": [Wheel("dep", "1.0"), Wheel("dep", "2.0")]}) as index:
        run = offline_pip(index.url, tmp_path).install([group("dep", constraints=("dep<2",))], imports=False)

    assert [dist.version for dist in run.installed] == ["1.0"]


def test_a_requirement_that_its_marker_excludes_counts_as_judged(tmp_path: Path) -> None:
    """Exit code 0, nothing installed, nothing asked of the index, nothing imported."""
    with StaticIndex() as index:
        run = offline_pip(index.url, tmp_path).install([group("gone; python_version < '3'")])
        asked = index.asked

    assert run.ok
    assert (run.installed, run.imports, asked) == ((), (), [])


def test_a_group_without_requirements_needs_no_pip(tmp_path: Path) -> None:
    """By itself pip would call that an error."""
    with StaticIndex() as index:
        run = offline_pip(index.url, tmp_path).install([group()])

    assert (run.ok, run.ran.command) == (True, ())


def test_groups_are_asked_together_where_all_is_well(tmp_path: Path) -> None:
    """One pip process, and each group is in its run."""
    with StaticIndex({"demo": [DEMO], "dep": [DEP]}) as index:
        facts = probe_pip(offline_pip(index.url, tmp_path), [group("demo"), group("dep")], same=alike, imports=False)

    assert (host_of().label, host_of().pip, None) == (facts.label, facts.pip, facts.whole)
    assert [(run.groups, run.ok) for run in facts.runs] == [(("demo", "dep"), True)]


def test_groups_are_asked_one_by_one_where_together_they_fail(tmp_path: Path) -> None:
    """Two that merely clash are both well; a third is not."""
    projects = {"dep": [Wheel("dep", "1"), Wheel("dep", "2")]}
    with StaticIndex(projects) as index:
        groups = [group("dep==1"), group("dep==2"), group("absent")]
        facts = probe_pip(offline_pip(index.url, tmp_path), groups, same=alike, imports=False)

    assert facts.whole is not None
    assert (facts.whole.ok, facts.whole.groups) == (False, ("dep==1", "dep==2", "absent"))
    outcomes = [(run.groups[0], run.ok, [dist.version for dist in run.installed]) for run in facts.runs]
    assert outcomes == [("dep==1", True, ["1"]), ("dep==2", True, ["2"]), ("absent", False, [])]


def test_what_looks_complete_is_asked_together_once_more(tmp_path: Path) -> None:
    """Beside a group that fails, the promising ones take one process; each group is still tried by pip."""
    with StaticIndex({"demo": [DEMO], "dep": [DEP]}) as index:
        groups = [group("demo"), group("absent"), group("dep")]
        facts = probe_pip(
            offline_pip(index.url, tmp_path),
            groups,
            same=alike,
            imports=False,
            promising=lambda one: one.name != "absent",
        )

    assert [(("demo", "dep"), True), (("absent",), False)] == [(run.groups, run.ok) for run in facts.runs]


@pytest.mark.thorough
def test_a_promise_that_does_not_hold_costs_nobody_its_own_run(tmp_path: Path) -> None:
    """Two that clash look complete each for itself: together they fail, so each is asked alone."""
    with StaticIndex({"dep": [Wheel("dep", "1"), Wheel("dep", "2")]}) as index:
        groups = [group("dep==1"), group("dep==2"), group("absent")]
        facts = probe_pip(
            offline_pip(index.url, tmp_path),
            groups,
            same=alike,
            imports=False,
            promising=lambda one: one.name != "absent",
        )

    outcomes = {run.groups: run.ok for run in facts.runs}
    assert {("dep==1",): True, ("dep==2",): True, ("absent",): False} == outcomes


def test_one_group_that_fails_is_asked_once(tmp_path: Path) -> None:
    """Together and one by one are the same thing."""
    with StaticIndex() as index:
        facts = probe_pip(offline_pip(index.url, tmp_path), [group("absent")], same=alike, imports=True)

    assert (facts.whole, [run.ok for run in facts.runs]) == (None, [False])


def test_an_interpreter_without_pip_cannot_be_looked_at(tmp_path: Path) -> None:
    """It is told before anything runs."""
    host = msgspec.structs.replace(host_of(), pip=None, pip_location=None)

    with pytest.raises(CannotLook) as caught:
        OfflinePip(host, PipCall(url="http://127.0.0.1:1/", pip_command=COMMERCIAL, timeout=1), tmp_path)

    assert caught.value.key == "interpreter-without-pip"


def test_an_interpreter_that_can_make_no_environment_cannot_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is what `venv` itself says."""
    said = "python: No module named venv"
    monkeypatch.setattr(emptyenv, "run", lambda *given, **more: Ran(("python",), 1, 0.1, "", f"{said}\n"))

    with pytest.raises(CannotLook) as caught:
        offline_pip("http://127.0.0.1:1/", tmp_path).install([group("demo")])

    assert ("no-environment", said) == (caught.value.key, caught.value.values["reason"])


def test_a_pip_that_does_not_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No exit code, and no run that is well: its time is bounded by the requirements and the timeout."""
    monkeypatch.setattr(environment, "bound", lambda timeout, requirements: 1.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/simple/"
        run = offline_pip(url, tmp_path, timeout=60.0).install([group("demo")])

    assert (run.ran.exit_code, run.ok) == (None, False)
    assert bound(15.0, 50) > bound(15.0, 1) >= 300.0


def test_where_the_sites_line_installs_to_is_left_out_and_told(tmp_path: Path) -> None:
    """Nothing is written to a production folder."""
    there = tmp_path / "production"
    command = f"{{python}} -m pip install --target {there} --index-url {{url}} {{requirement}}"
    with StaticIndex({"dep": [DEP]}) as index:
        facts = probe_pip(
            offline_pip(index.url, tmp_path, pip_command=command), [group("dep")], same=alike, imports=False
        )

    assert [dist.name for dist in facts.runs[0].installed] == ["dep"]
    assert ("--target", str(there)) == facts.dropped
    assert not there.exists()
