"""Run pip hermetically and under the guard.

Each interpreter's own pip runs in an empty environment of that interpreter. So it needs no switch to ignore installed
distributions, cannot be externally managed, and carries the guard in itself and in every child.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec

from airproof.errors import CannotLook
from airproof.net.threads import Workers
from airproof.probes.installs.apart import closure_of
from airproof.probes.installs.imported import Owners, read_loaded, tried_apart
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.pip.decoy import CANARY, Decoy
from airproof.probes.pip.environment import (
    TRYING_TIME,
    Clear,
    Environments,
    GuardedEnvironment,
    PipCall,
    ask_help,
    remove,
    resolves_only,
)
from airproof.probes.pip.facts import Canary, PipRun, Refusal, StillNeeded, Usage, asked_for, decisive
from airproof.probes.pip.guard import Attempt, GuardLog, joined
from airproof.probes.pip.installed import Installed
from airproof.site.group import Group
from airproof.system.processes import Ran
from airproof.system.processors import side_by_side

NOTHING_LEFT = Ran((), 0, 0.0, "", "")
"""The result in place of a pip run that would have nothing to install."""
PIP_MEMORY = 300 << 20
"""Bytes that one pip needs, with room to spare (measured, pip 26.3 installing sphinx, numpy and pandas: 66 MB)."""


class _NotCompiled(Exception):
    """The modules that pip installed were not compiled to the end: pip has to try it itself."""


class OfflinePip:
    """One interpreter's pip, restricted to one index URL. It writes only below `workdir`, and removes its files."""

    def __init__(
        self, host: Host, call: PipCall, workdir: Path, decoy: Decoy | None = None, *, clear: Clear = remove
    ) -> None:
        """`decoy`: a decoy that the caller keeps running during all runs; each run's surroundings then point to it
        before they are cleaned. `clear`: how each run's folder is removed.

        Raises BadInput for an invalid template, CannotLook if the interpreter has no pip.
        """
        self.host, self._call, self._decoy = host, call, decoy
        self.at_once = side_by_side(call.jobs, PIP_MEMORY)
        self._environments = Environments(host, call, workdir, decoy.surroundings if decoy else {}, clear)
        self._tried: dict[tuple[str, ...], Ran] = {}
        self._trying = TRYING_TIME

    def build(self, requirement: str) -> Ran:
        """Install one requirement without its dependencies; for a source distribution this is its build.

        Raises CannotLook as `install` does.
        """
        return self._try(requirement, "--no-deps")

    def prepare(self, requirement: str) -> Ran:
        """As far as pip goes with a source distribution that it then gives up: it builds the metadata alone, and learns
        from them which Pythons they admit. Raises CannotLook as `install` does.
        """
        return self._try(requirement, "--no-deps", "--ignore-requires-python", dry_run=True)

    @property
    def may_try(self) -> bool:
        """Time is left for `build` and `prepare`; otherwise they raise CannotLook."""
        return self._trying > 0

    def _try(self, *words: str, dry_run: bool = False) -> Ran:
        """Run pip for one source distribution by itself, once."""
        if words not in self._tried:
            if not self.may_try:
                seconds = round(TRYING_TIME)
                raise CannotLook("sdists-too-slow", interpreter=self.host.label, seconds=seconds, name=words[0])
            began = time.monotonic()
            try:
                with self.environment() as environment:
                    self._tried[words] = environment.install(words, dry_run=dry_run)
            finally:
                self._trying -= time.monotonic() - began
        return self._tried[words]

    def install(
        self,
        groups: Sequence[Group],
        *,
        imports: bool = True,
        dry_run: bool = False,
        beside: int = 1,
        by_pip: bool = False,
    ) -> PipRun:
        """Install the groups' requirements together into a fresh empty environment; then check it and import the
        modules.

        `dry_run`: a pip from 22.2 on resolves only, and nothing is installed, checked or imported. `beside`: how many
        such runs there are at a time, which share the processors. `by_pip`: pip itself compiles the modules, as it does
        where they cannot be compiled afterwards. Raises CannotLook if no environment can be made, or the guard did not
        start in it.
        """
        try:
            return self._install(groups, imports, dry_run, beside, by_pip=by_pip)
        except _NotCompiled:
            return self._install(groups, imports, dry_run, beside, by_pip=True)

    def _install(self, groups: Sequence[Group], imports: bool, dry_run: bool, beside: int, *, by_pip: bool) -> PipRun:
        """Install as `install` does. Raises _NotCompiled if the modules could not be compiled after pip."""
        names = tuple(group.name for group in groups)
        requirements = tuple(dict.fromkeys(requirement for group in groups for requirement in group.requirements))
        constraints = tuple(
            dict.fromkeys(constraint for group in groups for constraint in group.constraint_lines or group.constraints)
        )
        if not requirements:
            return PipRun(names, (), NOTHING_LEFT)
        asked = asked_for(requirements, self.host.markers)
        with self.environment(asked) as environment:
            given = self._given(environment, groups, requirements)
            at_once, count = max(1, self.at_once // beside), len(requirements)
            later = environment.may_compile and not (by_pip or dry_run)
            ran = environment.install(given, constraints, count=count, dry_run=dry_run, compiles=not later)
            if later and ran.ok:
                with Workers(1) as pool:
                    compiled = pool.submit(environment.compile, ran, at_once=at_once, count=count)
                    installed = environment.installed(asked)
                if not compiled.result():
                    raise _NotCompiled
            else:
                installed = environment.installed(asked)
            wanted = [
                (distribution.name, module)
                for distribution in installed
                if distribution.requested
                for module in distribution.imports
            ]
            looks = ran.ok and not dry_run
            problems, imported = (
                environment.look_at(installed, wanted if imports else (), at_once=at_once) if looks else ((), ())
            )
            others: list[GuardLog] = []

            @contextmanager
            def elsewhere() -> Iterator[GuardedEnvironment]:
                with self.environment(asked) as other:
                    yield other
                    others.append(other.log())

            overlaid: tuple[tuple[str, str], ...] = ()
            if looks and len(groups) > 1:
                owners = Owners(environment.env.site_packages)
                overlaid = owners.overlaid()
                if imports:
                    closures = [self._closure(group, installed) for group in groups]
                    loaded = read_loaded(environment.loaded)
                    imported = tried_apart(environment, closures, wanted, imported, loaded, owners, elsewhere)
            log = joined([environment.log(), *others])
            return PipRun(
                groups=names,
                requirements=requirements,
                ran=ran,
                installed=installed,
                refused=self._refused(log),
                check_problems=problems,
                free=None if ran.ok else shutil.disk_usage(environment.folder).free,
                overlaid=overlaid,
                imports=imported,
                flaws=log.flaws,
                left=log.left,
            )

    def _closure(self, group: Group, installed: Sequence[Installed]) -> tuple[frozenset[str], frozenset[str]]:
        """Return the projects that a group requests, and all projects of its closure."""
        asked = asked_for(group.requirements, self.host.markers)
        return asked, frozenset(closure_of(group.requirements, installed, TargetMatcher.of(self.host)))

    def _given(
        self, environment: GuardedEnvironment, groups: Sequence[Group], requirements: Sequence[str]
    ) -> Sequence[str]:
        """Return the arguments for the requirements: a file if a group needs one, which then is the only group."""
        lines = [line for group in groups for line in group.pip_lines]
        if not lines:
            return requirements
        file = environment.folder / "requirements.txt"
        # With a coding comment, pip decodes the file alike under every locale.
        file.write_text("\n".join(["# coding: utf-8", *lines]) + "\n", encoding="utf-8")
        return ("-r", str(file))

    def install_rest(self, failed: PipRun, rest: StillNeeded) -> PipRun:
        """Repeat a run that failed without the installed distributions. Nothing is imported: an import may need just
        those.

        Raises CannotLook as `install` does.
        """
        if not rest.pins:
            return msgspec.structs.replace(failed, ran=NOTHING_LEFT, installed=(), free=None, counted=rest.counted)
        if self._ends_at(rest) is not None:
            return failed
        with self.environment() as environment:
            ran = _install_each(environment, rest, count=len(failed.requirements))
            log = environment.log()
            return msgspec.structs.replace(
                failed,
                ran=ran,
                installed=environment.installed(),
                refused=tuple(dict.fromkeys((*failed.refused, *self._refused(log)))),
                free=None if ran.ok else shutil.disk_usage(environment.folder).free,
                flaws=log.flaws or failed.flaws,
                counted=rest.counted,
            )

    def _ends_at(self, rest: StillNeeded) -> Ran | None:
        """The build of a source distribution that pip only comes to, and that ends it. Older ones went on to another
        version where one did not build (20.3.4; no more from 22.0 on).
        """
        ran = map(self.prepare, rest.prepared if resolves_only(self.host) else ())
        return next((prepared for prepared in ran if not prepared.ok), None)

    def fill(self, environment: GuardedEnvironment, rest: StillNeeded) -> Ran:
        """Install the distributions that the index still has to provide, each by itself."""
        return self._ends_at(rest) or _install_each(environment, rest)

    def environment(self, asked: Collection[str] = ()) -> AbstractContextManager[GuardedEnvironment]:
        """Open one guarded environment that is filled step by step. `asked`: as in `Environments.make`."""
        return self._environments.make(asked)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Options of the template that airproof drops."""
        return self._call.command.dropped

    def usage(self) -> Usage:
        """Ask pip for its help with all options of the command: it reads those that stand before `--help`, and refuses
        one that it does not know with exit code 2 (measured, 20.3.4 to 26.3).
        """
        if not self._call.command.options:  # pip takes the rest; asking takes it a second.
            return Usage()
        ran = ask_help(self.host, self._call)
        return Usage(ran.exit_code, "" if ran.ok else decisive(ran.stderr))

    def canary(self, refusal: Callable[[], Refusal] | None = None) -> Canary:
        """Send the same pip, in the same form of call, to a decoy index on loopback: the guard must refuse it.

        Uses the caller's decoy if there is one, and then counts its visitors since it was started. `refusal`: the
        result of `refusal`, for a caller that has already started it.
        """
        if self._decoy is not None:
            came = (refusal or self.refusal)()
            return Canary(came.decoy_answers, came.refused, self._decoy.visitors, came.detail)
        with Decoy() as decoy:
            came = self._refusal(decoy)
            return Canary(came.decoy_answers, came.refused, decoy.visitors, came.detail)

    def refusal(self) -> Refusal:
        """Send pip to the caller's decoy and return the result. Raises RuntimeError if there is no decoy."""
        if self._decoy is None:
            raise RuntimeError("a refusal by itself needs a decoy that stands")
        return self._refusal(self._decoy)

    def _refusal(self, decoy: Decoy) -> Refusal:
        answers = decoy.answers(self._call.timeout)
        with self.environment() as environment:
            ran = environment.install_from(decoy.url, CANARY)
            refused = any(blocked.destination == decoy.destination for blocked in self._refused(environment.log()))
            arrived = CANARY in environment.versions()
        return Refusal(answers, refused and not arrived, (ran.stderr.strip() or ran.stdout.strip())[-2000:])

    def _refused(self, log: GuardLog) -> tuple[Attempt, ...]:
        each = (msgspec.structs.replace(refusal, process=self._call.mask(refusal.process)) for refusal in log.refused)
        return tuple(dict.fromkeys(each))


def _install_each(environment: GuardedEnvironment, rest: StillNeeded, *, count: int = 1) -> Ran:
    return environment.install((*rest.pins, "--no-deps"), count=count) if rest.pins else NOTHING_LEFT
