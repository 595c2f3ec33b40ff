"""Read the files that the index holds for each group of requirements: from pip if pip found them, else from airproof's
own resolution.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from urllib.parse import unquote

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from airproof.errors import CannotLook
from airproof.net.http import leads_further, same_origin
from airproof.probes.closure.closure import read_group
from airproof.probes.closure.extras import unprovided_extras
from airproof.probes.closure.indexview import IndexView
from airproof.probes.closure.resolution import Pin, Reading
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.index.simple import Link
from airproof.probes.installs.apart import closure_of, takes_the_same, view_of
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.pip.facts import PipFacts, left_out
from airproof.probes.pip.installed import Installed
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.group import Group
from airproof.site.site import DEFAULT_ROUNDS


class GroupReading(msgspec.Struct, frozen=True):
    group: str
    requirements: tuple[str, ...]
    by_pip: bool
    """pip resolved the group and installed everything that was asked for; otherwise airproof read the index itself."""
    reading: Reading
    items: dict[str, tuple[str, ...]] = {}
    """For a flow: requirement to the items that declare it."""
    pythons: tuple[tuple[str, str], ...] = ()
    """For a target of which only a short name is known: the releases for which this reading holds, if others have
    another reading. Each pair is the first release and the first one after it that is excluded; the second is empty if
    there is no end.
    """
    pip: str = ""
    """The only pip for which this reading holds, if another pip has another reading."""

    @property
    def python(self) -> str:
        """The first release for which this reading holds, if it does not hold for all."""
        return self.pythons[0][0] if self.pythons else ""

    @property
    def differs(self) -> str:
        """The Python and the pip for which this reading holds, if it does not hold for all."""
        parts = [f"Python {self.python}" if self.python else "", f"pip {self.pip}" if self.pip else ""]
        return ", ".join(filter(None, parts))


class Readings(msgspec.Struct, frozen=True):
    """All groups of one interpreter."""

    label: str
    pip: str
    groups: tuple[GroupReading, ...]

    @property
    def links(self) -> tuple[tuple[str, Link], ...]:
        """Project and file of everything that any group takes, each file once."""
        by_url = {pin.link.url: (pin.project, pin.link) for group in self.groups for pin in group.reading.pins}
        return tuple(by_url.values())

    def askers(self, filename: str, projects: Collection[str]) -> tuple[str, ...]:
        """Return the projects that were asked for and need a file: its own where it was asked for itself, else all of
        the group, which install together. Empty if no group needs it.
        """
        found: dict[str, None] = {}
        for group in self.groups:
            reading = group.reading
            files = [file.link.filename for each in (reading.pins, reading.prepared, reading.broken) for file in each]
            if filename in files:
                asked = [canonicalize_name(Requirement(requirement).name) for requirement in group.requirements]
                found |= dict.fromkeys([name for name in asked if name in projects] or asked)
        return tuple(found)


def probe_readings(
    pip: PipFacts,
    target: TargetMatcher,
    groups: Sequence[Group],
    source: IndexSource,
    *,
    choosing: Choosing = PLAIN,
    rounds: int = DEFAULT_ROUNDS,
) -> Readings:
    """Return a reading for each group. If pip succeeded, its report states the files taken; otherwise airproof reads
    the index.

    airproof also reads the index if pip succeeded without installing what was asked for (an old pip installs a renamed
    wheel under the name inside), and if another host's pip, which was not allowed to build, took other files than it
    takes on its own. `target`: with the installed distributions that count as served; on another host they count only
    if its pip needed them. `choosing`: the options about kinds of files that pip is given. `rounds`: steps that one
    resolution may take.
    """
    by_name = {entry.name: entry for entry in groups}
    source = source.seen_by(target.ways)
    group_readings = []
    for run in pip.runs:
        seen_by = target if run.counted or not pip.carried else target.as_if_empty()
        by_pip = run.ok and not left_out(run, target.markers)
        pins = _pins(run.installed, target, source) if by_pip else ()
        for name in run.groups:
            group = by_name[name]
            # Another host's pip took wheels alone, but its own call might have taken a newer sdist.
            if by_pip and (not pip.carried or takes_the_same(group, run, view_of(group, source, seen_by, choosing))):
                # Together with installed distributions, a group is asked by itself, and its closure leads through them.
                asked = [distribution.name for distribution in run.installed] if run.counted else group.requirements
                needed = closure_of(asked, run.installed, target)
                own = tuple(pin for pin in pins if len(run.groups) == 1 or pin.project in needed)
                lacking = unprovided_extras(source, target, group.requirements, own)
                group_readings.append(
                    GroupReading(name, group.requirements, True, Reading(own, unprovided=lacking), group.items)
                )
            else:
                reading = read_group(source, seen_by, group, choosing=choosing, rounds=rounds)
                reading = msgspec.structs.replace(reading, broken=source.ends_at(reading))
                if not (run.ok or pip.carried or target.ways.passes_over_builds) and reading.resolves:
                    reading = msgspec.structs.replace(reading, gaps=reading.unprepared)
                group_readings.append(GroupReading(name, group.requirements, False, reading, group.items))
    return Readings(pip.label, pip.pip, tuple(group_readings))


def each_reading(
    target: TargetMatcher, group: Group, read: Callable[[TargetMatcher], Reading]
) -> Iterator[GroupReading]:
    """Yield the readings of one group for each interpreter that a target may be; equal readings are merged.

    `read` is called once for each interpreter. A reading names its Python and pip if other readings differ in them.
    """
    by_pip: dict[str, list[tuple[str, Reading]]] = {}
    for variant in target.each():
        pip = variant.pips[0] if len(variant.pips) == 1 else ""
        by_pip.setdefault(pip, []).append((variant.markers["python_full_version"], read(variant)))
    distinct: list[tuple[Reading, dict[str, list[tuple[str, str]]]]] = []
    for pip, readings in by_pip.items():
        readings.sort(key=lambda pair: Version(pair[0]))
        for (since, reading), (until, _) in itertools.pairwise([*readings, ("", Reading(()))]):
            known = next((spans for other, spans in distinct if _essence(other) == _essence(reading)), None)
            if known is None:
                known = {}
                distinct.append((reading, known))
            spans = known.setdefault(pip, [])
            if spans and spans[-1][1] == since:
                spans[-1] = (spans[-1][0], until)
            else:
                spans.append((since, until))
    for reading, of_pips in distinct:
        pip, spans = next(iter(of_pips.items()))  # The newest pip that has this reading.
        whole = len(spans) == 1 and spans[0] == (by_pip[pip][0][0], "")
        differing_pip = "" if len(of_pips) == len(by_pip) else pip
        pythons = () if whole else tuple(spans)
        yield GroupReading(group.name, group.requirements, False, reading, group.items, pythons, differing_pip)


def _essence(reading: Reading) -> Reading:
    """Drop the fields of each link that a page in HTML states and one in JSON does not, or the other way round."""
    pins = tuple(msgspec.structs.replace(pin, link=_bare(pin.link)) for pin in reading.pins)
    ends, unread = (
        tuple(msgspec.structs.replace(broken, link=_bare(broken.link)) for broken in files)
        for files in (reading.broken, reading.unreadable)
    )
    built = tuple(msgspec.structs.replace(pin, link=_bare(pin.link)) for pin in reading.prepared)
    return msgspec.structs.replace(reading, pins=pins, broken=ends, unreadable=unread, prepared=built)


def _bare(link: Link) -> Link:
    return Link(link.filename, link.url)


def looks_complete(source: IndexSource, target: TargetMatcher, group: Group, choosing: Choosing = PLAIN) -> bool:
    """Say whether the index seems to hold all that a group needs, by its pages and metadata alone."""
    return read_group(source, target, group, choosing=choosing).resolves


def _pins(installed: Sequence[Installed], target: TargetMatcher, source: IndexSource) -> tuple[Pin, ...]:
    """Find the file of the index behind each installed distribution: by the URL that pip reported, else the best file
    of its version that this pip does not pass over.

    Raises CannotLook for a distribution that came from elsewhere, or that no page lists.
    """
    elsewhere = [dist for dist in installed if dist.url is not None and not dist.url.startswith(("http:", "https:"))]
    if elsewhere:
        files = ", ".join(f"{dist.name} {dist.version} ({dist.url})" for dist in elsewhere)
        raise CannotLook("not-from-index", files=files)
    source.fetch_pages([dist.name for dist in installed])
    view = IndexView(source, target, (), choosing=Choosing(pre=True))
    pins = []
    for distribution in installed:
        page = source.page(distribution.name)
        taken = [link for link in page.links if link.url == distribution.url]
        if not taken:
            release = Requirement(f"{distribution.name}=={distribution.version}")
            offered = list(view.offered(page.project, release.specifier))
            taken = [file.link for file, why in offered if not why] or [file.link for file, _ in offered]
        if not taken and distribution.url is not None:  # A requirement named this URL itself (PEP 508).
            off_host = not (
                same_origin(source.index_url, distribution.url) or leads_further(distribution.url, source.http.further)
            )
            hashes = {"sha256": distribution.sha256} if distribution.sha256 else {}
            taken = [Link(unquote(distribution.url.rpartition("/")[2]), distribution.url, hashes, off_host=off_host)]
        if not taken:
            page_state = page.trouble.value if page.trouble else f"status {page.status}, {len(page.links)} file(s)"
            raise CannotLook(
                "page-lacks-installed",
                name=distribution.name,
                version=distribution.version,
                page=page.url,
                said=page_state,
            )
        pins.append(Pin(distribution.name, distribution.version, taken[0]))
    return tuple(pins)
