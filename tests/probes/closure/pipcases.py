"""Runs under an interpreter with pip: what its pip makes of each case, all in one process. Nothing but pip is needed.

Usage: python pipcases.py CASES.json ANSWERS.json INDEX_URL
"""

import contextlib
import io
import json
import logging
import sys
import tempfile
from pathlib import Path


def main() -> None:
    from pip._internal.cli.main import main as pip

    cases = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            report, limits = Path(folder, "report.json"), Path(folder, "constraints.txt")
            limits.write_text("".join(line + "\n" for line in case["constraints"]), encoding="utf-8")
            words = ["install", "--isolated", "--quiet", "--dry-run", "--ignore-installed", "--only-binary=:all:"]
            words += ["--disable-pip-version-check", "--no-cache-dir", "--report", str(report)]
            words += ["--index-url", sys.argv[3], "--constraint", str(limits), *case["requirements"]]
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                code = pip(words)
            logging.getLogger().handlers.clear()
            found = None
            if code == 0:
                items = json.loads(report.read_text(encoding="utf-8"))["install"]
                found = sorted(item["download_info"]["url"].rpartition("/")[2] for item in items)
            answers.append(found)
    Path(sys.argv[2]).write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main()
