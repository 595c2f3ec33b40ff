"""`airproof carry DEST`: fills the medium on the connected side, for every target that is named."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec

from airproof.ask.carry import ToCarry, as_played, server_of, to_carry
from airproof.catalog import load_catalog
from airproof.check import Finding
from airproof.commands.run import interruptible, work_dir
from airproof.commands.screen.account import Says, account
from airproof.commands.screen.advice import advice_of
from airproof.custody.advisories import CARRIED, AdvisoryIndex, index_database
from airproof.custody.sbom import ensure_library
from airproof.custody.signing import fingerprint_of, sign, try_key
from airproof.diagnosis.endings import doubts, endings, lines_broken, never_run, passed_over, policies
from airproof.errors import BadInput, CannotLook
from airproof.medium.builds import SourceBuilds
from airproof.medium.choose import DIRECT, ChosenFiles, choose
from airproof.medium.fill import fill, open_medium
from airproof.medium.own import PROJECT, own_wheel
from airproof.medium.pip_config import PipSettings, pip_settings
from airproof.medium.returned import there_of
from airproof.medium.upstream import Upstream
from airproof.medium.workshop import Workshop
from airproof.probes.installs.openends import Walks
from airproof.probes.installs.openpaper import walks_of_target
from airproof.probes.interpreters.host import Host, probe_host
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import data_of
from airproof.probes.omflow.modules import library_of_target, load_names, owner_of_requirement
from airproof.site.choosing import PLAIN, WHEELS_ONLY
from airproof.site.group import Group
from airproof.site.hosts import Target
from airproof.site.indexurl import masked
from airproof.site.manifest import SIGNATURE, SUMS, TOOL_GROUP, WITH_SBOM, Manifest, UnmetRequirement, write_whole
from airproof.site.site import Site
from airproof.system.output import write_prose
from airproof.words import Lang, Text

TIMEOUT = 60.0
"""Seconds for one answer of an index with a way out."""
COMPLETE, LACKING, NOT_WHOLE = 0, 1, 3


def run(options: argparse.Namespace) -> int:
    """Returns 0 where everything is on the medium for every target, 1 where something cannot be had for one or an
    advisory counts, 3 where a source did not answer or files did not arrive.
    """
    interruptible()
    folder = Path(options.dest)
    docs = Path(options.docs) if options.docs else None
    if docs is not None and not (docs / "index.html").is_file():
        raise BadInput("docs-absent", path=docs)
    if options.sign is not None:
        try_key(options.sign)  # before hours of fetching
    if options.sbom:
        ensure_library()
    with nothing_left(folder):
        before = open_medium(folder)
        asked = to_carry(options, before)
        server = server_of(options, before)
        there = there_of(Path(options.have)) if options.have else frozenset()
        named = Path(asked.advisories) if asked.advisories is not None else None
        held = before is not None and CARRIED in before.lists and (folder / CARRIED).is_file()
        database = named or (folder / CARRIED if held else None)
        if asked.fail_on and database is None:
            raise BadInput("fail-on-nothing", severity=asked.fail_on)
        index = index_database(database) if database is not None else None
    say = Says(options.lang, quiet=options.quiet)
    with work_dir() as work:
        own = Path(options.airproof) if options.airproof else None
        given = {PROJECT: own_wheel(own, work / "own")} if server is not None else {}
        settings = pip_settings(sys.executable)
        with Upstream(settings, work, timeout=options.timeout or TIMEOUT, given=given) as upstream:
            endless, open_ends = list[Finding](), list[Text]()
            plain = options.sdists or options.build_wheels
            if asked.flows:
                endless += [*lines_broken(asked.flows), *policies(asked.flows), *never_run(asked.flows)]
                asked = as_played(asked, partial(_played, asked, upstream, work / "paper", plain, endless, open_ends))
            earlier = (folder, before) if before is not None else None
            builds = _builds(upstream, work / "builds", earlier, say) if plain else None
            choice = choose(
                upstream,
                asked.wanted,
                server=server,
                sdists=options.sdists,
                progress=say.resolving,
                tools=WITH_SBOM if options.sbom else TOOL_GROUP,
                builds=builds,
                build_wheels=options.build_wheels,
            )
            catalog = load_catalog()
            lacking = tuple((label, one, catalog.says(one)) for label, one in choice.findings)
            filled = fill(
                folder,
                choice,
                upstream=upstream,
                targets=tuple(target for target, _ in asked.wanted),
                server=server,
                groups=asked.groups,
                lacking=tuple(
                    UnmetRequirement(label, str(one.wanted), one.cause, says.en) for label, one, says in lacking
                ),
                before=before,
                there=there,
                docs=docs,
                advisories=named,
                sboms=options.sbom,
                progress=say.fetching,
            )
    key = _signed(folder, options.sign) if options.sign is not None and filled.manifest.whole else ""
    say.done()
    told = [(label, says) for label, _, says in lacking]
    lines = account(filled, folder, options.lang, lacking=told, left_out=asked.left_out, choice=choice, key=key)
    advice = [f"- {catalog.says(finding).of(options.lang)}" for finding in (*choice.advised, *endless)]
    advice += [f"- {reason.of(options.lang)}" for reason in open_ends]
    known, rejected = _known(index, filled.manifest, asked, options.lang)
    if rejected and not choice.findings:  # a rehearsal of it rejects
        known, lines[-1:] = known[:-1], known[-1:]
    lines = [*lines[:-1], *known, *advice, *lines[-1:]]
    write_prose("\n".join(lines[-1:] if options.quiet else lines) + "\n")
    return NOT_WHOLE if not filled.manifest.whole else LACKING if choice.findings or rejected else COMPLETE


def _builds(upstream: Upstream, folder: Path, before: tuple[Path, Manifest] | None, say: Says) -> SourceBuilds:
    """Return the builder that tries sdists on this machine. Raises CannotLook if its interpreter has no pip."""
    workshop = Workshop(probe_host(sys.executable), folder)
    return SourceBuilds(upstream, workshop, before=before, progress=say.building)


def _known(index: AdvisoryIndex | None, manifest: Manifest, asked: ToCarry, lang: Lang) -> tuple[list[str], bool]:
    """Lines about the advisories that affect the medium, and whether one of them counts."""
    if index is None:
        return [], False
    return advice_of(index, manifest, lang, fail_on=asked.fail_on, waivers=asked.waivers)


def _signed(folder: Path, key: str) -> str:
    """Sign the sums of a medium, and return the fingerprint of the key. Raises BadInput where that cannot be done."""
    armored = sign((folder / SUMS).read_bytes(), key)
    try:
        write_whole(folder / SIGNATURE, armored)
    except OSError as error:
        raise BadInput("medium-unwritable", path=folder, reason=error.strerror or error) from error
    return fingerprint_of(armored)


@contextmanager
def nothing_left(folder: Path) -> Iterator[None]:
    """Take away the folders that were made for it, where what was typed turns out to be unusable."""
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        yield
    except BadInput:
        for place in made:
            with suppress(OSError):
                place.rmdir()
        raise


def _played(
    asked: ToCarry,
    upstream: Upstream,
    folder: Path,
    sdists: bool,
    ends: list[Finding],
    open_ends: list[Text],
    target: Target,
) -> Walks | None:
    """The open edition's flows on one target; `ends`: takes in what ends them although their packages can be had.
    `open_ends`: takes in why nobody knows whether an item runs, such as a module that is not carried and that an
    earlier item may bring.
    """
    choosing = PLAIN if sdists else WHEELS_ONLY
    try:
        walks = walks_of_target(TargetMatcher.by(target), asked.flows, upstream, folder, choosing=choosing)
    except CannotLook:  # of what has to be built nobody knows what it brings
        return None
    listed = load_names().distributions_of
    ends += endings(walks, library_of_target(target.markers), lambda module: next(iter(listed(module)), ""))
    ends += passed_over(walks)
    open_ends += [reason.text for reason in doubts(walks)]
    return walks


def why_not(host: Host, names: Sequence[str], work: Path) -> list[tuple[str, Text]]:
    """Why pip's own sources do not give an interpreter here each of these requirements: its label, a sentence."""
    groups = [Group(name, (name,)) for name in names]
    with Upstream(pip_settings(host.executable), work / "why-not", timeout=TIMEOUT) as upstream:
        choice = choose(upstream, [(data_of(host), groups)], server=None, sdists=True, progress=lambda _: None)
    return _told(choice)


