"""Compile what pip has installed: pip does it on one processor, which is half of the time of an ordinary install.

pip is told `--no-compile`, and the interpreter's own `compileall` does the same on several processors. A module that
does not compile is left as it is, as by pip (measured, 23.2.1 to 26.3). Where the compiler itself does not come to its
end, or finds no room, pip may not come to its end either: its run is repeated, and it compiles.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from packaging.version import Version

from airproof.system.processes import run

COMPILES = (
    "import compileall, sys; compileall.compile_dir(sys.argv[1], 1_000, quiet=2, workers=int(sys.argv[2])); "
    "print('compiled')"
)
"""For CPython 3.6 and later. What it prints says that it came to its end, whatever did not compile."""
LEAVE_IT = "--no-compile"
"""The option of every pip with which it compiles nothing."""
DECIDES = ("--no-com", "--com")
"""Beginnings of the options with which a command itself says whether pip compiles; pip takes them shortened."""
RUNS_SETUP_PY = Version("23.1")
"""Before this version pip may run `setup.py install`, which sees `--no-compile` (measured, 20.3.4 and 22.2.2)."""
NO_ROOM = 16 << 20
"""Bytes: with less than this free, it is for pip to say whether there is room for what it compiles."""
WORTH_A_PROCESS = 1 << 20
"""Bytes of source for each further process, which takes 0.1 s to begin; one compiles 3 MB in a second (measured,
CPython 3.11).
"""


def compile_modules(
    executable: str, site_packages: Path, env: Mapping[str, str], *, at_once: int, seconds: float
) -> bool:
    """Compile every module below a folder with an interpreter, in at most so many processes. No module is imported.

    Returns False if the compiler did not come to its end within `seconds`, or may have found no room.
    """
    try:
        source = sum(path.stat().st_size for path in site_packages.rglob("*.py") if path.is_file())
    except (OSError, RecursionError):
        return False
    workers = max(1, min(at_once, source // WORTH_A_PROCESS))
    ran = run([executable, "-I", "-S", "-c", COMPILES, site_packages, str(workers)], timeout=seconds, env=env)
    return ran.ok and ran.stdout.strip() == "compiled" and shutil.disk_usage(site_packages).free >= NO_ROOM
