"""Imports point one way, as docs/architecture.md draws them; read from the sources, nothing is imported here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLKIT, FIXTURES = ROOT / "toolkit" / "airproof", ROOT / "fixtures" / "pytest_airproof"
SOURCES = sorted(TOOLKIT.rglob("*.py"))
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    # A package, or a module of the root, and what it may import: the reading order of docs/architecture.md.
    "words": (),
    "encodable": (),
    "printable": (),
    "errors": ("words",),
    "custody": ("errors", "encodable", "printable", "system"),
    "site": ("errors", "encodable", "custody"),
    "check": ("site",),
    "system": ("errors", "printable"),
    "net": ("site",),
    "probes": ("errors", "encodable", "printable", "custody", "site", "net", "system"),
    "facts": ("errors", "encodable", "site", "net", "system", "custody", "probes"),
    "diagnosis": ("check", "words", "errors", "site", "probes"),
    "checks": ("check", "errors", "printable", "site", "net", "custody", "probes", "diagnosis"),
    "catalog": ("check", "words", "errors", "site", "diagnosis", "checks"),
    "record": ("check", "words", "errors", "encodable", "printable", "custody"),
    "renderers": ("check", "words", "printable", "custody", "record"),
    "engine": (
        *("catalog", "diagnosis", "check", "words", "errors", "encodable", "ask"),
        *("site", "net", "system", "facts", "probes", "record", "renderers"),
    ),
    "medium": (
        "check",
        "catalog",
        "errors",
        "custody",
        "site",
        "system",
        "net",
        "custody",
        "probes",
        "facts",
        "diagnosis",
        "record",
        "renderers",
    ),
    "ask": ("words", "printable", "errors", "site", "system", "custody", "probes", "medium"),
    "crash": ("errors", "system", "record"),
    "commands": (
        *("catalog", "check", "words", "printable", "errors", "ask", "site", "system", "engine", "facts"),
        *("probes", "custody", "diagnosis", "medium", "record", "renderers"),
    ),
}
ONE_DOOR = {
    # A module that touches the world, and the files that are its door.
    "subprocess": {"system/processes.py", "engine/process.py", "probes/onhost/hostasks.py"},
    "httpx": {"net/exchange.py", "net/page.py", "net/download.py", "net/request.py"},
    # None asks anybody: two run alone under a host's own interpreter, one turns `file:` URLs into paths.
    "urllib.request": {"probes/onhost/hostprobe.py", "probes/onhost/hostasks.py", "probes/closure/sources/folder.py"},
    "http.client": {"net/load/connection.py"},  # hosts under load: a client that is not itself what is measured
    "requests": set(),
    "pytest": {
        *(f"engine/{name}.py" for name in ("child", "collect", "given", "plugin", "recorder", "session")),
        *(f"facts/{name}.py" for name in ("custody", "hosts", "index", "rehearsed", "targets")),
    },
}
MOST_MODULES = 12
"""In one folder: so many are still seen at once."""
WORLD = {
    *("socket", "ssl", "subprocess", "httpx", "http.client", "http.server", "urllib.request", "asyncio", "threading"),
    *("os", "shutil", "tempfile", "pathlib", "io", "time", "random"),
}
"""What a pure judgement has no use for."""


@cache
def imported(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple(imports_of(path))


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
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
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def of(stage: str) -> list[Path]:
    """The files of a package, or the one module."""
    return [path for path in SOURCES if path == TOOLKIT / f"{stage}.py" or path.is_relative_to(TOOLKIT / stage)]


@pytest.mark.parametrize("stage", MAY_IMPORT)
def test_a_package_imports_from_those_below_it(stage: str) -> None:
    """Facts know nothing of judgement, judgement nothing of its record, the record nothing of how it is shown."""
    allowed = {f"airproof.{package}" for package in MAY_IMPORT[stage]}
    wrong = [
        f"{path.relative_to(TOOLKIT)}:{line}: {name}"
        for path in of(stage)
        for line, name in imported(path)
        if name.startswith("airproof.") and not begins(name, *allowed) and not begins(name, f"airproof.{stage}")
    ]

    assert [] == wrong
    assert [] != of(stage)


def test_every_package_has_its_place() -> None:
    """The table names each package and each module of the root but the ways in; an arrow that nobody takes goes."""
    parts = {path.relative_to(TOOLKIT).with_suffix("").parts[0] for path in SOURCES}
    taken = {
        (stage, target)
        for stage in MAY_IMPORT
        for path in of(stage)
        for _, name in imported(path)
        for target in MAY_IMPORT[stage]
        if begins(name, f"airproof.{target}")
    }
    dynamic = {("catalog", "checks")}  # by name, one for each family

    assert parts - {"__init__", "__main__", "cli"} == set(MAY_IMPORT)
    assert {(stage, target) for stage, targets in MAY_IMPORT.items() for target in targets} == taken | dynamic


@pytest.mark.parametrize("root", [TOOLKIT, FIXTURES], ids=lambda root: root.name)
def test_no_folder_is_crowded(root: Path) -> None:
    """Each folder is seen at once, and its `__init__` says in one sentence what goes in and what comes out."""
    folders = {path.parent for path in root.rglob("*.py")}
    modules = {folder: len({*folder.glob("*.py")} - {folder / "__init__.py"}) for folder in folders}
    said = {folder: ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) for folder in folders}

    assert {} == {folder.name: count for folder, count in modules.items() if count > MOST_MODULES}
    assert [] == [folder.name for folder, sentence in said.items() if not sentence]


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

    tables = {"pathlib"} if "diagnosis" in path.parts else set()  # where the closed lists lie that it reads

    assert [] == [name for _, name in imported(path) if begins(name, *WORLD - tables)]
    assert [] == asserts
    assert set() == {"open", "exec", "eval", "__import__"} & set(calls)


def test_the_rules_see_what_they_forbid() -> None:
    """The reader of imports finds each form of one, also inside a function."""
    assert begins("airproof.record.report", "airproof.record")
    assert not begins("airproof.recorder", "airproof.record")
    assert {"airproof.errors", "airproof.words"} <= {name for _, name in imported(TOOLKIT / "cli.py")}
    assert "subprocess" in {name for _, name in imported(TOOLKIT / "system" / "processes.py")}
