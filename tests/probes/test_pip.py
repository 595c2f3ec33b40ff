"""What this interpreter's own pip makes of an index: what it installs, what it is refused, and what is told of it."""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path

import pytest
from pytest_airproof.packages import Sdist, Wheel

from airproof.errors import CannotLook
from airproof.probes import guard, place
from airproof.probes.pip import Import, probe_pip
from airproof.site import COMMERCIAL
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import group, offline_pip
from tests.probes.pythons import host_of

DEMO = Wheel("demo", requires=["dep>=1"])
DEP = Wheel("dep", "1.2")


def test_a_requirement_is_installed_with_what_it_needs(tmp_path: Path) -> None:
    """Names, versions, modules, and where pip took them from; imported, and nothing refused."""
    with StaticIndex({"demo": [DEMO], "dep": [DEP]}) as index:
        run = offline_pip(index.url, tmp_path).install([group("Demo")])

    found = {one.name: one for one in run.installed}
    assert run.ok
    assert {name: one.version for name, one in found.items()} == {"demo": "1.0", "dep": "1.2"}
    assert (found["demo"].requires, found["demo"].modules, found["demo"].requested) == (("dep>=1",), ("demo",), True)
    assert (index.file(DEP.filename), False) == (found["dep"].url, found["dep"].requested)
    assert hashlib.sha256(DEP.content()).hexdigest() == found["dep"].sha256
    assert [(one.project, one.module, one.ok, one.error) for one in run.imports] == [("demo", "demo", True, "")]
    assert (run.refused, run.check_problems) == ((), ())


def test_nothing_of_the_run_stays_behind(tmp_path: Path) -> None:
    """The environment is gone; the interpreter's own packages were neither seen nor touched."""
    with StaticIndex({"pytest": [Wheel("pytest", "0.1")]}) as index:
        pip = offline_pip(index.url, tmp_path)
        before = sorted(tmp_path.iterdir())
        run = pip.install([group("pytest")], imports=False)

    assert [one.version for one in run.installed] == ["0.1"]
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
    """pip is content, the module is not."""
    wheel = Wheel("demo", files={"demo/__init__.py": b"import nowhere_to_be_found\n"})
    with StaticIndex({"demo": [wheel]}) as index:
        run = offline_pip(index.url, tmp_path).install([group("demo")])

    assert run.ok
    error = "ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    assert [(False, error)] == [(one.ok, one.error) for one in run.imports]


