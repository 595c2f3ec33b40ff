"""Imports point one way, as docs/architecture.md draws them; read from the sources, nothing is imported here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLKIT, FIXTURES = ROOT / "toolkit" / "airproof", ROOT / "fixtures" / "pytest_airproof"
SOURCES = sorted(TOOLKIT.rglob("*.py"))
BASE = ("encodable", "words", "errors", "choosing")
"""What everybody may import."""
DOORS = ("http", "trouble", "background", "processes")
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    # A stage, and the stages to its left: names below `airproof`, by their beginnings.
    "words": (),
    "encodable": (),
    "choosing": (),
    "errors": ("words",),
    "check": ("site",),
    "flows": (),
    "stored": (),
    "site": ("choosing", "flows", "stored"),
    "target": (*BASE, "probes.host", "site"),
    "targets": (*BASE, "probes.host", "site", "target"),
    "medium.manifest": (*BASE, "site"),
    "probes": (
        *BASE,
        "site",
        "flows",
        "stored",
        "target",
        "targets",
        "medium.manifest",
        "http",
        "trouble",
        "background",
        "processes",
        "requirements",
        "probes",
    ),
    "diagnosis": (*BASE, "check", "site", "flows", "probes", "diagnosis"),
    "checks": (*BASE, "check", "site", "requirements", "flows", "stored", "http", "probes", "diagnosis"),
    "medium": (*BASE, "check", "diagnosis", "http", "probes", "record", "renderers", "requirements", "site", "target"),
    "record": (*BASE, "check", "record"),
    "renderers": (*BASE, "check", "record", "renderers"),
    "catalog": (*BASE, "check", "checks", "diagnosis", "probes.server", "site"),
    "engine": (*BASE, "check", "catalog", "site", "processes", "probes", "record", "renderers", "engine"),
}
ONE_DOOR = {
    # A module that touches the world, and the files that are its door.
    "subprocess": {"processes.py", "engine/run.py", "probes/hostasks.py"},
    "httpx": {"exchange.py", "download.py", "asking.py"},
    # None asks anybody: two run alone under a host's own interpreter, one turns `file:` URLs into paths.
    "urllib.request": {"probes/hostprobe.py", "probes/hostasks.py", "probes/sources.py"},
    "http.client": set(),
    "requests": set(),
    "pytest": {"engine/child.py", "engine/collect.py", "engine/recorder.py"},
}
WORLD = {
    *("socket", "ssl", "subprocess", "httpx", "http.client", "http.server", "urllib.request", "asyncio", "threading"),
    *("os", "shutil", "tempfile", "pathlib", "io", "time", "random"),
}
"""What a pure judgement has no use for."""


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of every import, those inside functions and for type checking included."""
    package = [path.relative_to(TOOLKIT.parent if path.is_relative_to(TOOLKIT) else FIXTURES.parent).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[0])[: len(package[0]) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def begins(name: str, *packages: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in packages)


def of(stage: str) -> list[Path]:
    """The files of a stage: a module or a package."""
    place = stage.replace(".", "/")
    return [path for path in SOURCES if path in (TOOLKIT / f"{place}.py",) or path.is_relative_to(TOOLKIT / place)]


@pytest.mark.parametrize("stage", MAY_IMPORT)
def test_a_stage_imports_from_its_left(stage: str) -> None:
    """Facts know nothing of judgement, judgement nothing of its record, the record nothing of how it is shown."""
    allowed = {f"airproof.{one}" for one in MAY_IMPORT[stage]}
    wrong = [
        f"{path.relative_to(TOOLKIT)}:{line}: {name}"
        for path in of(stage)
        for line, name in imported(path)
        if name.startswith("airproof.") and not begins(name, *allowed) and not begins(name, f"airproof.{stage}")
    ]

    assert [] == wrong
    assert [] != of(stage)


def test_the_toolkit_never_imports_the_fixtures() -> None:
    """Fixtures build sites; the toolkit judges sites, and only names the plug-in."""
    wrong = [
        f"{path.relative_to(TOOLKIT)}:{line}"
        for path in SOURCES
        for line, name in imported(path)
        if begins(name, "pytest_airproof")
    ]

    assert [] == wrong


@pytest.mark.parametrize("module", ONE_DOOR)
def test_the_world_has_one_door(module: str) -> None:
    """Child processes, HTTP and pytest are reached in the files that are named here, and nowhere else."""
    found = {
        path.relative_to(TOOLKIT).as_posix() for path in SOURCES for _, name in imported(path) if begins(name, module)
    }

    assert ONE_DOOR[module] == found


@pytest.mark.parametrize("path", [*of("checks"), *of("diagnosis")], ids=lambda path: path.stem)
def test_a_check_is_pure(path: Path) -> None:
    """No check asks the world, and none judges by `assert`, which `python -O` takes out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    asserts = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    calls = [node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]

    tables = {"pathlib"} if path.parent.name == "diagnosis" else set()  # where the closed lists lie that it reads

    assert [] == [name for _, name in imported(path) if begins(name, *WORLD - tables)]
    assert [] == asserts
    assert set() == {"open", "exec", "eval", "__import__"} & set(calls)


def test_the_rules_see_what_they_forbid() -> None:
    """The reader of imports finds each form of one, also inside a function."""
    assert begins("airproof.record.report", "airproof.record")
    assert not begins("airproof.recorder", "airproof.record")
    assert {"airproof.errors", "airproof.words"} <= {name for _, name in imported(TOOLKIT / "cli.py")}
    assert "subprocess" in {name for _, name in imported(TOOLKIT / "processes.py")}
