"""Lists that must agree: checks and their words, both languages, errors and who raises them, options and their help."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from airproof.ask.options import COMMANDS, OPTIONS, PARTS
from airproof.ask.options import WORDS as OPTION_WORDS
from airproof.ask.typedoptions import TypedOptions
from airproof.catalog import CHECKS, FAMILIES, ONLY_FOR_ANOTHER, TEXTS, load_catalog
from airproof.cli import WORDS, parser
from airproof.engine.recorder import NO_SUBJECT
from airproof.errors import ERRORS
from airproof.renderers.text.wording import Wording
from airproof.site.site import Site
from airproof.words import LANGS, Lang, Text, load_texts
from tests.docs.options import PAGES, TRIPS, page, with_presets

ROOT = Path(__file__).parents[1]
SOURCES = [*ROOT.glob("toolkit/airproof/**/*.py"), *ROOT.glob("fixtures/pytest_airproof/**/*.py")]


def judges(path: Path) -> bool:
    """Say whether a file is one of the checks, or of the diagnosis without its remedies."""
    return diagnoses(path) or "checks" in (path.parent.name, path.parent.parent.name)


def diagnoses(path: Path) -> bool:
    return path.parent.name == "diagnosis" or path.parent.match("diagnosis/gaps")


JUDGING = [path for path in SOURCES if judges(path)]
CATALOG = load_catalog()
ALL_TEXTS = {
    path.relative_to(ROOT).as_posix(): load_texts(path)
    for path in ROOT.glob("toolkit/airproof/**/*.toml")
    if not judges(path) and path.name not in ("targets.toml", "modules.toml")  # data
}
ALWAYS = {"found", "wanted", "victims", "release"}
"""What the words of every cause may name; the release is that of its file."""
READMES = [ROOT / "README.md", ROOT / "README.zh-TW.md"]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def constants(node: ast.AST) -> set[str]:
    return {entry.value for entry in ast.walk(node) if isinstance(entry, ast.Constant) and isinstance(entry.value, str)}


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)}


def calls(node: ast.AST, *names: str) -> Iterator[ast.Call]:
    for entry in ast.walk(node):
        if isinstance(entry, ast.Call) and isinstance(entry.func, ast.Name) and entry.func.id in names:
            yield entry


def keywords(call: ast.Call) -> set[str]:
    return {keyword.arg or "**" for keyword in call.keywords}


def placeholders(text: Text) -> set[str]:
    english, chinese = text.placeholders()
    return english | chinese


# Checks and causes


def _noun(path: Path) -> str:
    return path.relative_to(CHECKS).with_suffix("").as_posix()


def test_every_family_has_its_words_beside_it() -> None:
    """A module of checks and a file of words for each noun, and no others."""
    python, words = (
        {path.relative_to(CHECKS).with_suffix("").as_posix() for path in CHECKS.rglob(pattern)}
        for pattern in ("*.py", "*.toml")
    )

    assert set(FAMILIES) == {name for name in python if not name.endswith("__init__")} == words


@pytest.mark.parametrize("id", CATALOG.checks)
def test_a_check_has_the_same_words_in_both_languages(id: str) -> None:
    """Title, why and evidence, in English and in Chinese, with the same placeholders, and nothing else."""
    words = CATALOG.checks[id].words
    differing = [name for name in TEXTS if len(set(map(frozenset, words.text(name).placeholders()))) != 1]

    assert ([*TEXTS], [*TEXTS]) == tuple([name for name in TEXTS if side.get(name)] for side in words.both())
    assert (set(TEXTS), set(TEXTS), []) == (*map(set, words.both()), differing)
    assert set() == placeholders(CATALOG.checks[id].title) | placeholders(CATALOG.checks[id].why)


@pytest.mark.parametrize("id", CATALOG.checks)
def test_a_check_gives_what_its_evidence_names(id: str) -> None:
    """Each way in which it may pass fills every placeholder of its evidence."""
    function = CATALOG.checks[id].function
    path = next(one for one, module in CATALOG.modules.items() if module.__name__ == function.__module__)
    known = functions(path)
    body = known[function.__name__]
    helpers = [known[call.func.id] for call in calls(body, *known) if isinstance(call.func, ast.Name)]
    given = [keywords(call) for node in (body, *helpers) for call in calls(node, "seen")]

    assert [] != given
    assert [] == [names for names in given if not placeholders(CATALOG.checks[id].words.text("seen")) <= names]


def causes_named(path: Path) -> set[str]:
    """Return the causes that the code names: in Finding(...), and in calls of its own functions that take a cause."""
    takers = {name for name, one in functions(path).items() if one.args.args and one.args.args[0].arg == "cause"}
    found: set[str] = set()
    for function in functions(path).values():
        for call in calls(function, "Finding", *takers):
            first = (
                call.args[0]
                if call.args
                else next(keyword.value for keyword in call.keywords if keyword.arg == "cause")
            )
            found |= told_by(first, function)
    return found


def told_by(node: ast.expr, function: ast.FunctionDef) -> set[str]:
    """The texts that an expression may be, as far as the function itself assigns its names."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return told_by(one, function) | told_by(other, function)
        case ast.Call(func=ast.Attribute(value=ast.Name() as table, attr="get"), args=[_, default]):
            return told_by(table, function) | told_by(default, function)
        case ast.Dict(values=values):
            return set().union(*(told_by(value, function) for value in values))
        case ast.Name(id=name):
            assigned = [
                entry.value
                for entry in ast.walk(function)
                if isinstance(entry, ast.Assign) and name in {at.id for at in entry.targets if isinstance(at, ast.Name)}
            ]
            return set().union(*(told_by(value, function) for value in assigned))
        case _:
            return set()


