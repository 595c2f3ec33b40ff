"""Tells from a statement of an item, without running it, how it ends.

Stands before `openimporter` in the text that the interpreter in question runs, and needs nothing of it: CPython 3.6 and
later, standard library only. What OMFlow's open edition gives was seen with 1.1.0.0.
"""

import ast
import builtins
import importlib.machinery
import os
import sys
import types
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNKNOWN = object()
"""The value of what was not run, or is not there."""
GIVEN = (
    *("BASE_DIR", "GlobalObject", "OmEngine", "autoinstall", "chart_file", "chart_file_path", "chart_file_to_list"),
    *("chart_id", "chart_input", "chart_input_c", "chart_input_str", "compileObj", "compile_import_str", "data"),
    *("file_path", "flow_uuid", "import_error", "import_str", "json", "key", "last_package", "line", "line_lstrip"),
    *("load_balance", "loop", "main", "os", "package", "subprocess", "sys", "uuid", "version"),
)
"""Names that are there where the open edition runs these lines (seen with 1.1.0.0). The item's variables are not; when
the whole code runs afterwards, it is the other way round.
"""
MAY_BIND = ("eval", "exec", "globals", "locals", "setattr", "vars")
"""Functions behind which any name may be there."""
FILTERS = (warnings.filterwarnings, warnings.simplefilter)
ACTIONS = ("always", "default", "error", "ignore", "module", "once")
"""Values with which these functions do not fail: all that Python's documentation names."""
PLAIN = {
    "builtins": ("bool", "dict", "float", "frozenset", "int", "len", "list", "repr", "set", "str", "tuple"),
    "json": ("dumps", "loads"),
    "logging": ("getLogger",),
    "os": ("getcwd", "getenv", "getpid"),
    "os.path": ("basename", "dirname", "exists", "isdir", "isfile", "join"),
    "platform": ("node", "system"),
    "socket": ("gethostname",),
    "time": ("localtime", "strftime", "time"),
}
"""Functions that change nothing and depend on their values alone: with plain values they are called, here as there."""
HEEDED = ("PIP_", "PYTHON", "HTTP", "NO_PROXY", "ALL_PROXY", "PATH")
"""Beginnings of variables by which pip goes."""


class Ended(Exception):
    """How the imports ended."""

    def __init__(self, ended: str, said: str) -> None:
        super().__init__(said)
        self.ended, self.said = ended, said


