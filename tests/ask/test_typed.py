"""Words of a command line and variables of the environment, before anybody is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.ask.groups import groups_asked
from airproof.ask.options import COMMANDS, OPTIONS, options_of
from airproof.ask.settings import asked_of
from airproof.ask.site_of import build_site
from airproof.ask.typed import refuse_unknown, take_variables
from airproof.ask.typedoptions import TypedOptions
from airproof.cli import EXAMPLES, main, parser
from airproof.errors import BadInput

URL = "http://192.0.2.10:3141/root/local/"


@pytest.mark.parametrize(
    ("words", "key", "told"),
    [
        (["chek", URL], "command-near", "check"),
        (["--lang", "en", "rehears"], "command-near", "rehearse"),
        ([URL, "-p", "a"], "command-is-url", URL),
        (["install"], "command-unknown", "rehearse"),
        (["check", URL, "--pakage", "a"], "option-near", "--package"),
        (["check", URL, "--strickt=1"], "option-near", "--strict"),
        (["check", URL, "--sdists"], "option-elsewhere", "carry"),
        (["check", URL, "-z"], "option-unknown", "airproof check --help"),
    ],
)
def test_a_near_miss_is_offered(words: list[str], key: str, told: str) -> None:
    """Unknown commands and options have a near miss; for an option of another command that command is named."""
    with pytest.raises(BadInput) as caught:
        refuse_unknown(words)

    assert key == caught.value.key
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [[], ["-h"], ["check", "-p", "-odd"], ["check", URL, "-pflask"], ["check", "--", "--pakage"], ["report", "-"]],
)
def test_values_are_no_options(words: list[str]) -> None:
    """Whatever a value begins with, argparse is the one to judge it."""
    refuse_unknown(words)


def test_the_commands_point_at_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder is rehearsed, an index is checked."""
    assert 2 == main(["check", str(tmp_path), "--lang", "en"])
    assert "airproof rehearse" in capsys.readouterr().err
    assert 2 == main(["rehearse", URL, "--lang", "en"])
    assert f"airproof check {URL}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["carry", "{new}", "-p", "a"],
        ["carry", "{new}/below", "--target", "cp37-win32"],
        ["rehearse", "-p", "a", "--keep", "{new}", "--waive", "NOPE=x"],
        ["check", "http://HOST:3141/root/local/", "--report-dir", "{new}"],
        ["check", URL, "-p", "a=1", "--report-dir", "{new}"],
    ],
)
def test_a_usage_error_leaves_no_folder_behind(words: list[str], tmp_path: Path) -> None:
    """Nothing is made before all that was typed is known to be usable."""
    new = tmp_path / "new"

    assert 2 == main([word.replace("{new}", str(new)) for word in words])
    assert not new.exists()


def test_every_option_has_a_variable() -> None:
    """No two options of a command share one."""
    for command in COMMANDS:
        names = [option.variable for option in options_of(command)]
        assert len(names) == len(set(names))


def test_variables_stand_in_for_what_nobody_typed() -> None:
    """A typed option wins over its variable; only variables that change the question are named."""
    options = parser("en").parse_args(["check", "--timeout", "3"])
    environ = {"AIRPROOF_URL": URL, "AIRPROOF_PACKAGE": "a b>=2", "AIRPROOF_TIMEOUT": "9", "AIRPROOF_STRICT": "1"}
    environ |= {
        "AIRPROOF_NO_LOGIN": "yes",
        "AIRPROOF_DEEP": "0",
        "AIRPROOF_QUIET": "1",
        "AIRPROOF_WAIVE": "SRV03=lab only",
    }

    used = take_variables(options, environ)

    assert ("AIRPROOF_URL", "AIRPROOF_PACKAGE", "AIRPROOF_NO_LOGIN", "AIRPROOF_WAIVE", "AIRPROOF_STRICT") == used
    assert (URL, ["a", "b>=2"], 3.0, False) == (options.url, options.packages, options.timeout, options.login)
    assert (None, True, ["SRV03=lab only"]) == (options.deep, options.quiet, options.waive)


def test_a_typed_nought_is_a_value() -> None:
    """`--load 0` takes back what the variable of a CI job consents to."""
    options = parser("en").parse_args(["check", "--load", "0"])

    assert () == take_variables(options, {"AIRPROOF_LOAD": "500"})
    assert 0 == options.load


