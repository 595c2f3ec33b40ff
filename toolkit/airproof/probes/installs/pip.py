"""Run pip hermetically and under the guard.

Each interpreter's own pip runs in an empty environment of that interpreter. So it needs no switch to ignore installed
distributions, cannot be externally managed, and carries the guard in itself and in every child.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from packaging.version import Version

from airproof.errors import CannotLook
from airproof.probes.installs.apart import closure_of
from airproof.probes.installs.imported import Owners, read_loaded, tried_apart
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.target import Target
from airproof.probes.pip.decoy import CANARY, Decoy
from airproof.probes.pip.environment import Clear, Place, Places, remove
from airproof.probes.pip.facts import Canary, PipRun, Refusal, Rest, asked_for
from airproof.probes.pip.guard import Attempt, GuardLog, allowed_ends, joined
from airproof.probes.pip.installed import Installed
from airproof.probes.pip.mask import Mask
from airproof.probes.pip.template import index_settings, parse_template, times_of
from airproof.site.site import Group, IndexUrl
from airproof.system.processes import Ran

REPORTS_SINCE = Version("22.2")
"""The first version of pip with `--report` and `--dry-run`."""
NOTHING_LEFT = Ran((), 0, 0.0, "", "")
"""The result in place of a pip run that would have nothing to install."""


class Environment(NamedTuple):
    """An environment while it is being filled."""

    place: Place
    install: Callable[[str, Sequence[str]], Ran]
    """Install one requirement, with constraints; the result has credentials masked."""
    install_rest: Callable[[Rest], Ran]
    """Install distributions from the index, each by itself; the results have credentials masked."""
    mask: Mask

    def versions(self) -> dict[str, str]:
        """Return normalised names and versions of the installed distributions."""
        return {distribution.name: distribution.version for distribution in self.place.installed()}

    def problems(self) -> tuple[str, ...]:
        """Return the complaints of `pip check`."""
        return tuple(self.mask(line) for line in self.place.problems(self.place.installed()))


class OfflinePip:
    """One interpreter's pip, restricted to one index URL. It writes only below `workdir`, and removes its files."""

    def __init__(
        self,
        host: Host,
        url: str,
        *,
        workdir: Path,
        pip_command: str,
        timeout: float,
        pip_time: float | None = None,
        ca: str | None = None,
        certificates: Mapping[str, str] | None = None,
        trusted: Sequence[str] = (),
        netrc: str | None = None,
        surroundings: Mapping[str, str] | None = None,
        decoy: Decoy | None = None,
        further: Sequence[str] = (),
        guarded: bool = True,
        clear: Clear = remove,
    ) -> None:
        """`trusted`: hosts that the interpreter's own pip configuration trusts; `certificates`: variables that name the
        certificates that it trusts for https. Nothing else of that configuration is used.

        `netrc`: the account's file with a login for the index.

        `further`: hosts, `HOST[:PORT]`, to which the guard allows connections as well.

        `surroundings`: the environment that is cleaned; None: this process's own.

        `decoy`: a decoy that the caller keeps running during all runs; each run's surroundings then point to it before
        they are cleaned. `guarded=False` is for tests alone: it shows what the guard prevents. `clear`: how each run's
        folder is removed.

        Raises BadInput for an invalid template, CannotLook if the interpreter has no pip.
        """
        self.host = host
        self._url = url
        self._index = IndexUrl.of(url)
        self._mask = Mask(self._index)
        self._command = parse_template(pip_command)
        isolates = "--no-build-isolation" not in self._command.words
        self._places = Places(host, workdir, timeout, pip_time, clear, isolates=isolates)
        self._timeout = timeout
        self._ca = os.path.abspath(ca) if ca else None  # noqa: PTH100 -- a link keeps the name that was given
        self._own = {"PIP_TRUSTED_HOST": " ".join(trusted)} if trusted else {}
        self._own |= certificates or {}
        self._own |= times_of(host)
        # Other hosts' logins in the file are safe: the guard lets no connection out.
        self._own |= {"NETRC": netrc} if netrc else {}
        self._surroundings = dict(os.environ if surroundings is None else surroundings)
        self._decoy = decoy
        self._allowed = allowed_ends(self._index, timeout, further) if guarded else None

    def build(self, requirement: str) -> Ran:
        """Install one requirement without its dependencies; for a source distribution this is its build.

        Raises CannotLook as `install` does.
        """
        with self._place() as place:
            return self._masked(self._install(place, self._url, (requirement, "--no-deps"), ()))

    def prepare(self, requirement: str) -> Ran:
        """As far as pip goes with a source distribution that it then gives up: it builds the metadata alone, and learns
        from them which Pythons they admit. Raises CannotLook as `install` does.
        """
        with self._place() as place:
            words = (requirement, "--no-deps", "--ignore-requires-python")
            return self._masked(self._install(place, self._url, words, (), dry_run=True))

    def install(self, groups: Sequence[Group], *, imports: bool = True, dry_run: bool = False) -> PipRun:
        """Install the groups' requirements together into a fresh empty environment; then check it and import the
        modules.

        `dry_run`: a pip from 22.2 on resolves only, and nothing is installed, checked or imported. Raises CannotLook if
        no environment can be made, or the guard did not start in it.
        """
        names = tuple(group.name for group in groups)
        requirements = tuple(dict.fromkeys(requirement for group in groups for requirement in group.requirements))
        constraints = tuple(
            dict.fromkeys(constraint for group in groups for constraint in group.constraint_lines or group.constraints)
        )
        if not requirements:
            return PipRun(names, (), NOTHING_LEFT)
        asked = asked_for(requirements, self.host.markers)
        with self._place(asked) as place:
            given = self._given(place, groups, requirements)
            ran = self._install(place, self._url, given, constraints, dry_run=dry_run)
            installed = place.installed(asked)
            wanted = [
                (distribution.name, module)
                for distribution in installed
                if distribution.requested
                for module in distribution.imports
            ]
            looks = ran.ok and not dry_run
            problems, imported = place.look_at(installed, wanted if imports else ()) if looks else ((), ())
            others: list[GuardLog] = []

            @contextmanager
            def elsewhere() -> Iterator[Place]:
                with self._place(asked) as other:
                    yield other
                    others.append(other.log())

            overlaid: tuple[tuple[str, str], ...] = ()
            if looks and len(groups) > 1:
                owners = Owners(place.env.site_packages)
                overlaid = owners.overlaid()
                if imports:
                    closures = [self._closure(group, installed) for group in groups]
                    loaded = read_loaded(place.loaded)
                    imported = tried_apart(place, closures, wanted, imported, loaded, owners, elsewhere)
            log = joined([place.log(), *others])
            return PipRun(
                groups=names,
                requirements=requirements,
                ran=self._masked(ran),
                installed=installed,
                refused=self._refused(log),
                check_problems=tuple(self._mask(line) for line in problems),
                free=None if ran.ok else shutil.disk_usage(place.folder).free,
                overlaid=overlaid,
                imports=tuple(msgspec.structs.replace(result, error=self._mask(result.error)) for result in imported),
                guarded=len(log.processes),
                flaws=log.flaws,
                left=log.left,
            )

    def _closure(self, group: Group, installed: Sequence[Installed]) -> tuple[frozenset[str], frozenset[str]]:
        """Return the projects that a group requests, and all projects of its closure."""
        asked = asked_for(group.requirements, self.host.markers)
        return asked, frozenset(closure_of(group.requirements, installed, Target.of(self.host)))

    def _given(self, place: Place, groups: Sequence[Group], requirements: Sequence[str]) -> Sequence[str]:
        """Return the arguments for the requirements: a file if a group needs one, which then is the only group."""
        lines = [line for group in groups for line in group.pip_lines]
        if not lines:
            return requirements
        file = place.folder / "requirements.txt"
        # With a coding comment, pip decodes the file alike under every locale.
        file.write_text("\n".join(["# coding: utf-8", *lines]) + "\n", encoding="utf-8")
        return ("-r", str(file))

    def install_rest(self, failed: PipRun, rest: Rest) -> PipRun:
        """Repeat a run that failed without the installed distributions. Nothing is imported: an import may need just
        those.

        Raises CannotLook as `install` does.
        """
        if not rest.pins:
            return msgspec.structs.replace(failed, ran=NOTHING_LEFT, installed=(), free=None, counted=rest.counted)
        if self._ends_at(rest) is not None:
            return failed
        with self._place() as place:
            ran = self._masked(self._install_each(place, rest))
            log = place.log()
            return msgspec.structs.replace(
                failed,
                ran=ran,
                installed=place.installed(),
                refused=tuple(dict.fromkeys((*failed.refused, *self._refused(log)))),
                free=None if ran.ok else shutil.disk_usage(place.folder).free,
                guarded=failed.guarded + len(log.processes),
                flaws=log.flaws or failed.flaws,
                counted=rest.counted,
            )

    def _ends_at(self, rest: Rest) -> Ran | None:
        """The build of a source distribution that pip only comes to, and that ends it. Older ones went on to another
        version where one did not build (20.3.4; no more from 22.0 on).
        """
        ran = map(self.prepare, rest.prepared if self._resolves_only else ())
        return next((prepared for prepared in ran if not prepared.ok), None)

    def _install_each(self, place: Place, rest: Rest) -> Ran:
        if not rest.pins:
            return NOTHING_LEFT
        return self._install(place, self._url, (*rest.pins, "--no-deps"), ())

    @contextmanager
    def environment(self) -> Iterator[Environment]:
        """Open one guarded environment that is filled step by step."""
        with self._place() as place:

            def install(requirement: str, constraints: Sequence[str]) -> Ran:
                return self._masked(self._install(place, self._url, (requirement,), constraints))

            def install_rest(rest: Rest) -> Ran:
                return self._ends_at(rest) or self._masked(self._install_each(place, rest))

            yield Environment(place, install, install_rest, self._mask)

    @property
    def _resolves_only(self) -> bool:
        """This pip has `--dry-run` and `--report`."""
        return Version(self.host.pip or "0") >= REPORTS_SINCE

    @property
    def dropped(self) -> tuple[str, ...]:
        """Options of the template that airproof drops."""
        return self._command.dropped

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
        answers = decoy.answers(self._timeout)
        with self._place() as place:
            ran = self._install(place, decoy.url, (CANARY,), ())
            refused = any(blocked.destination == decoy.destination for blocked in self._refused(place.log()))
            arrived = any(distribution.name == CANARY for distribution in place.installed())
        detail = self._mask((ran.stderr.strip() or ran.stdout.strip())[-2000:])
        return Refusal(answers, refused and not arrived, detail)

    def _place(self, asked: Collection[str] = ()) -> AbstractContextManager[Place]:
        hostile = self._decoy.surroundings if self._decoy else {}
        return self._places.make(self._surroundings | hostile, self._allowed, asked)

    def _install(
        self, place: Place, url: str, requirements: Sequence[str], constraints: Sequence[str], *, dry_run: bool = False
    ) -> Ran:
        variables = place.variables | self._own
        if not self._command.names_index:
            variables = variables | self._configured_index(place)
            if url != self._url:
                variables["PIP_INDEX_URL"] = url
        host = IndexUrl.of(url).host
        command = self._command.fill(python=place.env.python, url=url, host=host, requirements=requirements)
        if url != self._url:  # The canary, whose refusal is requested only once: five retries would take eight seconds.
            command += ["--retries", "0"]
        if self._ca:
            command += ["--cert", self._ca]
        if self._resolves_only:
            command += ["--report", str(place.report)]
            command += ["--dry-run"] if dry_run else []
        if constraints:
            file = place.folder / "constraints.txt"
            file.write_text("\n".join(["# coding: utf-8", *constraints]) + "\n", encoding="utf-8")
            command += ["-c", str(file)]
        return place.run(command, variables, count=len(requirements))

    def _configured_index(self, place: Place) -> dict[str, str]:
        """Return the settings of the interpreter's own pip configuration for the index, if the template relies
        on them.
        """
        ran = place.run_outside([self.host.executable, "-B", "-m", "pip", "config", "list"], self._surroundings)
        if not ran.ok:
            raise CannotLook("pip-configuration", interpreter=self.host.executable, reason=self._mask(ran.stderr))
        return index_settings(ran.stdout)

    def _refused(self, log: GuardLog) -> tuple[Attempt, ...]:
        each = (msgspec.structs.replace(refusal, process=self._mask(refusal.process)) for refusal in log.refused)
        return tuple(dict.fromkeys(each))

    def _masked(self, ran: Ran) -> Ran:
        command = tuple(self._mask(word) for word in ran.command)
        return msgspec.structs.replace(
            ran, command=command, stdout=self._mask(ran.stdout), stderr=self._mask(ran.stderr)
        )
