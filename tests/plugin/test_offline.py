"""Offline pip in a test: what the index has gets installed, and nothing else is asked."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from airproof.errors import BadInput
from pytest_airproof.offline import Pip
from pytest_airproof.packages import Sdist, Wheel
from pytest_airproof.servers.stage import Mirror, Stage


def test_a_chain_is_installed_whatever_surrounds_it(
    airproof_index: Stage, airproof_pip: Pip, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requirements are installed and imported, through a dead proxy and past another index, which are not used."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "http://127.0.0.1:1/simple/")
    airproof_index.upload(Wheel("demo", requires=("base>=2",)), Wheel("base", "2.1"), Sdist("source"))

    outcome = airproof_pip(airproof_index, "demo", "source", imports=True)

    assert (outcome.ok, outcome.refused) == (True, ()), outcome.output
    assert outcome.installed == {"demo": "1.0", "base": "2.1", "source": "1.0"}
    assert sorted(imported.module for imported in outcome.run.imports if imported.ok) == ["demo", "source"]


def test_what_was_forgotten_is_missing(airproof_index: Stage, airproof_pip: Pip) -> None:
    """A dependency that is not on the index fails the installation, and pip's words are kept."""
    airproof_index.upload(Wheel("demo", requires=("forgotten",)))

    outcome = airproof_pip(airproof_index.simple_url, "demo")

    assert (outcome.ok, outcome.installed) == (False, {})
    assert "No matching distribution found for forgotten" in outcome.output


def test_a_backend_that_phones_home_is_refused(airproof_index: Stage, airproof_pip: Pip) -> None:
    """An attempt to go elsewhere is no success, though pip ends with 0, and it never arrives."""
    with socket.create_server(("127.0.0.1", 0)) as home:
        home.settimeout(0.2)
        airproof_index.upload(Sdist("chatty", phone_home=home.getsockname()))
        outcome = airproof_pip(airproof_index, "chatty")
        with pytest.raises(TimeoutError):
            home.accept()
        destination = f"127.0.0.1:{home.getsockname()[1]}"

    assert (outcome.ok, outcome.run.ran.exit_code) == (False, 0)
    assert {destination} == {refusal.destination for refusal in outcome.refused}


def test_option_lines_are_told_and_not_followed(airproof_index: Stage, airproof_pip: Pip, tmp_path: Path) -> None:
    """A requirements file cannot choose the index; its requirements are installed all the same."""
    airproof_index.upload(Wheel("demo"))
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("--index-url http://127.0.0.1:1/simple/\ndemo\n", encoding="utf-8")

    outcome = airproof_pip(airproof_index, wanted)

    assert (outcome.ok, outcome.installed) == (True, {"demo": "1.0"}), outcome.output
    assert [line.text for line in outcome.option_lines] == ["--index-url http://127.0.0.1:1/simple/"]


def test_pip_installs_through_a_mirror(airproof_mirror: Mirror, airproof_pip: Pip) -> None:
    """The upstream is asked by the mirror, never by pip."""
    airproof_mirror.upstream.upload(Wheel("demo"))

    outcome = airproof_pip(airproof_mirror, "demo")

    assert (outcome.ok, outcome.installed, outcome.refused) == (True, {"demo": "1.0"}, ()), outcome.output


def test_a_requirement_that_is_none_is_bad_input(airproof_pip: Pip) -> None:
    """A requirement that pip could not read is refused before an index is asked."""
    with pytest.raises(BadInput, match="names several packages"):
        airproof_pip("http://127.0.0.1:1/", "not a requirement")
