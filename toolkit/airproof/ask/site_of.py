"""Make a Site of the options of the command line or of pytest; input that cannot be used is refused here."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from airproof.ask.groups import each_project, groups_asked, wanting
from airproof.ask.interpreters import interpreters_of
from airproof.ask.typedoptions import TypedOptions
from airproof.ask.urls import plain_of, read_url
from airproof.custody.advisories import CARRIED, look_at
from airproof.custody.cvss import THRESHOLDS
from airproof.custody.licences import Rules, rule_entry
from airproof.custody.matches import named_subject
from airproof.custody.signing import read_signers
from airproof.custody.vex import read_vex
from airproof.errors import BadInput
from airproof.probes.interpreters.askedonce import AskedOnce
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.targets import as_if_empty, data_of, targets_of, with_what_it_has
from airproof.probes.omflow.exports import read_exports
from airproof.probes.omflow.groups import edition_of, flow_groups, open_groups
from airproof.probes.omflow.source import ask_omflow, home_of, open_edition
from airproof.probes.pip.template import OPEN_EDITION, OPEN_EDITION_TYPED, parse_template
from airproof.probes.remote.carried import read_carried
from airproof.probes.scanner import secrets_of, split_command
from airproof.site.indexurl import IndexUrl, masked
from airproof.site.manifest import Manifest, joined, read_manifest
from airproof.site.site import COMMERCIAL, Edition, Kind, Site, Waiver

OWN_OPTIONS = ("--serverdir", "--host", "--port", "--listen", "--restrict-modify", "--configfile", "-c")
"""Options of devpi-server that a rehearsal sets itself."""
LONGEST_TIMEOUT = 3600.0
MOST_JOBS = 256
MOST_HOSTS = 500
"""Hosts that one machine plays: each is a thread with a connection of its own."""
BY_ADVISORY = ("SEC01", "SEC06")
"""Checks whose findings are waived by the id of an advisory, whichever of the two tells it."""
DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
ARCHIVE = re.compile(r"\.(zip|tar|tgz|tar\.\w+|7z|rar)$", re.IGNORECASE)
"""The ending of a file in which somebody may have packed a folder."""


def build_site(asked: TypedOptions, known: AskedOnce | None = None) -> Site:
    """The site. A URL makes it a live one, none a rehearsal. Raises BadInput for whatever cannot be used.

    `known`: who asks interpreters, for a caller that wants to know afterwards what they said.
    """
    known = known or AskedOnce()
    _refuse_unusable(asked)
    wheelhouse = _wheelhouse(asked.wheelhouse) if asked.wheelhouse is not None else None
    stored = ask_omflow(asked) if asked.omflow is not None else None
    folders = tuple(dict.fromkeys(Path(manifest).resolve() for manifest in asked.manifests))
    medium = _medium(folders, wheelhouse)
    scanner = split_command(asked.scanner) if asked.scanner is not None else ()
    if asked.signers is not None and medium is None:
        raise BadInput("signers-no-medium")
    if scanner and medium is None and url_of(asked) is not None:
        raise BadInput("scanner-nothing")
    targets = targets_of(asked.targets) or (medium.targets if medium else ())
    flows = read_exports(asked.flows) if asked.flows else ()  # before any interpreter: what is typed is told at once
    interpreters = interpreters_of(asked, targets, known)
    here = [
        (interpreter.named, known.host(interpreter.executable))
        for interpreter in interpreters
        if not interpreter.elsewhere
    ]
    carried = [
        read_carried(Path(interpreter.facts)).host
        for interpreter in interpreters
        if interpreter.facts and Path(interpreter.facts).is_file()
    ]
    opened = None
    edition = asked.edition or (edition_of(flows) if stored is None else None)
    if edition is Edition.OPEN or (edition is None and stored is not None and stored.open_edition):
        # First one on this machine: a probe was given what such a one lacks, before its own host had said anything.
        own = here or [(False, known.host(sys.executable))]
        named, first = own[0]
        if stored is not None and stored.open_edition:
            opened = open_edition(stored, first, url_typed=asked.url is not None)
        declared = open_groups(flows, *(known.with_library(host, flows) for _, host in own), *carried, named=named)
    else:
        declared = flow_groups(flows)
    encodings = [host.encoding for host in (*(host for _, host in here), *carried) if host.encoding]
    groups = (*groups_asked(asked, encodings), *declared)
    if medium is not None:
        targets = wanting(targets, groups, medium) if groups else targets
        groups = groups or medium.groups
    elif wheelhouse is not None and not groups:
        groups = each_project(wheelhouse)
    if url_of(asked) is None and targets and not (groups or flows or wheelhouse):
        raise BadInput("rehearse-target-nothing", target=targets[0].label)
    if asked.all_projects and not targets:  # then for the interpreters that are asked
        targets = tuple(with_what_it_has(host) if named else data_of(host) for named, host in here)
    url = asked.url if asked.url is not None or stored is None else opened.url if opened else stored.value
    if url is None:
        targets = as_if_empty(targets)
    command = COMMERCIAL
    if url is not None and (opened is not None or edition is Edition.OPEN):
        theirs = [
            known.host(interpreter.executable)
            for interpreter in interpreters
            if interpreter.named and not interpreter.elsewhere
        ] + carried
        command = _open_command(url, theirs or [host for _, host in here if opened is not None])
    media = folders or ((wheelhouse,) if medium is not None and wheelhouse is not None else ())
    advisories = _advisories(asked.advisories, media)
    if asked.fail_on and advisories is None:
        raise BadInput("fail-on-nothing", severity=asked.fail_on)
    return Site(
        url=read_url(url) if url is not None else "",
        typed=masked(asked.url) if asked.url is not None and asked.url != plain_of(asked.url) else "",
        further=tuple(dict.fromkeys(map(_further, asked.further))),
        url_from="" if url is None else "typed" if asked.url is not None else "pip" if opened else "omflow",
        kind=Kind.LIVE if url is not None else Kind.REHEARSAL,
        form=asked.form,
        groups=groups,
        flows=flows,
        stored=stored,
        edition=edition,
        omflow_home=home_of(stored) if stored is not None else None,
        interpreters=interpreters,
        targets=targets,
        all_projects=asked.all_projects,
        deep=asked.deep or asked.serverdir is not None,
        serverdir=_serverdir(asked.serverdir) if asked.serverdir is not None else None,
        medium=str(wheelhouse or folders[0]) if medium else None,
        further_media=tuple(map(str, folders[1:])),
        pip_command=asked.pip_command or command,
        pip_command_assumed=asked.pip_command is None and command == COMMERCIAL,
        jobs=at_once(asked.jobs),
        timeout=asked.timeout,
        ca=os.path.abspath(asked.ca) if asked.ca else None,  # noqa: PTH100 -- a link keeps the name that was given
        load=asked.load,
        load_hosts=asked.load_hosts or 0,
        activation_time=asked.activation_time,
        login=asked.login,
        imports=asked.imports,
        advisories=advisories,
        fail_on=asked.fail_on,
        waivers=waivers_of(asked),
        licences=_licences(asked),
        strict=asked.strict,
        wheelhouse=str(wheelhouse) if wheelhouse else None,
        signers=read_signers(asked.signers) if asked.signers is not None else None,
        scanner=asked.scanner,
        scanner_secrets=tuple(filter(None, secrets_of(scanner))),
        server_options=tuple(map(_server_option, asked.server_options)),
        keep=str(_new_folder(asked.keep)) if asked.keep is not None else None,
        extra_checks=tuple(str(Path(check).resolve()) for check in asked.checks),
    )


def _refuse_unusable(asked: TypedOptions) -> None:
    """Raises BadInput for a number, a certificate or a pip command that cannot be used, before anybody is asked."""
    at_once(asked.jobs)
    if asked.hosts_at_once < 1:
        raise BadInput("hosts-at-once", given=asked.hosts_at_once)
    if not 0 < asked.timeout <= LONGEST_TIMEOUT:
        raise BadInput("timeout", given=f"{asked.timeout:g}", longest=f"{LONGEST_TIMEOUT:g}")
    _refuse_load(asked)
    if asked.ca is not None and not Path(asked.ca).is_file():
        raise BadInput("ca-missing", path=asked.ca)
    if asked.pip_command is not None:
        parse_template(asked.pip_command)
    severity_of(asked)
    _licences(asked)


def _refuse_load(asked: TypedOptions) -> None:
    """Raises BadInput for a number of hosts or seconds that no load can have."""
    for option, given, least in (("--load", asked.load, 0), ("--load-hosts", asked.load_hosts, 1)):
        if given is not None and not least <= given <= MOST_HOSTS:
            raise BadInput("load-hosts", option=option, given=given, most=MOST_HOSTS)
    if not 0 <= asked.activation_time <= LONGEST_TIMEOUT:
        raise BadInput("activation-time", given=f"{asked.activation_time:g}", longest=f"{LONGEST_TIMEOUT:g}")


def _licences(asked: TypedOptions) -> Rules:
    """Raises BadInput for an entry that is no SPDX expression, and for one that is both allowed and denied."""
    allow = tuple(rule_entry("--allow-licence", text) for text in asked.licences_allowed)
    deny = tuple(rule_entry("--deny-licence", text) for text in asked.licences_denied)
    both = sorted(set(allow) & set(deny))
    if both:
        raise BadInput("licence-both", given=both[0])
    return Rules(allow, deny)


def at_once(jobs: int | None) -> int:
    """`--jobs` as a site has it. Raises BadInput for a number that would run nothing, or too much."""
    if jobs is not None and not 1 <= jobs <= MOST_JOBS:
        raise BadInput("jobs", given=jobs, most=MOST_JOBS)
    return jobs or 0


def url_of(asked: TypedOptions) -> str | None:
    """Return what names an index that stands already: a URL, or OMFlow; None: airproof sets one up."""
    return asked.url or asked.omflow


def _open_command(url: str, hosts: Sequence[Host]) -> str:
    """How the open edition calls pip, of the interpreters that it runs; without any nothing is known of its pip.

    What their pips' configuration does not lead to is judged as if it did: that it does not is a finding of its own.
    """
    if not hosts:
        return COMMERCIAL
    return OPEN_EDITION if all(_leads_to(host, url) for host in hosts) else OPEN_EDITION_TYPED


def _leads_to(host: Host, url: str) -> bool:
    """Say whether pip's own configuration leads to the index."""
    try:
        return IndexUrl.of(plain_of(host.configured_index or "")).bare == IndexUrl.of(plain_of(url)).bare
    except ValueError:
        return False


