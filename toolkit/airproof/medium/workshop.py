"""Builds source distributions on the connected machine: by its own pip, from given files alone, without a network."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from packaging.requirements import InvalidRequirement, Requirement

from airproof.probes.files.archive import read_backend
from airproof.probes.interpreters.host import Host
from airproof.probes.onhost import SCRIPTS
from airproof.probes.pip.environment import BUILD_TOOLS, Environments, GuardedEnvironment, PipCall
from airproof.probes.pip.facts import decisive
from airproof.system.namespace import without_network
from airproof.system.processes import Ran

ASKS = SCRIPTS / "buildasks.py"
BUILD_TIME = 1800.0
"""Seconds that one build may take: a large extension in C++ takes a quarter of an hour."""
NOWHERE = "http://127.0.0.1:9/"
"""An index that is not there (the port of `discard`): pip is told `--no-index`."""
SAID = 300
"""Characters of a message."""
AS_IF_OLD = {"SOURCE_DATE_EPOCH": "315532800"}
"""1980-01-01, the first time that a zip archive knows: what is built twice has the same bytes, if its backend heeds
that.
"""


class BuildTrouble(msgspec.Struct, frozen=True):
    """Why a source distribution could not be asked or built."""

    why: Literal["said", "reached", "late", "unpublished", "unreadable", "damaged", "other"]
    said: str = ""
    """The decisive line; the places that it wanted to connect to; files that came out, and what is wrong in them."""


class Asked(msgspec.Struct, frozen=True):
    """Answer of a build backend: the further requirements of its build, or why there is no answer."""

    requires: tuple[str, ...] = ()
    trouble: BuildTrouble | None = None


class BuiltWheel(msgspec.Struct, frozen=True):
    """Result of a build: a wheel, or why there is none."""

    path: Path | None = None
    trouble: BuildTrouble | None = None
    untrue: tuple[str, ...] = ()
    """Members for which its RECORD is untrue: pip installs it, and a deep audit rejects it."""


class Workshop:
    """This machine's pip and Python, without a network. Everything lies below `folder`.

    The interpreter's own setuptools and wheel take no part: a build is to show what the medium has.
    """

    def __init__(self, host: Host, folder: Path) -> None:
        """Raises CannotLook if the interpreter has no pip."""
        self.host, self.folder = host, folder
        call = PipCall(
            url=NOWHERE,
            pip_command="{python} -m pip install --index-url {url} {requirement}",
            timeout=1.0,
            pip_time=BUILD_TIME,
        )
        self._environments = Environments(host, call, folder, {})

    def ask(self, sdist: Path, requires: Sequence[str], files: Collection[Path]) -> Asked:
        """Install what the build is known to need, and ask the backend what else it needs (PEP 517)."""
        backend = read_backend(sdist)
        if backend is None:
            return Asked(trouble=BuildTrouble("unreadable"))
        with self._environments.make(BUILD_TOOLS) as environment:
            place = _filled(environment, files)
            if requires:
                words = ("install", *_only(place), *requires)
                ran = self._pip(environment, words)
                if not ran.ok:
                    return Asked(trouble=_trouble(environment, ran))
            answer, inside = environment.folder / "answer.json", environment.folder / "unpacked"
            inside.mkdir()
            words = (str(ASKS), str(sdist), backend.build_backend, str(answer), *backend.backend_path)
            ran = self._run(environment, ("-c", AT, str(inside), *words))
            trouble = _trouble(environment, ran)
            if trouble is not None:
                return Asked(trouble=trouble)
            try:
                asked = msgspec.json.decode(answer.read_bytes(), type=tuple[str, ...])
                return Asked(tuple(str(Requirement(text)) for text in asked))
            except (OSError, msgspec.DecodeError, InvalidRequirement) as error:
                return Asked(trouble=BuildTrouble("other", str(error)[:SAID]))

    def build(self, sdist: Path, files: Collection[Path]) -> BuiltWheel:
        """Build a wheel of the sdist (`pip wheel --no-deps`), with those files as the only index."""
        out = Path(tempfile.mkdtemp(prefix="built-", dir=self.folder))
        with self._environments.make(BUILD_TOOLS) as environment:
            place = _filled(environment, files)
            words = ("wheel", *_only(place), "--no-deps", "--use-pep517", "--wheel-dir", str(out), str(sdist))
            ran = self._pip(environment, words)
            trouble = _trouble(environment, ran)
            if trouble is not None:
                return BuiltWheel(trouble=trouble)
        made = sorted(out.glob("*.whl"))
        if len(made) == 1:
            return BuiltWheel(made[0])
        return BuiltWheel(trouble=BuildTrouble("other", ", ".join(path.name for path in made)))

    def _pip(self, environment: GuardedEnvironment, words: Sequence[str]) -> Ran:
        return self._run(environment, ("-m", "pip", *words))

    def _run(self, environment: GuardedEnvironment, words: Sequence[str]) -> Ran:
        variables: Mapping[str, str] = {**environment.variables, **AS_IF_OLD}
        return environment.run(without_network([*environment.env.python, *words]), variables)


AT = "import os, runpy, sys; os.chdir(sys.argv[1]); del sys.argv[:2]; runpy.run_path(sys.argv[0], run_name='__main__')"
"""Runs a script in a folder."""


def _filled(environment: GuardedEnvironment, files: Collection[Path]) -> Path:
    """A folder with those files alone, as the build's only index."""
    place = environment.folder / "files"
    place.mkdir()
    for path in files:
        shutil.copyfile(path, place / path.name)
    return place


def _only(place: Path) -> tuple[str, ...]:
    return ("--no-index", "--find-links", str(place))


def _trouble(environment: GuardedEnvironment, ran: Ran) -> BuildTrouble | None:
    """Return why a run cannot count. One that wanted to connect makes something else where it can, so it never does."""
    ends = dict.fromkeys(attempt.destination for attempt in environment.log().refused)
    if ends:
        return BuildTrouble("reached", ", ".join(list(ends)[:3]))
    if ran.ok:
        return None
    if ran.exit_code is None:
        return BuildTrouble("late", f"{BUILD_TIME:.0f}")
    return BuildTrouble("said", _said(ran).replace(str(environment.folder), "…")[:SAID])


def _said(ran: Ran) -> str:
    """The decisive line of a failed run: that of the backend, which pip shows above its own."""
    lines = [line.strip(" │╰─>|") for line in (ran.stderr or ran.stdout).splitlines()]
    lines = [line for line in lines if line and not line.startswith(("note:", "hint:", "[end of output]"))]
    own = [line for line in lines if re.match(r"[A-Za-z_.]*(Error|Exception)\b", line)]
    own += [line for line in lines if "No matching distribution" in line]
    return own[-1] if own else decisive("\n".join(lines))
