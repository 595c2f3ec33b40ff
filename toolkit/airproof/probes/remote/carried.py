"""Facts that were carried back from a host: what the stand-alone probe answered there."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from airproof.encodable import decode_json
from airproof.errors import BadInput, CannotLook
from airproof.probes.installs.apart import closure_of
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.pip.facts import PipFacts, PipRun
from airproof.probes.pip.installed import Installed
from airproof.probes.reaching.certificates import PipTls
from airproof.probes.remote.standalone import SCHEMA
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.group import Group
from airproof.site.indexurl import IndexUrl
from airproof.system.processes import Ran

LARGEST = 64 * 1024 * 1024
"""Bytes of an answer."""
ENCODINGS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"))
"""Byte order marks and encodings of files that a shell wrote with `>`: PowerShell writes UTF-16."""


class Answered(msgspec.Struct, frozen=True):
    """How the index's URL answered from the host, asked directly."""

    url: str
    addresses: tuple[str, ...]
    status: int | None
    trouble: str
    """The system's words, or empty."""
    content_type: str
    date: str
    """The Date header: the index's clock."""
    seconds: float
    unverified: bool = False
    """That host's Python does not know the certificate; the answer is one without a check of it and without a login."""


class ResolvedDistribution(msgspec.Struct, frozen=True):
    """A distribution that the host's pip would have installed."""

    name: str
    version: str
    url: str
    sha256: str
    requires: tuple[str, ...]


class HostRun(msgspec.Struct, frozen=True):
    """One run of the host's pip, which resolved and installed nothing."""

    groups: tuple[str, ...]
    requirements: tuple[str, ...]
    command: tuple[str, ...]
    exit_code: int | None
    seconds: float
    stdout: str
    stderr: str
    installed: tuple[ResolvedDistribution, ...]
    free: int | None = None
    """Bytes that were free where pip unpacks, after a pip that failed."""
    counted: dict[str, str] = {}
    """Distributions with their versions that are installed there and that pip left as they are: without them it would
    have failed. OMFlow skips them as well.
    """


class CarriedFacts(msgspec.Struct, frozen=True):
    """The whole answer."""

    schema: str
    name: str
    collector: bool
    url: str
    host: Host
    index: Answered
    runs: tuple[HostRun, ...]
    tls: PipTls | None = None
    """The answer whether that host's pip trusts the certificate of an https index."""
    collector_name: str = ""
    """OMFlow's name of the Collector, if the probe was told it."""


class _Head(msgspec.Struct):
    schema: str


def read_carried(path: Path) -> CarriedFacts:
    """Raises BadInput for an answer that is cut, that another version wrote, or that is none."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadInput("facts-not-whole", path=path, reason=f"> {LARGEST >> 20} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput("facts-unreadable", path=path, reason=error.strerror or error) from error
    encoding = next((name for bom, name in ENCODINGS if raw.startswith(bom)), "utf-8")
    return parse_carried(raw.decode(encoding, "replace"), str(path))


def parse_carried(text: str, source: str) -> CarriedFacts:
    """The last line that is not empty: whatever a site's own start-up says comes before. Raises BadInput."""
    line = text.strip().rpartition("\n")[2]
    try:
        head = decode_json(line, type=_Head)
    except msgspec.DecodeError as error:
        raise BadInput("facts-not-whole", path=source, reason=str(error).partition(" (")[0]) from error
    if head.schema != SCHEMA:
        raise BadInput("facts-other-version", path=source, found=head.schema[:60], wanted=SCHEMA)
    try:
        return decode_json(line, type=CarriedFacts)
    except msgspec.DecodeError as error:
        raise BadInput("facts-not-whole", path=source, reason=error) from error


def pip_of_carried(
    carried: CarriedFacts, label: str, groups: Sequence[Group], index: IndexUrl, choosing: Choosing = PLAIN
) -> PipFacts:
    """The host's runs, as far as they answer what is asked here. `choosing`: what the site's call tells pip.

    Raises CannotLook where the host was asked of another index, or not of everything: silence proves nothing. Also for
    a group that wants something built from source, which is not tried on another host.
    """
    hold_same_index(carried, index)
    built = {name for group in groups for name in group.tells(choosing).no_binary}
    if built:
        raise CannotLook("sdist-elsewhere", target=label, files=", ".join(sorted(built)))
    answers = {group.name: _answers(carried.runs, group) for group in groups}
    missing = [name for name, answer in answers.items() if answer is None]
    if missing:
        raise CannotLook("facts-not-asked", name=carried.name, groups=", ".join(missing))
    target = TargetMatcher.of(carried.host)
    told: list[HostRun] = []
    for answer in answers.values():
        if answer is not None and answer not in told:
            told.append(answer)
    runs = [_run(same, [group for group in groups if answers[group.name] == same], target) for same in told]
    return PipFacts(label, carried.host.pip or "", tuple(run for run in runs if run.groups), carried=True)


def _answers(runs: Sequence[HostRun], group: Group) -> HostRun | None:
    """The run that answers one group: its own, that of everything together, or those of its names, each by itself."""
    asked = set(group.requirements)
    fit = [run for run in runs if asked <= set(run.requirements)]
    for run in fit:  # one that failed for a name which is not asked for here says nothing of the others
        if group.name in run.groups and (run.exit_code == 0 or len(run.groups) > 1 or asked == set(run.requirements)):
            return run
    alone = {run.requirements[0]: run for run in runs if len(run.requirements) == 1}
    found = [alone[name] for name in group.requirements if name in alone]
    if not found or len(found) < len(group.requirements):
        return next((run for run in fit if len(run.groups) > 1), None)
    failed = next((run for run in found if run.exit_code != 0), found[0])
    return msgspec.structs.replace(
        failed,
        groups=(group.name,),
        requirements=group.requirements,
        installed=tuple({(dist.name, dist.version): dist for run in found for dist in run.installed}.values()),
        counted={name: version for run in found for name, version in run.counted.items()},
    )


def hold_same_index(carried: CarriedFacts, index: IndexUrl) -> None:
    """Raises CannotLook where the host was asked of another index than the one that is judged."""
    if carried.url and IndexUrl.of(carried.url).bare != index.bare:
        raise CannotLook("facts-other-url", name=carried.name, found=carried.url, wanted=index.shown)


def _run(run: HostRun, groups: Sequence[Group], target: TargetMatcher) -> PipRun:
    """The run as far as it is about those groups: others may have been asked for together with them."""
    installed = [
        Installed(canonicalize_name(dist.name), dist.version, dist.requires, (), dist.url or None, dist.sha256 or None)
        for dist in run.installed
    ]
    requirements = tuple(dict.fromkeys(requirement for group in groups for requirement in group.requirements))
    needed = closure_of([dist.name for dist in installed] if run.counted else requirements, installed, target)
    return PipRun(
        groups=tuple(group.name for group in groups),
        requirements=requirements,
        ran=Ran(run.command, run.exit_code, run.seconds, run.stdout, run.stderr),
        installed=tuple(dist for dist in installed if dist.name in needed),
        free=run.free,
        counted=run.counted,
    )
