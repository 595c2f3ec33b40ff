"""The files of docs/serving: what starts devpi-server with the machine."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.docs.pages import ROOT

FOLDER = ROOT / "docs" / "serving"
UNIT = (FOLDER / "devpi.service").read_text(encoding="utf-8")
TASK = ElementTree.parse(FOLDER / "devpi-task.xml").getroot()  # noqa: S314 - it is this repository's own file
PROGRAM = "/opt/devpi/bin/devpi-server"
PARSED = """
import json, sys
from devpi_server.config import get_pluginmanager, parseoptions
args = parseoptions(get_pluginmanager(), ["devpi-server", *sys.argv[1:]]).args
print(json.dumps([args.serverdir, args.restrict_modify, args.host, args.port]))
"""
NAMES = {"task": "http://schemas.microsoft.com/windows/2004/02/mit/task"}


def of_unit() -> list[str]:
    found = re.search(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)
    return shlex.split(found[1]) if found is not None else []


def of_task(path: str) -> str:
    return TASK.findtext("/".join(f"task:{name}" for name in path.split("/")), "", NAMES)


@pytest.mark.parametrize(
    ("words", "serverdir"),
    [(of_unit()[1:], "/var/lib/devpi"), (of_task("Actions/Exec/Arguments").split(), "C:\\devpi\\serverdir")],
    ids=["systemd", "windows"],
)
def test_devpi_server_takes_the_line(words: list[str], serverdir: str) -> None:
    """With the options that the guide starts it with by hand."""
    ended = subprocess.run([sys.executable, "-c", PARSED, *words], capture_output=True, timeout=60, check=True)

    assert [serverdir, "root", "192.0.2.10", 3141] == json.loads(ended.stdout)


def test_both_start_it_again() -> None:
    """After the machine was restarted, and after the server has ended; Windows ends no task that has no limit."""
    assert {"Restart=always", "WantedBy=multi-user.target"} <= set(UNIT.splitlines())
    assert "true" == of_task("Triggers/BootTrigger/Enabled")
    assert ("PT0S", "PT1M") == (
        of_task("Settings/ExecutionTimeLimit"),
        of_task("Settings/RestartOnFailure/Interval"),
    )


@pytest.mark.parametrize("page", ["operator.md", "operator.zh-TW.md"])
def test_the_guide_leads_to_both(page: str) -> None:
    """In both languages."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")

    assert [] == [file.name for file in FOLDER.iterdir() if f"(serving/{file.name})" not in text]


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """As it stands there, but for the program, which is not installed here."""
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("absent: systemd-analyze")
    file = tmp_path / "devpi.service"
    file.write_text(UNIT.replace(PROGRAM, "/bin/true"), encoding="utf-8")

    command = [found, "verify", "--man=no", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert [] == [line for line in ended.stderr.splitlines() if "devpi." in line]
