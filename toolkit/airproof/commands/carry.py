"""`airproof carry DEST`: fills the medium on the connected side, for every target that is named."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from packaging.requirements import Requirement

from airproof.asked import groups_of
from airproof.catalog import load_catalog
from airproof.commands.judge import interruptible, work_dir
from airproof.commands.settings import read_settings
from airproof.errors import BadInput
from airproof.medium.choose import choose
from airproof.medium.fill import Filled, fill, open_medium
from airproof.medium.manifest import Lacking, Manifest
from airproof.medium.wanted import sections_of, there_of
from airproof.probes.host import probe_host
from airproof.probes.names import owner_of
from airproof.probes.upstream import Upstream, pip_settings
from airproof.renderers.printable import clip, one_line
from airproof.requirements import read_requirements
from airproof.site import Group, Site, TargetData, masked
from airproof.targets import data_of, target_of, targets_of
from airproof.words import Lang, Text, load_texts

WORDS = Path(__file__).with_name("carry.toml")
TIMEOUT = 60.0
"""Seconds for one answer of an index with a way out."""
COMPLETE, LACKING, NOT_WHOLE = 0, 1, 3


def run(options: argparse.Namespace) -> int:
    """Returns 0 where everything is on the medium for every target, 1 where something exists for no target, 3 where
    files did not arrive.
    """
    interruptible()
    folder = Path(options.dest)
    before = open_medium(folder)
    wanted = _wanted(options, before)
    server = None if options.no_tools else _server(options, before)
    there = there_of(Path(options.have)) if options.have else frozenset()
    say = _Says(options.lang, quiet=options.quiet)
    settings = pip_settings(sys.executable)
    if settings.proxy:
        raise BadInput("carry-proxy")
    with work_dir() as work, Upstream(settings, work, timeout=options.timeout or TIMEOUT) as upstream:
        choice = choose(upstream, wanted, server=server, sdists=options.sdists, progress=say.resolving)
        catalog = load_catalog()
        lacking = tuple(
            Lacking(label, str(one.wanted), one.cause, catalog.says(one).en) for label, one in choice.findings
        )
        filled = fill(
            folder,
            choice,
            upstream=upstream,
            targets=tuple(target for target, _ in wanted),
            server=server,
            groups=tuple({group.name: group for _, groups in wanted for group in groups}.values()),
            lacking=lacking,
            before=before,
            there=there,
            progress=say.fetching,
        )
    say.done()
    sys.stdout.write(_account(filled, folder, options.lang))
    for label, one in choice.findings:
        line = load_texts(WORDS)["lacking"].fill({"target": label, "says": catalog.says(one).of(options.lang)})
        sys.stdout.write(line.of(options.lang) + "\n")
    sys.stdout.write(_last(filled, folder, options.lang) + "\n")
    return NOT_WHOLE if filled.troubles else LACKING if choice.findings else COMPLETE


def fetch_for(folder: Path, site: Site, work: Path) -> None:
    """Fills a folder for a rehearsal with what the site's targets need; what cannot be had is for the checks to say.

    Raises BadInput where a file did not arrive.
    """
    settings = pip_settings(sys.executable)
    before = open_medium(folder)
    with Upstream(settings, work / "upstream", timeout=TIMEOUT) as upstream:
        wanted = [(target, [_downloadable(one) for one in site.groups]) for target in site.targets]
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
        asked = (*settings.indexes, *(settings.find_links or ())) or ("-",)
        why = next(
            (str(one.values.get("detail")) for _, one in choice.findings if one.cause == "page-not-served"), "404"
        )
        raise BadInput("download-nothing", asked=", ".join(masked(one) for one in asked), reason=why)


def _downloadable(group: Group) -> Group:
    """A flow's requirements without modules of Python's or OMFlow's own: a stranger's of that name is not wanted."""
    mine = [
        one
        for one in group.requirements
        if one not in group.items or not owner_of(Requirement(one).name.partition(".")[0], sys.stdlib_module_names)
    ]
    return msgspec.structs.replace(group, requirements=tuple(mine))


def _wanted(options: argparse.Namespace, before: Manifest | None) -> list[tuple[TargetData, Sequence[Group]]]:
    """Targets with their groups: those of the command line, and those that the medium was filled for before."""
    given = {"packages": options.package, "requirements": options.requirement, "targets": options.target}
    settings = read_settings(Path("airproof.toml"))
    asked = settings.asked("carry", {name: tuple(value) for name, value in given.items() if value})
    plain: list[Group] = []
    sections: dict[str, list[Group]] = {}
    for file in asked.requirements:
        found = sections_of(Path(file))
        if found is None:
            plain.append(read_requirements(Path(file)))
        for label, group in (found or {}).items():
            sections.setdefault(label, []).append(group)
    named = groups_of(asked.packages, ())
    earlier = [one for one in before.groups if _for_all(one, before)] if before else []
    if before is not None:  # what an earlier list asked for one target only stays with that target
        for to in before.targets:
            mine = [one for one in before.groups if to.wants(one.name) and one not in earlier]
            sections.setdefault(to.label, []).extend(mine)
    every = (*earlier, *named, *plain)
    shared = tuple({group.name: group for group in every}.values())
    by_label = {one.label: one for one in (*(before.targets if before else ()), *targets_of(asked.targets))}
    for label in sections:
        by_label.setdefault(label, target_of(label))
    if not by_label:
        raise BadInput("carry-no-target")
    if not shared and not sections:
        raise BadInput("carry-nothing")
    wanted: list[tuple[TargetData, Sequence[Group]]] = []
    for label, target in by_label.items():
        groups = (*shared, *sections.get(label, ()))
        wanted.append((msgspec.structs.replace(target, groups=tuple(one.name for one in groups)), groups))
    return wanted


def _for_all(group: Group, manifest: Manifest) -> bool:
    return all(target.wants(group.name) for target in manifest.targets)


def _server(options: argparse.Namespace, before: Manifest | None) -> TargetData:
    """The machine that will serve: the one that was named, the one of the last filling, else one like this."""
    if options.server:
        return target_of(options.server)
    return before.server if before and before.server else data_of(probe_host(sys.executable))


def _account(filled: Filled, folder: Path, lang: Lang) -> str:
    words, manifest = load_texts(WORDS), filled.manifest
    lines = []
    for target in manifest.targets:
        mine = [one for one in manifest.payload if target.label in one.targets]
        values = {"target": target.label, "files": len(mine), "bytes": _size(sum(one.size for one in mine))}
        lines.append(words["target"].fill(values))
    if manifest.server:
        values = {"target": manifest.server.label, "files": len(manifest.tools)}
        lines.append(words["tools"].fill(values))
    totals = {"fetched": filled.fetched, "kept": filled.kept, "bytes": _size(filled.bytes)}
    lines.append(words["totals"].fill(totals))
    lines += [words["surplus"].fill({"file": one, "path": folder}) for one in filled.surplus]
    lines += [words["trouble"].fill({"reason": one}) for one in filled.troubles]
    return "".join(one.of(lang) + "\n" for one in lines)


def _last(filled: Filled, folder: Path, lang: Lang) -> str:
    words = load_texts(WORDS)
    targets = ", ".join(one.label for one in filled.manifest.targets)
    key = "not-whole" if filled.troubles else "with-gaps" if filled.manifest.lacking else "whole"
    return words[key].fill({"path": folder, "targets": targets, "count": len(filled.manifest.lacking)}).of(lang)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


class _Says:
    """Progress on standard error, with rate and time left."""

    def __init__(self, lang: Lang, *, quiet: bool) -> None:
        self.lang, self.quiet, self.started = lang, quiet, time.monotonic()
        self.changing = sys.stderr.isatty()
        self.last = 0.0

    def resolving(self, label: str) -> None:
        self._line(load_texts(WORDS)["resolving"].fill({"target": label}), always=True)
        self.started = time.monotonic()

    def fetching(self, done: int, files: int, size: int) -> None:
        seconds = max(time.monotonic() - self.started, 0.001)
        left = seconds / done * (files - done)
        values = {"done": done, "files": files, "rate": f"{size / seconds / 1e6:.1f}", "left": f"{left:.0f}"}
        self._line(load_texts(WORDS)["fetching"].fill(values), always=done == files)

    def done(self) -> None:
        if self.changing and not self.quiet:
            sys.stderr.write("\r\x1b[K")

    def _line(self, text: Text, *, always: bool) -> None:
        now = time.monotonic()
        if self.quiet or (not always and now - self.last < (0.1 if self.changing else 10)):
            return
        self.last = now
        line = clip(one_line(text.of(self.lang), 200), 100)
        sys.stderr.write(f"\r\x1b[K{line}" if self.changing else f"  {line}\n")
        sys.stderr.flush()
