"""MAN: the manual's steps 1 to 5, as the rehearsal walked them. Not applicable to a live site."""

from __future__ import annotations

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.errors import CannotLook
from airproof.probes.manual import Command, OnlineForm, Transcript
from airproof.site import Kind

TOOLS = ("devpi-server", "devpi-client", "pip")


@check("MAN01", level="required", causes=("tools-incomplete",), only=Kind.REHEARSAL)
def check_the_tools_are_whole(transcript: Transcript) -> Seen:
    """Step 1: devpi-server, devpi-client and pip are installed with everything they need."""
    missing = [name for name in TOOLS if name not in transcript.tools]
    problems = [*missing, *transcript.tool_problems]
    expect(Finding("tools-incomplete", one, "installed", (), {"problem": one}) for one in problems)
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


@check("MAN03", level="required", causes=("step-failed",), only=Kind.REHEARSAL, requires=("MAN01",))
def check_init_makes_a_serverdir(transcript: Transcript) -> Seen:
    """Step 2: `devpi-init` makes the serverdir."""
    return _step(transcript, "init")


@check("MAN04", level="required", causes=("step-failed",), only=Kind.REHEARSAL, requires=("MAN03",))
def check_the_server_starts_and_answers(transcript: Transcript) -> Seen:
    """Step 3: `devpi-server` comes to answer on its host and port."""
    return _step(transcript, "start")


@check("MAN05", level="required", causes=("step-failed",), only=Kind.REHEARSAL, requires=("MAN04",))
def check_the_client_makes_the_index(transcript: Transcript) -> Seen:
    """Step 4: use, login, a password for root (lost in the manual), index, use."""
    names = ("use", "login", "password", "login-again", "index", "use-index")
    ran = [transcript.named(name) for name in names]
    expect(_failed("step-failed", one) for one in ran if one is not None and not one.ok)
    if not transcript.password_set or None in ran:
        raise CannotLook("not-walked", step="4")
    return seen(commands=len(ran), seconds=round(sum(one.seconds for one in ran if one), 1))


@check(
    "MAN06",
    level="required",
    causes=(
        "upload-damaged-wheel",
        "upload-name-inside-differs",
        "upload-not-a-package",
        "upload-incomplete",
        "step-failed",
    ),
    only=Kind.REHEARSAL,
    requires=("MAN05",),
)
def check_everything_was_uploaded(transcript: Transcript) -> Seen:
    """Step 4: what the folder holds is what the index holds; devpi skips files without a word, and stops at the first
    bad one.
    """
    upload = transcript.named("upload")
    if upload is None:
        raise CannotLook("not-walked", step="4")
    bad = [one for one in transcript.packed if one.problem]
    lost = [one for one in transcript.packed if not one.uploaded and not one.problem]
    findings = [
        Finding(
            f"upload-{one.problem}",
            one.detail or one.filename,
            "a package",
            (one.filename,),
            {"filename": one.filename, "detail": one.detail},
        )
        for one in bad
    ]
    if lost and not bad:
        names = tuple(one.filename for one in lost)
        findings.append(
            Finding("upload-incomplete", list(names), [], names, {"count": len(names), "output": upload.output})
        )
    elif not upload.ok and not bad:
        findings.append(_failed("step-failed", upload))
    expect(findings)
    return seen(files=len(transcript.packed), seconds=upload.seconds)


@check("MAN07", level="required", causes=("restart-lost",), only=Kind.REHEARSAL, requires=("MAN06",))
def check_a_restart_loses_nothing(transcript: Transcript) -> Seen:
    """The server is stopped, started again, and still lists everything."""
    if transcript.restart is None:
        raise CannotLook("not-walked", step="5")
    if transcript.restart.lost:
        expect([Finding("restart-lost", list(transcript.restart.lost), [], transcript.restart.lost)])
    return seen(files=transcript.restart.before, seconds=transcript.restart.seconds)


@check("MAN08", level="required", causes=("online-form-differs",), only=Kind.REHEARSAL, requires=("MAN07", "PIP02"))
def check_the_online_form_serves_the_same(online: OnlineForm | None) -> Seen:
    """Step 5: the online form, a mirror of a second devpi, shows the same files, and pip resolves through it."""
    if online is None:
        raise CannotLook("not-walked", step="5")
    if online.differing or not online.resolved:
        found = list(online.differing) or online.detail
        expect([Finding("online-form-differs", found, [], online.differing, {"url": online.url})])
    return seen(url=online.url, pages=online.pages)


def _step(transcript: Transcript, name: str) -> Seen:
    ran = transcript.named(name)
    if ran is None:
        raise CannotLook("not-walked", step=name)
    if not ran.ok:
        expect([_failed("step-failed", ran)])
    return seen(command=ran.command, seconds=ran.seconds)


def _failed(cause: str, ran: Command) -> Finding:
    values = {
        "command": ran.command,
        "step": ran.step,
        "code": ran.exit_code if ran.exit_code is not None else "-",
        "output": ran.output,
    }
    return Finding(cause, ran.output, "exit code 0", (), values)
