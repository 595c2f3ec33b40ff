"""MAN: the manual's steps 1 to 5, as the rehearsal walked them. Not applicable to a live site."""

from __future__ import annotations

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.diagnosis.room import DISK_FULL, server_disk_full
from airproof.errors import CannotLook
from airproof.probes.transcript import TOOLS, Command, FullDisk, OnlineForm, Packed, Transcript
from airproof.site.site import Kind

BEFORE = ("MED06", "SEC05")
"""Checks of what was carried that have to hold before anything of it is installed or served."""


@check("MAN01", level="required", causes=("tools-incomplete",), only=Kind.REHEARSAL, requires=BEFORE)
def check_the_tools_are_whole(transcript: Transcript) -> Seen:
    """Step 1: devpi-server, devpi-client and pip are installed with everything they need."""
    missing = [name for name in TOOLS if name not in transcript.tools]
    problems = [*missing, *transcript.tool_problems]
    expect(Finding("tools-incomplete", problem, "installed", (), {"problem": problem}) for problem in problems)
    return seen(tools=", ".join(f"{name} {version}" for name, version in transcript.tools.items()))


@check("MAN02", level="required", causes=("devpi-not-installable",), only=Kind.REHEARSAL, requires=("MAN01",))
def check_devpi_installs_from_the_medium(transcript: Transcript) -> Seen:
    """Step 1 without internet: the wheelhouse alone installs devpi, by the mended line; the manual's own line fails."""
    if not transcript.carried:
        raise NotApplicable("devpi-not-carried")
    literal, mended = transcript.named("install-literal"), transcript.named("install-mended")
    if literal is None or mended is None:
        raise CannotLook("not-walked", step="1")
    if not mended.ok:
        expect([_failed("devpi-not-installable", mended)])
    return seen(literal=literal.exit_code, seconds=mended.seconds)


@check("MAN03", level="required", causes=("step-failed", DISK_FULL), only=Kind.REHEARSAL, requires=("MAN01",))
def check_init_makes_a_serverdir(transcript: Transcript) -> Seen:
    """Step 2: `devpi-init` makes the serverdir."""
    return _step(transcript, "init")


@check("MAN04", level="required", causes=("step-failed", DISK_FULL), only=Kind.REHEARSAL, requires=("MAN03",))
def check_the_server_starts_and_answers(transcript: Transcript) -> Seen:
    """Step 3: `devpi-server` comes to answer on its host and port."""
    return _step(transcript, "start")


@check("MAN05", level="required", causes=("step-failed", DISK_FULL), only=Kind.REHEARSAL, requires=("MAN04",))
def check_the_client_makes_the_index(transcript: Transcript) -> Seen:
    """Step 4: use, login, a password for root (lost in the manual), index, use."""
    names = ("use", "login", "password", "login-again", "index", "use-index")
    ran = [transcript.named(name) for name in names]
    failed = [run for run in ran if run is not None and not run.ok]
    if failed and transcript.full is not None:
        expect([full(transcript.full)])
    expect(_failed("step-failed", step) for step in failed)
    if not transcript.password_set or None in ran:
        raise CannotLook("not-walked", step="4")
    return seen(commands=len(ran), seconds=round(sum(run.seconds for run in ran if run), 1))


@check(
    "MAN06",
    level="required",
    causes=("upload-incomplete", "step-failed", DISK_FULL),
    only=Kind.REHEARSAL,
    requires=("MAN05",),
)
def check_everything_was_uploaded(transcript: Transcript) -> Seen:
    """Step 4: every sound package of the folder is in the index. What is wrong with a file of the folder blocks nobody:
    the rest was uploaded without it (MAN10).
    """
    upload = transcript.named("upload-rest") or transcript.named("upload")
    if upload is None:
        raise CannotLook("not-walked", step="4")
    sound = [file for file in transcript.packed if not file.problem]
    lost = tuple(file.filename for file in sound if not file.uploaded)
    if lost and transcript.full is not None:
        expect([full(transcript.full)])
    if lost:
        values = {"count": len(lost), "output": upload.output}
        expect([Finding("upload-incomplete", list(lost), [], lost, values)])
    if not upload.ok and len(sound) == len(transcript.packed):
        expect([_failed("step-failed", upload)])
    return seen(files=len(sound), seconds=upload.seconds)


