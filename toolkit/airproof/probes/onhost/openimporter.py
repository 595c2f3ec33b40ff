"""Runs the imports of an OMFlow item as the open edition does, and writes down how that ended.

The interpreter whose modules they are runs its text, behind those of `openreader` and `pthfiles`. What is left of
standard input is a line with a secret mark, and one JSON object:

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
the rest of the code, and nothing of it is run here. It is read, as far as reading tells how it ends (`openreader`). The
answer is one line on standard error, `MARK JSON`, with `ended` (`well`, `missing`, `raised`, `raises` or `syntax`;
`raises`: by the item's own code), `said` (the exception's text), `at` (the number of the statement, from 0), `module`,
`line`, `untold`: the first statement of which reading does not tell how it ends, and `server`: whether an import works
only inside a running OMFlow, and counts as untold. CPython 3.6 and later.
"""

import ast
import importlib.machinery
import json
import os
import sys
import threading

from airproof.probes.onhost.openreader import UNKNOWN, Ended, Reader, find, modules_of
from airproof.probes.onhost.pthfiles import added_by_pth, undo_pth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OUTPUT = os.dup(2)
"""Standard error as it was given: a module may close or replace its own."""
LOOKED_FOR = ("django",)
"""Packages that import only in a running OMFlow: where an import raises something else, they are looked for."""


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


def written(text: str, statements: "list[ast.stmt]") -> str:
    """The first of the statements as it stands in the text, up to the second."""
    first = statements[0]
    lines = text.split("\n")
    line = lines[first.lineno - 1].encode()
    end = len(line)
    if len(statements) > 1 and statements[1].lineno == first.lineno:
        end = statements[1].col_offset
    return line[first.col_offset : end].decode("utf-8", "replace").strip().rstrip(";").strip()


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


if __name__ == "__main__":
    main()
