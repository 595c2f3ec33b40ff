"""Read code, with the code that stands in its texts in the place of the call that runs it. Nothing is run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Iterable
from typing import Literal

BY_CALL = {"import_module", "__import__"}
OF_TEXT = {"exec", "eval", "compile"}
"""Python's own functions that take code as a text."""


def statements_of(code: str) -> list[ast.stmt]:
    """Return the outermost statements; none for code that this Python cannot parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return unfolded(ast.parse(code)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def unfolded(tree: ast.Module) -> ast.Module:
    """Put code that stands in a text in the place of the call that runs it, and a text in the place of its name.

    `exec("import a")` becomes `if True: import a`, `eval("f()")` becomes `f()`, and with `NAME = "a"` at the outermost
    level `__import__(NAME)` becomes `__import__("a")`. Where the code itself binds the name `exec`, or may bind any
    name with an `import *`, nobody knows.
    """
    bound = bound_names(tree.body)
    if "*" in bound:
        return tree
    known = {
        statement.targets[0].id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and bound.get(statement.targets[0].id) == len(statement.targets) == 1
        and isinstance(statement.value, ast.Constant)
    }

    def given(node: ast.expr) -> ast.expr:
        """Return a text for the name of one, and for what `compile` makes of one."""
        if isinstance(node, ast.Call) and node.args and calls(node, {"compile"} - {*bound}):
            return given(node.args[0])
        return known.get(node.id, node) if isinstance(node, ast.Name) else node

    def read(node: ast.AST) -> ast.AST:
        call = node.value if isinstance(node, ast.Expr) else node
        if not isinstance(call, ast.Call) or not calls(call, OF_TEXT | BY_CALL):
            return node
        call.args[:1] = map(given, call.args[:1])
        for keyword in call.keywords:
            keyword.value = given(keyword.value)
        match call.args[:1]:
            case [ast.Constant(value=str(text))] if calls(node, {"eval"} - {*bound}):
                return _parsed(text.strip(), "eval", node)
            case [ast.Constant(value=str(text))] if node is not call and calls(call, {"exec"} - {*bound}):
                return _parsed(text, "exec", node)
        return node

    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                value[:] = [read(part) for part in value]
            elif isinstance(value, ast.AST):
                setattr(node, name, read(value))
        waiting += ast.iter_child_nodes(node)
    return tree


def calls(node: ast.AST, names: Collection[str]) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in names
    return False


def _parsed(text: str, mode: Literal["exec", "eval"], otherwise: ast.AST) -> ast.AST:
    """Return the code of a text as one node; `otherwise` if it cannot be parsed."""
    try:
        if mode == "eval":
            return ast.parse(text, mode="eval").body
        return ast.If(ast.Constant(value=True), ast.parse(text).body, [])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return otherwise


def bound_names(statements: Iterable[ast.stmt]) -> dict[str, int]:
    """Count how often each name is bound anywhere in the code."""
    bound: dict[str, int] = {}
    for statement in statements:
        for node in ast.walk(statement):
            for name in _bound_by(node):
                bound[name] = bound.get(name, 0) + 1
    return bound


def _bound_by(node: ast.AST) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            return [name]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name.partition(".")[0] for alias in aliases]
    return []
