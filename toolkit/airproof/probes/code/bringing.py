"""Tell whether code may bring modules itself: by `sys.path`, a program that it starts, or a file that it loads."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from airproof.probes.code.unfolding import statements_of

WAYS_CHANGED = (
    *("sys.path", "sys.modules", "sys.meta_path", "site.", "subprocess.", "pip.", "imp.load_", "runpy."),
    *("os.system", "os.popen", "os.spawn", "os.posix_spawn", "os.startfile", "asyncio.create_subprocess"),
)
"""Beginnings of names behind which the code may find modules that are not there when it begins."""
LOADERS = ("load_module", "exec_module")
"""Methods by which a loader brings a module from a file."""


def may_bring(code: str) -> bool:
    """Say whether the code, anywhere in it, may bring modules itself: it changes `sys.path`, starts a program, loads a
    file as a module. What it brings is there for everything that runs later in the same process.
    """
    statements = statements_of(code)
    named = named_by(statements)
    return any(changes_ways(statement, named) for statement in statements)


def named_by(statements: Iterable[ast.stmt]) -> dict[str, str]:
    """Map each name that the code gives to a module, or to something in it, to the dotted original."""
    named: dict[str, str] = {}
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                named |= {alias.asname: alias.name for alias in node.names if alias.asname}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                named |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return named


def changes_ways(statement: ast.stmt, named: Mapping[str, str]) -> bool:
    """`named`: the code's own names of modules."""
    for node in ast.walk(statement):
        match node:
            case ast.Attribute(attr=attribute) if attribute in LOADERS:
                return True
            case ast.Attribute(value=ast.Name(id=module), attr=attribute):
                names = [f"{named.get(module, module)}.{attribute}"]
            case ast.Name(id=name):
                names = [named.get(name, "")]
            case ast.ImportFrom(module=str(module), names=aliases):
                names = [f"{module}.{alias.name}" for alias in aliases]
            case _:
                continue
        if any(name.startswith(WAYS_CHANGED) for name in names):
            return True
    return False
