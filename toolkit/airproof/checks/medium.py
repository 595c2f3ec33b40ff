"""MED: the medium that is carried in, and whether the index holds it and nothing else."""

from __future__ import annotations

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.diagnosis.gaps import GAPS, findings_of
from airproof.diagnosis.remedies.uploads import release_of
from airproof.errors import CannotLook
from airproof.probes.index.devpi import Server
from airproof.probes.index.simple import NO_ROOTS
from airproof.probes.media import Arrived, Medium, Tools
from airproof.site.manifest import WHEELS


@check("MED01", level="required", causes=("medium-unfinished", "medium-file-absent", "medium-file-changed"))
def check_the_medium_is_as_it_was_filled(medium: Medium | None) -> Seen:
    """Filling it came to its end, and every file of its manifest is there with its bytes."""
    held = _held(medium)
    found = [Finding("medium-unfinished", False, True, (), {"path": held.folder})] if not held.manifest.whole else []
    found += [Finding("medium-file-absent", None, path, (path,), {"file": path}) for path in held.absent]
    found += [Finding("medium-file-changed", path, "its sha256", (path,), {"file": path}) for path in held.changed]
    expect(found)
    if not held.manifest.files:
        raise CannotLook("medium-empty", path=held.folder)
    return seen(files=held.hashed, made=held.manifest.made)


@check("MED02", level="advised", causes=("medium-surplus",))
def check_nothing_is_surplus_on_the_medium(medium: Medium | None) -> Seen:
    """Every file in the medium's folders stands in its manifest."""
    held = _held(medium)
    expect(Finding("medium-surplus", path, None, (path,), {"file": path}) for path in held.surplus)
    return seen(files=len(held.manifest.files))


@check("MED03", level="required", causes=(*GAPS, "medium-script-fails"), requires=("MED01",))
def check_devpi_installs_from_the_medium(tools: Tools | None, medium: Medium | None) -> Seen:
    """The medium holds devpi and airproof for the machine that will serve; on one like it, its script installs them."""
    held = _held(medium)
    server = held.manifest.server
    if tools is None or server is None:
        raise NotApplicable("no-tools")
    expect(findings_of(tools.readings, known=NO_ROOTS, host=server))
    if tools.command and tools.exit_code != 0:
        values = {"command": tools.command, "output": tools.output}
        expect([Finding("medium-script-fails", tools.output, "exit code 0", (), values)])
    return seen(files=len(tools.readings.links), label=server.label, command=tools.command or "-")


@check("MED04", level="required", causes=("not-arrived", "arrived-changed"), requires=("API01", "MAN06"))
def check_everything_arrived(arrived: Arrived | None, medium: Medium | None) -> Seen:
    """The index lists every file of the medium under the manifest's sha256."""
    held = _arrived(arrived)
    wheels = f"{_held(medium).folder}/{WHEELS}"
    found = [Finding("not-arrived", None, path, (path,), {"file": path, "wheels": wheels}) for path in held.absent]
    found += [
        Finding(
            "arrived-changed",
            path,
            "the manifest's sha256",
            (path,),
            {"file": path, "filename": path, "place": f"{wheels}/{path}"},
        )
        for path in held.changed
    ]
    expect(found)
    if held.unhashed:
        raise CannotLook("arrived-unhashed", count=len(held.unhashed), file=held.unhashed[0])
    return seen(files=held.expected)


@check("MED05", level="required", causes=("arrived-extra",), requires=("API01", "MAN06"))
def check_nothing_else_arrived(arrived: Arrived | None, server: Server) -> Seen:
    """The index lists no file that the manifest does not name.

    Raises CannotLook for a mirror, and for an index that does not list its projects.
    """
    held = _arrived(arrived)
    mirrors = ", ".join(server.mirrors)
    if mirrors:
        raise CannotLook("all-of-a-mirror", mirror=mirrors)
    expect(
        Finding("arrived-extra", filename, None, (filename,), {"file": filename, "release": release_of(filename)})
        for filename in held.extra
    )
    if not held.listed:
        raise CannotLook("nothing-listed")
    return seen(projects=held.listed, files=held.expected)


def _held(medium: Medium | None) -> Medium:
    if medium is None:
        raise NotApplicable("no-medium")
    return medium


def _arrived(arrived: Arrived | None) -> Arrived:
    if arrived is None:
        raise NotApplicable("no-medium")
    if arrived.unread:
        raise CannotLook("pages-unread", projects=", ".join(arrived.unread[:5]))
    return arrived
