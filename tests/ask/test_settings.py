"""airproof.toml: it is said that it is used, it sends no password, and its waivers say where they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.ask.options import given, options_of
from airproof.ask.settings import merged, read_settings
from airproof.cli import parser
from airproof.renderers import RENDERERS
from airproof.site.site import Form
from airproof.words import LANGS
from pytest_airproof.servers.stage import Stage
from tests.engine.running import airproof, record

FILE = """
pip-command = "{python} -m pip install -i {url} --trusted-host {host} {requirement}"
[index]
login = true
[[host]]
name = "here"
python = "python"
[waive]
SRV03 = "the index is rebuilt every night"
"""
FOR_PROGRAMS = ("openmetrics", "nagios", "cyclonedx", "locust")
READ = {name: render for name, render in RENDERERS.items() if name not in FOR_PROGRAMS}
"""The formats that people read; the others are for programs."""


def test_a_file_that_is_used_is_named_first(tmp_path: Path) -> None:
    """With what it says, before anything is done; not where nobody wants to read."""
    (tmp_path / "airproof.toml").write_text(FILE, encoding="utf-8")
    words = ("check", "nothing", "--lang", "en")
    told = airproof(*words, cwd=tmp_path).stderr.splitlines()
    quiet = airproof(*words, "--quiet", cwd=tmp_path).stderr

    keys = "pip-command, index.login, host (1), waive.SRV03"
    assert f"airproof: {tmp_path / 'airproof.toml'} is used, with {keys}" == told[0]
    assert "airproof.toml" not in quiet


@pytest.mark.parametrize("words", [(), ("--omflow", "http://127.0.0.1:9")], ids=["not", "named"])
def test_a_password_goes_only_where_somebody_named_the_host(words: tuple[str, ...], tmp_path: Path) -> None:
    """A file in the current folder may be anybody's."""
    (tmp_path / "airproof.toml").write_text("[omflow]\nsource = 'http://127.0.0.1:9'\n", encoding="utf-8")
    login = {"AIRPROOF_OMFLOW_USER": "admin", "AIRPROOF_OMFLOW_PASSWORD": "in-the-environment"}
    ran = airproof("check", *words, "--lang", "en", cwd=tmp_path, **login)

    assert (2, not words) == (ran.returncode, "no host that nobody has named" in ran.stderr)


def test_a_waiver_says_where_it_comes_from(tmp_path: Path, airproof_index: Stage) -> None:
    """In each format and language, and where only the last lines are shown."""
    (tmp_path / "airproof.toml").write_text("[waive]\nPIP02 = 'comes next week'\n", encoding="utf-8")
    ran = airproof("check", airproof_index.url, "-p", "nowhere", "--lang", "en", "--quiet", cwd=tmp_path)

    report = record(tmp_path)
    shown = {(name, lang): render(report, lang) for name, render in READ.items() for lang in LANGS}
    assert ": comes next week (airproof.toml)" in ran.stdout
    assert [] == [where for where, text in shown.items() if "comes next week (airproof.toml)" not in text]


@pytest.mark.parametrize(("command", "form"), [("check", Form.ONLINE), ("rehearse", None)])
def test_a_key_counts_for_the_commands_that_take_its_option(command: str, form: Form | None, tmp_path: Path) -> None:
    """The form of the live index says nothing of the stage that a rehearsal makes."""
    (tmp_path / "airproof.toml").write_text("[index]\nform = 'online'\n", encoding="utf-8")
    settings = read_settings(tmp_path / "airproof.toml")

    assert form == merged(command, settings, {}).form


def test_what_is_typed_wins_over_the_file(tmp_path: Path) -> None:
    """Also where it is the default."""
    (tmp_path / "airproof.toml").write_text("[index]\ntimeout = 3\n[packages]\nflows = ['a']\n", encoding="utf-8")
    settings = read_settings(tmp_path / "airproof.toml")
    options = parser("en").parse_args(["check", "--timeout", "15", "--no-login", "-p", "demo"])
    asked = merged("check", settings, given(vars(options), options_of("check")))

    assert (15.0, False, ("demo",), ("a",)) == (asked.timeout, asked.login, asked.packages, asked.flows)


@pytest.mark.parametrize(
    ("value", "spec", "known"),
    [("true", "collector=1", ""), ('"Plant A"', "collector=Plant+A", "Plant A"), ("false", "", "")],
)
def test_a_host_may_be_a_collector_of_a_name(value: str, spec: str, known: str, tmp_path: Path) -> None:
    """`collector = "NAME"`: as OMFlow calls it; for a host that is asked and for one whose facts are carried."""
    file = tmp_path / "airproof.toml"
    hosts = [f"[[host]]\n{way}\ncollector = {value}\n" for way in ('ssh = "local://"', 'facts = "none.json"')]
    file.write_text("\n".join(hosts), encoding="utf-8")

    asked = merged("check", read_settings(file), {})

    assert (f"local://{'?' if spec else ''}{spec}",) == asked.fleet
    assert [(known, value != "false")] == [(host.collector_name, bool(host.collector)) for host in asked.hosts]
