"""Says which modules of its standard library an interpreter has, of those that are asked for, without importing them.

Stands alone, as `hostprobe.py` does: CPython 3.6 and later, standard library only. A list of dotted names comes as JSON
on standard input, and what `library` says of them goes out as JSON, on the last line of standard output.
"""

# Under Python 3.6 the newer spellings of types do not exist:

import importlib.machinery
import importlib.util
import json
import os
import sys
from typing import Dict, Iterable, List, Optional  # noqa: F401 -- in a type comment


def library(names: Iterable[str]) -> Dict[str, str]:
    """Each name with what an import of it would find missing; empty where all of it is there.

    `names`: of the standard library only, because what holds a module is imported to look inside it.
    """
    return {name: missing_of(name) for name in names}


def missing_of(name: str) -> str:
    """The first part of a dotted name, from its start, that is not there: `xml.gone` of `xml.gone.deep`.

    `find_spec` of a dotted name imports its parents, and no more: of `a.b.c` the packages `a` and `a.b`. That is safe
    for the standard library, whose packages define names and do nothing else. One of its modules that is no package may
    do more (`antigravity` opens a browser); it holds nothing, and is not imported. What modules put beside themselves
    without being packages (`os.path`, `typing.io`) is known, since those modules are loaded.
    """
    parts = name.split(".")
    inside = True
    for count in range(1, len(parts) + 1):
        part = ".".join(parts[:count])
        if part in sys.modules:
            inside = hasattr(sys.modules[part], "__path__")
            continue
        if not inside:
            return part
        try:
            spec = importlib.util.find_spec(part)
        except ImportError as error:  # of a package that needs what was not built: `_tkinter`, `_curses`
            return str(error.name or part)
        except Exception:  # whatever its parent stumbles over, the import stumbles as well
            return part
        if spec is None:
            return part
        inside = spec.submodule_search_locations is not None
    return ""


def parts(names: Iterable[str]) -> Dict[str, str]:
    """The same of modules outside that library, told by looking for their files alone: no package is imported. What a
    package makes up as it is imported is not seen.
    """
    return {name: unseen_of(name) for name in names}


def unseen_of(name: str) -> str:
    """The first part of a dotted name for which no file is there."""
    where = None  # type: Optional[List[str]]
    words = name.split(".")
    for count in range(1, len(words) + 1):
        part = ".".join(words[:count])
        try:
            spec = importlib.machinery.PathFinder.find_spec(part, where)
        except Exception:  # a finder of somebody's own
            return part
        if spec is None:
            return part
        where = list(spec.submodule_search_locations or ())
    return ""


if __name__ == "__main__":
    # The folder of this file holds modules named like others: none of them is asked for.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    print("\n" + json.dumps(library(json.loads(sys.stdin.read()))))
