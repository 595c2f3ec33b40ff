"""An interpreter as Windows' embeddable one is: it has a pip, and neither `venv` nor `ensurepip`."""

from __future__ import annotations

import shutil
from pathlib import Path

from airproof.system.processes import run

WHERE = "import os, sys, sysconfig; print(os.path.realpath(sys.executable), sysconfig.get_path('stdlib'), sep='\\n')"
LACKING = {"venv", "ensurepip", "site-packages"}


def embeddable(executable: str, pip_location: str, folder: Path) -> str:
    """A copy of the interpreter above links to its standard library, with that pip; POSIX. Returns its path."""
    program, stdlib = run([executable, "-I", "-c", WHERE], timeout=60).stdout.split("\n")[:2]
    library = folder / "lib" / Path(stdlib).name
    packages = library / "site-packages"
    packages.mkdir(parents=True)
    for path in Path(stdlib).iterdir():
        if path.name not in LACKING:
            (library / path.name).symlink_to(path)
    (packages / "pip").symlink_to(Path(pip_location) / "pip")
    (folder / "bin").mkdir()
    return str(shutil.copy(program, folder / "bin" / "python"))