def test_every_cause_that_is_named_has_words() -> None:
    """No finding goes out without its sentence."""
    named = {path.name: causes_named(path) for path in JUDGING}

    assert {} == {name: causes - set(CATALOG.causes) for name, causes in named.items() if causes - set(CATALOG.causes)}
    assert 30 < len(set().union(*named.values()))


def made_up(path: Path) -> set[str]:
    """Beginnings of texts that are put together, such as f"upload-{problem}"."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
            found.add(str(node.values[0].value))
    return found


@pytest.mark.parametrize("cause", CATALOG.causes)
def test_a_cause_is_used_and_its_words_are_filled(cause: str) -> None:
    """Some code names it, and that code knows every value that its words and commands name, in both languages."""
    users = [
        path
        for path in JUDGING
        if cause in constants(tree(path))
        or any(text.endswith("-") and cause.startswith(text) for text in made_up(path))
    ]
    words = CATALOG.causes[cause]
    pasted = (*words.pasted, words.fetches)
    commands = {name for command in pasted for name in re.findall(r"\{(\w+)\}", command)}
    wanted = placeholders(words.says) | placeholders(words.remedy) | commands
    if any(map(diagnoses, users)):  # its files tell one cause together
        users += filter(diagnoses, JUDGING)
    known = {constant for path in users for constant in constants(tree(path))} | ALWAYS

    assert [] != users
    assert words.says.placeholders()[0] == words.says.placeholders()[1]
    assert words.remedy.placeholders()[0] == words.remedy.placeholders()[1]
    assert set() == wanted - known
    assert all((words.says.en, words.says.zh_tw, words.remedy.en, words.remedy.zh_tw))


@pytest.mark.parametrize("key", CATALOG.reasons)
def test_a_reason_is_given_by_some_check(key: str) -> None:
    """Both languages name the same values, and the code that gives the reason gives them."""
    given = [
        keywords(call)
        for path in JUDGING
        for call in calls(tree(path), "NotApplicable")
        if call.args and key in constants(call.args[0])
    ]
    by_choice = set(Site("http://127.0.0.1/", login=False, imports=False).declined.values())
    by_choice |= {*ONLY_FOR_ANOTHER.values(), *NO_SUBJECT.values()}
    by_choice |= {f"no-{check.info.given}" for check in CATALOG.checks.values() if check.info.given}
    english, chinese = CATALOG.reasons[key].placeholders()

    assert english == chinese
    assert given or key in by_choice
    assert [] == [names for names in given if not english <= names]


def test_every_reason_that_is_given_has_words() -> None:
    """A check that does not apply, or that was declined, says why in words that exist."""
    given = {
        text
        for path in JUDGING
        for call in calls(tree(path), "NotApplicable")
        if call.args
        for text in constants(call.args[0])
    }
    declined = Site("http://127.0.0.1/", login=False, imports=False).declined

    assert set() == (given | set(declined.values())) - set(CATALOG.reasons)
    assert set() == set(declined) - set(CATALOG.checks)


# Errors and other texts


@pytest.mark.parametrize("file", ALL_TEXTS)
def test_both_languages_say_the_same(file: str) -> None:
    """Each text stands in both languages, with the same placeholders, and neither is the copy of the other."""
    texts = ALL_TEXTS[file]

    assert [] == [key for key, one in texts.items() if len(set(map(frozenset, one.placeholders()))) != 1]
    assert [] == [key for key, one in texts.items() if not (one.en.strip() and one.zh_tw.strip())]
    assert [] == [key for key, one in texts.items() if len(one.en) > 40 and one.en == one.zh_tw]


def raised() -> Iterator[tuple[str, str, set[str]]]:
    """File, key and values of every error that carries a key."""
    names = ("AirproofError", "BadInput", "CannotLook", "ServerDied", "DevpiRefused")
    for path in SOURCES:
        for call in calls(tree(path), *names):
            if call.args and isinstance(call.args[0], ast.Constant):
                yield path.name, str(call.args[0].value), keywords(call)


def test_every_error_that_is_raised_has_its_sentence() -> None:
    """The key exists, and every value that the sentence names is given."""
    texts = load_texts(ERRORS)
    unknown = [(file, key) for file, key, _ in raised() if key not in texts]
    lacking = [
        (file, key, placeholders(texts[key]) - given)
        for file, key, given in raised()
        if key in texts and "**" not in given and placeholders(texts[key]) - given
    ]

    assert ([], []) == (unknown, lacking)


def test_every_sentence_is_said_somewhere() -> None:
    """No error is kept that nobody raises."""
    said = set().union(*(constants(tree(path)) for path in SOURCES))

    assert set() == set(load_texts(ERRORS)) - said


def test_every_step_has_its_words() -> None:
    """Each step of the live view and of the time line exists, and is used."""
    steps = ALL_TEXTS["toolkit/airproof/engine/steps.toml"]
    said = set().union(*(constants(tree(path)) for path in SOURCES))

    assert set() == set(steps) - said


@pytest.mark.parametrize("lang", LANGS)
def test_families_have_names(lang: Lang) -> None:
    """The report has a heading for every family of checks."""
    say = Wording(lang)

    assert [] == [check.info.family for check in CATALOG.checks.values() if not say.family(check.info.family)]


# The command line and who describes it


def commands_of(lang: Lang) -> dict[str, argparse.ArgumentParser]:
    (actions,) = [action for action in parser(lang)._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(actions.choices)


@pytest.mark.parametrize("lang", LANGS)
def test_every_command_and_option_is_helped(lang: Lang) -> None:
    """`--help` says something of each, in the reader's language."""
    texts = {**load_texts(WORDS), **{f"option {key}": text for key, text in load_texts(OPTION_WORDS).items()}}
    known = {text.of(lang).replace("%", "%%") for text in texts.values()}
    made = commands_of(lang)
    unhelped = {
        name: [action.dest for action in one._actions if action.dest != "help" and action.help not in known]
        for name, one in made.items()
    }

    assert list(COMMANDS) == list(made)
    assert {name: [] for name in made} == unhelped
    assert [] == [name for name, one in made.items() if one.description not in known]