def sources_of(settings: PipSettings) -> tuple[str, ...]:
    """Return the places that pip itself would ask, without credentials."""
    return tuple(masked(url) for url in (*settings.indexes, *(settings.find_links or ()))) or ("-",)


def _told(choice: ChosenFiles) -> list[tuple[str, Text]]:
    catalog = load_catalog()
    return [(label, catalog.says(one)) for label, one in choice.findings if one.cause != DIRECT]


def fetch_for(folder: Path, site: Site, work: Path) -> list[tuple[str, Text]]:
    """Fills a folder for a rehearsal with what the site's targets need, and says what cannot be had for which of them:
    its label, a sentence.

    Raises BadInput where a file did not arrive.
    """
    settings = pip_settings(sys.executable)
    before = open_medium(folder)
    with Upstream(settings, work / "upstream", timeout=TIMEOUT) as upstream:
        wanted = [(target, [_downloadable(group) for group in site.groups]) for target in site.targets]
        choice = choose(upstream, wanted, server=None, sdists=False, progress=lambda _: None)
        filled = fill(
            folder,
            choice,
            upstream=upstream,
            targets=site.targets,
            server=None,
            groups=site.groups,
            lacking=(),
            before=before,
            progress=lambda *_: None,
        )
    if filled.troubles:
        raise BadInput("download-failed", reason=filled.troubles[0])
    if not filled.manifest.files:
        why = next(
            (
                str(one.values.get("detail"))
                for _, one in choice.findings
                if one.cause in ("page-not-served", "page-refused")
            ),
            "404",
        )
        raise BadInput("download-nothing", asked=", ".join(sources_of(settings)), reason=why)
    return _told(choice)


def _downloadable(group: Group) -> Group:
    """A flow's requirements without modules of Python's or OMFlow's own: a stranger's of that name is not wanted."""
    mine = [
        requirement
        for requirement in group.requirements
        if requirement not in group.items or not owner_of_requirement(requirement, sys.stdlib_module_names)
    ]
    return msgspec.structs.replace(group, requirements=tuple(mine))
