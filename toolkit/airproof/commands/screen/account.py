"""The lines of `carry`: its progress while it runs, and in the end an account of what is there and what is missing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from airproof.ask.carry import LeftOut
from airproof.custody.sbom import FILES
from airproof.medium.builds import FailedHere
from airproof.medium.choose import ChosenFiles
from airproof.medium.fill import Filled
from airproof.medium.sizes import BODY_SIZE, DEFAULT, megabytes
from airproof.printable import clip, one_line
from airproof.system.output import without_steering
from airproof.words import Lang, Text, load_texts

WORDS = Path(__file__).parents[1] / "carry.toml"
LONGEST = 2000
"""Characters of one line of the account."""
SHOWN = 10
"""Surplus files that are told by name; a rehearsal of the medium names them all."""


def account(
    filled: Filled,
    folder: Path,
    lang: Lang,
    *,
    lacking: Iterable[tuple[str, Text]],
    left_out: Iterable[LeftOut],
    choice: ChosenFiles,
    key: str = "",
) -> list[str]:
    """Lines for each target, for what is surplus or did not arrive, for what cannot be had; the last one is the sum."""
    words, manifest = load_texts(WORDS), filled.manifest
    lines = []
    for target in manifest.targets:
        files = [file for file in manifest.payload if target.label in file.targets]
        there = sum(file.there for file in files)
        values = {"target": target.label, "files": len(files), "bytes": size_of(sum(file.size for file in files))}
        lines.append(words["target-there" if there else "target"].fill(values | {"there": there}))
    if manifest.server:
        size = size_of(sum(file.size for file in manifest.tools))
        values = {"target": manifest.server.label, "files": len(manifest.tools), "bytes": size}
        lines.append(words["tools"].fill(values))
    sboms = sorted(name for name in manifest.lists if fnmatch(name, FILES))
    lines += [words["sboms"].fill({"files": ", ".join(sboms)})] if sboms else []
    totals = {"fetched": filled.fetched, "kept": filled.kept, "bytes": size_of(filled.bytes)}
    lines.append(words["totals"].fill(totals))
    lines += [words["surplus"].fill({"file": file}) for file in filled.surplus[:SHOWN]]
    if len(filled.surplus) > SHOWN:
        lines.append(words["surplus-more"].fill({"count": len(filled.surplus) - SHOWN, "path": folder}))
    lines += [words["unvouched"].fill({"file": file}) for file in filled.unvouched]
    lines += [words["trouble"].fill({"reason": trouble}) for trouble in filled.troubles]
    lines += _of_builds(filled, choice)
    lines += [words[f"left-out-{module.why}"].fill({"name": module.name, "flow": module.flow}) for module in left_out]
    lines += [not_to_be_had(label, says) for label, says in lacking]
    lines += _needs(filled)
    lines += [words["signed"].fill({"key": key})] if key else []
    whole = "whole-with-there" if any(file.there for file in manifest.files) else "whole"
    untried = tuple(dict.fromkeys(build.label for build in choice.untried))
    whole = "untried" if untried else whole
    key = "not-whole" if not manifest.whole else "with-gaps" if manifest.lacking else whole
    targets = ", ".join(target.label for target in manifest.targets)
    values = {"path": folder, "targets": targets, "count": len(manifest.lacking), "untried": ", ".join(untried)}
    lines.append(words[key].fill(values))
    return [one_line(line.of(lang), LONGEST) for line in lines]


def _of_builds(filled: Filled, choice: ChosenFiles) -> list[Text]:
    """Return lines about builds: what was built here, what was not, and what a target has to build itself."""
    words = load_texts(WORDS)
    lines = []
    for file in filled.manifest.payload:
        if file.built is not None:
            values = {"file": file.filename, "sdist": file.built.sdist, "python": file.built.python}
            lines.append(words["built"].fill(values | {"targets": ", ".join(file.targets)}))
    lines += [words["unlike"].fill({"wheel": one.wheel, "target": one.label}) for one in choice.unlike]
    lines += [_not_built("build-failed", failed) for failed in choice.failed]
    known = {failed.sdist for failed in choice.failed}  # for the same reason, most of the time
    lines += [_not_built("unasked", failed) for failed in choice.unasked if failed.sdist not in known]
    for build in choice.builds:
        if build.sdist in known and build not in choice.untried:
            continue  # its failure is told above
        requires = ", ".join(build.requires) or "-"
        key = "build-untried" if build in choice.untried else "build"
        lines.append(words[key].fill({"target": build.label, "sdist": build.sdist, "requires": requires}))
    return lines


def _not_built(key: str, failed: FailedHere) -> Text:
    """The line about a source distribution that could not be tried, with its reason in the same language."""
    words = load_texts(WORDS)
    why = words[f"trouble-{failed.trouble.why}"].fill({"said": failed.trouble.said})
    return Text(
        words[key].fill({"sdist": failed.sdist, "why": why.en}).en,
        words[key].fill({"sdist": failed.sdist, "why": why.zh_tw}).zh_tw,
    )


def _needs(filled: Filled) -> list[Text]:
    """Return lines about the room that the upload takes on the server, and the option that large files need."""
    words, needs = load_texts(WORDS), filled.manifest.needs
    values = {"files": needs.files, "bytes": size_of(needs.size)}
    values |= {"room": megabytes(needs.room), "temporary": megabytes(needs.temporary)}
    lines = [words["needs"].fill(values)] if needs.files else []
    if needs.body_size:
        files, option = ", ".join(needs.too_large), f"{BODY_SIZE}={needs.body_size}"
        lines.append(words["too-large"].fill({"files": files, "limit": f"{DEFAULT:,}", "option": option}))
    return lines


def not_to_be_had(label: str, says: Text) -> Text:
    """The line about one thing that the connected side cannot give a target."""
    line = load_texts(WORDS)["lacking"]
    return Text(
        line.fill({"target": label, "says": says.en}).en, line.fill({"target": label, "says": says.zh_tw}).zh_tw
    )


def size_of(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


class Says:
    """Progress on standard error, with rate and time left."""

    def __init__(self, lang: Lang, *, quiet: bool) -> None:
        self.lang, self.quiet, self.started = lang, quiet, time.monotonic()
        self.changing = sys.stderr.isatty()
        self.last = 0.0

    def resolving(self, label: str) -> None:
        self._line(load_texts(WORDS)["resolving"].fill({"target": label}), always=True)
        self.started = time.monotonic()

    def fetching(self, done: int, files: int, size: int) -> None:
        """Files done, of how many, bytes so far."""
        seconds = max(time.monotonic() - self.started, 0.001)
        left = seconds / done * (files - done)
        values = {"done": done, "files": files, "rate": f"{size / seconds / 1e6:.1f}", "left": f"{left:.0f}"}
        self._line(load_texts(WORDS)["fetching"].fill(values), always=done == files)

    def building(self, sdist: str) -> None:
        self._line(load_texts(WORDS)["building"].fill({"sdist": sdist}), always=True)

    def done(self) -> None:
        if self.changing and not self.quiet:
            sys.stderr.write("\r\x1b[K")

    def _line(self, text: Text, *, always: bool) -> None:
        now = time.monotonic()
        if self.quiet or (not always and now - self.last < (0.1 if self.changing else 10)):
            return
        self.last = now
        line = clip(one_line(text.of(self.lang), 200), 100)
        try:
            sys.stderr.write(without_steering(f"\r\x1b[K{line}" if self.changing else f"  {line}\n"))
            sys.stderr.flush()
        except OSError:  # nobody can read it any more: the filling goes on without
            self.quiet = True
