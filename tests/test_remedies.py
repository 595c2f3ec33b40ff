"""Remedies agree: both languages, their commands, the checks that fill them, and the tools that they call."""

from __future__ import annotations

import re
import string
import subprocess
import sys
from functools import cache

import devpi.main  # type: ignore[import-untyped] # devpi-client has no types
import pytest

from airproof.catalog import Catalog, load_catalog
from airproof.commands.explain import explanation
from airproof.diagnosis.cause import CauseDefinition
from airproof.record.redact import Redactor
from airproof.words import LANGS
from tests.told import findings

CATALOG: Catalog = load_catalog()
CAUSES = sorted(CATALOG.causes)
WITH_COMMANDS = [id for id in CAUSES if CATALOG.causes[id].pasted]
ALWAYS = {"found", "wanted", "victims", "release"}
"""Placeholders that every finding fills; the release is that of its file."""
COMMAND_WORD = re.compile(
    r"(?<![\w-])(?:"
    r"pip3? (?:cache|check|config|download|index|install|list|show|uninstall|wheel)\b"
    r"|devpi (?:index|list|login|logoff|passwd|push|remove|test|upload|use|user)\b"
    r"|airproof (?:carry|check|drill|explain|probe|rehearse|report)\b"
    r"|python[\d.]* -|devpi-[a-z]+ +-|(?:curl|nslookup|ping|setx|sudo) [\w{-]|(?:export|set|unset) [A-Z{])",
    re.ASCII,
)


@pytest.mark.parametrize("id", CAUSES)
def test_a_cause_has_its_words_in_both_languages(id: str) -> None:
    """Nobody reads half a sentence, or one with another placeholder."""
    cause = CATALOG.causes[id]
    for text in (cause.says, cause.remedy):
        english, chinese = text.placeholders()

        assert english == chinese
        assert text.en.strip() == text.en != ""
        assert text.zh_tw.strip() == text.zh_tw != text.en


@pytest.mark.parametrize("id", CAUSES)
def test_no_command_stands_inside_of_a_remedy(id: str) -> None:
    """Commands stand in their own list; the sentences say what they do and where."""
    remedy = CATALOG.causes[id].remedy

    assert [None, None] == [COMMAND_WORD.search(remedy.of(lang)) for lang in LANGS]


@pytest.mark.parametrize(
    ("sentence", "is_one"),
    [
        ("Type pip download demo -d WHEELS", True),
        ("List them: devpi use -l", True),
        ("請執行devpi-fsck --serverdir DIR", True),
        ("python3.11 -m ensurepip", True),
        ("Try: nslookup {host}", True),
        ("devpi itself speaks http; restart devpi-server.", False),
        ("pip finds it.", False),
        ("the --port of devpi-server (the manual's is 3141)", False),
    ],
)
def test_a_command_in_a_sentence_would_be_seen(sentence: str, is_one: bool) -> None:
    """The search above finds commands, and lets sentences about programs go."""
    assert is_one is (COMMAND_WORD.search(sentence) is not None)


@pytest.mark.parametrize("id", CAUSES)
def test_the_words_are_no_secret(id: str) -> None:
    """Masking leaves no hole in them: an example of a login must not look like one."""
    cause = CATALOG.causes[id]
    texts = [text.of(lang) for text in (cause.says, cause.remedy) for lang in LANGS]

    assert texts == Redactor().value(texts)


@pytest.mark.parametrize("id", WITH_COMMANDS)
def test_a_command_can_be_pasted_into_any_shell(id: str) -> None:
    """Outside of its placeholders a command has no quote, no blank too many and no mark that a shell acts on."""
    for command in CATALOG.causes[id].pasted:
        literals = [literal for literal, *_ in string.Formatter().parse(command)]

        assert [] == [literal for literal in literals if not re.fullmatch(r"[A-Za-z0-9 _./:=+-]*", literal)]
        assert " ".join(command.split()) == command


@pytest.mark.parametrize("id", CAUSES)
def test_the_words_are_shown_on_an_old_console(id: str) -> None:
    """Code page 950, the Windows console of Taiwan, has every character."""
    cause = CATALOG.causes[id]

    assert [
        text for text in (cause.says.zh_tw, cause.remedy.zh_tw) if text.encode("cp950", "replace").count(b"?")
    ] == []


def test_an_explanation_shows_the_commands_open() -> None:
    """Placeholders are words in capitals, without quotes, below the remedy."""
    shown = explanation(CATALOG, "SRV02", "en")

    assert "  -> Take the mirror out of the bases.\n     devpi index INDEX bases-=MIRROR\n" in shown


@pytest.mark.parametrize("id", CAUSES)
def test_every_placeholder_is_filled_by_every_finding(id: str) -> None:
    """Whichever check finds a cause gives all that its sentences and commands name."""
    cause = CATALOG.causes[id]
    told = [finding for finding in findings() if id in finding.causes]

    assert told != []
    assert {} == {
        finding.where: lacking for finding in told if (lacking := placeholders(cause) - finding.given - ALWAYS)
    }


def placeholders(cause: CauseDefinition) -> set[str]:
    texts = (*(text.of(lang) for text in (cause.says, cause.remedy) for lang in LANGS), *cause.pasted, cause.fetches)
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


COMMANDS = sorted({command for id in WITH_COMMANDS for command in CATALOG.causes[id].pasted})


def words_of(command: str) -> list[str]:
    return re.sub(r"\{\w+\}", "x", command).split()


@pytest.mark.parametrize("command", [entry for entry in COMMANDS if entry.startswith("devpi ")])
def test_devpi_knows_the_command(command: str) -> None:
    """The client's own parser takes it."""
    _, *words = words_of(command)
    parsed = devpi.main.parse_args(["devpi", *words], devpi.main.get_pluginmanager())

    assert words[0] == parsed.command


@pytest.mark.parametrize("command", [entry for entry in COMMANDS if re.match(r"(pip|\{executable\} -m pip) ", entry)])
def test_pip_knows_the_options(command: str) -> None:
    """Each long option stands in the help of this pip."""
    subcommand, *words = command.partition("pip ")[2].split()
    options = {word.partition("=")[0] for word in words if word.startswith("-")}

    assert options <= _pip_options(subcommand)


@cache
def _pip_options(subcommand: str) -> set[str]:
    shown = subprocess.run(
        [sys.executable, "-m", "pip", subcommand, "--help"], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", shown))


@pytest.mark.parametrize("id", CAUSES)
def test_the_words_survive_the_masking_of_secrets(id: str) -> None:
    """An example of a URL with a login would be masked as if it were one, and the reader told nothing."""
    cause = CATALOG.causes[id]
    said = [text.of(lang) for text in (cause.says, cause.remedy) for lang in LANGS]

    assert said == [Redactor().text(text) for text in said]
