"""Find the imports of a piece of code that are surely run whenever it ends well."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from airproof.probes.code.bringing import changes_ways, named_by
from airproof.probes.code.imports import modules_of
from airproof.probes.code.unfolding import BY_CALL, bound_names, statements_of

UNRELATED = {"KeyError", "ValueError", "TypeError", "IndexError", "AttributeError", "OSError", "IOError"}
"""Exceptions that catch no missing module."""


def certain_imports(code: str) -> tuple[str, ...]:
    """Return the modules that the code itself imports whenever it ends well.

    Examples are `x = 1; import y`, `y = importlib.import_module("y")`, and the latter in a function that the code calls
    without any condition. The open edition asks no index for them.
    Imports after a statement that may bring modules itself are left out; see `imports_behind`.
    """
    return _outermost(code)[0]


def imports_behind(code: str) -> tuple[str, ...]:
    """Return the modules that the code imports in the same way after a statement that may bring modules itself, such as
    one with `sys.path`: if such a module is not there, nobody knows whether the import finds it.
    """
    certain, behind = _outermost(code)
    return tuple(module for module in behind if module not in certain)


def _outermost(code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the modules that statements at the outermost level surely import, before and after the first of them that
    may bring modules itself. Both are empty for code that this Python cannot parse.
    """
    statements = statements_of(code)
    importers, named, functions = _importers(statements), named_by(statements), _functions(statements)
    before: dict[str, None] = {}
    behind: dict[str, None] = {}
    found = before
    for statement in statements:
        if changes_ways(statement, named):
            found = behind
        for node in _surely_run(statement, functions):
            importers |= _importers([node])
            if not isinstance(node, ast.Call) or ast.unparse(node.func) in importers:
                found |= dict.fromkeys(modules_of(node))
    return tuple(before), tuple(behind)


def _functions(statements: Sequence[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Return the bodies of the functions at the outermost level whose names nothing else binds, and whose calls run
    their bodies.
    """
    bound = bound_names(statements)
    bodies: dict[str, list[ast.stmt]] = {}
    for statement in statements:
        generates = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(statement))
        if isinstance(statement, ast.FunctionDef) and not (statement.decorator_list or generates):
            bodies[statement.name] = statement.body
    return {name: body for name, body in bodies.items() if bound[name] == 1}


def _surely_run(first: ast.AST, functions: Mapping[str, list[ast.stmt]]) -> Iterator[ast.AST]:
    """Yield the nodes of a statement that are run whenever the statement ends well, roughly in their order.

    `functions`: bodies of the code's own functions, by their names. A call may fail before its body runs; then the
    statement does not end well.
    """
    waiting = [first]
    called: set[str] = set()
    while waiting:
        node = waiting.pop()
        yield node
        sure = _sure_parts(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in called:
            called.add(node.func.id)
            sure = [*sure, *_until_it_may_return(functions.get(node.func.id, ()))]
        waiting += reversed(sure)


def _sure_parts(node: ast.AST) -> list[ast.AST]:
    """Return the children of a node that are run whenever the node ends well."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return []
        case ast.If(test=ast.Constant(value=value), body=body, orelse=otherwise):
            return [*(body if value else otherwise)]
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            return [test]
        case ast.BoolOp(values=[value, *_]) | ast.Match(subject=value) | ast.Compare(left=value):
            return [value]
        case ast.For(iter=value):
            return [value]
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return [node.generators[0].iter]
        case ast.With(items=items, body=body) if all(map(_opens, items)):
            return [*(item.context_expr for item in items), *body]
        case ast.With(items=[item, *_]):
            return [item.context_expr]
        case ast.Try(body=body, handlers=handlers, finalbody=last):
            return [*_before_a_handler(body, handlers), *last]
        case ast.Assert(test=test):
            return [test]
        case ast.AsyncFor() | ast.AsyncWith() | ast.Await():
            return []
    # `except*` is a node of its own from CPython 3.11.
    return [] if type(node).__name__ == "TryStar" else list(ast.iter_child_nodes(node))


def _opens(item: ast.withitem) -> bool:
    """Say whether a context manager is a file, which lets every error of the body through."""
    match item.context_expr:
        case ast.Call(func=ast.Name(id="open")):
            return True
    return False


def _before_a_handler(body: list[ast.stmt], handlers: Sequence[ast.ExceptHandler]) -> list[ast.stmt]:
    """Return the statements of a `try` that are run unless the whole fails: a handler may catch what another part of
    the body raises.
    """
    if not handlers:
        return body
    kinds = (
        kind
        for handler in handlers
        for kind in (handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type])
    )
    if not all(isinstance(kind, ast.Name) and kind.id in UNRELATED for kind in kinds):
        return []
    match body[0]:
        case ast.Import() | ast.ImportFrom():
            return body[:1]
        case ast.Expr(value=ast.Call() as call) | ast.Assign(value=ast.Call() as call) if modules_of(call):
            return body[:1]
    return []


def _until_it_may_return(body: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Return the statements of a function up to the first that may return from it, which is included if it is no more
    than a `return`.
    """
    kept: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, ast.Return):
            return [*kept, statement]
        if any(isinstance(node, ast.Return) for node in ast.walk(statement)):
            return kept
        kept.append(statement)
    return kept


def _importers(statements: Iterable[ast.AST]) -> set[str]:
    """Return the names by which the code calls Python's own import functions; its own methods may be named so, too."""
    callables = {"__import__"}
    for statement in statements:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                own = {"importlib": BY_CALL, "builtins": {"__import__"}}.get(alias.name, set())
                callables |= {f"{alias.asname or alias.name}.{name}" for name in own}
        elif isinstance(statement, ast.ImportFrom) and statement.module == "importlib":
            callables |= {alias.asname or alias.name for alias in statement.names if alias.name == "import_module"}
    return callables
