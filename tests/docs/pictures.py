"""Takes the pictures of docs/operator.md: the reports of a really rejected and a really accepted run, in Chromium.

`nox -s pictures`. A real devpi server on loopback lacks one package; airproof judges it; the package is uploaded, and
it is judged again.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from secrets import token_hex

import msgspec
from playwright.sync_api import Page, sync_playwright

from airproof.record.file import read_report
from airproof.record.report import Report
from airproof.renderers.html.page import render
from airproof.words import LANGS
from pytest_airproof.servers.devpi import DevpiServer
from tests.browser.finding import FLAGS, chromium
from tests.docs.site import BROKEN, PYNACL
from tests.engine.running import airproof

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
WIDTH = 820
ENDS = {"rejected": "section.matrix", "accepted": "section.offline", "signed": None}
"""Picture to the section before which it ends; None: it shows the last two sections."""
EXECUTABLE = "/opt/omflow/python/bin/python3"
MOST = 150_000
"""Bytes of a picture in a repository."""


def judged(url: str, folder: Path, wanted: int) -> Path:
    """The record of a real `airproof check`."""
    folder.mkdir()
    ended = airproof("check", url, "-p", "paramiko", "-p", "psutil", cwd=folder)
    if ended.returncode != wanted:
        raise SystemExit(f"airproof ended with {ended.returncode}, and not with {wanted}: {ended.stdout}{ended.stderr}")
    return folder / "airproof-report" / "record.json"


def shown(report: Report) -> Report:
    """The record without the place of the Python of whoever takes the pictures."""
    hosts = tuple(msgspec.structs.replace(host, executable=EXECUTABLE) for host in report.summary.hosts)
    return msgspec.structs.replace(report, summary=msgspec.structs.replace(report.summary, hosts=hosts))


def take(page: Page, name: str, path: Path) -> None:
    """One part of an opened report."""
    top, bottom = page.evaluate(
        """(end) => {
          const box = (name) => document.querySelector(name).getBoundingClientRect();
          if (end) return [0, box(end).top - 20];
          return [box('section.environment').top - 8, box('section.sign-off').bottom + 16];
        }""",
        ENDS[name],
    )
    page.screenshot(
        path=path, full_page=True, clip={"x": 0, "y": top, "width": WIDTH, "height": bottom - top}, scale="css"
    )
    if path.stat().st_size > MOST:
        raise SystemExit(f"{path.name} is too large: {path.stat().st_size}")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with DevpiServer(folder / "serverdir", rundir=folder / "run", password=token_hex()) as server:
            server.client.create_index("root/local")
            for package in BROKEN:
                server.client.upload("root/local", package)
            url = f"{server.url}/root/local/"
            records = {"rejected": judged(url, folder / "rejected", 1)}
            server.client.upload("root/local", PYNACL)
            records["accepted"] = records["signed"] = judged(url, folder / "accepted", 0)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": WIDTH, "height": 900})
            for name, record in records.items():
                for lang in LANGS:
                    drawn = folder / "report.html"
                    drawn.write_text(render(shown(read_report(record)), lang), encoding="utf-8")
                    page.goto(drawn.as_uri())
                    take(page, name, PICTURES / f"{name}.{lang}.png")
            browser.close()


if __name__ == "__main__":
    main()
