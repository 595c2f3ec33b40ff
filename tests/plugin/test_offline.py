"""Offline pip in a test: what the index has gets installed, and nothing else is asked."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from airproof.errors import BadInput
from pytest_airproof import FaultyIndex, Index, Mirror, Pip, Sdist, Wheel


def test_a_chain_is_installed_whatever_surrounds_it(
    airproof_index: Index, airproof_pip: Pip, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requirements are installed and imported, through a dead proxy and past another index, which are not used."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "http://127.0.0.1:1/simple/")
    airproof_index.upload(Wheel("demo", requires=("base>=2",)), Wheel("base", "2.1"), Sdist("source"))

    outcome = airproof_pip(airproof_index, "demo", "source", imports=True)

    assert (outcome.ok, outcome.refused) == (True, ()), outcome.output
    assert outcome.installed == {"demo": "1.0", "base": "2.1", "source": "1.0"}
    assert sorted(imported.module for imported in outcome.run.imports if imported.ok) == ["demo", "source"]


def test_what_was_forgotten_is_missing(airproof_index: Index, airproof_pip: Pip) -> None:
    """A dependency that is not on the index fails the installation, and pip's words are kept."""
    airproof_index.upload(Wheel("demo", requires=("forgotten",)))

    outcome = airproof_pip(airproof_index.simple_url, "demo")

    assert (outcome.ok, outcome.installed) == (False, {})
    assert "No matching distribution found for forgotten" in outcome.output


def test_a_backend_that_phones_home_is_refused(airproof_index: Index, airproof_pip: Pip) -> None:
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


def test_option_lines_are_told_and_not_followed(airproof_index: Index, airproof_pip: Pip, tmp_path: Path) -> None:
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


def test_a_failed_check_quotes_pip(airproof_index: Index, airproof_pip: Pip) -> None:
    """`check` raises an AssertionError with pip's last lines; the repr has its last error."""
    airproof_index.upload(Wheel("demo", requires=("forgotten",)))

    outcome = airproof_pip(airproof_index, "demo")

    with pytest.raises(AssertionError, match="No matching distribution found for forgotten") as caught:
        outcome.check()
    assert "pip could not install demo:" == str(caught.value).splitlines()[0]
    assert repr(outcome).startswith("<Installation of demo: ERROR: No matching distribution found for forgotten")


def test_a_good_installation_is_its_own_check(airproof_index: Index, airproof_pip: Pip) -> None:
    """`check` returns the installation, whose repr names what was installed."""
    airproof_index.upload(Wheel("demo", "2.0"))

    outcome = airproof_pip(airproof_index, "demo")

    assert outcome is outcome.check()
    assert "<Installation of demo: installed demo 2.0>" == repr(outcome)


def test_an_import_that_fails_is_no_success(airproof_index: Index, airproof_pip: Pip) -> None:
    """An installation with `imports=True` is good only if each import is."""
    airproof_index.upload(Wheel("demo", files={"demo.py": b"import absent_module\n"}))

    outcome = airproof_pip(airproof_index, "demo", imports=True)

    assert (True, False) == (outcome.run.ok, outcome.ok)
    with pytest.raises(AssertionError, match=r"(?s)pip installed demo, but:.*import demo failed: .*absent_module"):
        outcome.check()


def test_an_attempt_to_go_elsewhere_is_named(airproof_index: Index, airproof_pip: Pip) -> None:
    """Though pip itself succeeds."""
    with socket.create_server(("127.0.0.1", 0)) as home:
        airproof_index.upload(Sdist("chatty", phone_home=home.getsockname()))
        outcome = airproof_pip(airproof_index, "chatty")
        destination = f"127.0.0.1:{home.getsockname()[1]}"

    with pytest.raises(AssertionError, match=f"refused socket.connect to {destination} by "):
        outcome.check()


def test_time_out_and_retries_are_pips_own(airproof_faulty: FaultyIndex, airproof_pip: Pip) -> None:
    """Without retries pip asks once."""
    airproof_faulty.upload(Wheel("demo"))
    airproof_faulty.hang()

    outcome = airproof_pip(airproof_faulty, "demo", timeout=0.5, retries=0)

    assert not outcome.ok
    assert 1 == len(airproof_faulty.requests)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (("http://127.0.0.1:1/",), TypeError, "has nothing to install: add a requirement such as 'demo'"),
        ((None, "demo"), ValueError, "the first argument is an index of a fixture or its URL"),
        (("demo",), TypeError, "has nothing to install"),
        (("http://", "demo"), ValueError, "the first argument is an index"),
        (("http://127.0.0.1:1/", ["demo"]), TypeError, "each requirement as an argument of its own"),
        (("demo", "base"), ValueError, r"airproof_pip\('demo', \.\.\.\): the first argument"),
        (("http://127.0.0.1:1/", Path("absent.txt")), BadInput, r"absent\.txt"),
        (("http://127.0.0.1:1/", "requirements.txt"), ValueError, r"as Path\('requirements\.txt'\)"),
    ],
    ids=["nothing", "no-index", "index-forgotten", "no-host", "list", "no-url", "no-file", "file-as-text"],
)
def test_a_wrong_call_is_named(airproof_pip: Pip, given: tuple[Any, ...], error: type[Exception], words: str) -> None:
    """The error has the argument and the mend; pip is not started."""
    with pytest.raises(error, match=words):
        airproof_pip(*given)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timeout": 0}, r"timeout=0\): give seconds above 0"),
        ({"timeout": "1"}, r"timeout='1'\): give seconds above 0"),
        ({"retries": -1}, r"retries=-1\): give a number from 0 on"),
    ],
)
def test_a_wrong_option_is_named(airproof_pip: Pip, options: dict[str, Any], words: str) -> None:
    """pip itself would say that the index lists nothing."""
    with pytest.raises(ValueError, match=words):
        airproof_pip("http://127.0.0.1:1/", "demo", **options)
