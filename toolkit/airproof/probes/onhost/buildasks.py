"""Asks the backend of an unpacked source distribution what a wheel's build needs beyond `[build-system] requires`.

Stands alone, and runs in an environment that holds those requirements: `buildasks.py SDIST BACKEND ANSWER [PATH ...]`
unpacks SDIST into the current folder, calls `get_requires_for_build_wheel` (PEP 517) and writes its answer, a JSON
list, to ANSWER: what the backend prints itself goes elsewhere.
"""

# Under Python 3.6 the newer spellings of types do not exist:

import importlib
import json
import os
import shutil
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List

HOOK = "get_requires_for_build_wheel"


def unpack(sdist: str) -> str:
    """The top folder of the sdist, unpacked here. Its code runs next, so that nothing is gained by a careful way."""
    shutil.unpack_archive(sdist, ".")
    (top,) = (name for name in os.listdir(".") if os.path.isdir(name))
    return os.path.abspath(top)


def backend_of(name: str, top: str, paths: "List[str]") -> "Any":
    """The object that `build-backend` names: a module, or an attribute behind a colon."""
    sys.path[:0] = [os.path.join(top, path) for path in paths]
    module, _, attribute = name.partition(":")
    found = importlib.import_module(module)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)
    return found


def main() -> None:
    sdist, name, answer = sys.argv[1:4]
    top = unpack(sdist)
    os.chdir(top)
    hook = getattr(backend_of(name, top, sys.argv[4:]), HOOK, None)
    requires = list(hook(None)) if hook is not None else []
    with open(answer, "w", encoding="utf-8") as file:
        json.dump([str(text) for text in requires], file)


if __name__ == "__main__":
    main()