def test_an_import_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as failed, with the time that it was given."""
    monkeypatch.setattr(place, "IMPORT_TIME", 1.5)
    wheel = Wheel("demo", files={"demo/__init__.py": b"import time; time.sleep(600)\n"})
    with StaticIndex({"demo": [wheel]}) as index:
        run = offline_pip(index.url, tmp_path).install([group("demo")])

    assert [(one.ok, one.error) for one in run.imports] == [(False, "no end after 1.5 s")]


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

    assert [one.module for one in run.imports] == ["demo", "_hidden"]


def test_a_package_that_calls_home_on_import_is_told(tmp_path: Path) -> None:
    """The import fails at the guard, and the destination is named."""
    with StaticIndex() as elsewhere:
        code = f"import socket\nsocket.create_connection(('127.0.0.1', {elsewhere.port}))\n"
        with StaticIndex({"demo": [Wheel("demo", files={"demo/__init__.py": code.encode()})]}) as index:
            run = offline_pip(index.url, tmp_path).install([group("demo")])
        asked = elsewhere.asked

    assert [elsewhere.destination] == [one.destination for one in run.refused]
    assert f"connection to {elsewhere.destination} refused" in run.imports[0].error
    assert asked == []


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

    assert [one.version for one in run.installed] == ["1.0"]


def test_a_requirement_that_its_marker_excludes_counts_as_judged(tmp_path: Path) -> None:
    """Exit code 0, nothing installed, nothing asked of the index, nothing imported."""
    with StaticIndex() as index:
        run = offline_pip(index.url, tmp_path).install([group("gone; python_version < '3'")])
        asked = index.asked

    assert run.ok
    assert (run.installed, run.imports, asked) == ((), (), [])


def test_a_group_without_requirements_needs_no_pip(tmp_path: Path) -> None:
    """pip itself would call that an error."""
    with StaticIndex() as index:
        run = offline_pip(index.url, tmp_path).install([group()])

    assert (run.ok, run.ran.command) == (True, ())


def test_credentials_go_to_the_index_and_nowhere_else(tmp_path: Path) -> None:
    """The index gets them, the facts do not: neither command, nor outputs, nor the sources of files."""
    with StaticIndex({"demo": [DEMO], "dep": [DEP]}, credentials="ann:s3cr+et") as index:
        url = index.url.replace("127.0.0.1", "ann:s3cr%2Bet@127.0.0.1")
        run = offline_pip(url, tmp_path).install([group("demo")])
        failed = offline_pip(url, tmp_path).install([group("absent")])
        came = set(index.authorizations)

    assert (run.ok, failed.ok) == (True, False)
    assert {"Basic " + base64.b64encode(b"ann:s3cr+et").decode()} == came
    assert f"http://***@{index.destination}/simple/" in run.ran.command
    assert not [one for one in ("s3cr", "ann") if one in repr(run) + repr(failed)]


def test_an_index_that_wants_a_password_gets_no_prompt(tmp_path: Path) -> None:
    """pip ends with its usual exit code, not with a traceback of its prompt."""
    with StaticIndex({"demo": [DEMO]}, credentials="ann:secret") as index:
        run = offline_pip(index.url, tmp_path).install([group("demo")])

    assert run.ran.exit_code == 1
    assert "Traceback" not in run.ran.stderr


def test_a_link_that_leaves_the_host_is_refused_and_named(tmp_path: Path) -> None:
    """The page of the index points elsewhere; there the file would have been."""
    with StaticIndex({"dep": [DEP]}) as elsewhere, StaticIndex(links={"dep": [elsewhere.file(DEP.filename)]}) as index:
        run = offline_pip(index.url, tmp_path).install([group("dep")])
        asked = elsewhere.asked

    assert not run.ok
    assert [(elsewhere.destination, "socket.connect")] == [(one.destination, one.event) for one in run.refused]
    assert asked == []


def test_a_dependency_by_url_is_refused_and_named(tmp_path: Path) -> None:
    """A wheel's own metadata sends pip elsewhere."""
    with StaticIndex({"dep": [DEP]}) as elsewhere:
        wheel = Wheel("demo", requires=[f"dep @ {elsewhere.file(DEP.filename)}"])
        with StaticIndex({"demo": [wheel]}) as index:
            run = offline_pip(index.url, tmp_path).install([group("demo")])
        asked = elsewhere.asked

    assert not run.ok
    assert [elsewhere.destination] == [one.destination for one in run.refused]
    assert asked == []


def test_a_build_backend_that_calls_home_is_named_although_pip_is_content(tmp_path: Path) -> None:
    """pip ends with 0; the refusal is the only trace."""
    with StaticIndex() as elsewhere:
        sdist = Sdist("built", phone_home=("127.0.0.1", elsewhere.port), backend_requires=["tool"])
        with StaticIndex({"built": [sdist], "tool": [Wheel("tool")]}) as index:
            run = offline_pip(index.url, tmp_path).install([group("built")])
        asked = elsewhere.asked

    assert run.ok
    assert [elsewhere.destination] == [one.destination for one in run.refused]
    assert "prepare_metadata_for_build_wheel" in run.refused[0].process
    assert asked == []


def test_a_second_index_in_the_sites_own_line_is_refused_although_pip_is_content(tmp_path: Path) -> None:
    """`--extra-index-url` to elsewhere: pip installs from the index and says nothing of it."""
    with StaticIndex({"dep": [Wheel("dep", "9")]}) as elsewhere, StaticIndex({"dep": [DEP]}) as index:
        command = f"{{python}} -m pip install --index-url {{url}} --extra-index-url {elsewhere.url} {{requirement}}"
        run = offline_pip(index.url, tmp_path, pip_command=command).install([group("dep")])
        asked = elsewhere.asked

    assert run.ok
    assert [one.version for one in run.installed] == ["1.2"]
    assert [elsewhere.destination] == [one.destination for one in run.refused]
    assert asked == []


