"""Findings of checks and diagnosis, read from their source: each `Finding(...)`, its causes and the names it fills."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import airproof
from airproof.catalog import load_catalog

CAUSES = sorted(load_catalog().causes)
DIAGNOSIS = ("diagnosis/*.py", "diagnosis/gaps/*.py")
SOURCES = sorted(
    path for places in ("checks/**/*.py", *DIAGNOSIS) for path in Path(airproof.__file__).parent.glob(places)
)


class Told(NamedTuple):
    """One `Finding(...)` in the source."""

    where: str
    causes: frozenset[str]
    """Those that it may have."""
    given: frozenset[str]
    """The names in its values."""


@cache
def findings() -> tuple[Told, ...]:
    return tuple(finding for path in SOURCES for finding in _findings_in(path))


def _findings_in(path: Path) -> Iterator[Told]:
    source = Source(path)
    for function, call in source.findings:
        causes = source.causes_of(function, call)
        if causes is not None:
            yield Told(f"{path.name}:{call.lineno}", causes, frozenset(_keys(_values_of(call), function)))


class Source:
    """One module of checks or of diagnosis, read and not run."""

    def __init__(self, path: Path) -> None:
        self.module = ast.parse(path.read_text(encoding="utf-8"))
        self.functions = [node for node in self.module.body if isinstance(node, ast.FunctionDef)]
        self.findings = [
            (function, node)
            for function in self.functions
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding"
        ]
        self.constants = {id for _, call in self.findings if _is_constant(call.args[0]) for id in _named(call.args[0])}

    def causes_of(self, function: ast.FunctionDef, call: ast.Call) -> frozenset[str] | None:
        """The causes that a call may mean; None where it only copies another finding."""
        match call.args[0]:
            case ast.Attribute(attr="cause"):
                return None
            case first if _is_constant(first):
                return frozenset(_named(first))
            case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
                return frozenset(id for id in CAUSES if id.startswith(start)) - self.constants
            case ast.Name(id=name) if name in [argument.arg for argument in function.args.args]:
                return frozenset(self._given_by_callers(function.name))
        return frozenset(self._reachable(function)) - self.constants

    def _given_by_callers(self, function: str) -> set[str]:
        calls = (node for node in ast.walk(self.module) if isinstance(node, ast.Call))
        return {id for call in calls if ast.unparse(call.func) == function for id in _named(call.args[0])}

    def _reachable(self, function: ast.FunctionDef) -> set[str]:
        """The causes that the function names, and what it uses: functions and tables of its module or of diagnosis."""
        held = {name: node for other in _diagnosis() for name, node in _defined(other).items()} | _defined(self.module)
        seen: dict[str, ast.stmt] = {}
        waiting: list[ast.stmt] = [function]
        while waiting:
            node = waiting.pop()
            used = {entry.id for entry in ast.walk(node) if isinstance(entry, ast.Name)} & set(held) - set(seen)
            waiting += [held[name] for name in used]
            seen |= {name: held[name] for name in used}
        return _named(function).union(*map(_named, seen.values()))


@cache
def _diagnosis() -> tuple[ast.Module, ...]:
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES if any(map(path.match, DIAGNOSIS)))


def _defined(module: ast.Module) -> dict[str, ast.stmt]:
    """Functions and tables of a module, by their names."""
    functions: dict[str, ast.stmt] = {
        statement.name: statement for statement in module.body if isinstance(statement, ast.FunctionDef)
    }
    tables = {
        ast.unparse(to): statement
        for statement in module.body
        if isinstance(statement, ast.Assign)
        for to in statement.targets
    }
    return functions | tables


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return _is_constant(node.body) and _is_constant(node.orelse)
    return isinstance(node, ast.Constant)


def _named(node: ast.AST) -> set[str]:
    """The causes whose ids stand in a part of the source."""
    return {str(entry.value) for entry in ast.walk(node) if isinstance(entry, ast.Constant)} & set(CAUSES)


def _values_of(call: ast.Call) -> ast.expr | None:
    named = next((keyword.value for keyword in call.keywords if keyword.arg == "values"), None)
    return named or (call.args[4] if len(call.args) > 4 else None)


def _keys(values: ast.expr | None, function: ast.FunctionDef) -> set[str]:
    """The names that a values expression gives. Raises AssertionError where they cannot be read off the source."""
    match values:
        case None:
            return set()
        case ast.Dict(keys=keys):
            return {str(key.value) for key in keys if isinstance(key, ast.Constant)}
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _keys(left, function) | _keys(right, function)
        case ast.Name(id=name):
            found = [
                node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign) and [name] == [ast.unparse(target) for target in node.targets]
            ]
            assert len(found) == 1, f"{name} in {function.name} is not one literal"
            return _keys(found[0], function)
    raise AssertionError(f"{ast.unparse(values)} in {function.name} is no literal")