def _server_option(text: str) -> str:
    """One word, `--NAME` or `--NAME=VALUE`. Raises BadInput for another, and for what a rehearsal decides itself."""
    if not text.startswith("--") or text.partition("=")[0] in OWN_OPTIONS:
        raise BadInput("server-option", given=text)
    return text


def _further(text: str) -> str:
    """`HOST` or `HOST:PORT`. Raises BadInput for a URL, or what is no host."""
    try:
        parts = urlsplit(f"//{text.strip()}")
        given = parts.hostname is not None and not (parts.path or parts.query or parts.username) and parts.port != 0
    except ValueError:
        given = False
    if not given:
        raise BadInput("allow-host", given=text)
    return text.strip().lower()


def _serverdir(text: str) -> str:
    if not any((Path(text) / name).exists() for name in (".nodeinfo", "+files")):  # a new one has no files yet
        raise BadInput("serverdir", path=text)
    return str(Path(text).resolve())


def _medium(folders: Sequence[Path], wheelhouse: Path | None) -> Manifest | None:
    """The manifest of the media that are named, or of the one that the wheelhouse turns out to be. Raises BadInput."""
    if not folders:
        return read_manifest(wheelhouse) if wheelhouse is not None else None
    found = []
    for folder in folders:
        manifest = read_manifest(folder)
        if manifest is None:
            raise BadInput("medium-absent", path=folder)
        found.append(manifest)
    return joined(found)


