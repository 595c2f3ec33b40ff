"""Runs a module or a piece of code under an interpreter that can have no virtual environment, as if it had one.

Stands alone: Windows' embeddable Python has neither `venv` nor a way to read PYTHONPATH or `.pth` files at its start.
Called as `EXE -I -S -B launcher.py FOLDER -m MODULE ARGUMENT...` or `... FOLDER -c CODE ARGUMENT...`: FOLDER takes the
part of the environment. What lies in the interpreter's own site-packages is not seen, and the guard, where FOLDER has
it, is up before anything else runs. A build would start the bare interpreter, without any guard: pip is kept from it.
CPython 3.6 and later.
"""

import os
import sys


def main() -> None:
    folder, form, what = sys.argv[1:4]
    sys.prefix = sys.exec_prefix = folder  # before anybody asks sysconfig where packages go
    before = [word for word in os.environ.get("PYTHONPATH", "").split(os.pathsep) if word]
    own = [entry for entry in sys.path if not entry.rstrip("/\\").endswith(("site-packages", "dist-packages"))]
    sys.path[:] = before + own
    os.environ["PIP_ONLY_BINARY"] = ":all:"

    import runpy
    import site
    import sysconfig

    site.addsitedir(sysconfig.get_path("purelib"))  # with its .pth files: the guard's among them
    if form == "-m":
        sys.argv = [what, *sys.argv[4:]]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *sys.argv[4:]]
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 -- as `python -c` does


if __name__ == "__main__":
    main()
