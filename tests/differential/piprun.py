"""Runs under an interpreter with pip: what its pip installs of each case, all in one process.

Usage: python piprun.py CASES.json ANSWERS.json
"""

import contextlib
import io
import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path


def main() -> None:
    from pip._internal.cli.main import main as pip

    os.environ["PIP_CONFIG_FILE"] = os.devnull
    answers = []
    folder = tempfile.mkdtemp()
    for case in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        place, limits = str(Path(folder, "place")), str(Path(folder, "constraints.txt"))
        Path(limits).write_text("".join(line + "\n" for line in case["constraints"]), encoding="utf-8")
        words = ["install", "--isolated", "--ignore-installed", "--no-compile", "--disable-pip-version-check"]
        words += ["--no-warn-script-location", "--no-cache-dir", "--retries", "0", "--timeout", "10", "--prefix", place]
        words += ["--index-url", case["index"], "--constraint", limits]
        words += ["--only-binary=:all:"] if case["binary"] else []
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                code = pip(words + case["requirements"])
            except BaseException:  # a traceback of pip's is a failure of pip's
                code = 2
        logging.getLogger().handlers.clear()
        found = {}  # type: dict[str, str]
        for base, folders, _ in os.walk(place):
            for name in folders:
                if name.endswith(".dist-info"):
                    found.update([_told(str(Path(base, name)))])
        shutil.rmtree(place, ignore_errors=True)
        answers.append({"installed": found if code == 0 else None, "said": out.getvalue()[-1500:]})
    shutil.rmtree(folder, ignore_errors=True)
    Path(sys.argv[2]).write_text(json.dumps(answers), encoding="utf-8")


def _told(folder: str) -> "tuple[str, str]":
    """Return name and version of an installed distribution. A wheel may have been installed without METADATA: then its
    folder's name says them.
    """
    try:
        text = Path(folder, "METADATA").read_text(encoding="utf-8")
    except OSError:
        name, version = Path(folder).name[: -len(".dist-info")].split("-", 1)
        text = "Name: " + name + "\nVersion: " + version + "\n"
    head = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    return head["Name"].lower().replace("_", "-").replace(".", "-"), head["Version"]


if __name__ == "__main__":
    main()
