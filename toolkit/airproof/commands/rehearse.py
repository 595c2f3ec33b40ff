"""`airproof rehearse [WHEELHOUSE]`: the manual is walked on a real devpi, offline, and the result is judged."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from airproof.asked import Asked
from airproof.commands.carry import fetch_for
from airproof.commands.judge import interruptible, judged, run_site, show, work_dir
from airproof.commands.live import Follower
from airproof.errors import BadInput
from airproof.medium.manifest import WHEELS
from airproof.processes import run as run_process
from airproof.record.fold import Progress
from airproof.site import Site
from airproof.words import load_texts

DOWNLOAD_LIMIT = 3600.0
"""Seconds for the download of what is asked for by name."""
WORDS = Path(__file__).with_name("rehearse.toml")


def run(options: argparse.Namespace) -> int:
    """Returns the verdict's exit code."""
    interruptible()
    asked, site = judged(options)
    with work_dir() as work:
        follower = Follower(options.lang, quiet=options.quiet)
        uploads = _wheels(asked, site, work, follower)
        report, path = run_site(site, options, command="rehearse", follower=follower, work=work, uploads=uploads)
        extra = _how_to_start(site, work, options) if site.keep else ""
    show(report, path, options, extra=extra)
    return report.exit_code


def _wheels(asked: Asked, site: Site, work: Path, follower: Follower) -> Path | None:
    """The folder to upload; None: the engine makes the built-in sample."""
    kept = Path(site.keep) / "wheels" if site.keep else None
    if site.wheelhouse is not None:
        folder = Path(site.wheelhouse) / WHEELS if site.medium else Path(site.wheelhouse)
        if kept is not None:
            shutil.copytree(folder, kept)
        return kept or folder
    if not site.groups:
        return None
    if site.targets:  # pip would read markers for this machine: what each target needs is chosen by its closure
        medium = work / "medium"
        fetch_for(medium, site, work)
        if kept is not None:
            shutil.copytree(medium / WHEELS, kept)
        return kept or medium / WHEELS
    folder = kept or work / "wheels"
    _download(asked, folder, site, follower)
    return folder


def _download(asked: Asked, folder: Path, site: Site, follower: Follower) -> None:
    """The only step that asks the outside, by pip's own configuration, for the interpreter that will be asked."""
    follower.event(Progress("download"))
    words = list(asked.packages) + [word for file in asked.requirements for word in ("-r", file)]
    python = site.interpreters[0].executable
    ran = run_process([python, "-m", "pip", "download", "--dest", folder, *words], timeout=DOWNLOAD_LIMIT)
    if not ran.ok:
        said = [line for line in ran.stderr.splitlines() if line.strip().lower().startswith("error")]
        reason = (said or ran.stderr.strip().splitlines() or ["?"])[-1].strip()
        raise BadInput("download-failed", reason=reason.rstrip("."))


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
