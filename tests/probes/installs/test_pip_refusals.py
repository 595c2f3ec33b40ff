"""Refusals of the guarded pip, the index that it is trusted with, and the report of both."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from airproof.errors import CannotLook
from airproof.probes.pip import guard
from airproof.site.site import COMMERCIAL
from pytest_airproof.packages import Sdist, Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import group, offline_pip

DEMO = Wheel("demo", requires=["dep>=1"])
DEP = Wheel("dep", "1.2")


def test_a_package_that_calls_home_on_import_is_told(tmp_path: Path) -> None:
    """The import fails at the guard, and the destination is named."""
    with StaticIndex() as elsewhere:
        code = f"import socket\nsocket.create_connection(('127.0.0.1', {elsewhere.port}))\n"
        with StaticIndex({"demo": [Wheel("demo", files={"demo/__init__.py": code.encode()})]}) as index:
            run = offline_pip(index.url, tmp_path).install([group("demo")])
        asked = elsewhere.asked

    assert [elsewhere.destination] == [refusal.destination for refusal in run.refused]
    assert f"connection to {elsewhere.destination} refused" in run.imports[0].error
    assert asked == []


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
    assert not [text for text in ("s3cr", "ann") if text in repr(run) + repr(failed)]


def test_an_index_that_wants_a_password_gets_no_prompt(tmp_path: Path) -> None:
    """It ends with its usual exit code, not with a traceback of its prompt."""
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
    assert [(elsewhere.destination, "socket.connect")] == [
        (refusal.destination, refusal.event) for refusal in run.refused
    ]
    assert asked == []


def test_a_dependency_by_url_is_refused_and_named(tmp_path: Path) -> None:
    """A wheel's own metadata sends pip elsewhere."""
    with StaticIndex({"dep": [DEP]}) as elsewhere:
        wheel = Wheel("demo", requires=[f"dep @ {elsewhere.file(DEP.filename)}"])
        with StaticIndex({"demo": [wheel]}) as index:
            run = offline_pip(index.url, tmp_path).install([group("demo")])
        asked = elsewhere.asked

    assert not run.ok
    assert [elsewhere.destination] == [refusal.destination for refusal in run.refused]
    assert asked == []


def test_a_build_backend_that_calls_home_is_named_although_pip_is_content(tmp_path: Path) -> None:
    """The exit code is 0; the refusal is the only trace."""
    with StaticIndex() as elsewhere:
        sdist = Sdist("built", phone_home=("127.0.0.1", elsewhere.port), backend_requires=["tool"])
        with StaticIndex({"built": [sdist], "tool": [Wheel("tool")]}) as index:
            run = offline_pip(index.url, tmp_path).install([group("built")])
        asked = elsewhere.asked

    assert run.ok
    assert [elsewhere.destination] == [refusal.destination for refusal in run.refused]
    assert "prepare_metadata_for_build_wheel" in run.refused[0].process
    assert asked == []


def test_a_second_index_in_the_sites_own_line_is_refused_although_pip_is_content(tmp_path: Path) -> None:
    """`--extra-index-url` to elsewhere: pip installs from the index and says nothing of it."""
    with StaticIndex({"dep": [Wheel("dep", "9")]}) as elsewhere, StaticIndex({"dep": [DEP]}) as index:
        command = f"{{python}} -m pip install --index-url {{url}} --extra-index-url {elsewhere.url} {{requirement}}"
        run = offline_pip(index.url, tmp_path, pip_command=command).install([group("dep")])
        asked = elsewhere.asked

    assert run.ok
    assert [dist.version for dist in run.installed] == ["1.2"]
    assert [elsewhere.destination] == [refusal.destination for refusal in run.refused]
    assert asked == []


def test_http_on_a_name_is_not_trusted_unless_the_line_says_so(tmp_path: Path) -> None:
    """On loopback pip trusts http, elsewhere only with --trusted-host: then a look-up is what fails."""
    url = "http://index.invalid:3141/root/local/"
    plain = offline_pip(url, tmp_path).install([group("demo")])
    trusting = offline_pip(url, tmp_path, pip_command=COMMERCIAL).install([group("demo")])

    assert "is not a trusted or secure host" in plain.ran.stderr
    assert "is not a trusted or secure host" not in trusting.ran.stderr
    assert (plain.ok, trusting.ok, plain.refused + trusting.refused) == (False, False, ())


def test_a_pip_without_its_guard_is_no_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever pip said: nobody knows where it went."""
    nothing = tmp_path / "nothing.py"
    nothing.touch()
    monkeypatch.setattr(guard, "AIRGUARD", nothing)
    with StaticIndex({"dep": [DEP]}) as index, pytest.raises(CannotLook) as caught:
        offline_pip(index.url, tmp_path).install([group("dep")])

    assert caught.value.key == "guard-absent"
