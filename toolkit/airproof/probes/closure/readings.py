"""What the index holds for each group of requirements: from pip where pip found it, else from our own reading."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import unquote

import msgspec
from packaging.requirements import Requirement
from packaging.version import Version

from airproof.errors import CannotLook
from airproof.net.http import leads_further, same_origin
from airproof.probes.closure.candidates import weigh
from airproof.probes.closure.closure import read_group
from airproof.probes.closure.extras import unprovided_extras
from airproof.probes.closure.resolution import Pin, Reading
from airproof.probes.closure.sources import IndexSource
from airproof.probes.index.simple import Link
from airproof.probes.installs.apart import closure_of, takes_the_same, view_of
from airproof.probes.interpreters.target import Target
from airproof.probes.pip.facts import PipFacts, left_out
from airproof.probes.pip.installed import Installed
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.site import DEFAULT_ROUNDS, Group


class GroupReading(msgspec.Struct, frozen=True):
    group: str
    requirements: tuple[str, ...]
    by_pip: bool
    """pip resolved it and installed all that was asked for; else airproof read the index itself."""
    reading: Reading
    items: dict[str, tuple[str, ...]] = {}
    """Of a flow: requirement to the items that declare it."""
    pythons: tuple[tuple[str, str], ...] = ()
    """For a target of which only a short name is known: for which of its releases this reading is, where others have
    another: from the first of each pair until before the second, which is empty where there is no end.
    """
    pip: str = ""
    """For which pip alone this reading is, where another has another."""

    @property
    def python(self) -> str:
        """The first release for which this reading is, where it is not for all."""
        return self.pythons[0][0] if self.pythons else ""

    @property
    def differs(self) -> str:
        """Of which Python and which pip this is the reading, where it is not that of all."""
        told = [f"Python {self.python}" if self.python else "", f"pip {self.pip}" if self.pip else ""]
        return ", ".join(filter(None, told))


class Readings(msgspec.Struct, frozen=True):
    """All groups of one interpreter."""

    label: str
    pip: str
    groups: tuple[GroupReading, ...]

    @property
    def links(self) -> tuple[tuple[str, Link], ...]:
        """Project and file of everything that any group takes, each file once."""
        found = {pin.link.url: (pin.project, pin.link) for one in self.groups for pin in one.reading.pins}
        return tuple(found.values())


def probe_readings(
    pip: PipFacts,
    target: Target,
    groups: Sequence[Group],
    source: IndexSource,
    *,
    choosing: Choosing = PLAIN,
    rounds: int = DEFAULT_ROUNDS,
) -> Readings:
    """One reading per group. Where pip succeeded it tells what was taken; where it failed, the index is read anew.

    Also where pip ended well without what was asked for: an old pip installs a renamed wheel under the name inside.
    And where another host's pip, which was not to build anything, took something else than it takes by itself.
    `target`: with what counts as served because it is installed; of another host that does so only where its pip
    needed it. `choosing`: what pip is told about kinds of files. `rounds`: steps that one resolution may take.
    """
    by_name = {one.name: one for one in groups}
    source = source.seen_by(target.ways)
    found = []
    for run in pip.runs:
        seen_by = target if run.counted or not pip.carried else target.as_if_empty()
        by_pip = run.ok and not left_out(run, target.markers)
        pins = _pins(run.installed, target, source) if by_pip else ()
        for name in run.groups:
            group = by_name[name]
            # Another host's pip took wheels alone, where its own call might have taken a newer sdist.
            if by_pip and (not pip.carried or takes_the_same(group, run, view_of(group, source, seen_by, choosing))):
                # Beside what is installed a group is asked by itself, and what it leads to goes through that.
                asked = [one.name for one in run.installed] if run.counted else group.requirements
                needed = closure_of(asked, run.installed, target)
                own = tuple(pin for pin in pins if len(run.groups) == 1 or pin.project in needed)
                lacking = unprovided_extras(source, target, group.requirements, own)
                found.append(
                    GroupReading(name, group.requirements, True, Reading(own, unprovided=lacking), group.items)
                )
            else:
                reading = read_group(source, seen_by, group, choosing=choosing, rounds=rounds)
                reading = msgspec.structs.replace(reading, broken=source.ends_at(reading))
                found.append(GroupReading(name, group.requirements, False, reading, group.items))
    return Readings(pip.label, pip.pip, tuple(found))


def each_reading(target: Target, group: Group, read: Callable[[Target], Reading]) -> Iterator[GroupReading]:
    """The readings of one group for each interpreter that a target may be, those that are alike once.

    `read` is asked once for each. A reading says of which Python and pip it is, where others differ from it in that.
    """
    by_pip: dict[str, list[tuple[str, Reading]]] = {}
    for one in target.each():
        pip = one.pips[0] if len(one.pips) == 1 else ""
        by_pip.setdefault(pip, []).append((one.markers["python_full_version"], read(one)))
    found: list[tuple[Reading, dict[str, list[tuple[str, str]]]]] = []
    for pip, readings in by_pip.items():
        readings.sort(key=lambda pair: Version(pair[0]))
        for (since, reading), (until, _) in itertools.pairwise([*readings, ("", Reading(()))]):
            known = next((spans for other, spans in found if _essence(other) == _essence(reading)), None)
            if known is None:
                known = {}
                found.append((reading, known))
            spans = known.setdefault(pip, [])
            if spans and spans[-1][1] == since:
                spans[-1] = (spans[-1][0], until)
            else:
                spans.append((since, until))
    for reading, of_pips in found:
        pip, spans = next(iter(of_pips.items()))  # the newest that has it
        whole = len(spans) == 1 and spans[0] == (by_pip[pip][0][0], "")
        told = "" if len(of_pips) == len(by_pip) else pip
        pythons = () if whole else tuple(spans)
        yield GroupReading(group.name, group.requirements, False, reading, group.items, pythons, told)


def _essence(reading: Reading) -> Reading:
    """Without what a page in HTML says of a file, and one in JSON does not, or the other way round."""
    pins = tuple(msgspec.structs.replace(one, link=Link(one.link.filename, one.link.url)) for one in reading.pins)
    ends = tuple(msgspec.structs.replace(one, link=Link(one.link.filename, one.link.url)) for one in reading.broken)
    built = tuple(msgspec.structs.replace(one, link=Link(one.link.filename, one.link.url)) for one in reading.prepared)
    return msgspec.structs.replace(reading, pins=pins, broken=ends, prepared=built)


def looks_complete(source: IndexSource, target: Target, group: Group, choosing: Choosing = PLAIN) -> bool:
    """Whether the index seems to hold all that a group needs: by its pages and metadata alone."""
    return read_group(source, target, group, choosing=choosing).resolves


def _pins(installed: Sequence[Installed], target: Target, source: IndexSource) -> tuple[Pin, ...]:
    """The file of the index behind each installed distribution: by the URL that pip reported, else the best of its
    version.

    Raises CannotLook for one that came from elsewhere, or that no page has.
    """
    elsewhere = [one for one in installed if one.url is not None and not one.url.startswith(("http:", "https:"))]
    if elsewhere:
        files = ", ".join(f"{one.name} {one.version} ({one.url})" for one in elsewhere)
        raise CannotLook("not-from-index", files=files)
    source.fetch_pages([one.name for one in installed])
    pins = []
    for one in installed:
        page = source.page(one.name)
        taken = [link for link in page.links if link.url == one.url]
        if not taken:
            weighed = weigh(page, Requirement(f"{one.name}=={one.version}"), target, choosing=Choosing(pre=True))
            taken = [file.link for file in weighed if not file.why_not]
        if not taken and one.url is not None:  # a requirement named this very place (PEP 508)
            off_host = not (same_origin(source.index_url, one.url) or leads_further(one.url, source.http.further))
            hashes = {"sha256": one.sha256} if one.sha256 else {}
            taken = [Link(unquote(one.url.rpartition("/")[2]), one.url, hashes, off_host=off_host)]
        if not taken:
            said = page.trouble.value if page.trouble else f"status {page.status}, {len(page.links)} file(s)"
            raise CannotLook("page-lacks-installed", name=one.name, version=one.version, page=page.url, said=said)
        pins.append(Pin(one.name, one.version, taken[0]))
    return tuple(pins)
