"""Makes the records of this folder by really running airproof: `python -m tests.data.records.make VERSION`.

The records of a version are made once, before its release, and never again: what an operator has signed must render
for ever. A new version gets a new folder beside them. `airproof` is the one that is installed with this interpreter.
"""

from __future__ import annotations

import re
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from airproof.record.file import encode, read_report
from airproof.system.namespace import own_address
from pytest_airproof.packages import Wheel
from pytest_airproof.servers.devpi import DevpiServer
from tests.engine.running import airproof, ran
from tests.probes.exported import application, flow, item, write
from tests.probes.pythons import found_pythons

HERE = Path(__file__).parent
PACKAGES = (
    Wheel("sheet-report", requires=("sheet-writer>=2", "table-reader")),
    Wheel("sheet-writer", "2.1", requires=("zip-fast>=1.4",)),
    Wheel("table-reader", requires=("zip-fast>=1.4", "date-parts")),
    Wheel("date-parts"),
    Wheel("ssh-runner", "3.4", requires=("date-parts",)),
    Wheel("PyYAML", "6.0", modules=("yaml",)),
)
LATER = Wheel("zip-fast", "1.5")
FETCH = item("FITEM_2", text="fetch", packages=["ssh-runner"], code="import ssh_runner\n")
PARSE = item("FITEM_3", text="parse", packages=["sheet-report", "yaml"], code="import sheet_report, yaml\n")
HOST, PORT = "192.0.2.10", 3141
"""What the index's address becomes."""


def main(version: str) -> None:
    folder = HERE / version
    folder.mkdir()
    with tempfile.TemporaryDirectory(prefix="records-") as name:
        work = Path(name)
        _rehearsal(work, folder)
        server = DevpiServer(work / "serverdir", rundir=work / "run", host=own_address(), password="")
        with server:
            for index in ("root/local", "root/fleet"):  # two sites
                server.client.create_index(index, bases="")
                for package in PACKAGES:
                    server.client.upload(index, package)
            _rejected(work, server.url, folder)
            _fleet(work, server, folder)


def _rehearsal(work: Path, folder: Path) -> None:
    """The built-in sample, with a waiver."""
    ran = airproof("rehearse", "--waive", "PIP08=the lab has no OMFlow", cwd=_fresh(work, "rehearsal"))
    _keep(ran.returncode, 0, work / "rehearsal", folder / "accepted-rehearsal.json")


def _rejected(work: Path, url: str, folder: Path) -> None:
    """A live index that lacks a dependency, has no root password, two flows, a target that is not here and a host."""
    site = _fresh(work, "rejected")
    pythons = found_pythons()
    write(site / "exports" / "one.omf", [application("Finance", flow("nightly", FETCH), flow("monthly", PARSE))])
    asked = ("--flow", "exports", "-p", "sheet-report", "-p", "PyYAML")
    airproof("probe", f"{url}/root/local/", *asked, "--out", "probe.py", cwd=site)
    other = pythons[min(pythons, key=lambda label: int(label[3:].partition("-")[0]))]
    answered = ran([other, "probe.py", "--name", "Collector 2", "--collector"], site)
    (site / "facts.json").write_text(answered.stdout, encoding="utf-8")
    done = airproof(
        *("check", f"{url}/root/local/", *asked),
        *("--facts", "facts.json", "--python", sys.executable, "--target", "cp37-win32"),
        cwd=site,
    )
    _keep(done.returncode, 1, site, folder / "rejected-flows-and-hosts.json")


def _fleet(work: Path, server: DevpiServer, folder: Path) -> None:
    """Two hosts: one was red and is green the day after, the other is red on one day."""
    url = f"{server.url}/root/fleet/"
    common = ("check", url, "-p", "sheet-report", "-p", "ssh-runner")
    done = airproof(*common, cwd=_fresh(work, "first"))
    _keep(done.returncode, 1, work / "first", folder / "fleet-server-monday.json", machine="omflow-1")
    server.client.upload("root/fleet", LATER)
    server.client.change_password("root", "something long")
    done = airproof(*common, cwd=_fresh(work, "second"))
    _keep(done.returncode, 0, work / "second", folder / "fleet-server-tuesday.json", machine="omflow-1")
    done = airproof(*common, "-p", "tape-robot", cwd=_fresh(work, "third"))
    _keep(done.returncode, 1, work / "third", folder / "fleet-collector-tuesday.json", machine="omflow-2")


def _fresh(work: Path, name: str) -> Path:
    (work / name / "exports").mkdir(parents=True)
    return work / name


def _keep(code: int, wanted: int, site: Path, to: Path, *, machine: str = "omflow-1") -> None:
    """The record, scrubbed: nothing of the machine that made it."""
    if code != wanted:
        raise SystemExit(f"{to.name}: exit code {code}, wanted {wanted}")
    text = (site / "airproof-report" / "record.json").read_text(encoding="utf-8")
    for change in _changes(machine):
        text = change(text)
    to.write_text(text, encoding="utf-8", newline="\n")
    report = read_report(to)
    facts = list(report.facts.values())
    for fact in [
        *facts,
        *(gathered["host"] for gathered in facts if isinstance(gathered, dict) and "host" in gathered),
    ]:
        if isinstance(fact, dict) and "installed" in fact and "stdlib" in fact:  # this machine's own environment
            fact["installed"] = {"pip": fact["installed"].get("pip", "")}
            fact |= {name: fact[name][:5] for name in ("stdlib", "modules", "tags")}
    to.write_bytes(encode(report))


def _changes(machine: str) -> list[Callable[[str], str]]:
    """From the longest path to the shortest."""
    pythons = sorted(
        {sys.prefix, sys.base_prefix, *(str(Path(python).parents[1]) for python in found_pythons().values())}
    )
    paths = [*sorted(pythons, key=len, reverse=True), tempfile.gettempdir()]
    names = {path: f"/opt/python-{number}" for number, path in enumerate(paths)}
    names |= {tempfile.gettempdir(): "/var/work"}
    address = re.escape(own_address())
    return [
        *(lambda text, path=path, to=to: text.replace(path, to) for path, to in names.items()),
        lambda text: re.sub(rf"(?<![\w.-]){re.escape(socket.gethostname())}(?![\w-])", machine, text),
        lambda text: re.sub(rf"\b{address}:\d+\b", f"{HOST}:{PORT}", text),
        lambda text: re.sub(r'"port": \d+', f'"port": {PORT}', text),
        lambda text: re.sub(rf"\b{address}\b", HOST, text),
        lambda text: re.sub(r"records-\w{8}", "site", text),
    ]


if __name__ == "__main__":
    main(sys.argv[1])