def test_http_on_a_name_is_not_trusted_unless_the_line_says_so(tmp_path: Path) -> None:
    """On loopback pip trusts http, elsewhere only with --trusted-host: then a look-up is what fails."""
    url = "http://index.invalid:3141/root/local/"
    plain = offline_pip(url, tmp_path).install([group("demo")])
    trusting = offline_pip(url, tmp_path, pip_command=COMMERCIAL).install([group("demo")])

    assert "is not a trusted or secure host" in plain.ran.stderr
    assert "is not a trusted or secure host" not in trusting.ran.stderr
    assert (plain.ok, trusting.ok, plain.refused + trusting.refused) == (False, False, ())


def test_groups_are_asked_together_where_all_is_well(tmp_path: Path) -> None:
    """One pip process, and each group is in its run."""
    with StaticIndex({"demo": [DEMO], "dep": [DEP]}) as index:
        facts = probe_pip(offline_pip(index.url, tmp_path), [group("demo"), group("dep")], imports=False)

    assert (host_of().label, host_of().pip, None) == (facts.label, facts.pip, facts.whole)
    assert [(run.groups, run.ok) for run in facts.runs] == [(("demo", "dep"), True)]


def test_groups_are_asked_one_by_one_where_together_they_fail(tmp_path: Path) -> None:
    """Two that merely clash are both well; a third is not."""
    projects = {"dep": [Wheel("dep", "1"), Wheel("dep", "2")]}
    with StaticIndex(projects) as index:
        groups = [group("dep==1"), group("dep==2"), group("absent")]
        facts = probe_pip(offline_pip(index.url, tmp_path), groups, imports=False)

    assert facts.whole is not None
    assert (facts.whole.ok, facts.whole.groups) == (False, ("dep==1", "dep==2", "absent"))
    outcomes = [(run.groups[0], run.ok, [one.version for one in run.installed]) for run in facts.runs]
    assert outcomes == [("dep==1", True, ["1"]), ("dep==2", True, ["2"]), ("absent", False, [])]


def test_one_group_that_fails_is_asked_once(tmp_path: Path) -> None:
    """Together and one by one are the same thing."""
    with StaticIndex() as index:
        facts = probe_pip(offline_pip(index.url, tmp_path), [group("absent")], imports=True)

    assert (facts.whole, [run.ok for run in facts.runs]) == (None, [False])


def test_an_interpreter_without_pip_cannot_be_looked_at(tmp_path: Path) -> None:
    """It is told before anything runs."""
    import msgspec

    from airproof.probes.pip import OfflinePip

    host = msgspec.structs.replace(host_of(), pip=None, pip_location=None)

    with pytest.raises(CannotLook) as caught:
        OfflinePip(host, "http://127.0.0.1:1/", workdir=tmp_path, pip_command=COMMERCIAL, timeout=1)

    assert caught.value.key == "interpreter-without-pip"


def test_an_interpreter_that_can_make_no_environment_cannot_be_looked_at(tmp_path: Path) -> None:
    """The reason is what `venv` itself says."""
    import msgspec

    from airproof.probes.pip import OfflinePip

    broken = tmp_path / "sabotage"
    broken.mkdir()
    program = sys.executable
    host = msgspec.structs.replace(host_of(), executable=str(tmp_path / "gone"))
    pip = OfflinePip(host, "http://127.0.0.1:1/", workdir=tmp_path, pip_command=COMMERCIAL, timeout=1)

    with pytest.raises(CannotLook) as caught:
        pip.install([group("demo")])

    assert program
    assert caught.value.key in ("no-environment", "cannot-start")


def test_a_pip_without_its_guard_is_no_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever pip said: nobody knows where it went."""
    monkeypatch.setattr(guard, "PTH", "000-airguard.txt")
    with StaticIndex({"dep": [DEP]}) as index, pytest.raises(CannotLook) as caught:
        offline_pip(index.url, tmp_path).install([group("dep")])

    assert caught.value.key == "guard-absent"


def test_a_module_that_cannot_start_has_no_empty_reason(tmp_path: Path) -> None:
    """A module that ends its process silently is told by its exit code."""
    wheel = Wheel("demo", files={"demo/__init__.py": b"import os; os._exit(7)\n"})
    with StaticIndex({"demo": [wheel]}) as index:
        run = offline_pip(index.url, tmp_path).install([group("demo")])

    assert (Import("demo", "demo", False, run.imports[0].seconds, "exit code 7"),) == run.imports
