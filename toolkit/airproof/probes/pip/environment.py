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
from airproof.probes.pip.compiling import DECIDES, LEAVE_IT, RUNS_SETUP_PY, compile_modules
from airproof.probes.pip.emptyenv import EmptyEnv, link_build_tools, link_pip, make_empty_env
from airproof.probes.pip.guard import EnvironmentGuard, GuardLog, allowed_ends
from airproof.probes.pip.hermetic import hermetic_environment
from airproof.probes.pip.importing import SIDE_BY_SIDE, TriedImport, try_imports
from airproof.probes.pip.installed import Installed, all_needs_met, read_installed
from airproof.probes.pip.mask import Mask
from airproof.probes.pip.template import REQUIRE_HASHES, PipCommand, index_settings, parse_template, times_of
from airproof.site.indexurl import IndexUrl
from airproof.system.processes import Ran, run

ISOLATES_ALWAYS = Version("25.3")
"""From this pip on, everything is built in isolation, and installed distributions do not matter. Before, an sdist with
a `setup.py` and no pyproject.toml is built with the installed ones: always until 21, if setuptools is installed until
23.0, and if setuptools and wheel are installed until 25.2 (measured, 20.3.4, 22.2.2, 23.0.1, 23.1.2, 24.2, 25.0.1,
25.3).
"""
ISOLATES_MOSTLY = Version("23.1")
"""From this pip on, the modules themselves are imported without the interpreter's build tools."""
REPORTS_SINCE = Version("22.2")
"""The first version of pip with `--report` and `--dry-run`."""
BUILD_TOOLS = frozenset({"setuptools", "wheel"})
"""Projects that a pip before 25.3 sees if the interpreter has them; it then does not ask an index for them."""
PIPS_OWN_TIME = 150.0
"""Least bound of a pip process, in seconds: pip's own five retries of 15 seconds for one page that does not come."""

LEAST_TIME = 60.0
"""Seconds in which what pip has installed may be compiled, at least."""

Clear = Callable[[Path], object]
"""Callback that removes a folder, at once or later: removing fifty small wheels takes a sixth of the time that pip took
to install them.
"""


class PipCall(msgspec.Struct, frozen=True, kw_only=True):
    """How the site calls pip on one index: all that is alike in each of its runs."""

    url: str
    pip_command: str
    """The template."""
    timeout: float
    """Longest time of one answer, in seconds."""
    pip_time: float | None = None
    """Longest time of one pip process, in seconds; None: as `bound` computes it."""
    ca: str | None = None
    certificates: Mapping[str, str] = {}
    """Variables that name the certificates that the interpreter's own pip configuration trusts for https."""
    trusted: Sequence[str] = ()
    """Hosts that this configuration trusts. Nothing else of it is used."""
    netrc: str | None = None
    """The account's file with a login for the index. Other hosts' logins in it are safe: the guard lets no connection
    out.
    """
    further: Sequence[str] = ()
    """Hosts, `HOST[:PORT]`, to which the guard allows connections as well."""
    jobs: int = 0
    """How many pips run at a time; 0: as the machine allows."""
    surroundings: Mapping[str, str] | None = None
    """The environment that is cleaned; None: this process's own."""
    guarded: bool = True
    """False is for tests alone: it shows what the guard prevents."""

    @property
    def index(self) -> IndexUrl:
        return IndexUrl.of(self.url)

    @property
    def mask(self) -> Mask:
        return Mask(self.index)

    @property
    def command(self) -> PipCommand:
        """Raises BadInput for an invalid template."""
        return parse_template(self.pip_command)

    @property
    def around(self) -> dict[str, str]:
        return dict(os.environ if self.surroundings is None else self.surroundings)

    def variables(self, host: Host) -> dict[str, str]:
        """Return the variables by which pip gets what the interpreter's own configuration says."""
        trusted = {"PIP_TRUSTED_HOST": " ".join(self.trusted)} if self.trusted else {}
        return {**trusted, **self.certificates, **times_of(host), **({"NETRC": self.netrc} if self.netrc else {})}


def resolves_only(host: Host) -> bool:
    """Say whether the interpreter's pip has `--dry-run` and `--report`."""
    return Version(host.pip or "0") >= REPORTS_SINCE


def ask_help(host: Host, call: PipCall) -> Ran:
    """Run the site's pip command with no requirement, and with `--help` behind its options. It asks no index."""
    words = call.command.fill(python=[host.executable, "-B"], url=call.url, host=call.index.host, requirements=())
    around = {name: value for name, value in call.around.items() if not name.upper().startswith("PIP_")}
    around["PIP_CONFIG_FILE"] = os.devnull
    return call.mask.ran(run([*words, "--help"], timeout=bound(call.timeout, 0), env=around, cwd=None))


