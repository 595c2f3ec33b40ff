"""PIP: pip itself, hermetic and guarded, through the very URL that OMFlow is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.check import PIP_STARTED, Finding, NotApplicable, Seen, check, expect, seen
from airproof.diagnosis.advice import NOT_PROVIDED, extras_not_provided
from airproof.diagnosis.gaps.causes import GAPS
from airproof.diagnosis.gaps.findings import findings_of, hold_judged
from airproof.diagnosis.imports import needed_imports, needs_omflow, seen_to_work
from airproof.diagnosis.refused import REFUSED_TEXTS, files_not_read, options_refused, texts_refused
from airproof.diagnosis.remedies.uploads import release_of
from airproof.diagnosis.room import has_no_room, no_room
from airproof.errors import CannotLook
from airproof.probes.closure.applying import Applying
from airproof.probes.closure.readings import Readings
from airproof.probes.index.forms import Forms
from airproof.probes.index.login import Account
from airproof.probes.index.simple import Page, Roots
from airproof.probes.installs.builds import Builds
from airproof.probes.installs.openends import Walks
from airproof.probes.interpreters.host import Host
from airproof.probes.omflow.providers import Provided
from airproof.probes.pip.facts import Canary, PipFacts, PipRun, Usage, decisive, left_out
from airproof.probes.pip.importing import TriedImport
from airproof.probes.pip.template import parse_template, patience_of
from airproof.probes.reaching.trust import Trust
from airproof.site.hosts import Interpreter
from airproof.site.requirements import leads_away
from airproof.site.site import Kind, Site


@check(
    "PIP01",
    level="required",
    causes=("host-not-trusted", "certificate-unknown-to-pip"),
    requires=("API01", "HOST01"),
)
def check_pip_trusts_the_host(trust: Trust, site: Site, host: Host) -> Seen:
    """pip talks to the host: https with a certificate that it knows, loopback, or --trusted-host."""
    if trust.needed and not trust.given and trust.certificate:
        unknown = {"host": trust.host, "user": host.user, "detail": trust.detail, "pip": host.pip or "-"}
        expect([Finding("certificate-unknown-to-pip", trust.detail, "a certificate that pip knows", (), unknown)])
    if trust.needed and not trust.given:
        values = {"host": _host_to_trust(trust, site), "command": site.pip_command}
        expect([Finding("host-not-trusted", site.pip_command, f"--trusted-host {trust.host}", (), values)])
    return seen(url=site.index.shown, needed=trust.needed, given=trust.given)


@check("PIP02", level="required", causes=GAPS, requires=("PIP01", "PIP07", "API03", "API07", "SRV06", "MAN06"))
def check_every_requirement_resolves(
    readings: Readings, roots: Roots, host: Host, provided: Provided, applying: Applying
) -> Seen:
    """The index holds every requirement and all that it needs, in files that this interpreter can use.

    Raises CannotLook for requirements that nobody judged: their markers exclude every host and target.
    """
    expect(findings_of(readings, known=roots, host=host, provided=provided))
    hold_judged(readings, applying)
    return seen(
        requirements=sum(len(group.requirements) for group in readings.groups),
        files=len(readings.links),
        pip=readings.pip,
        label=readings.label,
    )


@check(
    "PIP03",
    level="required",
    causes=(
        *("pip-check", "sdist-build-failed", "install-too-slow", "disk-nearly-full", "unexplained", "host-pip-fails"),
        "page-slower-than-pip",
    ),
    requires=("PIP02", "PIP05", "FIL01", "FIL02", "HOST04", "HOST07"),
)
def check_everything_installs(
    pip: PipFacts, readings: Readings, host: Host, builds: Builds, forms: Forms, asked: Site
) -> Seen:
    """pip installs it into an empty environment, and `pip check` finds nothing missing there.

    On another host pip was only asked to resolve, from wheels. Raises CannotLook where an sdist would have to be built
    there, and where pip ended well, what was asked for is not there, and the files are what they say.
    """
    findings = []
    patience = patience_of(parse_template(asked.pip_command), host)
    sdists = {
        group.group: [
            pin.link.filename
            for pin in (*group.reading.pins, *group.reading.prepared)
            if not pin.link.filename.endswith(".whl")
        ]
        for group in readings.groups
    }
    if pip.carried:
        _judge_carried(pip, sdists, host)
        raise NotApplicable("carried")
    for run in pip.runs:
        values = {
            "groups": ", ".join(run.groups),
            "pip": pip.pip,
            "label": pip.label,
            "seconds": run.ran.seconds,
            "said": decisive(run.ran.stderr),
        }
        broken = [failed for group in run.groups for failed in builds.failed_of(sdists.get(group, []))]
        if run.ran.exit_code is None:
            findings.append(Finding("install-too-slow", run.ran.seconds, "an end", run.requirements, values))
        elif not run.ok and broken:
            for listed in broken:  # each has a command of its own
                file = {"filename": listed.filename, "project": listed.project, "release": release_of(listed.filename)}
                said = _tail(listed.said)
                findings.append(Finding("sdist-build-failed", said, "exit code 0", run.requirements, values | file))
        elif not run.ok and has_no_room(run.free):
            findings.append(no_room(pip.label, run, host))
        elif not run.ok and (slow := slowest(forms, run, patience)) is not None:
            late = {"project": slow.project, "took": slow.seconds, "patience": f"{patience:g}"}
            findings.append(
                Finding("page-slower-than-pip", slow.seconds, f"under {patience:g} s", (slow.project,), values | late)
            )
        elif not run.ok:
            findings.append(Finding("unexplained", _tail(run.ran.stderr), "exit code 0", run.requirements, values))
        elif missing := left_out(run, host.markers):
            there = ", ".join(dist.name for dist in run.installed) or "-"
            raise CannotLook("not-there-afterwards", label=pip.label, missing=", ".join(missing), found=there)
        elif run.check_problems:
            findings.append(Finding("pip-check", list(run.check_problems), [], run.requirements, values))
    expect(findings)
    return seen(
        distributions=len({dist.name for run in pip.runs for dist in run.installed}), pip=pip.pip, label=pip.label
    )


@check("PIP04", level="required", causes=("import-fails",), requires=("PIP03",))
def check_what_was_asked_for_imports(pip: PipFacts, host_site: Site, walks: Walks | None) -> Seen:
    """The modules that flows import, and each requested distribution's main module, import, each in its own process.

    In the open edition a module that works where OMFlow's flow was played is left out: it may need what OMFlow's
    interpreter has. Raises CannotLook where a flow's package imports only inside a running OMFlow.
    """
    _here_only(pip.carried)
    tried = [imported for run in pip.runs for imported in run.imports]
    needed = [
        tried for tried in needed_imports(pip, host_site) if tried.ok or not seen_to_work(tried, host_site, walks)
    ]
    inside = [module for module in needed if needs_omflow(module, host_site)]
    expect(_import_fails("import-fails", module) for module in needed if not (module.ok or module in inside))
    for module in inside:
        raise CannotLook("import-in-omflow", item=module.project, line=f"import {module.module}", label=pip.label)
    return seen(modules=len(needed), tried=len(tried), label=pip.label)


@check("PIP11", level="advised", causes=("side-module-fails",), requires=("PIP03",))
def check_every_other_module_imports(pip: PipFacts, host_site: Site) -> Seen:
    """Further modules of the requested distributions import too; one that does not may want an optional dependency."""
    _here_only(pip.carried)
    needed = needed_imports(pip, host_site)
    others = [
        imported
        for run in pip.runs
        for imported in run.imports
        if not (imported in needed or needs_omflow(imported, host_site))
    ]
    expect(_import_fails("side-module-fails", other) for other in others if not other.ok)
    return seen(modules=len(others), label=pip.label)


@check(
    "PIP05",
    level="required",
    causes=("elsewhere-contacted", "guard-replaced"),
    requires=("PIP06", "API03"),
    waivable=False,
)
def check_nothing_else_was_contacted(pip: PipFacts, site: Site) -> Seen:
    """pip, what it builds and what it imports tried no other destination, even if pip ends well.

    Raises CannotLook where a process ran without the guard: what it did is not known.
    """
    _here_only(pip.carried)
    runs = [*pip.runs, *([pip.whole] if pip.whole else [])]
    tried: dict[str, list[tuple[str, PipRun]]] = {}
    for run in runs:
        for attempt in run.refused:
            tried.setdefault(attempt.destination, []).append((attempt.process, run))
    findings = []
    for destination, attempts in tried.items():
        asked = dict.fromkeys(requirement for _, run in attempts for requirement in run.requirements)
        built = dict.fromkeys(release for _, run in attempts for release in _built(run))
        suspects = tuple(built or asked)
        values = {
            "destination": destination,
            "times": len(attempts),
            "process": attempts[0][0],
            "netloc": site.index.netloc,
            "asked": ", ".join(asked),
            "release": suspects[0] if len(suspects) == 1 else "",
        }
        findings.append(Finding("elsewhere-contacted", destination, site.index.netloc, tuple(asked), values))
    findings += [
        Finding("guard-replaced", run.flaws.altered[0], None, run.requirements, {"file": run.flaws.altered[0]})
        for run in runs
        if run.flaws.altered
    ]
    expect(findings)
    unseen = [name for run in runs for name in (*run.flaws.silent, *run.flaws.earlier)]
    if unseen:
        raise CannotLook("guard-lost", label=pip.label, names=", ".join(dict.fromkeys(unseen)))
    return seen(runs=len(runs), netloc=", ".join((site.index.netloc, *site.further)))


@check("PIP06", level="required", requires=PIP_STARTED, waivable=False)
def check_the_guard_would_have_refused(canary: Canary) -> Seen:
    """A canary, the same pip sent to a decoy that would have answered, was refused and written down.

    Raises CannotLook where it was not: then airproof is blind, which is no fault of the site.
    """
    _here_only(canary.carried)
    if not (canary.decoy_answers and canary.refused and canary.visitors == 0):
        raise CannotLook("guard-ineffective", visitors=canary.visitors, detail=canary.detail or "-")
    return seen(visitors=canary.visitors)


@check("PIP07", level="required", causes=("index-option",))
def check_no_requirements_file_names_an_index(asked: Site, site: Site) -> Seen:
    """No option line in a requirements file leads pip to another index than the one that is tested; one such line
    replaces the command line's own.
    """
    expect(
        Finding("index-option", line.text, None, (), {"file": line.file, "line": line.line, "text": line.text})
        for group in asked.groups
        for line in group.option_lines
        if leads_away(line, site.index)
    )
    return seen(groups=len(asked.groups))


@check("PIP08", level="advised", causes=("trust-assumed", "certificate-assumed"), requires=("PIP01",))
def check_how_omflow_calls_pip_is_known(trust: Trust, site: Site, host: Host) -> Seen:
    """If --trusted-host decides between success and failure, the command is told, not assumed."""
    if trust.assumed:
        shown = _host_to_trust(trust, site)
        values = {"host": shown, "command": site.pip_command, "user": host.user, "detail": trust.detail}
        cause = "certificate-assumed" if trust.certificate else "trust-assumed"
        expect([Finding(cause, "assumed", "told by --pip-command", (), values)])
    return seen(command=site.pip_command)


@check("PIP09", level="advised", causes=("login-of-account",), only=Kind.LIVE, requires=("API01",))
def check_the_login_is_not_one_accounts_own(account: Account, site: Site) -> Seen:
    """The index opens for any account that runs pip, or the URL itself holds the login."""
    if not account.file:
        raise NotApplicable("no-account-login", url=site.index.shown)
    if account.needed:
        values = {"url": site.index.shown, "file": account.file, "user": account.user, "status": account.status}
        expect([Finding("login-of-account", account.status, "status 200", (), values)])
    return seen(url=site.index.shown, status=account.status or "-")


@check("PIP10", level="required", causes=("file-not-read",), requires=("HOST01",))
def check_pip_can_read_the_requirements_files(site: Site, interpreter: Interpreter, host: Host) -> Seen:
    """This interpreter's pip, under its locale, can decode each requirements file."""
    groups = site.groups_for(interpreter)
    expect(files_not_read(groups, host))
    return seen(groups=len(groups), pip=host.pip or "-", encoding=host.encoding or "-")