def _wheelhouse(text: str) -> Path:
    path = Path(text)
    if "://" in text:
        raise BadInput("wheelhouse-is-url", url=masked(text))
    if not path.exists():
        raise BadInput("wheelhouse-missing", path=path)
    if not path.is_dir():
        packed = ARCHIVE.search(path.name) is not None
        raise BadInput("wheelhouse-packed" if packed else "wheelhouse-is-file", path=path)
    try:
        if not any(inner.is_file() for inner in path.rglob("*")):
            raise BadInput("wheelhouse-empty", path=path)
    except OSError as error:
        raise BadInput("wheelhouse-unreadable", path=path, reason=error.strerror or error) from error
    return path.resolve()


def _new_folder(text: str) -> Path:
    """A folder that will be of our own making: nothing that is there already is overwritten, and nothing is made before
    all that was typed is known to be usable.
    """
    path = Path(text)
    try:
        if path.exists() and any(path.iterdir()):
            raise BadInput("keep-not-empty", path=path)
    except OSError as error:
        raise BadInput("keep-unwritable", path=path, reason=error.strerror or error) from error
    return path.resolve()


def _advisories(text: str | None, media: Sequence[Path]) -> str | None:
    """Return the database of advisories that is named, else that of the last medium which carries one.

    Raises BadInput for what is no such database at first sight; its entries are read later.
    """
    if text is not None:
        look_at(Path(text))
        return str(Path(text).resolve())
    carrying = (folder / CARRIED for folder in reversed(media) if _carries(folder))
    return next(map(str, carrying), None)


