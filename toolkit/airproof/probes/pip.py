"""pip, hermetic and guarded: what it resolved and installed, what it was refused, and what it tried.

Each interpreter's own pip runs in an empty environment of that interpreter, so it needs no switch to ignore what is
installed, cannot be externally managed, and carries the guard in itself and in every child.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from airproof.errors import CannotLook
from airproof.probes.decoy import CANARY, Decoy
from airproof.probes.guard import Attempt, allowed_ends
from airproof.probes.host import Host
from airproof.probes.installed import Installed
from airproof.probes.mask import Mask
from airproof.probes.place import SIDE_BY_SIDE, Import, Place, Places
from airproof.probes.template import index_settings, parse_template
from airproof.processes import Ran
from airproof.site import Group, IndexUrl

__all__ = ["Attempt", "Canary", "Import", "Installed", "OfflinePip", "PipFacts", "PipRun", "probe_pip"]

REPORTS_SINCE = Version("22.2")
"""The first pip with `--report` and `--dry-run`."""


class PipRun(msgspec.Struct, frozen=True):
    """One pip process and what came of it."""

    groups: tuple[str, ...]
    requirements: tuple[str, ...]
    ran: Ran
    """With credentials masked."""
    installed: tuple[Installed, ...] = ()
    refused: tuple[Attempt, ...] = ()
    check_problems: tuple[str, ...] = ()
    """What `pip check` in the filled environment complained of."""
    imports: tuple[Import, ...] = ()
    guarded: int = 0
    """How many Python processes carried the guard: pip, its builds, the check and the imports."""
    counted: dict[str, str] = {}
    """Of another host: distributions with their versions that are installed there, that the index alone does not give,
    and that count as served, since OMFlow skips them.
    """

    @property
    def ok(self) -> bool:
        return self.ran.exit_code == 0


class PipFacts(msgspec.Struct, frozen=True):
    """All pip runs of one interpreter through the configured URL: one where all is well, else one for each group."""

    label: str
    pip: str
    runs: tuple[PipRun, ...]
    """Those that count: each group is in exactly one."""
    whole: PipRun | None = None
    """The run of all groups together, where it failed and the groups were then asked one by one."""
    dropped: tuple[str, ...] = ()
    """Options of the site's line that say where to install: airproof leaves them out and uses its own place."""
    carried: bool = False
    """Of another host: its pip resolved only, nothing was installed and no guard watched."""


class Canary(msgspec.Struct, frozen=True):
    """The proof that a refusal would have been seen."""

    decoy_answers: bool
    """airproof itself fetched the canary's page from the decoy: it would have answered pip."""
    refused: bool
    """pip, called in the same form but for the decoy's URL, was refused by the guard, and the guard wrote it down."""
    visitors: int
    """Requests that the decoy saw from anybody else, during the canary and the real runs together."""
    detail: str = ""
    carried: bool = False
    """Of another host: nothing was tried there."""


class Environment(NamedTuple):
    """What stands while an environment is filled."""

    place: Place
    install: Callable[[str, Sequence[str]], Ran]
    """One requirement, with constraints; credentials masked."""
    mask: Mask

    def versions(self) -> dict[str, str]:
        """Normalised name to version of what lies there."""
        return {one.name: one.version for one in self.place.installed()}

    def problems(self) -> tuple[str, ...]:
        """What `pip check` complains of."""
        found, _ = self.place.look_at((), imports=False)
        return tuple(self.mask(line) for line in found)


