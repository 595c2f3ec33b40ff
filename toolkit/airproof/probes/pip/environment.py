"""The environment of one pip run: an empty guarded environment, its variables, and checks once it is filled."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from packaging.version import Version

from airproof.errors import CannotLook
from airproof.net.threads import Workers
from airproof.probes.interpreters.host import Host
from airproof.probes.pip.emptyenv import EmptyEnv, link_build_tools, link_pip, make_empty_env
from airproof.probes.pip.guard import Guard, GuardLog
from airproof.probes.pip.hermetic import hermetic_environment
from airproof.probes.pip.importing import Import, try_imports
from airproof.probes.pip.installed import Installed, all_needs_met, read_installed
from airproof.system.processes import Ran, run

ISOLATES_ALWAYS = Version("25.3")
"""From this pip on, everything is built in isolation, and installed distributions do not matter. Before, an sdist with
a `setup.py` and no pyproject.toml is built with the installed ones: always until 21, if setuptools is installed until
23.0, and if setuptools and wheel are installed until 25.2 (measured, 20.3.4, 22.2.2, 23.0.1, 23.1.2, 24.2, 25.0.1,
25.3).
"""
ISOLATES_MOSTLY = Version("23.1")
"""From this pip on, the modules themselves are imported without the interpreter's build tools."""


BUILD_TOOLS = frozenset({"setuptools", "wheel"})
"""Projects that a pip before 25.3 sees if the interpreter has them; it then does not ask an index for them."""
PIPS_OWN_TIME = 150.0
"""Least bound of a pip process, in seconds: pip's own five retries of 15 seconds for one page that does not come."""

Clear = Callable[[Path], object]
"""Callback that removes a folder, at once or later: removing fifty small wheels takes a sixth of the time that pip took
to install them.
"""


class Place(msgspec.Struct, frozen=True):
    """The folder of one run and its contents."""

    folder: Path
    env: EmptyEnv
    variables: dict[str, str]
    """Variables of the processes that see pip."""
    markers: dict[str, str]
    """Markers of its interpreter (PEP 508)."""
    tools: str
    """PYTHONPATH of the processes that do not see pip: the interpreter's own build tools, or empty."""
    timeout: float
    """Longest time of one answer, in seconds."""
    pip_time: float | None = None
    """Longest time of one pip process, in seconds; None: as `bound` computes it."""
    guard: Guard | None = None
    """The guard; None only in tests, which show what the guard refuses."""

    @property
    def report(self) -> Path:
        return self.folder / "report.json"

    @property
    def cwd(self) -> Path:
        return self.folder / "cwd"

    def log(self) -> GuardLog:
        return self.guard.log() if self.guard is not None else GuardLog((), ())

    def run(self, command: Sequence[str | Path], variables: Mapping[str, str] | None = None, *, count: int = 0) -> Ran:
        """Run a program of this environment, mostly pip, under the guard. `count`: number of requirements, for the time
        bound.
        """
        most = bound(self.timeout, count) if self.pip_time is None else self.pip_time
        given = {**(self.variables if variables is None else variables), **self._expected(command)}
        return run(command, timeout=most, env=given, cwd=self.cwd)

    def run_outside(self, command: Sequence[str | Path], variables: Mapping[str, str]) -> Ran:
        """Run a program from outside this environment on it; such a program carries no guard."""
        most = bound(self.timeout, 0) if self.pip_time is None else self.pip_time
        return run(command, timeout=most, env=variables, cwd=self.cwd)

    def installed(self, requested: Iterable[str] = ()) -> tuple[Installed, ...]:
        return read_installed(self.env.site_packages, frozenset(requested), self.report)

    @property
    def loaded(self) -> Path:
        """Folder in which each import writes down the files that it loaded."""
        return self.folder / "loaded"

    def look_at(
        self, installed: Collection[Installed], wanted: Sequence[tuple[str, str]]
    ) -> tuple[tuple[str, ...], tuple[Import, ...]]:
        """Run `pip check`, and import each of the wanted modules, side by side; give its complaints and the imports."""
        with Workers(1) as pool:
            problems = pool.submit(self.problems, installed)
            tried = self.imports(wanted)
            return problems.result(), tried

    def imports(self, wanted: Sequence[tuple[str, str]]) -> tuple[Import, ...]:
        """Return an import of each module, given with its project."""
        self.loaded.mkdir(exist_ok=True)
        return try_imports(self.importing, wanted)

    def problems(self, installed: Collection[Installed]) -> tuple[str, ...]:
        """Return the complaints of `pip check`. Starting it takes half a second, so it runs only if the metadata leave
        a doubt.
        """
        if all_needs_met(installed, self.markers):
            return ()
        ran = self.run([*self.env.python, "-m", "pip", "check"])
        if ran.ok:
            return ()
        lines = [line for line in ran.stdout.splitlines() if line.strip()] or ran.stderr.splitlines()[-1:]
        return tuple(lines) or (f"pip check: exit code {ran.exit_code}",)

    def importing(self, arguments: Sequence[str], seconds: float, stdin: str) -> Ran:
        """Run the environment's interpreter as an import sees it: without pip on its path."""
        own_variables = {"PYTHONPATH": self.tools, "AIRPROOF_LOADED": str(self.loaded)}
        variables = self.variables | own_variables | self._expected(arguments)
        return run([*self.env.python, *arguments], timeout=seconds, env=variables, cwd=self.cwd, stdin=stdin)

    def _expected(self, command: Sequence[str | Path]) -> dict[str, str]:
        """Return the variables by which the guard recognises a process of this environment that airproof starts
        itself.
        """
        return self.guard.expect(command) if self.guard is not None else {}