def _carries(folder: Path) -> bool:
    manifest = read_manifest(folder)
    return manifest is not None and CARRIED in manifest.lists


def severity_of(asked: TypedOptions) -> str:
    """Return the severity from which on an advisory counts, or an empty text. Raises BadInput for another word."""
    if asked.fail_on and asked.fail_on not in THRESHOLDS:
        raise BadInput("fail-on", given=asked.fail_on, known=", ".join(THRESHOLDS))
    return asked.fail_on


def waivers_of(asked: TypedOptions) -> tuple[Waiver, ...]:
    """Return the waivers of the command line, of airproof.toml and of VEX documents, the last named document first.
    Raises BadInput.
    """
    found = [waiver for text in asked.waive for waiver in _waivers(text)]
    for document in reversed(asked.vex):
        for statement in read_vex(Path(document)):
            found += [Waiver(check, statement.reason, statement.subject) for check in BY_ADVISORY]
    return tuple(found)


def _waivers(text: str) -> Iterator[Waiver]:
    """`ID[:SUBJECT][@UNTIL]=REASON`. An advisory is waived whether or not it counts by `--fail-on`."""
    what, equals, reason = text.partition("=")
    named, at, until = what.rpartition("@")
    if not (at and DAY.fullmatch(until.strip())):
        named, until = what, ""
    check, _, subject = (part.strip() for part in named.partition(":"))
    if not equals or not reason.strip() or not check:
        raise BadInput("waiver", given=text)
    if until:
        try:
            date.fromisoformat(until.strip())
        except ValueError:
            raise BadInput("waiver-until", given=text, until=until.strip()) from None
    by_advisory = bool(subject) and check in BY_ADVISORY
    for id in BY_ADVISORY if by_advisory else (check,):
        yield Waiver(id, reason.strip(), named_subject(subject) if by_advisory else subject, until.strip())
