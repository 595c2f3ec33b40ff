"""Runs the imports of an OMFlow item as the open edition does, and writes down how that ended.

Stands alone: the interpreter whose modules they are runs its text. The first line of standard input is a secret mark,
the rest is one JSON object:

`text`        the lines that the open edition runs before the item's code;
`after`       modules that the code itself imports whenever it runs;
`executes`    whether modules are imported; else they are only looked for;
`own`         OMFlow's folder, or empty: its modules are looked for there and never imported, since they need a server;
`folders`     where the interpreter's own packages lie;
`assumed`     top-level modules that are taken to be there, with all that lies below them;
`absent`      dotted modules of which a part is known not to be there, with that part;
`unsure`      dotted modules below the assumed ones of which nobody knows whether they are there;
`filled`      the folder into which pip installs, or empty;
`loaded`      modules that a running OMFlow has loaded before pip installs anything;
`earlier`     what the same process ran before: pairs of such lines and of the names that `filled` held then;
`restarted`   whether OMFlow begins only now, and reads the `.pth` files of what pip has installed;
`alone`       whether modules are looked for in `folders` and nowhere else, and none is imported.

Only imports are carried out. Whatever else stands on such a line is the item's own code: OMFlow runs it there, before
the rest of the code, and nothing of it is run here. It is read, as far as reading tells how it ends (`Reader`). The
answer is one line on standard error, `MARK JSON`, with `ended` (`well`, `missing`, `raised`, `raises` or `syntax`;
`raises`: by the item's own code), `said` (the exception's text), `at` (the number of the statement, from 0), `module`,
`line`, `untold`: the first statement of which reading does not tell how it ends, and `server`: whether an import works
only inside a running OMFlow, and counts as untold. CPython 3.6 and later.
"""

import ast
import builtins
import importlib
import importlib.machinery
import json
import os
import sys
import threading
import types
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OUTPUT = os.dup(2)
"""Standard error as it was given: a module may close or replace its own."""
LOOKED_FOR = ("django",)
"""Packages that import only in a running OMFlow: where an import raises something else, they are looked for."""

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


def main() -> None:
    mark = sys.stdin.readline().strip()
    asked = json.loads(sys.stdin.read())
    own = asked["own"]
    added = [line for entry in sys.path if entry and not asked["restarted"] for line in added_by_pth(entry)]
    sys.path[:] = [entry for entry in sys.path if entry and entry not in added]
    if asked["filled"] and not asked["restarted"]:
        undo_pth(asked["filled"])
    mine = list(sys.path)
    if asked["alone"]:
        del sys.path[:]
        sys.path_importer_cache.clear()
    for folder in asked["folders"]:
        heeds = asked["restarted"] or not asked["alone"]  # otherwise they are of what pip has brought meanwhile
        further = added_by_pth(folder) if heeds else []
        sys.path.extend(entry for entry in [folder] + further if entry not in sys.path)
    walker = Walker(asked, mine, [own] if own else [])
    thread = threading.Thread(target=walker.tell, args=(mark,))
    thread.start()
    thread.join()
    os._exit(0)


def added_by_pth(folder: str) -> "list[str]":
    """The folders that `.pth` files of a folder put on Python's path as an interpreter starts. A running one, such as
    OMFlow's, does not read those of a package that pip has installed meanwhile (measured, open edition 1.1.0.0).
    """
    added = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.endswith(".pth"):
            try:
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    lines = [line.strip() for line in file]
            except OSError:
                continue
            paths = [os.path.join(folder, line) for line in lines if line and not line.startswith(("#", "import"))]
            added += [path for path in map(os.path.normpath, paths) if os.path.isdir(path)]
    return added


def undo_pth(folder: str) -> None:
    """Take back what the code in `.pth` files of a folder has done to Python's path and to its finders: as this process
    began, it ran them, and a running OMFlow did not. What else such code does stays.
    """
    inside = os.path.join(os.path.realpath(folder), "")

    def lies_there(path: str) -> bool:
        return os.path.realpath(path).startswith(inside)

    def is_from_there(finder: "Any") -> bool:
        kind = finder if isinstance(finder, type) else type(finder)
        return lies_there(getattr(sys.modules.get(kind.__module__), "__file__", None) or os.devnull)

    sys.path[:] = [entry for entry in sys.path if not lies_there(entry)]
    sys.meta_path[:] = [finder for finder in sys.meta_path if not is_from_there(finder)]


