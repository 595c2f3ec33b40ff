"""The deep audit, over HTTP and in a folder that lies as devpi's does."""

from __future__ import annotations

import hashlib
from pathlib import Path

from airproof.net.http import Http
from airproof.probes.files.audit import Audit, audit_served, audit_stored
from airproof.probes.files.problems import stored_path
from airproof.probes.index.simple import Link
from pytest_airproof.packages import Package, Sdist, Wheel
from pytest_airproof.packages.wheels import zipped
from tests.probes.indexserver import StaticIndex

GOOD = Wheel("good")
SOURCE = Sdist("source")


class Bytes:
    """A file of any bytes under any name."""

    def __init__(self, filename: str, content: bytes) -> None:
        self.filename, self._content = filename, content

    def content(self) -> bytes:
        return self._content

    def write(self, folder: Path) -> Path:
        raise NotImplementedError


def untrue_record() -> Bytes:
    """A module was changed after RECORD was written."""
    wheel = Wheel("record")
    members = wheel.members() | {"record.py": b"changed = True\n"}
    return Bytes(wheel.filename, zipped(members))


def retagged() -> Bytes:
    """Renamed for a platform that it was not made for."""
    return Bytes("tagged-1.0-cp37-cp37m-win32.whl", Wheel("tagged").content())


def audited(packages: list[Package], folder: Path, *, published: dict[str, bytes] | None = None) -> Audit:
    """Over HTTP; `published`: the bytes whose hash the page shows, where they are not those that are served."""
    with StaticIndex({"any": packages}) as server, Http(10) as http:
        links = []
        for package in packages:
            shown = (published or {}).get(package.filename, package.content())
            digest = hashlib.sha256(shown).hexdigest()
            links.append(("any", Link(package.filename, server.file(package.filename), {"sha256": digest})))
        links += [("any", Link(name, server.file(name))) for name in (published or {}) if name.startswith("lost")]
        return audit_served(http, links, folder / "files", tell=lambda *_: None)


def causes(audit: Audit) -> dict[str, str]:
    return {problem.filename: problem.cause for problem in audit.problems}


def test_sound_files_are_counted_and_nothing_is_left(tmp_path: Path) -> None:
    """Every byte is read, and none stays on the disk."""
    audit = audited([GOOD, SOURCE], tmp_path)

    assert ({}, 2, 0) == (causes(audit), audit.files, audit.troubled)
    assert len(GOOD.content()) + len(SOURCE.content()) == audit.bytes
    assert [] == list((tmp_path / "files").iterdir())


def test_each_kind_of_damage_is_named(tmp_path: Path) -> None:
    """Another file of the same size, one that is gone, an untrue RECORD, another name or tag inside, half a file."""
    swapped = Bytes("swapped-1.0-py3-none-any.whl", b"x" * 100)
    half = Bytes("half-1.0-py3-none-any.whl", Wheel("half").content()[:200])
    renamed = Bytes("renamed-1.0-py3-none-any.whl", Wheel("other").content())
    packages: list[Package] = [GOOD, swapped, half, renamed, untrue_record(), retagged()]

    audit = audited(packages, tmp_path, published={swapped.filename: b"y" * 100, "lost-1.0-py3-none-any.whl": b""})

    assert {
        swapped.filename: "hash-mismatch",
        "lost-1.0-py3-none-any.whl": "file-gone",
        half.filename: "damaged-wheel",
        renamed.filename: "name-inside-differs",
        "record-1.0-py3-none-any.whl": "record-untrue",
        "tagged-1.0-cp37-cp37m-win32.whl": "tags-differ",
    } == causes(audit)
    assert (7, 6) == (audit.files, audit.troubled)


def stored(serverdir: Path, package: Package) -> Link:
    """Puts a file where devpi would, and returns the link that its page would show."""
    digest = hashlib.sha256(package.content()).hexdigest()
    link = Link(
        package.filename,
        f"http://127.0.0.1:3141/root/local/+f/{digest[:3]}/{digest[3:16]}/{package.filename}",
        {"sha256": digest},
    )
    path = stored_path(serverdir, link)
    if path is None:
        raise ValueError(link.url)
    path.parent.mkdir(parents=True)
    path.write_bytes(package.content())
    return link


def test_devpis_own_folder_is_read(tmp_path: Path) -> None:
    """Without the server: what was changed, what is gone, and what lies there unlisted, each by name."""
    good, changed, gone, unasked = (stored(tmp_path, Wheel(name)) for name in ("good", "changed", "gone", "unasked"))
    for link, content in ((changed, b"x"), (gone, None)):
        path = stored_path(tmp_path, link)
        assert path is not None
        path.unlink() if content is None else path.write_bytes(content)
    (tmp_path / "+files" / "root" / "local" / "+f" / "half-tmp").write_bytes(b"half")

    asked, listed = [("any", file) for file in (good, changed, gone)], [good, changed, gone, unasked]
    audit = audit_stored(tmp_path, "root/local", asked, listed=listed, tell=lambda *_: None)

    assert {changed.filename: "hash-mismatch", gone.filename: "file-gone"} == causes(audit)
    assert ("+files/root/local/+f/half-tmp",) == audit.stray
    assert ((4,), 1, 4) == (audit.stray_sizes, audit.stray_files, audit.stray_bytes)
    assert max(path.stat().st_size for path in tmp_path.rglob("good*.whl")) <= audit.largest


def test_documentation_and_results_of_tests_are_not_stray(tmp_path: Path) -> None:
    """devpi keeps both beside the packages, and no page for pip lists them."""
    link = stored(tmp_path, Wheel("good"))
    path = stored_path(tmp_path, link)
    assert path is not None
    path.with_name(f"{path.name}.toxresult-20260131080000-0").write_bytes(b"{}")
    path.with_name("good-1.0.doc.zip").write_bytes(b"zip")

    audit = audit_stored(tmp_path, "root/local", [("good", link)], listed=[link], tell=lambda *_: None)

    assert () == audit.stray


def test_a_link_cannot_lead_out_of_the_serverdir(tmp_path: Path) -> None:
    """A page that names `..` names no stored file."""
    link = Link("a-1.0-py3-none-any.whl", "http://index/root/local/+f/../../../../etc/a-1.0-py3-none-any.whl")

    assert None is stored_path(tmp_path, link)
