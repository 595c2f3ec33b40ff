"""Which modules a piece of code imports: by Python's grammar, and by the rule of OMFlow's open edition. Never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from airproof.flows import Import

MISSING = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
"""Catching one of these, code goes on where a module is missing."""
BY_CALL = {"import_module", "__import__"}


def syntax_imports(code: str) -> tuple[Import, ...]:
    """Every absolute import, each module once; it counts as optional only where all of its imports are.

    Raises ValueError, with the reason, for what this Python cannot parse.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd backslash in a text is the flow's own business
            tree = ast.parse(code)
        found = list(_walk(tree))
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("nested too deeply") from error
    needed = {module for module, optional in found if not optional}
    return tuple(Import(module, module not in needed) for module in dict.fromkeys(module for module, _ in found))


def line_imports(code: str) -> tuple[str, ...]:
    """The modules of every line that starts with `import ` or `from `, whatever it stands in (OMFlow, open edition)."""
    found: list[str] = []
    for line in code.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "import":
            found += [one.split()[0] for one in rest.partition("#")[0].split(";")[0].split(",") if one.split()]
        elif word == "from" and rest.split():
            found.append(rest.split()[0])
    names = (one for one in found if all(part.isidentifier() for part in one.split(".")))  # neither relative nor prose
    return tuple(dict.fromkeys(names))


def broken_lines(code: str) -> tuple[str, ...]:
    """Lines that start as an import and are none by themselves: the open edition runs each alone, before the code."""
    found = []
    for line in code.splitlines():
        plain = line.strip()
        if plain.startswith(("import ", "from ")):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    ast.parse(plain)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                found.append(plain)
    return tuple(dict.fromkeys(found))


def _walk(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Modules with whether they are optional there. A stack of its own: code may be nested deeper than Python is."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, optional = waiting.pop()
        yield from ((module, optional) for module in _modules(node))
        spared = _spared(node)
        waiting += [(child, optional or child in spared) for child in reversed(list(ast.iter_child_nodes(node)))]


def _modules(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [one.name for one in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case ast.Call(
            func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(module)), *_]
        ) if name in BY_CALL and module and not module.startswith("."):
            return [module]
    return []


def _spared(node: ast.AST) -> set[ast.AST]:
    """Children of a node that may fail to import without harm."""
    match node:
        case ast.Try(body=body, handlers=handlers) if any(map(_catches, handlers)):
            return set(body)
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"), body=body):
            return set(body)
    return set()


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or (isinstance(one, ast.Name) and one.id in MISSING) for one in kinds)