class Reader:
    """Tells from a statement how it ends, without running it: by the names, the modules and the attributes that are
    there. Of anything else, a call above all, it tells nothing.
    """

    def __init__(self, stands_for: "Any") -> None:
        self.stands_for = stands_for
        self.names = {}  # type: dict[str, Any]
        self.importers = {"__import__"}
        self.told, self.any_name = True, False

    def read(self, statement: ast.stmt, line: str) -> None:
        """Raises Ended for a statement that surely fails; `told` says whether it surely does not."""
        self.told = True
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            self.bind(statement)
        elif isinstance(statement, ast.Expr):
            self.value(statement.value)
        elif isinstance(statement, ast.Assign):
            value = self.value(statement.value)
            for target in statement.targets:
                self.assign(target, value)
        elif isinstance(statement, ast.AnnAssign):
            value = self.value(statement.value) if statement.value else None
            if statement.value:
                self.assign(statement.target, value)
            self.value(statement.annotation)
        elif isinstance(statement, ast.Raise):
            for part in (statement.exc, statement.cause):
                if part is not None:
                    self.value(part)
            raise Ended("raises", line)
        elif isinstance(statement, ast.Assert):
            value = self.value(statement.test)
            if isinstance(value, (bool, int, str, type(None))) and not value:
                raise Ended("raises", "AssertionError")
            self.told = self.told and value is True
        elif not isinstance(statement, (ast.Pass, ast.Global, ast.Nonlocal)):
            self.doubt()

    def doubt(self) -> "Any":
        self.told = False
        return UNKNOWN

    def bind(self, statement: "ast.Import | ast.ImportFrom") -> None:
        for name in statement.names:
            if isinstance(statement, ast.Import):
                top = name.name.partition(".")[0]
                self.importers.update({(name.asname or top) + ".import_module"} if name.name == "importlib" else ())
                self.names[name.asname or top] = self.stands_for(name.name if name.asname else top)
                continue
            if statement.module == "importlib" and name.name == "import_module":
                self.importers.add(name.asname or name.name)
            source = self.stands_for(statement.module or "")
            if name.name == "*":
                self.any_name = self.any_name or source is UNKNOWN
                self.names.update({} if source is UNKNOWN else dict.fromkeys(dir(source), UNKNOWN))
            else:
                inner = self.stands_for("%s.%s" % (statement.module, name.name))
                self.names[name.asname or name.name] = (
                    UNKNOWN if source is UNKNOWN else getattr(source, name.name, inner)
                )

    def value(self, node: ast.AST) -> "Any":
        kind = type(node).__name__
        if kind in ("Constant", "Num", "Str", "Bytes", "NameConstant"):  # the latter: before CPython 3.8
            return getattr(node, "value", getattr(node, "s", getattr(node, "n", None)))
        if isinstance(node, ast.Name):
            return self.named(node.id)
        if isinstance(node, ast.Attribute):
            return self.attribute(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self.value(elt) for elt in node.elts]
        if isinstance(node, (ast.Dict, ast.Set, ast.JoinedStr, ast.FormattedValue, ast.Starred)):
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.value(child)
            return UNKNOWN if not isinstance(node, ast.Starred) else self.doubt()
        if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript)):
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.value(child)
        return UNKNOWN if isinstance(node, ast.Lambda) else self.doubt()

    def named(self, name: str) -> "Any":
        if name in self.names:
            return self.names[name]
        if hasattr(builtins, name):
            return getattr(builtins, name)
        if self.any_name or name in GIVEN or name.startswith("__"):
            return self.doubt()
        raise Ended("raises", "NameError: name %r is not defined" % name)

    def attribute(self, node: ast.Attribute) -> "Any":
        base = self.value(node.value)
        if not isinstance(base, types.ModuleType):
            return self.doubt()
        try:
            return getattr(base, node.attr)
        except Exception as error:
            said = str(error)
            if "No module named " in said:
                raise Ended("missing", said)
            if loaded_by_others(base, node.attr):
                return self.doubt()
            raise Ended("raises", "%s: %s" % (type(error).__name__, said))

    def call(self, node: ast.Call) -> "Any":
        """Evaluates what stands before the call; the call itself tells nothing, with few exceptions."""
        modules, _ = modules_of(ast.Expr(value=node), self.importers)
        if modules:
            return self.stands_for(modules[0])
        function = node.func
        adds = function.attr if isinstance(function, ast.Attribute) and self.lies_in_path(function) else ""
        called = UNKNOWN if adds else self.value(function)
        given = [self.value(argument) for argument in node.args] + [
            self.value(keyword.value) for keyword in node.keywords
        ]
        if adds and given and UNKNOWN not in given and isinstance(given[-1], str) and os.path.isabs(given[-1]):
            getattr(sys.path, adds)(*given)
            return None
        named = [keyword.arg for keyword in node.keywords]
        filters = any(called is function for function in FILTERS)
        if called is builtins.print or (
            filters and named in ([], ["action"]) and given in [[action] for action in ACTIONS]
        ):
            return None
        self.any_name = self.any_name or getattr(called, "__name__", "") in MAY_BIND
        return UNKNOWN if works_with_these(called, node) else self.doubt()

    def lies_in_path(self, function: ast.Attribute) -> bool:
        """Say if it is `sys.path.append` or `sys.path.insert`."""
        told = self.told
        held = isinstance(function.value, ast.Attribute) and self.value(function.value) is sys.path
        self.told = told
        return held and function.attr in ("append", "insert")

    def assign(self, target: ast.expr, value: "Any") -> None:
        """A module's attribute and a variable of the environment can be set; that is not done here."""
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif isinstance(target, ast.Attribute):
            if not isinstance(self.value(target.value), types.ModuleType):
                self.doubt()
        elif isinstance(target, ast.Subscript):
            base = self.value(target.value)
            inner = getattr(target.slice, "value", target.slice)  # an `ast.Index` before CPython 3.9
            key = inner if isinstance(inner, str) else self.value(inner)
            plain = base is os.environ and isinstance(key, str) and isinstance(value, str)
            if not plain or key.upper().startswith(HEEDED):
                self.doubt()
        else:
            for node in ast.walk(target):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    self.names[node.id] = UNKNOWN
            self.doubt()