@check("PIP12", level="advised", causes=(NOT_PROVIDED,), requires=("PIP02",))
def check_every_extra_is_provided(readings: Readings) -> Seen:
    """Each extra that is asked for is one of the package's own; of any other pip only warns."""
    expect(extras_not_provided(readings))
    return seen(groups=len(readings.groups), label=readings.label)


@check("PIP13", level="advised", causes=("process-left",), requires=("PIP03",))
def check_nothing_is_left_running(pip: PipFacts) -> Seen:
    """No build and no import leaves a process behind: each activation would leave another one."""
    _here_only(pip.carried)
    runs = [*pip.runs, *([pip.whole] if pip.whole else [])]
    if all(run.left is None for run in runs):
        raise NotApplicable("processes-not-shown")
    expect(
        Finding("process-left", command, None, run.requirements, {"command": command})
        for run in runs
        for command in run.left or ()
    )
    return seen(runs=len(runs), label=pip.label)


@check("PIP14", level="required", causes=REFUSED_TEXTS, requires=("API01", "HOST01"))
def check_pip_takes_the_command(usage: Usage | None, host_site: Site, host: Host) -> Seen:
    """This pip knows every option of the command, and can read each requirement as it is written."""
    if usage is not None and usage.exit_code != 0:
        values = {"label": host.label, "pip": host.pip or "-", "command": host_site.pip_command, "said": usage.said}
        expect([Finding("command-refused", usage.said, "exit code 0", (host.label,), values)])
    pips = (host.pip,) if host.pip else ()
    if usage is None:  # Another host's pip is judged by its version.
        expect(options_refused(host_site.pip_command, pips, host.label))
    expect(texts_refused(host_site.groups, pips, host.label))
    return seen(command=host_site.pip_command, pip=host.pip or "-", label=host.label)