class GuardedEnvironment(msgspec.Struct, frozen=True):
    """An empty environment of an interpreter, which pip fills under the guard."""

    host: Host
    call: PipCall
    folder: Path
    env: EmptyEnv
    variables: dict[str, str]
    """Variables of the processes that see pip."""
    tools: str
    """PYTHONPATH of the processes that do not see pip: the interpreter's own build tools, or empty."""
    guard: EnvironmentGuard | None = None
    """The guard; None only in tests, which show what the guard refuses."""

    def install(
        self,
        words: Sequence[str],
        constraints: Sequence[str] = (),
        *,
        count: int = 1,
        dry_run: bool = False,
        compiles: bool = True,
    ) -> Ran:
        """Install requirements as the site's pip does; `words` may hold further options. Credentials are masked.

        `count`: how many requirements the site asks for in this way, by which the time is bounded.
        `dry_run`: a pip from 22.2 on resolves only. `compiles`: False if the caller calls `compile` afterwards. Raises
        CannotLook if pip does not tell its configuration, on which the template relies.
        """
        more = () if compiles else (LEAVE_IT,)
        return self._install(self.call.url, words, constraints, more=more, count=count, dry_run=dry_run)

    @property
    def may_compile(self) -> bool:
        """Say whether what this pip installs may be compiled afterwards, with the same result: the command leaves it to
        pip, and no setup.py sees how pip was called.
        """
        words = self.call.command.words
        decided = any(word.startswith(DECIDES) for word in words) or "--" in words
        return not decided and Version(self.host.pip or "0") >= RUNS_SETUP_PY

    def compile(self, ran: Ran, *, at_once: int, count: int) -> bool:
        """Compile what a pip process installed, in at most so many processes and in the time that is left to it. Return
        False if only pip can say what comes of it.
        """
        seconds = max(LEAST_TIME, self._bound(count) - ran.seconds)
        place = self.env.site_packages
        return compile_modules(self.host.executable, place, self.variables, at_once=at_once, seconds=seconds)

    def install_from(self, decoy: str, project: str) -> Ran:
        """Install a project from a decoy, whose refusal is requested only once: five retries would take eight
        seconds. No hash is demanded: pip would refuse the project before it asks for it.
        """
        without = REQUIRE_HASHES if self.call.command.requires_hashes else ""
        return self._install(decoy, (project,), (), more=("--retries", "0"), without=without)

    def _install(
        self,
        url: str,
        words: Sequence[str],
        constraints: Sequence[str],
        *,
        more: Sequence[str] = (),
        without: str = "",
        count: int = 1,
        dry_run: bool = False,
    ) -> Ran:
        variables = self.variables | self.call.variables(self.host)
        if not self.call.command.names_index:
            variables |= self._configured_index() | ({"PIP_INDEX_URL": url} if url != self.call.url else {})
        host = IndexUrl.of(url).host
        command = self.call.command.fill(python=self.env.python, url=url, host=host, requirements=words)
        if without:
            command.remove(without)
        command += more
        if self.call.ca:  # A link keeps the name that was given.
            command += ["--cert", os.path.abspath(self.call.ca)]  # noqa: PTH100
        if resolves_only(self.host):
            command += ["--report", str(self.report), *(["--dry-run"] if dry_run else [])]
        if constraints:
            file = self.folder / "constraints.txt"
            file.write_text("\n".join(["# coding: utf-8", *constraints]) + "\n", encoding="utf-8")
            command += ["-c", str(file)]
        return self.call.mask.ran(self.run(command, variables, count=count))

    def _configured_index(self) -> dict[str, str]:
        """Return the settings of the interpreter's own pip configuration for the index."""
        command = [self.host.executable, "-B", "-m", "pip", "config", "list"]
        ran = run(command, timeout=self._bound(0), env=self.call.around, cwd=self.cwd)
        if not ran.ok:
            reason = self.call.mask(ran.stderr)
            raise CannotLook("pip-configuration", interpreter=self.host.executable, reason=reason)
        return index_settings(ran.stdout)

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
        given = {**(self.variables if variables is None else variables), **self._expected(command)}
        return run(command, timeout=self._bound(count), env=given, cwd=self.cwd)

    def _bound(self, requirements: int) -> float:
        return bound(self.call.timeout, requirements) if self.call.pip_time is None else self.call.pip_time

    def installed(self, requested: Iterable[str] = ()) -> tuple[Installed, ...]:
        return read_installed(self.env.site_packages, frozenset(requested), self.report)

    def versions(self) -> dict[str, str]:
        """Return normalised names and versions of the installed distributions."""
        return {distribution.name: distribution.version for distribution in self.installed()}

    @property
    def loaded(self) -> Path:
        """Folder in which each import writes down the files that it loaded."""
        return self.folder / "loaded"

    def look_at(
        self, installed: Collection[Installed], wanted: Sequence[tuple[str, str]], *, at_once: int
    ) -> tuple[tuple[str, ...], tuple[TriedImport, ...]]:
        """Run `pip check`, and import each of the wanted modules, `at_once` at a time beside it; give its complaints
        and the imports.
        """
        with Workers(1) as pool:
            problems = pool.submit(self.check, installed)
            tried = self.imports(wanted, at_once=at_once)
            return problems.result(), tried

    def imports(self, wanted: Sequence[tuple[str, str]], *, at_once: int = SIDE_BY_SIDE) -> tuple[TriedImport, ...]:
        """Return an import of each module, given with its project."""
        self.loaded.mkdir(exist_ok=True)
        mask = self.call.mask
        tried = try_imports(self.importing, wanted, at_once=at_once)
        return tuple(msgspec.structs.replace(result, error=mask(result.error)) for result in tried)

    def check(self, installed: Collection[Installed]) -> tuple[str, ...]:
        """Return the complaints of `pip check`, credentials masked. Starting it takes half a second, so it runs only if
        the metadata leave a doubt.
        """
        if all_needs_met(installed, self.host.markers):
            return ()
        ran = self.run([*self.env.python, "-m", "pip", "check"])
        if ran.ok:
            return ()
        lines = [line for line in ran.stdout.splitlines() if line.strip()] or ran.stderr.splitlines()[-1:]
        return tuple(map(self.call.mask, lines)) or (f"pip check: exit code {ran.exit_code}",)

    def importing(self, arguments: Sequence[str], seconds: float, stdin: str) -> Ran:
        """Run the environment's interpreter as an import sees it: without pip on its path, and without the
        interpreter's build tools if pip has installed newer ones, which PYTHONPATH would hide.
        """
        tools = "" if (self.env.site_packages / "setuptools").exists() else self.tools
        own_variables = {"PYTHONPATH": tools, "AIRPROOF_LOADED": str(self.loaded)}
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