def remove(folder: Path) -> None:
    """Remove the folder at once; a part that cannot be removed stays."""
    shutil.rmtree(folder, ignore_errors=True)


class Places:
    """Makes environments for one interpreter below `workdir`, and removes each after its run."""

    def __init__(
        self,
        host: Host,
        workdir: Path,
        timeout: float,
        pip_time: float | None = None,
        clear: Clear = remove,
        *,
        isolates: bool = True,
    ) -> None:
        """`clear`: how an environment is removed. `isolates`: the site's call lets pip build in isolation; False with
        `--no-build-isolation`.

        Raises CannotLook if the interpreter has no pip.
        """
        if host.pip is None:
            raise CannotLook("interpreter-without-pip", interpreter=host.executable)
        workdir.mkdir(parents=True, exist_ok=True)
        self._host = host
        self._workdir = workdir.resolve()
        self._timeout, self._pip_time, self._clear = timeout, pip_time, clear
        self._version = Version(host.pip)
        linked = Path(tempfile.mkdtemp(prefix="pip-of-", dir=self._workdir))
        self._pip = str(link_pip(host, linked / "pip"))
        wanted = self._version < ISOLATES_ALWAYS or not isolates
        self._build_tools = str(link_build_tools(host, linked / "tools")) if wanted else ""
        self._tools = self._build_tools if self._version < ISOLATES_MOSTLY else ""

    @contextmanager
    def make(
        self, surroundings: Mapping[str, str], allowed: frozenset[tuple[str, int]] | None, asked: Collection[str] = ()
    ) -> Iterator[Place]:
        """Make a fresh environment.

        `allowed`: addresses to which its processes may connect; None: no guard at all (for tests of the guard).
        `asked`: normalised names of the requested projects; a build tool among them has to come from the index. Raises
        CannotLook if no environment can be made, or the guard is not active in it.
        """
        folder = Path(tempfile.mkdtemp(prefix="pip-", dir=self._workdir))
        guard = None
        try:
            variables = hermetic_environment(surroundings, home=folder / "home", pip=self._version)
            env = make_empty_env(self._host, folder / "env", variables)
            shown = BUILD_TOOLS.isdisjoint(asked)
            visible = os.pathsep.join(path for path in (self._pip, self._build_tools if shown else "") if path)
            variables |= {"PYTHONPATH": visible}
            if allowed is not None:
                guard = Guard(env.site_packages, allowed, folder / "guard")
            tools = self._tools if shown else ""
            place = Place(folder, env, variables, self._host.markers, tools, self._timeout, self._pip_time, guard)
            place.cwd.mkdir()
            yield place
            if allowed is not None and not place.log().processes:
                raise CannotLook("guard-absent", interpreter=self._host.executable)
        finally:
            if guard is not None:
                guard.close()
            self._clear(folder)


def bound(timeout: float, requirements: int) -> float:
    """Return the longest time of one pip process, in seconds: each requirement may wait some time, but never without an
    end.
    """
    return max(PIPS_OWN_TIME, 20 * timeout) + 10.0 * requirements
