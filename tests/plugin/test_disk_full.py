"""A server whose disk is full is told as that, by a rehearsal and by `check --serverdir`."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import threading
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from airproof.check import Failed, NotApplicable
from airproof.checks.files import check_nothing_half_uploaded_lies_about
from airproof.checks.reach import check_the_port_answers
from airproof.checks.server import check_the_serverdir_has_room
from airproof.checks.simple import check_the_url_is_an_index
from airproof.errors import CannotLook
from airproof.net.http import Http
from airproof.probes.files.audit import Audit
from airproof.probes.index.devpi import NOWHERE, Index
from airproof.probes.index.forms import Forms
from airproof.probes.index.simple import NO_ROOTS, Page
from airproof.probes.media import Medium
from airproof.probes.reaching.reach import probe_reach
from airproof.site.manifest import CarriedFile, Manifest
from airproof.site.site import Site
from pytest_airproof.packages import Wheel
from pytest_airproof.servers.faulty import closed_port

URL = "http://index:3141/root/local/"
SCRIPT = """
set -eu
mkdir disk
mount -t tmpfs -o size={size} none disk
exec {python} -m airproof rehearse wheels --keep disk/kept -p small --no-import --report-dir report --quiet --lang en
"""


def namespace() -> list[str]:
    """The words before a command that may mount a file system of its own; skips where nobody may."""
    unshare = shutil.which("unshare")
    alone = [unshare or "unshare", "--user", "--map-root-user", "--mount"]
    if unshare is None or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a file system in a namespace of one's own")
    return alone


def failed_in(report: Path) -> dict[str, list[str]]:
    """The causes of each check that found something."""
    checks = msgspec.json.decode((report / "record.json").read_bytes())["checks"]
    return {
        check["id"]: [finding["cause"] for finding in check["findings"]] for check in checks if check.get("findings")
    }


@pytest.mark.parametrize(("size", "code"), [("4m", 2), ("9m", 1)], ids=["as-it-is-copied", "as-it-is-uploaded"])
@pytest.mark.thorough
def test_a_rehearsal_on_a_full_disk_says_so(tmp_path: Path, size: str, code: int) -> None:
    """devpi answers the upload with 500 and nothing else; the reason stands in its log."""
    alone = namespace()
    Wheel("small").write(tmp_path / "wheels")
    Wheel("big", files={"big/data.bin": os.urandom(6_000_000)}).write(tmp_path / "wheels")

    script = SCRIPT.replace("{python}", shlex.quote(sys.executable)).replace("{size}", size)
    ran = subprocess.run(
        [*alone, "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )

    assert code == ran.returncode, ran.stderr
    if code == 2:
        assert "No space left on device" in ran.stderr
        return
    assert ["server-disk-full"] == failed_in(tmp_path / "report")["MAN06"]


CHECK = """
set -eu
mkdir disk
mount -t tmpfs -o size=2m none disk
mkdir disk/serverdir disk/serverdir/+files
exec {python} -m airproof check {url} -p small --serverdir disk/serverdir --no-import --report-dir report --lang en
"""


class Failing(BaseHTTPRequestHandler):
    """A server that answers every page with an error of its own."""

    def do_GET(self) -> None:
        self.send_error(500)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.mark.thorough
def test_a_server_that_answers_500_with_a_full_disk_is_told_by_the_disk(tmp_path: Path) -> None:
    """A named serverdir tells it by its disk; no log has to be read."""
    alone = namespace()
    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/root/local/+simple/"
        script = CHECK.replace("{python}", shlex.quote(sys.executable)).replace("{url}", url)
        ran = subprocess.run(
            [*alone, "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
        )
        server.shutdown()

    assert 1 == ran.returncode, ran.stderr
    assert ["server-disk-full"] == failed_in(tmp_path / "report")["API01"]


@pytest.mark.parametrize(
    ("status", "free", "causes"),
    [(500, 4096, ["server-disk-full"]), (500, 1 << 40, ["server-error"]), (404, 4096, ["wrong-index"])],
)
def test_only_an_error_of_the_server_is_laid_to_its_disk(status: int, free: int, causes: list[str]) -> None:
    """A full disk explains no other answer."""
    root = msgspec.structs.replace(NO_ROOTS.configured, url=f"{URL}+simple/", status=status)
    roots = msgspec.structs.replace(NO_ROOTS, configured=root, devpi="6.20")

    with pytest.raises(Failed) as caught:
        check_the_url_is_an_index(
            roots, Forms(URL, (), "", None), msgspec.structs.replace(NOWHERE, free=free), Site(URL, serverdir="/srv")
        )

    assert causes == [finding.cause for finding in caught.value.findings]


@pytest.mark.parametrize(("status", "free", "ok"), [(500, 4096, False), (500, 1 << 40, True), (404, 4096, True)])
def test_the_error_of_a_single_page_is_laid_to_the_disk(status: int, free: int, ok: bool) -> None:
    """devpi serves most of what it has from a full disk, and fails only where it has to write."""
    root = msgspec.structs.replace(NO_ROOTS.configured, url=URL, status=200, is_index=True, projects=2)
    roots = msgspec.structs.replace(NO_ROOTS, configured=root, devpi="6.20")
    pages = tuple(Page(name, f"{URL}{name}/", answer, None, 0.1) for name, answer in (("good", 200), ("bad", status)))
    server = msgspec.structs.replace(NOWHERE, free=free)

    with nullcontext() if ok else pytest.raises(Failed, match="server-disk-full"):
        check_the_url_is_an_index(roots, Forms(URL, pages, "", None), server, Site(URL, serverdir="/srv"))


@pytest.mark.parametrize(("free", "cause"), [(4096, "server-disk-full"), (1 << 40, "refused"), (None, "refused")])
def test_a_server_that_is_down_is_told_by_its_disk(free: int | None, cause: str, tmp_path: Path) -> None:
    """A devpi whose disk is full ends, and does not start again; nobody can know that of a server elsewhere."""
    url = f"http://127.0.0.1:{closed_port()}/root/local/"
    serverdir = None if free is None else str(tmp_path)
    with Http(5.0) as http:
        reach = probe_reach(Site(url, serverdir=serverdir), http)
    assert (reach.free is None) is (free is None)

    with pytest.raises(Failed) as caught:
        check_the_port_answers(msgspec.structs.replace(reach, free=free), Site(url, serverdir=serverdir))

    assert [cause] == [finding.cause for finding in caught.value.findings]


def test_the_disk_of_a_serverdir_that_is_full_is_advised() -> None:
    """The server still serves its files, so nobody is refused: the next upload fails."""
    audit, server = Audit(1, 1, (), 0, stray=()), msgspec.structs.replace(NOWHERE, free=4096)

    with pytest.raises(Failed) as caught:
        check_nothing_half_uploaded_lies_about(audit, server, Site("", serverdir="/srv/devpi"))

    assert ["server-disk-full"] == [finding.cause for finding in caught.value.findings]


DEVPI = msgspec.structs.replace(NOWHERE, version="6.20", index="root/local", indexes=(Index("root/local", "stage"),))


@pytest.mark.parametrize(
    ("free", "largest", "carried", "cause"),
    [
        (4096, 0, 0, "server-disk-full"),
        (100 << 20, 0, 0, "server-disk-low"),
        (600 << 20, 400 << 20, 0, "server-disk-low"),
        (600 << 20, 0, 700 << 20, "server-disk-low"),
        (900 << 20, 400 << 20, 700 << 20, ""),
    ],
)
def test_the_room_that_is_wanted_grows_with_what_is_carried(free: int, largest: int, carried: int, cause: str) -> None:
    """512 MB, twice the largest file, or as much as the medium brought: the largest of the three."""
    server = msgspec.structs.replace(DEVPI, free=free)
    audit = Audit(1, largest, (), 0, stray=(), largest=largest)
    medium = medium_of(carried) if carried else None

    with nullcontext() if not cause else pytest.raises(Failed, match=cause):
        check_the_serverdir_has_room(server, audit, medium, Site("", serverdir="/srv/devpi"))


def medium_of(size: int) -> Medium:
    """A medium that brought one file of that size."""
    file = CarriedFile("wheels/big-1.0-py3-none-any.whl", "big", "1.0", size, "0" * 64, {})
    manifest = Manifest("airproof.medium/1", "0.1.0", "", True, (), None, (), (file,))
    return Medium("MEDIUM", manifest, (), (), (), 1)


def test_a_disk_that_cannot_be_seen_is_no_pass() -> None:
    """Without --serverdir the check does not apply; if the system does not say what is free, nothing was seen."""
    with pytest.raises(NotApplicable):
        check_the_serverdir_has_room(DEVPI, None, None, Site(""))
    with pytest.raises(CannotLook):
        check_the_serverdir_has_room(DEVPI, None, None, Site("", serverdir="/srv/devpi"))
