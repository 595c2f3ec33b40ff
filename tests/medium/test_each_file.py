"""The property of a medium: whichever of its files is altered or lost, that file is named; and so on the index."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.errors import BadInput, CannotLook
from airproof.net.http import Http
from airproof.probes.files.audit import audit_served
from airproof.probes.index.simple import fetch_pages
from airproof.probes.media import probe_arrived, probe_medium
from airproof.site.manifest import NAME, SUMS
from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.stage import fresh_stage
from tests.medium.connected import LINUX, OWN, WINDOWS, Carry, manifest_in


@pytest.fixture
def medium(carry: Carry, tmp_path: Path) -> Path:
    """With tools, for two targets."""
    own = str(OWN.write(tmp_path))
    code = carry("-p", "app", "--target", WINDOWS, "--target", LINUX, "--quiet", "--airproof", own)
    if code:
        raise RuntimeError(f"carry ended with {code}")
    return tmp_path / "medium"


def told(medium: Path) -> set[str]:
    """The files that are said to be absent or changed; without a manifest that can be read, it alone."""
    try:
        found = probe_medium(medium)
    except (BadInput, CannotLook):
        return {NAME}
    return {*found.absent, *found.changed}


def altered(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def test_whatever_happens_to_any_file_of_the_medium_is_told_by_name(medium: Path) -> None:
    """Altered at its start, in its middle and at its end, cut, and gone: each file by itself, lists and scripts too."""
    files = sorted(path for path in medium.rglob("*") if path.is_file())
    missed = []
    for path in files:
        name, raw = path.relative_to(medium).as_posix(), path.read_bytes()
        harms = [altered(raw, at) for at in (0, len(raw) // 2, len(raw) - 1)] + [raw[:-1], b"", None]
        for number, harm in enumerate(harms):
            path.unlink() if harm is None else path.write_bytes(harm)
            found = told(medium)
            others = {NAME: found, SUMS: {NAME}}.get(name, set())  # these two vouch for each other
            missed += [] if name in found and found <= {name, *others} else [(name, number, found)]
            path.write_bytes(raw)

    assert [] == missed
    assert 14 == len(files)
    assert set() == told(medium)


def test_whatever_happens_to_any_file_on_the_index_is_told_by_name(
    medium: Path, airproof_server: DevpiServer, tmp_path: Path
) -> None:
    """Altered or gone on devpi's disk, taken off the index: each file by itself."""
    manifest = manifest_in(tmp_path)
    with fresh_stage(airproof_server) as stage, Http(15) as http:
        stage.upload(medium / "wheels")
        projects = sorted({file.project for file in manifest.payload})
        links = [(page.project, link) for page in fetch_pages(http, stage.url, projects) for link in page.links]

        def audited() -> set[tuple[str, str]]:
            found = audit_served(http, links, tmp_path / "passing", tell=lambda *_: None)
            return {(problem.filename, problem.cause) for problem in found.problems}

        missed: list[tuple[str, str]] = []
        for _, link in links:
            stored = next(airproof_server.serverdir.glob(f"+files/{stage.name}/+f/**/{link.filename}"))
            raw = stored.read_bytes()
            for cause, harm in (("hash-mismatch", altered(raw, len(raw) // 2)), ("file-gone", None)):
                stored.unlink() if harm is None else stored.write_bytes(harm)
                missed += [] if audited() == {(link.filename, cause)} else [(link.filename, cause)]
                stored.write_bytes(raw)
            airproof_server.client.remove(stage.name, link.filename)
            found = probe_arrived(manifest.payload, http, stage.url, is_mirror=False)
            same = ((link.filename,), (), ()) == (found.absent, found.changed, found.extra)
            missed += [] if same else [(link.filename, "not-arrived")]
            stage.upload(medium / "wheels" / link.filename)

        assert ([], 4) == (missed, len(links))
        assert set() == audited()
