"""Every command of README and docs, in both languages, does what its page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from airproof.cli import parser
from tests.docs.looking import look, understood
from tests.docs.pages import PAGES, ROOT, Line, inline_of, lines_of, lines_of_pages, read_table, strings_of
from tests.docs.world import POSIX, Ended, World, made_world
from tests.thorough import variant

TABLE = read_table()
CI = sorted(ROOT.glob("docs/ci/*.yml"))


def differences(line: Line, ended: Ended) -> list[str]:
    """Return the differences from the table."""
    found = [] if line.ends == ended.code else [f"{line.line}: ended with {ended.code}, and not with {line.ends}"]
    if line.says not in ended.output:
        found.append(f"{line.line}: does not say {line.says!r}")
    return [*found, ended.output[-3000:]] if found else []


def carried_out(line: Line, world: World, *, whole: bool) -> list[str]:
    """Run a line in the world, or look at what stands in for it. Return what went wrong."""
    if line.thorough and not whole:
        program, *words = shlex.split(line.line)
        return [] if program != "airproof" or understood(words) else [f"{line.line} is not understood"]
    if line.instead == "serve":
        named = dict(word.split("=") for word in line.line.split()[1:])
        own = {"--serverdir": "SERVERDIR", "--port": "3141", "--host": "HOST"}
        world.serve([f"{name}={value}" for name, value in named.items() if name not in own])
        return [] if own.items() <= named.items() else [f"{line.line}: lacks one of {own}"]
    return look(line, TABLE) if line.instead else differences(line, world.run(line))


@pytest.mark.skipif(not POSIX, reason="absent: sh, and a password that is asked for on standard input")
@pytest.mark.parametrize("whole", [variant(False, daily=True, id="most"), variant(True, daily=False, id="all")])
def test_every_line_does_what_its_page_says(tmp_path: Path, *, whole: bool) -> None:
    """In order, in one world, to the exit code and the words that are expected."""
    told: list[str] = []
    with made_world(tmp_path, TABLE.fill) as world:
        for line in TABLE.lines:
            told = carried_out(line, world, whole=whole)
            if told:
                break  # what follows builds upon it

    assert "" == "\n".join(told)


def test_the_table_has_every_line_and_no_other() -> None:
    """A new command on a page needs a line in the table; a line that is on no page goes."""
    shown, held = lines_of_pages(), [line.line for line in TABLE.lines]

    assert {} == {line: pages for line, pages in shown.items() if line not in held}
    assert [] == [line for line in held if line not in shown]
    assert len(set(held)) == len(held)


def test_what_is_changed_or_not_run_says_why() -> None:
    """No line is spared silently."""
    assert [] == [line.line for line in TABLE.lines if bool(line.more or line.instead) and not line.why]


def test_lines_are_found_on_a_page() -> None:
    """The reader of pages sees blocks, several lines of one, and commands in prose; not other blocks."""
    page = "`airproof x -p y` and\n```console\npip a\n\ndevpi b\n```\n```text\n`airproof n`\n```\n```console\nc\n```\n"

    assert (["pip a", "devpi b", "c"], ["airproof x -p y"]) == (lines_of(page), inline_of(page))


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("python noxfile.py -s tests nothing", "sessions"),
        (".venv/bin/pip install -e . --group nobody", "groups"),
        (".venv/bin/pip install -e .", "groups"),
        ("pip install --upgrade pip>=24", "knows-groups"),
        ('airproof check URL -p other --waive SRV03="x"', "alike"),
        ("airproof check --sideways", "parsed"),
        ("anything", "hope"),
    ],
)
def test_a_line_that_relies_on_nothing_is_seen(line: str, instead: str) -> None:
    """A line that is only looked at can be wrong, too."""
    told = look(Line(line, instead=instead), TABLE)

    assert 1 == len(told)


def test_another_end_is_seen() -> None:
    """A wrong exit code and a missing word are both told."""
    line = Line("x", ends=1, says="REJECTED")

    assert [] == differences(line, Ended(1, "REJECTED: 1 cause"))
    assert 3 == len(differences(line, Ended(0, "ACCEPTED")))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_commands_in_sentences_are_understood(path: Path) -> None:
    """The command line takes each `airproof ...` of the prose."""
    commands = inline_of(path.read_text(encoding="utf-8"))

    assert [] == [command for command in commands if not understood(shlex.split(command)[1:])]


def test_both_languages_of_the_operators_page_show_the_same_commands() -> None:
    """And the same number of pictures, each of which exists in that language."""
    english, chinese = ((ROOT / "docs" / f"operator{lang}.md").read_text(encoding="utf-8") for lang in ("", ".zh-TW"))
    pictures = [re.findall(r"\(pictures/(\S+)\.(?:en|zh-TW)\.png\)", page) for page in (english, chinese)]

    assert lines_of(english) == lines_of(chinese)
    assert pictures == [["rejected", "accepted", "signed"]] * 2


@pytest.mark.parametrize("path", CI, ids=lambda path: path.name)
def test_a_ci_job_runs_the_commands_of_its_page(path: Path) -> None:
    """Each airproof and digest command of the workflow stands on docs/ci.md, or is one that the command line takes."""
    page = lines_of((ROOT / "docs" / "ci.md").read_text(encoding="utf-8"))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    commands = [line for text in strings_of(document) for line in text.splitlines() if line.startswith("airproof ")]
    named = {'"$INDEX"': "http://HOST:3141/root/local/", '"$MEDIUM"': "MEDIUM", '"$EXE"': "EXE", " medium": " MEDIUM"}
    unknown = []
    for command in commands:
        spoken = command.partition(" || ")[0].partition(" >> ")[0]
        for variable, value in named.items():
            spoken = spoken.replace(variable, value)
        if not spoken.startswith("airproof report "):
            unknown += [spoken] if spoken not in page else []
        parser("en").parse_args(shlex.split(spoken)[1:])

    assert [] == unknown
    assert {"medium.github": 4, "medium.gitlab": 2, "medium.gitlab-closed": 1}[f"medium.{path.stem}"] == len(commands)
    assert ("closed" in path.stem) != any("sha256sum medium/SHA256SUMS" in text for text in strings_of(document))


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/pictures/*")), ids=lambda path: path.name)
def test_a_picture_is_shown_and_small(path: Path) -> None:
    """A PNG of under 150 KB, which some page shows."""
    content = path.read_bytes()

    assert b"\x89PNG\r\n\x1a\n" == content[:8]
    assert len(content) < 150_000
    assert any(f"pictures/{path.name}" in page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("path", CI, ids=lambda path: path.name)
def test_a_ci_job_installs_nothing_by_a_bare_name(path: Path) -> None:
    """Anybody could register a bare name, and run code in the job: its path is installed, its digest checked first."""
    texts = strings_of(yaml.safe_load(path.read_text(encoding="utf-8")))
    lines = [line for text in texts for line in text.splitlines()]
    installs = [number for number, line in enumerate(lines) if "pip install" in line]

    assert ("closed" not in path.stem) == bool(installs)
    assert all('echo "$AIRPROOF_SHA256  $AIRPROOF" | sha256sum --check' == lines[number - 1] for number in installs)
    assert all('python -m pip install "$AIRPROOF"' == lines[number] for number in installs)
    assert all(line.startswith("./") for line in lines if line.endswith(".whl"))


def test_the_projects_own_workflow_runs_the_readmes_command() -> None:
    """On every system and on every Python that the package names."""
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    (job,) = yaml.safe_load(text)["jobs"].values()
    matrix, named = job["strategy"]["matrix"], (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert re.findall(r"Python :: (3\.\d+)", named) == matrix["python"]
    assert ["ubuntu", "windows", "macos"] == [system.partition("-")[0] for system in matrix["system"]]
    assert "python noxfile.py -s tests" in lines_of((ROOT / "README.md").read_text(encoding="utf-8"))
    assert "python noxfile.py -s tests" == job["steps"][-1]["run"]