def test_every_help_text_is_shown() -> None:
    """No text of the command line is kept that nobody sees."""
    said = constants(tree(ROOT / "toolkit/airproof/cli.py")) | set(COMMANDS)
    said |= {f"part-{part}" for part in PARTS}

    assert set() == set(load_texts(WORDS)) - said
    assert {option.text for option in OPTIONS} == set(load_texts(OPTION_WORDS))


def test_an_option_fills_a_field_that_there_is() -> None:
    """The table of options names fields of `TypedOptions`, and each key of airproof.toml once."""
    fields = [option.field for option in OPTIONS if option.field]
    keys = [option.key for option in OPTIONS if option.key]

    assert set() == set(fields) - {field.name for field in dataclasses.fields(TypedOptions)}
    assert (len(set(fields)), len(set(keys))) == (len(fields), len(keys))


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_of_options_is_the_one_of_the_code(lang: Lang) -> None:
    """`python noxfile.py -s docs` writes docs/options.md in both languages."""
    assert page(lang) == (ROOT / "docs" / PAGES[lang]).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TRIPS)
def test_the_page_of_the_trip_lists_the_presets(name: str) -> None:
    """`python noxfile.py -s docs` writes the names of presets and what they stand for."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")

    assert text == with_presets(text)


def described(path: Path) -> dict[str, set[str]]:
    """Options of a table of options, by command: rows of an option, its commands (or one word for all), a meaning."""
    found: dict[str, set[str]] = {name: set() for name in COMMANDS}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        cells = [word.strip() for word in line.strip("|").split("|")]
        options = re.findall(r"`(--[a-z-]+)`", cells[0]) if line.startswith("| `-") else []
        named = set(re.split(r"[,、\s]+", cells[1])) if len(cells) > 2 else set()
        for command in named & set(COMMANDS) or set(COMMANDS):
            found[command] |= set(options)
    return found


def test_the_table_of_options_agrees_with_help() -> None:
    """The page of options lists all of them, each with the commands that take it."""
    listed = described(ROOT / "docs" / PAGES["en"])
    there = {
        name: {option for option in one._option_string_actions if option.startswith("--") and option != "--help"}
        for name, one in commands_of("en").items()
    }

    assert there == listed
    assert all("--lang" in options for options in there.values())
