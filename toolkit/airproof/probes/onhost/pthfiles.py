"""Find the folders that `.pth` files put on Python's path, and take such changes back: a running OMFlow reads no `.pth`
file that pip brings.

Stands before `openimporter` in the text that the interpreter in question runs: CPython 3.6 and later, standard library
only.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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