@pytest.mark.parametrize(
    ("command", "variable", "name", "value", "found"),
    [
        ("carry", "AIRPROOF_DEST", "dest", "medium", "medium"),
        ("report", "AIRPROOF_RECORDS", "records", "a.json b.json", ["a.json", "b.json"]),
    ],
)
def test_a_variable_gives_what_must_be_named(
    command: str, variable: str, name: str, value: str, found: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the command refuses to start; what is typed wins."""
    with pytest.raises(SystemExit):
        parser("en").parse_args([command])
    monkeypatch.setenv(variable, value)
    options, typed = (parser("en").parse_args([command, *words]) for words in ((), ("typed",)))

    take_variables(options, {variable: value})
    take_variables(typed, {variable: value})

    assert found == getattr(options, name)
    assert getattr(typed, name) in ("typed", ["typed"])


@pytest.mark.parametrize(("command", "more"), [("check", ()), ("probe", ("--out", "probe.py"))])
def test_a_missing_url_is_asked_for_in_the_words_of_the_command(
    command: str,
    more: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each command names itself."""
    monkeypatch.chdir(tmp_path)

    assert 2 == main([command, "-p", "demo", "--lang", "en", *more])
    assert f"airproof {command} http://HOST:3141/root/local/" in capsys.readouterr().err


def test_an_archive_as_wheelhouse_is_to_be_unpacked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A zip of wheels is what a mail brings."""
    packed = tmp_path / "wheels.zip"
    packed.write_bytes(b"PK")

    assert 2 == main(["rehearse", str(packed), "--lang", "en"])
    assert f"{packed} is an archive" in (said := capsys.readouterr().err)
    assert "Unpack it, and name the folder." in said


@pytest.mark.parametrize(
    ("variable", "value"), [("STRICT", "perhaps"), ("FORM", "sideways"), ("TIMEOUT", "long"), ("HOSTS_AT_ONCE", "x")]
)
def test_a_variable_that_cannot_be_used_is_refused(variable: str, value: str) -> None:
    """As the option would be."""
    with pytest.raises(BadInput, match=f"AIRPROOF_{variable}"):
        take_variables(parser("en").parse_args(["check"]), {f"AIRPROOF_{variable}": value})


def test_variables_are_named_in_the_first_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And OMFlow at a host that only a variable names is sent no password."""
    options = parser("en").parse_args(["check", "--lang", "en"])
    options.variables = take_variables(options, {"AIRPROOF_OMFLOW": "http://192.0.2.11/"})
    monkeypatch.chdir(Path(__file__).parent)

    asked = asked_of(options)

    assert "AIRPROOF_OMFLOW of the environment is used" in capsys.readouterr().err
    assert not asked.omflow_confirmed


def test_pyproject_stands_in_for_the_settings_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own table alone is read, and named in the first line; airproof.toml wins where both are."""
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "x"\n[tool.airproof.index]\nurl = "{URL}"\n', "utf-8")
    monkeypatch.chdir(tmp_path)

    asked = asked_of(parser("en").parse_args(["check", "--lang", "en"]))

    assert URL == asked.url
    assert "pyproject.toml is used, with index" in capsys.readouterr().err
    (tmp_path / "airproof.toml").write_text('[index]\nurl = "http://192.0.2.11/"\n', "utf-8")
    assert "http://192.0.2.11/" == asked_of(parser("en").parse_args(["check"])).url


def test_a_pyproject_without_our_table_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is somebody else's."""
    (tmp_path / "pyproject.toml").write_text('[tool.other]\nurl = "x"\n', "utf-8")
    monkeypatch.chdir(tmp_path)

    assert asked_of(parser("en").parse_args(["check"])).url is None


def test_constraints_and_dependency_groups_are_heeded(tmp_path: Path) -> None:
    """As pip takes them: a constraint holds for whatever is asked for."""
    project, limits = tmp_path / "pyproject.toml", tmp_path / "limits.txt"
    project.write_text('[dependency-groups]\nTest = ["pytest"]\n', "utf-8")
    limits.write_text("pytest<9\n", "utf-8")
    asked = TypedOptions(packages=("flask",), dependency_groups=(f"{project}:test",), constraints=(str(limits),))

    found = {group.requirements: group.constraints for group in groups_asked(asked)}

    assert {("flask",): ("pytest<9",), ("pytest",): ("pytest<9",)} == found
    with pytest.raises(BadInput, match="It has: Test"):
        groups_asked(TypedOptions(dependency_groups=(f"{project}:docs",)))


def test_index_url_is_the_url(capsys: pytest.CaptureFixture[str]) -> None:
    """pip's own option for the index is taken as the URL; two different URLs are refused."""
    assert 2 == main(["check", URL, "-i", "http://192.0.2.11/simple/", "--lang", "en"])
    assert "Two indexes are named" in capsys.readouterr().err


def test_an_unknown_format_is_refused_before_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody waits for a report that cannot be drawn."""
    assert 2 == main(["check", URL, "--format", "pdf", "--lang", "en"])
    assert "--format pdf is not known" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_of_the_help_are_valid(command: str) -> None:
    """Each parses, and the help groups the options."""
    for line in EXAMPLES[command]:
        parser("en").parse_args(line.split()[1:])


def test_a_script_completes_commands_and_options(capsys: pytest.CaptureFixture[str]) -> None:
    """Printed once, it needs nothing of what printed it."""
    pytest.importorskip("shtab")

    with pytest.raises(SystemExit):
        main(["--print-completion", "bash"])

    shown = capsys.readouterr().out
    assert all(text in shown for text in ("rehearse", "--report-dir"))


def test_the_site_has_the_constraints(tmp_path: Path) -> None:
    """They reach what pip is asked."""
    (tmp_path / "c.txt").write_text("a<2\n", "utf-8")

    site = build_site(TypedOptions(url=URL, packages=("a",), constraints=(str(tmp_path / "c.txt"),)))

    assert [("a<2",)] == [group.constraints for group in site.groups]
    assert {option.part for option in OPTIONS} == {"asked", "whom", "how", "report"}