def _host_to_trust(trust: Trust, site: Site) -> str:
    """The index's host as it stands in advice: a rehearsal's own address ends with it."""
    return "HOST" if site.kind is not Kind.LIVE else trust.host


def _import_fails(cause: str, tried: TriedImport) -> Finding:
    values = {"project": tried.project, "module": tried.module}
    return Finding(cause, tried.error, "an import", (tried.project,), values)


def _built(run: PipRun) -> list[str]:
    """Return the releases that pip built from source, as far as its report says where it took them."""
    return [f"{dist.name}=={dist.version}" for dist in run.installed if dist.url and not dist.url.endswith(".whl")]


def slowest(forms: Forms, run: PipRun, patience: float) -> Page | None:
    """The page of what the run asked for that took longest, if longer than that pip waits."""
    names = {canonicalize_name(Requirement(requirement).name) for requirement in run.requirements}
    late = [item for item in forms.configured if item.project in names and item.seconds > patience]
    return max(late, key=lambda page: page.seconds, default=None)


def _here_only(carried: bool) -> None:
    if carried:
        raise NotApplicable("carried")


def _judge_carried(pip: PipFacts, sdists: Mapping[str, Sequence[str]], host: Host) -> None:
    """Find what another host's pip could not do although the index holds everything.

    Raises CannotLook for what would have to be built there.
    """
    findings, unjudged = [], []
    for run in pip.runs:
        values = {"label": pip.label, "pip": pip.pip, "groups": ", ".join(run.groups), "seconds": run.ran.seconds}
        built = ", ".join(name for group in run.groups for name in sdists.get(group, []))
        if built:
            unjudged.append(built)
        elif run.ran.exit_code is None:
            findings.append(Finding("install-too-slow", run.ran.seconds, "an end", run.requirements, values))
        elif not run.ok and has_no_room(run.free):
            findings.append(no_room(pip.label, run, host))
        elif not run.ok:
            findings.append(Finding("host-pip-fails", _tail(run.ran.stderr), "exit code 0", run.requirements, values))
    expect(findings)
    if unjudged:
        raise CannotLook("sdist-elsewhere", target=pip.label, files=", ".join(unjudged))


def _tail(text: str, lines: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
