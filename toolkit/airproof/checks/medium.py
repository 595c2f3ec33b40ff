"""MED: the medium that is carried in, and whether the index holds it and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.diagnosis.gaps.causes import GAPS
from airproof.diagnosis.gaps.findings import findings_of
from airproof.diagnosis.remedies.uploads import release_of
from airproof.errors import CannotLook
from airproof.probes.index.devpi import Server
from airproof.probes.index.simple import NO_ROOTS
from airproof.probes.media import Arrived, Medium, SignedMedium, Tools, Vouched
from airproof.site.manifest import SIGNATURE, SUMS, WHEELS


@check("MED01", level="required", causes=("medium-unfinished", "medium-file-absent", "medium-file-changed"))
def check_the_medium_is_as_it_was_filled(medium: Medium | None) -> Seen:
    """Filling it came to its end, and every file of its manifest is there with its bytes."""
    each = _held(medium).each
    found = [
        Finding("medium-unfinished", False, True, (), {"path": held.folder}) for held in each if not held.manifest.whole
    ]
    for held in each:
        absent, changed = (_named(paths, held, each) for paths in (held.absent, held.changed))
        found += [Finding("medium-file-absent", None, path, (path,), {"file": path}) for path in absent]
        found += [Finding("medium-file-changed", path, "its sha256", (path,), {"file": path}) for path in changed]
    expect(found)
    empty = [held.folder for held in each if not held.manifest.files]
    if empty:
        raise CannotLook("medium-empty", path=empty[0])
    return seen(files=sum(held.hashed for held in each), made=each[-1].manifest.made)


@check("MED02", level="advised", causes=("medium-surplus",))
def check_nothing_is_surplus_on_the_medium(medium: Medium | None) -> Seen:
    """Every file in the medium's folders stands in its manifest."""
    each = _held(medium).each
    expect(
        Finding("medium-surplus", path, None, (path,), {"file": path})
        for held in each
        for path in _named(held.surplus, held, each)
    )
    return seen(files=sum(len(held.manifest.files) for held in each))


@check("MED03", level="required", causes=(*GAPS, "medium-script-fails"), requires=("MED01", "MED06"))
def check_devpi_installs_from_the_medium(tools: tuple[Tools, ...], medium: Medium | None) -> Seen:
    """The medium holds devpi and airproof for the machine that will serve; on one like it, its script installs them."""
    servers = [held.manifest.server for held in _held(medium).each if held.manifest.server is not None]
    if not tools:
        raise NotApplicable("no-tools")
    for carried, server in zip(tools, servers, strict=True):
        expect(findings_of(carried.readings, known=NO_ROOTS, host=server))
        if carried.command and carried.exit_code != 0:
            values = {"command": carried.command, "output": carried.output}
            expect([Finding("medium-script-fails", carried.output, "exit code 0", (), values)])
    labels = ", ".join(dict.fromkeys(server.label for server in servers))
    files = sum(len(carried.readings.links) for carried in tools)
    return seen(files=files, label=labels, command=tools[0].command or "-")


@check("MED04", level="required", causes=("not-arrived", "arrived-changed"), requires=("API01", "MAN06"))
def check_everything_arrived(arrived: Arrived | None, medium: Medium | None) -> Seen:
    """The index lists every file of the medium under the manifest's sha256."""
    held, media = _arrived(arrived), _held(medium)
    wheels = {path: f"{media.folder_of(path)}/{WHEELS}" for path in (*held.absent, *held.changed)}
    found = [
        Finding("not-arrived", None, path, (path,), {"file": path, "wheels": wheels[path]}) for path in held.absent
    ]
    found += [
        Finding(
            "arrived-changed",
            path,
            "the manifest's sha256",
            (path,),
            {"file": path, "filename": path, "place": f"{wheels[path]}/{path}"},
        )
        for path in held.changed
    ]
    expect(found)
    if held.unhashed:
        raise CannotLook("arrived-unhashed", count=len(held.unhashed), file=held.unhashed[0])
    return seen(files=held.expected)


@check("MED05", level="required", causes=("arrived-extra",), requires=("API01", "MAN06"))
def check_nothing_else_arrived(arrived: Arrived | None, server: Server) -> Seen:
    """The index lists no file that no manifest of the named media names.

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


@check(
    "MED06",
    level="required",
    causes=("medium-unsigned", "medium-signature-wrong", "medium-signer-not-allowed", "medium-not-as-signed"),
    waivable=False,
)
def check_an_allowed_signer_vouches_for_the_medium(medium: Medium | None, vouched: Vouched | None) -> Seen:
    """An allowed signer has signed the sums of the medium, and all that lies on it is in those sums, byte by byte.

    Nobody who asks for it by `--signers` waives it: nothing of the medium is run before it holds. Without signers a
    signature that is not of these sums fails, and any other one is told.
    """
    each = _held(medium).each
    if vouched is None:
        raise RuntimeError("a medium is judged with its signature")
    expect(finding for held in vouched.media for finding in _signed_wrong(held, asked=vouched.signers is not None))
    first = vouched.media[0].signature
    if vouched.signers is None:
        if first.state == "unsigned":
            raise NotApplicable("no-signature")
        if first.state == "unjudged":
            raise NotApplicable("signature-unjudged", fingerprint=first.fingerprint, reason=first.reason)
        raise NotApplicable("no-signers", fingerprint=first.fingerprint)
    expect(
        Finding("medium-not-as-signed", path, "as it was signed", (path,), {"file": path, "signer": first.signer})
        for held in each
        for path in _named(held.astray, held, each)
    )
    signers = ", ".join(dict.fromkeys(held.signature.signer for held in vouched.media))
    keys = ", ".join(dict.fromkeys(held.signature.fingerprint for held in vouched.media))
    return seen(signer=signers, fingerprint=keys, files=sum(held.hashed for held in each))


def _signed_wrong(held: SignedMedium, *, asked: bool) -> Iterator[Finding]:
    """Yield why the signature of a medium does not count; `asked`: the user has named those who may sign."""
    signature, place = held.signature, f"{held.folder}/{SIGNATURE}"
    about = {"path": held.folder, "fingerprint": signature.fingerprint or "-", "reason": signature.reason}
    if signature.state == "wrong":
        values = about | {"file": place, "sums": SUMS}
        yield Finding("medium-signature-wrong", signature.reason, "a signature of these sums", (), values)
    elif asked and signature.state == "unsigned":
        yield Finding("medium-unsigned", None, SIGNATURE, (), {"path": held.folder, "file": SIGNATURE})
    elif asked and signature.state == "not-allowed":
        yield Finding("medium-signer-not-allowed", signature.fingerprint, "an allowed signer", (), about)


def _held(medium: Medium | None) -> Medium:
    if medium is None:
        raise NotApplicable("no-medium")
    return medium


def _named(paths: Iterable[str], held: Medium, each: Sequence[Medium]) -> list[str]:
    """Return paths on a medium, behind its folder where there are several media."""
    return [f"{held.folder}/{path}" for path in paths] if len(each) > 1 else list(paths)


def _arrived(arrived: Arrived | None) -> Arrived:
    if arrived is None:
        raise NotApplicable("no-medium")
    if arrived.unread:
        raise CannotLook("pages-unread", projects=", ".join(arrived.unread[:5]))
    return arrived
