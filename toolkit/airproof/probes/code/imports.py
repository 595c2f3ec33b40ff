"""Find the modules that a piece of code imports, by Python's grammar and by the rule of OMFlow's open edition. The code
is never run.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from airproof.probes.code.unfolding import BY_CALL, calls, unfolded
from airproof.site.flows import Import

MISSING = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
"""Exceptions that, if caught, let code continue without a missing module."""
STARTS = ("import ", "from ")
"""Beginnings of a line that OMFlow's open edition treats as an import."""


def syntax_imports(code: str) -> tuple[Import, ...]:
    """Return every absolute import, each module once; it is optional only if all of its imports are.

    Raises ValueError, with the reason, for what this Python cannot compile.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # An odd backslash in a text is not airproof's concern.
            tree = ast.parse(code)
            compile(tree, "", "exec", dont_inherit=True)  # A `return` outside of a function is noticed only here.
        imports = list(_walk(unfolded(tree)))
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("nested too deeply") from error
    needed = {module for module, optional in imports if not optional}
    return tuple(Import(module, module not in needed) for module in dict.fromkeys(module for module, _ in imports))


def import_text(code: str) -> str:
    """Return the text that OMFlow's open edition extracts from an item's code and runs before it.

    It consists of every line that starts with `import ` or `from `, in whatever context, without its indentation. The
    lines are compiled together.
    """
    lines = code.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "".join(f"{line.lstrip()}\n" for line in lines if line.lstrip().startswith(STARTS))


def line_imports(code: str) -> tuple[str, ...]:
    """Return the modules that the open edition imports before it runs the code, in order, each once.

    They are the absolute imports of `import_text`, also behind a semicolon. If that text does not compile, the open
    edition imports nothing; then the modules are taken from the beginnings of the lines.
    """
    text = import_text(code)
    if not broken_lines(code):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            statements = ast.parse(text).body
        return tuple(dict.fromkeys(module for statement in statements for module in modules_of(statement)))
    modules: list[str] = []
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "import":
            modules += [part.split()[0] for part in rest.partition("#")[0].split(";")[0].split(",") if part.split()]
        elif rest.split():
            modules.append(rest.split()[0])
    names = (name for name in modules if all(part.isidentifier() for part in name.split(".")))
    return tuple(dict.fromkeys(names))


def broken_lines(code: str) -> tuple[str, ...]:
    """Return the lines that prevent `import_text` from compiling: the open edition then ends the item before any
    request.

    If each line compiles by itself and all together do not (`from __future__` after another import), the line that the
    compiler names is the broken one.
    """
    text = import_text(code)
    reason = _why_not_compiled(text)
    if reason is None:
        return ()
    lines = text.splitlines()
    broken = [line.strip() for line in lines if _why_not_compiled(line) is not None]
    return tuple(dict.fromkeys(broken)) or (lines[min(reason, len(lines)) - 1].strip(),)


def _why_not_compiled(text: str) -> int | None:
    """Return the number of the line at which the compiler fails; None if the text compiles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, RecursionError, MemoryError):
        return 1
    return None


def _walk(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield modules, and whether they are optional there. An explicit stack is used: code may be nested deeper than
    Python's recursion limit.
    """
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, optional = waiting.pop()
        yield from ((module, optional) for module in modules_of(node))
        spared = _spared(node)
        waiting += [(child, optional or child in spared) for child in reversed(list(ast.iter_child_nodes(node)))]


def modules_of(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case (
            ast.Call(args=[ast.Constant(value=str(module)), *_])
            | ast.Call(args=[], keywords=[ast.keyword(arg="name", value=ast.Constant(value=str(module))), *_])
        ) if calls(node, BY_CALL) and module and not module.startswith("."):
            return [module]
    return []


def _spared(node: ast.AST) -> set[ast.AST]:
    """Return the children of a node in which an import may fail without harm."""
    match node:
        case ast.Try(body=body, handlers=handlers) if any(map(_catches, handlers)):
            return set(body)
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"), body=body):
            return set(body)
    return set()


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in MISSING) for kind in kinds)