class Earlier:
    """A finder that hides what pip has installed since a certain moment, while that moment is played again."""

    def __init__(self, filled: str) -> None:
        self.filled = filled
        self.hidden = set()  # type: set[str]

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        if path is not None or name not in self.hidden:
            return None
        found = importlib.machinery.PathFinder.find_spec(name, [entry for entry in sys.path if entry != self.filled])
        if found is None:
            raise ModuleNotFoundError("No module named %r" % name, name=name)
        return found


class Walker:
    """Imports, or looks for, one statement after the other."""

    def __init__(self, asked: "dict[str, Any]", mine: "list[str]", own: "list[str]") -> None:
        self.asked, self.mine, self.own = asked, mine, own
        self.reader = Reader(self.stands_for)
        self.unsure = self.needs_server = False
        self.play_again()

    def tell(self, mark: str) -> None:
        """Writes the answer. OMFlow runs its items in a thread that is not the main one: there a module that sets a
        signal's handler, or asks for the current event loop, as it is imported fails (measured, open edition 1.1.0.0).
        """
        os.write(OUTPUT, ("\n%s %s\n" % (mark, json.dumps(self.answer()))).encode())

    def play_again(self) -> None:
        """Import what the same process imported before, as it was then: a module that is loaded stays as it is,
        whatever pip installs afterwards.
        """
        filled = self.asked["filled"]
        if not (filled and self.asked["executes"]):
            return
        finder = Earlier(filled)
        sys.meta_path.insert(0, finder)
        now = {name.partition(".")[0] for name in os.listdir(filled)}
        stages = [("import %s\n" % module, []) for module in self.asked["loaded"] if module in now]  # type: list[Any]
        for text, there in stages + self.asked["earlier"]:
            finder.hidden = now - set(there)
            try:
                for statement in ast.parse(text).body:
                    for module in modules_of(statement, {"__import__"})[0]:
                        self.imported(module, statement)
            except (Ended, SyntaxError, ValueError):
                continue  # It ended there, then as now.
        sys.meta_path.remove(finder)
        self.unsure = self.needs_server = False

    def answer(self) -> "dict[str, Any]":
        at, module, line, untold = -1, "", "", ""
        try:
            statements = self.parsed()
            behind = [ast.parse("import " + name).body[0] for name in self.asked["after"]]
            for statement in statements + behind:
                at += 1
                names, line = modules_of(statement, self.reader.importers)
                self.unsure = False
                for module in names:
                    self.imported(module, statement)
                untold = untold or (line if self.unsure else "")
                if at < len(statements):
                    line = line or written(self.asked["text"], statements[at : at + 2])
                    self.reader.read(statement, line)
                    untold = untold or ("" if self.reader.told else line)
        except Ended as ended:
            answer = {"ended": ended.ended, "said": ended.said, "at": max(at, 0), "module": module, "line": line}
        else:
            answer = {"ended": "well", "said": "", "at": at + 1, "module": "", "line": ""}
        return dict(answer, untold=untold, server=self.needs_server)

    def stands_for(self, module: str) -> "Any":
        """The module as it was imported; UNKNOWN where it was only looked for."""
        top = module.partition(".")[0]
        looked_for = top in (*self.asked["assumed"], *LOOKED_FOR) or self.is_own(top)
        return UNKNOWN if looked_for or not self.asked["executes"] else sys.modules.get(module, UNKNOWN)

    def is_own(self, top: str) -> bool:
        """Say if OMFlow's folder gives the module. A folder without `__init__.py`, such as its `locale`, stands back
        behind a module of that name that comes later on Python's path.
        """
        found = find(top, self.own) if self.own else None
        if found is None or found.loader is not None:
            return found is not None
        other = find(top, None)
        return other is None or other.loader is None

    def parsed(self) -> "list[ast.stmt]":
        try:
            compile(self.asked["text"], "", "exec", dont_inherit=True)
            return list(ast.parse(self.asked["text"]).body)
        except (SyntaxError, ValueError) as error:
            raise Ended("syntax", str(error))

    def imported(self, module: str, statement: ast.stmt) -> None:
        """Raises Ended where the import would not work."""
        top = module.partition(".")[0]
        if module in self.asked["absent"]:
            raise Ended("missing", "No module named %r" % self.asked["absent"][module])
        if top in self.asked["assumed"]:
            self.unsure = self.unsure or module in self.asked["unsure"]
            return
        names = [name.name for name in statement.names] if isinstance(statement, ast.ImportFrom) else []
        if self.is_own(top):
            self.looked_for(module, names, self.own)
        elif not self.asked["executes"]:
            self.looked_for(module, names, list(sys.path) if self.asked["alone"] else None)
        else:
            self.run(module, names)

    def run(self, module: str, names: "list[str]") -> None:
        text = "from %s import %s" % (module, ", ".join(names)) if names else "import " + module
        try:
            exec(compile(text, "", "exec", dont_inherit=True), {"__name__": "item"})  # noqa: S102 -- an import
        except SystemExit as error:
            raise Ended("raised", "SystemExit: %s" % error)
        except BaseException as error:
            said = str(error)
            if "No module named " not in said and module.partition(".")[0] in LOOKED_FOR:
                self.looked_for(module, names, None)
                return
            if isinstance(error, ImportError) and self.lies_beside(error.name or ""):
                return
            if self.needs_omflow(error):
                self.unsure, self.needs_server = True, True
                return
            kind = "missing" if "No module named " in said else "raised"
            raise Ended(kind, said if kind == "missing" else "%s: %s" % (type(error).__name__, said))

    def needs_omflow(self, error: BaseException) -> bool:
        """Say if it fails because no OMFlow runs here: an error of Django's own, or a missing module of OMFlow's."""
        if type(error).__module__.partition(".")[0] in LOOKED_FOR:
            return True
        top = (getattr(error, "name", None) or "").partition(".")[0]
        return isinstance(error, ImportError) and bool(top) and (top in self.asked["assumed"] or self.is_own(top))

    def lies_beside(self, name: str) -> bool:
        """Say if a part of a package of the interpreter was installed here: in one folder they would be together."""
        parts = name.split(".")
        places = [os.path.join(folder, *parts) for folder in self.mine]
        return len(parts) > 1 and any(os.path.isdir(place) or os.path.isfile(place + ".py") for place in places)

    def looked_for(self, module: str, names: "list[str]", path: "list[str] | None") -> None:
        """The same, told from the files alone: nothing is run."""
        parts = module.split(".")
        if path is None and parts[0] in sys.builtin_module_names:
            return
        where = path
        found = None
        for count in range(1, len(parts) + 1):
            part = ".".join(parts[:count])
            if count > 1 and where is None:
                raise Ended("missing", "No module named %r; %r is not a package" % (part, ".".join(parts[: count - 1])))
            found = find(part, where)
            if found is None and part in sys.modules:
                where = list(getattr(sys.modules[part], "__path__", []) or []) or None
                continue
            if found is None:
                raise Ended("missing", "No module named %r" % part)
            locations = found.submodule_search_locations
            where = list(locations) if locations is not None else None
        for name in names if found is not None else ():
            if not (gives(found, name) or (where is not None and find(parts[-1] + "." + name, where) is not None)):
                raise Ended("raised", "ImportError: cannot import name %r from %r" % (name, module))


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


def written(text: str, statements: "list[ast.stmt]") -> str:
    """The first of the statements as it stands in the text, up to the second."""
    first = statements[0]
    lines = text.split("\n")
    line = lines[first.lineno - 1].encode()
    end = len(line)
    if len(statements) > 1 and statements[1].lineno == first.lineno:
        end = statements[1].col_offset
    return line[first.col_offset : end].decode("utf-8", "replace").strip().rstrip(";").strip()


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


def gives(spec: "Any", name: str) -> bool:
    """Say if a module's source seems to define a name; a source that cannot be read counts as one that does."""
    if name == "*" or not (spec.origin or "").endswith(".py"):
        return spec.origin is not None or name == "*"
    try:
        with open(spec.origin, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return True
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)) and node.name in (
            name,
            "__getattr__",
        ):
            return True
        if isinstance(node, ast.Name) and node.id in (name, "globals", "setattr"):
            return True
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if alias.name == "*" or (alias.asname or alias.name.partition(".")[0]) == name:
                    return True
    return False


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


main()
