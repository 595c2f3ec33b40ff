"""The facts of the index: the way there, what answers, what it lists."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from airproof.errors import CannotLook
from airproof.facts.complete import ensure_complete_forms
from airproof.facts.gathering import Announce, ask_host, choosing_of, note_what_a_mirror_keeps, worker_name
from airproof.facts.keys import (
    ACCOUNT,
    APPLYING,
    FORMS,
    LOAD,
    LOAD_STEP,
    LOGIN,
    NEEDED,
    PAGES,
    REACH,
    READINGS,
    ROOTS,
    SERVER,
    STEADY,
)
from airproof.facts.rehearsed import Rehearsed
from airproof.facts.store import FactStore
from airproof.net.http import HTML_ACCEPT, NO_MORE_TRUSTED, SIMPLE_ACCEPT, Http, Trusted
from airproof.net.request import login_header
from airproof.net.trouble import OF_TLS
from airproof.probes.closure.applying import Applying, probe_applying
from airproof.probes.closure.readings import Readings
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.index.devpi import Login, Server, probe_login, probe_server
from airproof.probes.index.forms import Forms, probe_forms
from airproof.probes.index.login import Account, credentials, probe_account
from airproof.probes.index.simple import Page, Roots, probe_roots
from airproof.probes.index.snapshot import pages_read
from airproof.probes.index.steady import Steady, probe_steady
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.load.load import (
    Load,
    LoadMeasured,
    LoadPlan,
    ensure_may_load,
    measured_steps,
    order_of,
    plan_of,
    try_out,
)
from airproof.probes.load.measured import LoadStep
from airproof.probes.load.profile import LoadProfile, profile_of
from airproof.probes.load.worker import PipPatience
from airproof.probes.pip.template import parse_template, patience_of, resumes_of, retries_of
from airproof.probes.reaching.certificates import probe_pip_tls, trusted_by
from airproof.probes.reaching.reach import Reach, probe_reach
from airproof.site.group import Group
from airproof.site.site import Site


@pytest.fixture(scope="session")
def site(asked: Site, rehearsed: Rehearsed | None) -> Site:
    """The site, with the URL at which it stands."""
    return asked if rehearsed is None else msgspec.structs.replace(asked, url=rehearsed.url)


@pytest.fixture(scope="session")
def applying(asked: Site, airproof_facts: FactStore) -> Applying:
    """Which groups are meant for any host or target; a host that cannot be asked is no reason to call one unjudged."""

    def gather() -> Applying:
        try:
            hosts = [TargetMatcher.of(ask_host(interpreter, airproof_facts)) for interpreter in asked.interpreters]
        except CannotLook:
            return Applying()
        return probe_applying(asked.groups, [*hosts, *map(TargetMatcher.by, asked.targets)])

    return airproof_facts.get(APPLYING, gather)


@pytest.fixture(scope="session")
def pips_trust(site: Site, airproof_facts: FactStore) -> Trusted:
    """The certificates that the pips in question are told to trust; those of hosts elsewhere lie there."""
    if site.index.scheme != "https":
        return NO_MORE_TRUSTED
    here = [ask_host(interpreter, airproof_facts) for interpreter in site.interpreters if not interpreter.elsewhere]
    trusted = trusted_by(site, here, os.environ)
    with Http(site.timeout, ca=site.ca, trusted=trusted, further=site.further) as door:
        refused = door.head(site.index.shown).trouble in OF_TLS
    # Some pips take certificates that Python's own library does not, such as those with a CN only: pip is the measure.
    return msgspec.structs.replace(trusted, anything=any(_trusts(site, pip) for pip in here)) if refused else trusted


def _trusts(site: Site, host: Host) -> bool:
    tls = probe_pip_tls(site, host, os.environ)
    return tls is not None and bool(tls.own or (tls.told and not site.pip_command_assumed))


@pytest.fixture(scope="session")
def http(site: Site, pips_trust: Trusted, airproof_facts: FactStore) -> Iterator[Http]:
    """The door to the index; when it closes, what a mirror keeps of all that went through it is written down."""
    user, password = credentials(site)
    with Http(
        site.timeout,
        ca=site.ca,
        trusted=pips_trust,
        further=site.further,
        user=user,
        password=password,
        file_time=site.pip_time,
        accept=accept_of_pips(site, airproof_facts),
    ) as door:
        yield door
        note_what_a_mirror_keeps(door.got, airproof_facts)


def accept_of_pips(site: Site, facts: FactStore) -> str:
    """Return the Accept header of the newest pip in question: pages in JSON do not concern pips before 22.2."""
    try:
        hosts = [TargetMatcher.of(ask_host(interpreter, facts)) for interpreter in site.interpreters]
    except CannotLook:
        return SIMPLE_ACCEPT
    targets = [variant for target in site.targets for variant in TargetMatcher.by(target).each()]
    html_alone = not any(matcher.ways.reads_json for matcher in (*hosts, *targets))
    return HTML_ACCEPT if html_alone and (hosts or targets) else SIMPLE_ACCEPT


@pytest.fixture(scope="session")
def reach(site: Site, http: Http, airproof_facts: FactStore) -> Reach:
    return airproof_facts.get(REACH, lambda: probe_reach(site, http))


@pytest.fixture(scope="session")
def roots(site: Site, http: Http, airproof_facts: FactStore) -> Roots:
    return airproof_facts.get(ROOTS, lambda: probe_roots(site, http))


@pytest.fixture(scope="session")
def account(site: Site, pips_trust: Trusted, airproof_facts: FactStore) -> Account:
    return airproof_facts.get(ACCOUNT, lambda: probe_account(site, pips_trust))


@pytest.fixture(scope="session")
def forms(site: Site, roots: Roots, http: Http, airproof_facts: FactStore) -> Forms:
    return ensure_complete_forms(airproof_facts.get(FORMS, lambda: probe_forms(site, roots, http)), site)


@pytest.fixture(scope="session")
def steady(forms: Forms, http: Http, airproof_facts: FactStore) -> Steady:
    return airproof_facts.get(STEADY, lambda: probe_steady(http, forms))


@pytest.fixture(scope="session")
def server(site: Site, roots: Roots, http: Http, airproof_facts: FactStore) -> Server:
    return airproof_facts.get(SERVER, lambda: probe_server(site, roots, http))


@pytest.fixture(scope="session")
def login(site: Site, roots: Roots, http: Http, airproof_facts: FactStore) -> Login:
    return airproof_facts.get(LOGIN, lambda: probe_login(site, roots, http))


@pytest.fixture(scope="session")
def load(
    site: Site,
    server: Server,
    reach: Reach,
    source: IndexSource,
    pips_trust: Trusted,
    announce: Announce,
    airproof_facts: FactStore,
) -> LoadMeasured | None:
    """Many hosts that activate at once, after everything else was asked; None where nobody consented to that. Each
    number of hosts is a fact of its own: what was measured is there, whatever ends the run.
    """
    if not site.load:
        return None
    login = _login_header(site)

    def gather() -> LoadPlan:
        ensure_may_load(server)
        profiles = try_out(site, _profiles(site, source, airproof_facts), pips_trust, login)
        return plan_of(site, profiles, same_machine=reach.loopback or reach.own_address)

    plan = airproof_facts.get(LOAD, gather)
    told = {"server": plan.server, "requests": f"{plan.requests:,}"}
    sizes = {"megabytes": f"{plan.size / 1e6:,.1f}", "steps": ", ".join(map(str, plan.steps)), "most": f"{plan.most:,}"}
    announce("load", **told, **sizes)

    def keep(hosts: int, measure: Callable[[], LoadStep]) -> LoadStep:
        announce("load-step", hosts=str(hosts), most=str(plan.hosts), **told)
        return airproof_facts.get(LOAD_STEP.of(str(hosts)), measure)

    order = order_of(site, plan.profiles, pips_trust, login)
    return measured_steps(Load(plan, order, site.index.port), keep)


def _profiles(site: Site, source: IndexSource, facts: FactStore) -> list[LoadProfile]:
    """Return what each interpreter and target asks for when it activates. Raises CannotLook if that is not known."""
    command = parse_template(site.pip_command)
    found: list[tuple[TargetMatcher, Host | None, Readings | None]] = []
    for interpreter in site.interpreters:
        host = ask_host(interpreter, facts)
        found.append((TargetMatcher.of(host), host, facts.known(READINGS.of(host.label))))
    for target in site.targets:
        needed = facts.known(NEEDED.of(target.label))
        readings = needed.readings if needed is not None else None
        found.append((next(TargetMatcher.by(target).each()), None, readings))
    by_name = {group.name: group for group in site.groups}
    profiles, choosing = [], choosing_of(site)
    for matcher, known, readings in found:
        if readings is None or not all(group.reading.resolves for group in readings.groups):
            raise CannotLook("load-unresolved", label=matcher.label)
        asked = {group.group: group.requirements for group in readings.groups}
        groups = [
            msgspec.structs.replace(by_name.get(name, Group(name, ())), requirements=requirements)
            for name, requirements in asked.items()
        ]
        resumes = resumes_of(command, known)
        patience = PipPatience(
            patience_of(command, known),
            retries_of(command, known),
            resumes=matcher.ways.resumes if resumes is None else resumes,
        )
        profiles.append(profile_of(matcher, groups, source, choosing=choosing, rounds=site.rounds, patience=patience))
    return profiles


def _login_header(site: Site) -> str:
    """Return the header with the login for the index; empty without one."""
    user, password = credentials(site)
    return "" if user is None else login_header(user, password or "")


@pytest.fixture(scope="session")
def source(site: Site, http: Http, work_dir: Path, airproof_facts: FactStore) -> Iterator[IndexSource]:
    """Yield the source of pages. Its content is kept at the end: a later run says what was added and removed."""
    folder = work_dir / f"files-{worker_name()}"

    def known() -> Iterable[Page]:
        """Fill the source with the pages that the comparison of the forms, maybe in another worker, has already asked
        for.
        """
        forms = airproof_facts.known(FORMS)
        return forms.configured if forms is not None else ()

    ways = PipBehaviour(reads_json=http.accept != HTML_ACCEPT)
    read = IndexSource(http, site.index.shown, folder, known=known, ways=ways)
    yield read
    airproof_facts.get(PAGES.of(worker_name()), lambda: pages_read(read.pages))