@check("MAN07", level="required", causes=("restart-lost", DISK_FULL), only=Kind.REHEARSAL, requires=("MAN06",))
def check_a_restart_loses_nothing(transcript: Transcript) -> Seen:
    """The server is stopped, started again, and still lists everything."""
    if transcript.restart is None and transcript.full is not None:
        expect([full(transcript.full)])
    if transcript.restart is None:
        raise CannotLook("not-walked", step="5")
    if transcript.restart.lost:
        expect([Finding("restart-lost", list(transcript.restart.lost), [], transcript.restart.lost)])
    return seen(files=transcript.restart.before, seconds=transcript.restart.seconds)


@check("MAN08", level="required", causes=("online-form-differs",), only=Kind.REHEARSAL, requires=("MAN07", "PIP03"))
def check_the_online_form_serves_the_same(online: OnlineForm | None) -> Seen:
    """Step 5: the online form, a mirror of a second devpi, shows the same files, and pip resolves through it.

    It waits for pip's success through the offline form: an sdist that does not build fails in both.
    """
    if online is None:
        raise CannotLook("not-walked", step="5")
    if online.differing or not online.resolved:
        found = list(online.differing) or online.detail
        expect([Finding("online-form-differs", found, [], online.differing, {"url": online.url})])
    if not online.pip_asked:
        raise NotApplicable("no-interpreter")
    return seen(url=online.url, pages=online.pages)


@check("MAN09", level="advised", causes=("upload-not-a-package",), only=Kind.REHEARSAL, requires=BEFORE)
def check_the_folder_holds_packages_only(transcript: Transcript) -> Seen:
    """Step 4: nothing else lies in the folder; `devpi upload` passes over it without a word."""
    expect(_packed_wrong(file) for file in transcript.packed if file.problem == "not-a-package")
    return seen(files=len(transcript.packed))


@check(
    "MAN10",
    level="required",
    causes=("upload-damaged-wheel", "upload-name-inside-differs"),
    only=Kind.REHEARSAL,
    requires=BEFORE,
)
def check_every_package_of_the_folder_is_sound(transcript: Transcript) -> Seen:
    """Step 4: each package can be read and is what its name says; the manual's own upload stops at the first other."""
    expect(_packed_wrong(file) for file in transcript.packed if file.problem not in ("", "not-a-package"))
    return seen(files=len(transcript.packed))


@check("MAN11", level="advised", causes=("upload-too-large",), only=Kind.REHEARSAL, requires=("MAN01",))
def check_devpi_takes_files_of_that_size(transcript: Transcript) -> Seen:
    """Step 3: the manual's line starts a devpi that takes every file of the folder; a larger one is refused (413)."""
    sound = [file for file in transcript.packed if not file.problem]
    largest = max(sound, key=lambda one: one.size, default=None)
    if transcript.body_raised and largest is not None:
        values = {
            "filename": largest.filename,
            "size": f"{largest.size:,}",
            "limit": f"{transcript.body_limit:,}",
            "option": f"--max-request-body-size={transcript.body_raised}",
        }
        expect([Finding("upload-too-large", largest.size, transcript.body_limit, (largest.filename,), values)])
    return seen(largest=f"{largest.size if largest else 0:,}", limit=f"{transcript.body_limit:,}")


def _packed_wrong(one: Packed) -> Finding:
    values = {"filename": one.filename, "detail": one.detail}
    return Finding(f"upload-{one.problem}", one.detail or one.filename, "a package", (one.filename,), values)


def _step(transcript: Transcript, name: str) -> Seen:
    ran = transcript.named(name)
    if ran is None:
        raise CannotLook("not-walked", step=name)
    if not ran.ok:
        expect([full(transcript.full) if transcript.full is not None else _failed("step-failed", ran)])
    return seen(command=ran.command, seconds=ran.seconds)


def full(disk: FullDisk) -> Finding:
    """The finding of a step that failed for want of room."""
    return server_disk_full(disk.folder, disk.free, disk.needed)


def _failed(cause: str, ran: Command) -> Finding:
    values = {
        "command": ran.command,
        "step": ran.step,
        "code": ran.exit_code if ran.exit_code is not None else "-",
        "output": ran.output,
    }
    return Finding(cause, ran.output, "exit code 0", (), values)
