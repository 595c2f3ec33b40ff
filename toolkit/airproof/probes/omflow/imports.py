"""Find the modules that a piece of code imports, by Python's grammar and by the rule of OMFlow's open edition. The code
is never run.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from airproof.site.flows import Import

MISSING = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
"""Exceptions that, if caught, let code continue without a missing module."""
UNRELATED = {"KeyError", "ValueError", "TypeError", "IndexError", "AttributeError", "OSError", "IOError"}
"""Exceptions that catch no missing module."""
BY_CALL = {"import_module", "__import__"}
OF_TEXT = {"exec", "eval", "compile"}
"""Python's own functions that take code as a text."""
WAYS_CHANGED = (
    *("sys.path", "sys.modules", "sys.meta_path", "site.", "subprocess.", "pip.", "imp.load_", "runpy."),
    *("os.system", "os.popen", "os.spawn", "os.posix_spawn", "os.startfile", "asyncio.create_subprocess"),
)
"""Beginnings of names behind which the code may find modules that are not there when it begins."""
LOADERS = ("load_module", "exec_module")
"""Methods by which a loader brings a module from a file."""
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
        imports = list(_walk(_unfolded(tree)))
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
        return tuple(dict.fromkeys(module for statement in statements for module in _modules(statement)))
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
    statements = _statements(code)
    importers, named, functions = _importers(statements), _named_by(statements), _functions(statements)
    before: dict[str, None] = {}
    behind: dict[str, None] = {}
    found = before
    for statement in statements:
        if _changes_ways(statement, named):
            found = behind
        for node in _surely_run(statement, functions):
            importers |= _importers([node])
            if not isinstance(node, ast.Call) or ast.unparse(node.func) in importers:
                found |= dict.fromkeys(_modules(node))
    return tuple(before), tuple(behind)


def _statements(code: str) -> list[ast.stmt]:
    """Return the outermost statements; none for code that this Python cannot parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _unfolded(ast.parse(code)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _unfolded(tree: ast.Module) -> ast.Module:
    """Put code that stands in a text in the place of the call that runs it, and a text in the place of its name.

    `exec("import a")` becomes `if True: import a`, `eval("f()")` becomes `f()`, and with `NAME = "a"` at the outermost
    level `__import__(NAME)` becomes `__import__("a")`. Where the code itself binds the name `exec`, or may bind any
    name with an `import *`, nobody knows.
    """
    bound = _bound(tree.body)
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
        if isinstance(node, ast.Call) and node.args and _calls(node, {"compile"} - {*bound}):
            return given(node.args[0])
        return known.get(node.id, node) if isinstance(node, ast.Name) else node

    def read(node: ast.AST) -> ast.AST:
        call = node.value if isinstance(node, ast.Expr) else node
        if not isinstance(call, ast.Call) or not _calls(call, OF_TEXT | BY_CALL):
            return node
        call.args[:1] = map(given, call.args[:1])
        for keyword in call.keywords:
            keyword.value = given(keyword.value)
        match call.args[:1]:
            case [ast.Constant(value=str(text))] if _calls(node, {"eval"} - {*bound}):
                return _parsed(text.strip(), "eval", node)
            case [ast.Constant(value=str(text))] if node is not call and _calls(call, {"exec"} - {*bound}):
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


def _calls(node: ast.AST, names: Collection[str]) -> bool:
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


def _bound(statements: Iterable[ast.stmt]) -> dict[str, int]:
    """Count how often each name is bound anywhere in the code."""
    bound: dict[str, int] = {}
    for statement in statements:
        for node in ast.walk(statement):
            for name in _bound_by(node):
                bound[name] = bound.get(name, 0) + 1
    return bound


def _functions(statements: Sequence[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Return the bodies of the functions at the outermost level whose names nothing else binds, and whose calls run
    their bodies.
    """
    bound = _bound(statements)
    bodies: dict[str, list[ast.stmt]] = {}
    for statement in statements:
        generates = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(statement))
        if isinstance(statement, ast.FunctionDef) and not (statement.decorator_list or generates):
            bodies[statement.name] = statement.body
    return {name: body for name, body in bodies.items() if bound[name] == 1}


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
        case ast.Expr(value=ast.Call() as call) | ast.Assign(value=ast.Call() as call) if _modules(call):
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


def may_bring(code: str) -> bool:
    """Say whether the code, anywhere in it, may bring modules itself: it changes `sys.path`, starts a program, loads a
    file as a module. What it brings is there for everything that runs later in the same process.
    """
    statements = _statements(code)
    named = _named_by(statements)
    return any(_changes_ways(statement, named) for statement in statements)


def _named_by(statements: Iterable[ast.stmt]) -> dict[str, str]:
    """Map each name that the code gives to a module, or to something in it, to the dotted original."""
    named: dict[str, str] = {}
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                named |= {alias.asname: alias.name for alias in node.names if alias.asname}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                named |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return named


def _changes_ways(statement: ast.stmt, named: Mapping[str, str]) -> bool:
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
        yield from ((module, optional) for module in _modules(node))
        spared = _spared(node)
        waiting += [(child, optional or child in spared) for child in reversed(list(ast.iter_child_nodes(node)))]


def _modules(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case (
            ast.Call(args=[ast.Constant(value=str(module)), *_])
            | ast.Call(args=[], keywords=[ast.keyword(arg="name", value=ast.Constant(value=str(module))), *_])
        ) if _calls(node, BY_CALL) and module and not module.startswith("."):
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