def works_with_these(called: "Any", node: ast.Call) -> bool:
    """Say if it is a call, with plain values, of a function that changes nothing, and works. Raises Ended if not."""
    plain = any(called is getattr(module, name, None) for module, name in plain_functions())
    if not plain or any(keyword.arg is None for keyword in node.keywords):
        return False
    try:
        given = [ast.literal_eval(argument) for argument in node.args]
        named = {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in node.keywords}
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    try:
        called(*given, **named)
    except Exception as error:
        raise Ended("raises", "%s: %s" % (type(error).__name__, error))
    return True


def plain_functions() -> "list[tuple[Any, str]]":
    """Each with its module, of those modules that are loaded."""
    return [(sys.modules[module], name) for module, names in PLAIN.items() if module in sys.modules for name in names]


def loaded_by_others(package: types.ModuleType, part: str) -> bool:
    """Say if it is a part of a package of Python's own library. A running OMFlow has imported many of them, and then
    the package has them as attributes: `import logging; logging.handlers` works there.
    """
    path = list(getattr(package, "__path__", []))
    own = os.path.dirname(os.__file__)
    within = [folder for folder in path if os.path.dirname(folder).startswith(own) and "-packages" not in folder]
    return find("%s.%s" % (package.__name__, part), within) is not None


def find(name: str, path: "list[str] | None") -> "importlib.machinery.ModuleSpec | None":
    """The finder's answer, which imports no parent."""
    try:
        if path is None:
            for finder in (importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter):
                found = finder.find_spec(name)
                if found is not None:
                    return found
        return importlib.machinery.PathFinder.find_spec(name, path)
    except (ImportError, ValueError):
        return None


def modules_of(statement: ast.stmt, importers: "set[str]") -> "tuple[list[str], str]":
    """Return the modules that a statement imports, and the statement's text. A relative import fails here, as it fails
    in OMFlow.

    `importers`: the names of Python's own import functions; another function may have such a name and import nothing.
    """
    if isinstance(statement, ast.Import):
        names = [alias.name for alias in statement.names]
        return names, "import " + ", ".join(names)
    if isinstance(statement, ast.ImportFrom):
        name = statement.module or ""
        line = "from %s%s import %s" % ("." * statement.level, name, ", ".join(alias.name for alias in statement.names))
        if statement.level:
            raise Ended("raised", "ImportError: " + line)
        return [name], line
    called = statement.value if isinstance(statement, (ast.Expr, ast.Assign)) else None
    if isinstance(called, ast.Call) and called.args:
        module = getattr(called.args[0], "value", getattr(called.args[0], "s", None))  # `s`: before CPython 3.8
        function = dotted(called.func)
        if function in importers and isinstance(module, str) and module[:1] not in ("", "."):
            return [module], "%s(%r)" % (function.rpartition(".")[2], module)
    return [], ""


def dotted(node: ast.expr) -> str:
    """Return the text of a name or of a name's attribute; empty for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id + "." + node.attr
    return node.id if isinstance(node, ast.Name) else ""
