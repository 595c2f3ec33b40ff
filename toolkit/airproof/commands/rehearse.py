"""`airproof rehearse [WHEELHOUSE]`: the manual is walked on a real devpi, offline, and the result is judged."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from airproof.ask.groups import groups_asked
from airproof.ask.typedoptions import TypedOptions
from airproof.commands.carry import fetch_for, sources_of, why_not
from airproof.commands.restoring import restored_site
from airproof.commands.run import AskedOnce, interruptible, judged, run_site, show, work_dir
from airproof.commands.screen.account import not_to_be_had
from airproof.commands.screen.live import Follower
from airproof.errors import BadInput
from airproof.medium.pip_config import pip_settings
from airproof.probes.omflow.modules import owner_of_requirement
from airproof.record.fold import Progress
from airproof.record.report import NotFetched
from airproof.site.manifest import WHEELS
from airproof.site.site import Site
from airproof.system.processes import run as run_process
from airproof.words import Lang, Text, load_texts

DOWNLOAD_LIMIT = 3600.0
"""Seconds for the download of what is asked for by name."""
WORDS = Path(__file__).with_name("rehearse.toml")


def run(options: argparse.Namespace) -> int:
    """Returns the verdict's exit code."""
    interruptible()
    known = AskedOnce()
    asked, site = judged(options, known)
    site = msgspec.structs.replace(restored_site(asked, site), ca=None)  # what is rehearsed is asked by plain http
    with work_dir() as work:
        follower = Follower(options.lang, quiet=options.quiet)
        lacking: list[tuple[str, Text]] = []
        if site.keep is not None:
            _make(Path(site.keep))
        uploads = _wheels(asked, site, known, work, follower, lacking)
        report, path = run_site(
            asked,
            site,
            options,
            command="rehearse",
            follower=follower,
            known=known,
            work=work,
            uploads=uploads,
            lacking=recorded(lacking),
        )
        extra = _what_lacks(report.lacking, options.lang) if not options.quiet else ""
        extra += _how_to_start(site, work, options) if site.keep else ""
    show(report, path, options, extra=extra)
    return report.exit_code


def _make(folder: Path) -> None:
    """Raises BadInput where the folder to keep cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput("keep-unwritable", path=folder, reason=error.strerror or error) from error


def _wheels(
    asked: TypedOptions, site: Site, known: AskedOnce, work: Path, follower: Follower, lacking: list[tuple[str, Text]]
) -> Path | None:
    """The folder to upload; None: the engine makes the built-in sample. `lacking`: takes in what cannot be had."""
    kept = Path(site.keep) / "wheels" if site.keep else None
    if site.restore is not None:
        return None
    if site.wheelhouse is not None:
        folder = Path(site.wheelhouse) / WHEELS if site.medium else Path(site.wheelhouse)
        if kept is not None:
            _copy(folder, kept)
        return kept or folder
    if not site.groups:
        return None
    if site.targets:  # pip would read markers for this machine: what each target needs is chosen by its closure
        medium = work / "medium"
        lacking += fetch_for(medium, site, work)
        if kept is not None:
            _copy(medium / WHEELS, kept)
        return kept or medium / WHEELS
    folder = kept or work / "wheels"
    failed = _download(asked, folder, site, known, follower)
    if failed:
        lacking += why_not(known.host(site.interpreters[0].executable), failed, work)
    return folder


def _copy(folder: Path, kept: Path) -> None:
    """Raises BadInput where the copy does not come whole."""
    try:
        shutil.copytree(folder, kept)
    except OSError as error:  # that of shutil holds one for each file: source, target and the reason
        each = error.args[0] if isinstance(error, shutil.Error) else []
        reason = each[0][2] if each else error.strerror or error
        raise BadInput("keep-unwritable", path=kept, reason=reason) from error


def _download(asked: TypedOptions, folder: Path, site: Site, known: AskedOnce, follower: Follower) -> list[str]:
    """Asks the outside, by pip's own configuration, for the interpreter that will be asked. Hands back what of the
    flows' packages could not be had.
    """
    follower.event(Progress("download"))
    words = list(asked.packages) + [word for file in asked.requirements for word in ("-r", file)]
    words += [
        requirement
        for group in groups_asked(replace(asked, packages=(), requirements=()))
        for requirement in group.requirements
    ]
    words += [word for file in asked.constraints for word in ("-c", file)] if words else []
    declared = _declared(site, known)
    folder.mkdir(parents=True, exist_ok=True)
    download = [site.interpreters[0].executable, "-m", "pip", "download", "--dest", str(folder)]
    ran = run_process([*download, *words, *declared], timeout=DOWNLOAD_LIMIT)
    failed: list[str] = []
    if not ran.ok and declared:
        # A flow may declare what nobody has: what can be had is carried, and the judgement tells of the rest.
        wanted = [words] if words else []
        each = [
            run_process([*download, *asked_words], timeout=DOWNLOAD_LIMIT)
            for asked_words in [*wanted, *([requirement] for requirement in declared)]
        ]
        ran = each[0] if words else next((result for result in each if result.ok), ran)
        failed = [name for name, one in zip(declared, each[len(wanted) :], strict=True) if not one.ok]
    if not ran.ok:
        said = [line for line in ran.stderr.splitlines() if line.strip().lower().startswith("error")]
        reason = (said or ran.stderr.strip().splitlines() or ["?"])[-1].strip()
        raise BadInput("download-failed", reason=reason.rstrip("."))
    return failed


def _declared(site: Site, known: AskedOnce) -> list[str]:
    """Return what the flows declare, without modules of Python's or OMFlow's own: no stranger's package is wanted."""
    stdlib = known.host(site.interpreters[0].executable).stdlib
    declared = dict.fromkeys(item for group in site.groups for item in group.items)
    return [requirement for requirement in declared if not owner_of_requirement(requirement, stdlib)]


def recorded(lacking: Sequence[tuple[str, Text]]) -> tuple[NotFetched, ...]:
    """The same for the record, with the sources that were asked."""
    asked = sources_of(pip_settings(sys.executable)) if lacking else ()
    return tuple(NotFetched(label, says, asked) for label, says in lacking)


def _what_lacks(lacking: Sequence[NotFetched], lang: Lang) -> str:
    """Say what could not be had here, in the words of `carry`, and where it was asked for."""
    if not lacking:
        return ""
    asked = load_texts(WORDS)["asked-here"].fill({"asked": ", ".join(lacking[0].asked)})
    return asked.of(lang) + "".join(f"{not_to_be_had(gap.target, gap.says).of(lang)}\n" for gap in lacking)


def _how_to_start(site: Site, work: Path, options: argparse.Namespace) -> str:
    """For --keep: the line that starts the server. Root's password is told once, and to a terminal only."""
    secret = work / "password"
    if not secret.exists():
        return ""
    words = load_texts(WORDS)
    serverdir = Path(site.keep or ".") / "serverdir"
    told = words["how-to-start"].fill({"serverdir": serverdir}).of(options.lang)
    terminal = next((stream for stream in (sys.stdout, sys.stderr) if stream.isatty()), None)
    if terminal is None:  # a file or a log: a password must not lie there
        return told + words["new-password"].fill({"serverdir": serverdir}).of(options.lang)
    password = words["password"].fill({"password": secret.read_text(encoding="utf-8")}).of(options.lang)
    if terminal is sys.stdout:
        return told + password
    terminal.write(password)
    return told
