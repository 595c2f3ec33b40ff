"""Runs the imports of an OMFlow item as the open edition does, and writes down how that ended.

Stands alone: the interpreter whose modules they are runs its text. The first line of standard input is a secret mark,
the rest is one JSON object:

`text`        the lines that the open edition runs before the item's code;
`after`       modules that the code itself imports whenever it runs;
`executes`    whether modules are imported; else they are only looked for;
`own`         OMFlow's folder, or empty: its modules are looked for there and never imported, since they need a server;
`folders`     where the interpreter's own packages lie;
`assumed`     top-level modules that are taken to be there, with all that lies below them.

Only imports are carried out: whatever else stands on such a line is the item's own code. The answer is one line on
standard error, `MARK JSON`, with `ended` (`well`, `missing`, `raised` or `syntax`), `said` (the exception's text), `at`
(the number of the statement, from 0), `module`, and `line`. CPython 3.6 and later.
"""

import ast
import importlib
import importlib.machinery
import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OUTPUT = os.dup(2)
"""Standard error as it was given: a module may close or replace its own."""
LOOKED_FOR = ("django",)
"""Packages that import only in a running OMFlow: where an import raises something else, they are looked for."""


class Ended(Exception):
    """How the imports ended."""

    def __init__(self, ended: str, said: str) -> None:
        super().__init__(said)
        self.ended, self.said = ended, said


def main() -> None:
    mark = sys.stdin.readline().strip()
    asked = json.loads(sys.stdin.read())
    own = asked["own"]
    sys.path[:] = [entry for entry in sys.path if entry]
    mine = list(sys.path)
    sys.path.extend(folder for folder in asked["folders"] if folder not in sys.path)
    walker = Walker(asked, mine, [own] if own else [])
    answer = walker.answer()
    os.write(OUTPUT, ("\n%s %s\n" % (mark, json.dumps(answer))).encode())  # noqa: UP031 -- CPython 3.6
    os._exit(0)


class Walker:
    """Imports, or looks for, one statement after the other."""

    def __init__(self, asked: "dict[str, Any]", mine: "list[str]", own: "list[str]") -> None:
        self.asked, self.mine, self.own = asked, mine, own

    def answer(self) -> "dict[str, Any]":
        at, module, line = -1, "", ""
        try:
            statements = self.parsed()
            statements += [ast.parse("import " + name).body[0] for name in self.asked["after"]]
            for statement in statements:
                at += 1
                names, line = modules_of(statement)
                for module in names:
                    self.imported(module, statement)
        except Ended as ended:
            return {"ended": ended.ended, "said": ended.said, "at": max(at, 0), "module": module, "line": line}
        return {"ended": "well", "said": "", "at": at + 1, "module": "", "line": ""}

    def parsed(self) -> "list[ast.stmt]":
        try:
            compile(self.asked["text"], "", "exec", dont_inherit=True)
            return list(ast.parse(self.asked["text"]).body)
        except (SyntaxError, ValueError) as error:
            raise Ended("syntax", str(error))  # noqa: B904 -- nobody sees where it comes from

    def imported(self, module: str, statement: ast.stmt) -> None:
        """Raises Ended where the import would not work."""
        top = module.partition(".")[0]
        if top in self.asked["assumed"]:
            return
        names = [one.name for one in statement.names] if isinstance(statement, ast.ImportFrom) else []
        if find(top, self.own) is not None:
            self.looked_for(module, names, self.own)
        elif not self.asked["executes"]:
            self.looked_for(module, names, None)
        else:
            self.run(module, names)

    def run(self, module: str, names: "list[str]") -> None:
        text = "from %s import %s" % (module, ", ".join(names)) if names else "import " + module  # noqa: UP031
        try:
            exec(compile(text, "", "exec", dont_inherit=True), {"__name__": "item"})  # noqa: S102 -- an import
        except SystemExit as error:
            raise Ended("raised", "SystemExit: %s" % error)  # noqa: B904, UP031
        except BaseException as error:
            said = str(error)
            if "No module named " not in said and module.partition(".")[0] in LOOKED_FOR:
                self.looked_for(module, names, None)
                return
            if isinstance(error, ImportError) and self.lies_beside(error.name or ""):
                return
            kind = "missing" if "No module named " in said else "raised"
            raise Ended(kind, said if kind == "missing" else "%s: %s" % (type(error).__name__, said))  # noqa: B904, UP031

    def lies_beside(self, name: str) -> bool:
        """Whether a part of a package of the interpreter was installed here: in one folder they would be together."""
        parts = name.split(".")
        places = [os.path.join(folder, *parts) for folder in self.mine]  # noqa: PTH118 -- pathlib would be one import more
        return len(parts) > 1 and any(os.path.isdir(place) or os.path.isfile(place + ".py") for place in places)  # noqa: PTH112, PTH113

    def looked_for(self, module: str, names: "list[str]", path: "list[str] | None") -> None:
        """The same, told from the files alone: nothing is run."""
        parts = module.split(".")
        if parts[0] in sys.builtin_module_names:
            return
        where = path
        found = None
        for count in range(1, len(parts) + 1):
            part = ".".join(parts[:count])
            if count > 1 and where is None:
                raise Ended("missing", "No module named %r; %r is not a package" % (part, ".".join(parts[: count - 1])))  # noqa: UP031
            found = find(part, where)
            if found is None and part in sys.modules:
                where = list(getattr(sys.modules[part], "__path__", []) or []) or None
                continue
            if found is None:
                raise Ended("missing", "No module named %r" % part)  # noqa: UP031
            locations = found.submodule_search_locations
            where = list(locations) if locations is not None else None
        for name in names if found is not None else ():
            if not (gives(found, name) or (where is not None and find(parts[-1] + "." + name, where) is not None)):
                raise Ended("raised", "ImportError: cannot import name %r from %r" % (name, module))  # noqa: UP031


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
    """Whether a module's source seems to define a name; what cannot be told counts as given."""
    if name == "*" or not (spec.origin or "").endswith(".py"):
        return spec.origin is not None or name == "*"
    try:
        with open(spec.origin, "rb") as file:  # noqa: PTH123 -- pathlib would be one import more
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
            for one in node.names:
                if one.name == "*" or (one.asname or one.name.partition(".")[0]) == name:
                    return True
    return False


def modules_of(statement: ast.stmt) -> "tuple[list[str], str]":
    """What a statement imports, and how it reads. A relative import fails here as it fails in OMFlow."""
    if isinstance(statement, ast.Import):
        names = [one.name for one in statement.names]
        return names, "import " + ", ".join(names)
    if isinstance(statement, ast.ImportFrom):
        name = statement.module or ""
        line = "from %s%s import %s" % ("." * statement.level, name, ", ".join(one.name for one in statement.names))  # noqa: UP031
        if statement.level:
            raise Ended("raised", "ImportError: " + line)
        return [name], line
    called = statement.value if isinstance(statement, (ast.Expr, ast.Assign)) else None
    if isinstance(called, ast.Call) and called.args:
        function = getattr(called.func, "id", None) or getattr(called.func, "attr", "")
        module = getattr(called.args[0], "value", getattr(called.args[0], "s", None))  # `s`: before CPython 3.8
        if function in ("__import__", "import_module") and isinstance(module, str) and module[:1] not in ("", "."):
            return [module], "%s(%r)" % (function, module)  # noqa: UP031
    return [], ""


main()