class Environments:
    """Makes guarded environments for one interpreter below `workdir`, and removes each after its run."""

    def __init__(
        self, host: Host, call: PipCall, workdir: Path, hostile: Mapping[str, str], clear: Clear = remove
    ) -> None:
        """`hostile`: variables that are put into the surroundings before those are cleaned. `clear`: how an environment
        is removed. Raises BadInput for an invalid template, CannotLook if the interpreter has no pip.
        """
        isolates = "--no-build-isolation" not in call.command.words
        if host.pip is None:
            raise CannotLook("interpreter-without-pip", interpreter=host.executable)
        workdir.mkdir(parents=True, exist_ok=True)
        self._host, self._call, self._hostile, self._clear = host, call, hostile, clear
        self._workdir = workdir.resolve()
        self._version = Version(host.pip)
        linked = Path(tempfile.mkdtemp(prefix="pip-of-", dir=self._workdir))
        self._pip = str(link_pip(host, linked / "pip"))
        wanted = self._version < ISOLATES_ALWAYS or not isolates
        self._build_tools = str(link_build_tools(host, linked / "tools")) if wanted else ""
        self._tools = self._build_tools if self._version < ISOLATES_MOSTLY else ""
        self._allowed = allowed_ends(call.index, call.timeout, call.further)

    @contextmanager
    def make(self, asked: Collection[str] = ()) -> Iterator[GuardedEnvironment]:
        """Make a fresh environment.

        `asked`: normalised names of the requested projects; a build tool among them has to come from the index. Raises
        CannotLook if no environment can be made, or the guard is not active in it.
        """
        folder = Path(tempfile.mkdtemp(prefix="pip-", dir=self._workdir))
        guard = None
        try:
            surroundings = {**self._call.around, **self._hostile}
            variables = hermetic_environment(surroundings, home=folder / "home", pip=self._version)
            env = make_empty_env(self._host, folder / "env", variables)
            shown = BUILD_TOOLS.isdisjoint(asked)
            visible = os.pathsep.join(path for path in (self._pip, self._build_tools if shown else "") if path)
            variables |= {"PYTHONPATH": visible}
            if self._call.guarded:
                guard = EnvironmentGuard(env.site_packages, self._allowed, folder / "guard")
            tools = self._tools if shown else ""
            environment = GuardedEnvironment(self._host, self._call, folder, env, variables, tools, guard)
            environment.cwd.mkdir()
            yield environment
            if guard is not None and not environment.log().processes:
                raise CannotLook("guard-absent", interpreter=self._host.executable)
        finally:
            if guard is not None:
                guard.close()
            self._clear(folder)


TRYING_TIME = 600.0
"""Seconds in which an interpreter's source distributions are tried by themselves; later no try begins. Their number is
the index's, not the site's: a mirror's project may list hundreds.
"""


def bound(timeout: float, requirements: int) -> float:
    """Return the longest time of one pip process, in seconds: each requirement may wait some time, but never without an
    end.
    """
    return max(PIPS_OWN_TIME, 20 * timeout) + 10.0 * requirements