class OfflinePip:
    """One interpreter's pip, restricted to one index URL. It writes below `workdir` only, and clears up."""

    def __init__(
        self,
        host: Host,
        url: str,
        *,
        workdir: Path,
        pip_command: str,
        timeout: float,
        ca: str | None = None,
        surroundings: Mapping[str, str] | None = None,
        decoy: Decoy | None = None,
        guarded: bool = True,
    ) -> None:
        """`surroundings`: the environment that is cleaned; None: this process's own.

        `decoy`: one that the caller keeps standing during all runs; each run's surroundings then point to it before
        they are cleaned. `guarded=False` is for tests alone: it shows what the guard keeps back.
        Raises BadInput for a template that cannot be used, CannotLook where the interpreter has no pip.
        """
        self.host = host
        self._url = url
        self._index = IndexUrl.of(url)
        self._mask = Mask(self._index)
        self._command = parse_template(pip_command)
        self._places = Places(host, workdir, timeout)
        self._timeout = timeout
        self._ca = os.path.abspath(ca) if ca else None  # noqa: PTH100 -- a link keeps the name that was given
        self._surroundings = dict(os.environ if surroundings is None else surroundings)
        self._decoy = decoy
        self._allowed = allowed_ends(self._index, timeout) if guarded else None

    def install(self, groups: Sequence[Group], *, imports: bool = True, dry_run: bool = False) -> PipRun:
        """Installs the groups' requirements together, for real, into a fresh empty environment; checks; imports.

        `dry_run`: a pip that can (from 22.2) resolves only, and nothing is installed, checked or imported.
        Raises CannotLook where no environment can be made, or the guard did not start in it.
        """
        names = tuple(group.name for group in groups)
        requirements = tuple(dict.fromkeys(one for group in groups for one in group.requirements))
        constraints = tuple(dict.fromkeys(one for group in groups for one in group.constraints))
        if not requirements:
            return PipRun(names, (), Ran((), 0, 0.0, "", ""))
        with self._place() as place:
            ran = self._install(place, self._url, requirements, constraints, dry_run=dry_run)
            found = place.installed(_asked_for(requirements, self.host.markers))
            problems, imported = place.look_at(found, imports) if ran.ok and not dry_run else ((), ())
            return PipRun(
                groups=names,
                requirements=requirements,
                ran=self._masked(ran),
                installed=found,
                refused=self._refused(place),
                check_problems=tuple(self._mask(line) for line in problems),
                imports=tuple(msgspec.structs.replace(one, error=self._mask(one.error)) for one in imported),
                guarded=len(place.log().processes),
            )

    @contextmanager
    def environment(self) -> Iterator[Environment]:
        """One guarded environment that is filled step by step."""
        with self._place() as place:

            def install(requirement: str, constraints: Sequence[str]) -> Ran:
                return self._masked(self._install(place, self._url, (requirement,), constraints))

            yield Environment(place, install, self._mask)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Options of the template that airproof leaves out."""
        return self._command.dropped

    def canary(self) -> Canary:
        """Sends the same pip, in the same form of call, to a decoy index on loopback: the guard must refuse it.

        Uses the caller's decoy, where there is one, and then counts its visitors since it stands.
        """
        if self._decoy is not None:
            return self._canary(self._decoy)
        with Decoy() as decoy:
            return self._canary(decoy)

    def _canary(self, decoy: Decoy) -> Canary:
        answers = decoy.answers(self._timeout)
        with self._place() as place:
            ran = self._install(place, decoy.url, (CANARY,), ())
            refused = any(one.destination == decoy.destination for one in self._refused(place))
            arrived = any(one.name == CANARY for one in place.installed())
        detail = self._mask((ran.stderr.strip() or ran.stdout.strip())[-2000:])
        return Canary(answers, refused and not arrived, decoy.visitors, detail)

    def _place(self) -> AbstractContextManager[Place]:
        hostile = self._decoy.surroundings if self._decoy else {}
        return self._places.make(self._surroundings | hostile, self._allowed)

    def _install(
        self, place: Place, url: str, requirements: Sequence[str], constraints: Sequence[str], *, dry_run: bool = False
    ) -> Ran:
        variables = place.variables
        if not self._command.names_index:
            variables = variables | self._configured_index(place)
            if url != self._url:
                variables["PIP_INDEX_URL"] = url
        host = IndexUrl.of(url).host
        command = self._command.fill(python=place.env.python, url=url, host=host, requirements=requirements)
        # Refusals and dead ends are asked once: pip's own five retries take eight seconds for each.
        command += ["--retries", "0", "--timeout", f"{self._timeout:g}"]
        if self._ca:
            command += ["--cert", self._ca]
        if Version(self.host.pip or "0") >= REPORTS_SINCE:
            command += ["--report", str(place.report)]
            command += ["--dry-run"] if dry_run else []
        if constraints:
            file = place.folder / "constraints.txt"
            file.write_text("\n".join(constraints) + "\n", encoding="utf-8")
            command += ["-c", str(file)]
        return place.run(command, variables, count=len(requirements))

    def _configured_index(self, place: Place) -> dict[str, str]:
        """What the interpreter's own pip configuration says of the index, for a template that leaves it to that."""
        ran = place.run([self.host.executable, "-B", "-m", "pip", "config", "list"], self._surroundings)
        if not ran.ok:
            raise CannotLook("pip-configuration", interpreter=self.host.executable, reason=self._mask(ran.stderr))
        return index_settings(ran.stdout)

    def _refused(self, place: Place) -> tuple[Attempt, ...]:
        each = (msgspec.structs.replace(one, process=self._mask(one.process)) for one in place.log().refused)
        return tuple(dict.fromkeys(each))

    def _masked(self, ran: Ran) -> Ran:
        command = tuple(self._mask(word) for word in ran.command)
        return msgspec.structs.replace(
            ran, command=command, stdout=self._mask(ran.stdout), stderr=self._mask(ran.stderr)
        )


def left_out(run: PipRun, markers: Mapping[str, str]) -> list[str]:
    """Projects that were asked for, and are not there although pip ended well. Markers are heeded."""
    return sorted(_asked_for(run.requirements, markers) - {one.name for one in run.installed} - set(run.counted))


def _asked_for(requirements: Sequence[str], markers: Mapping[str, str]) -> frozenset[str]:
    """The normalised names of the requirements whose markers apply to this interpreter."""
    parsed = [Requirement(one) for one in requirements]
    applying = [one for one in parsed if one.marker is None or one.marker.evaluate({**markers, "extra": ""})]
    return frozenset(canonicalize_name(one.name) for one in applying)


def probe_pip(pip: OfflinePip, groups: Sequence[Group], *, imports: bool, dry_run: bool = False) -> PipFacts:
    """One pip process for all groups; only where that fails, one for each group."""
    version = pip.host.pip or ""
    whole = pip.install(groups, imports=imports, dry_run=dry_run)
    if whole.ok or len(groups) == 1:
        return PipFacts(pip.host.label, version, (whole,), dropped=pip.dropped)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        runs = tuple(pool.map(lambda group: pip.install([group], imports=imports, dry_run=dry_run), groups))
    return PipFacts(pip.host.label, version, runs, whole, pip.dropped)
