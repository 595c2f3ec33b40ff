"""The typed summary of a run's facts: all that renderers, comparison and joining know of them."""

from __future__ import annotations

import msgspec

from airproof.custody.licences import Licence


class HostSummary(msgspec.Struct, frozen=True):
    """An interpreter that answered."""

    label: str
    python: str
    """Such as 3.11.7."""
    pip: str
    """pip's version; empty where it has none."""
    user: str
    """The account that was asked."""
    executable: str
    target: str
    """Its name as `--target` takes it; the label where its tags have no such name."""


class FlowSummary(msgspec.Struct, frozen=True):
    """The packages of one flow on one interpreter."""

    label: str
    flow: str
    requirements: tuple[str, ...]
    """In the order of its activation."""
    failed: tuple[str, ...]
    """Those of them that do not install, or do not resolve."""
    problems: tuple[str, ...]
    """Complaints of `pip check` since this flow."""
    installed: bool
    """False: on another host, whose pip resolved and installed nothing."""


class TargetSummary(msgspec.Struct, frozen=True):
    """A target whose needs were read from the index."""

    label: str
    fetch: str
    """Options that make `pip download` fetch for that target."""
    flows: dict[str, tuple[str, ...]]
    """Requirements of each flow that was read for it."""


class GapSummary(msgspec.Struct, frozen=True):
    """A requirement that no file of the index meets."""

    label: str
    """The interpreter or target."""
    requirement: str
    path: tuple[str, ...]
    """From what was asked for down to the distribution that needs it; empty: it was asked for itself."""


class MirrorSummary(msgspec.Struct, frozen=True):
    """Files that mirrors among the indexes keep since this run, or kept before."""

    mirrors: tuple[str, ...]
    """`user/index`."""
    projects: tuple[str, ...]
    files: tuple[str, ...]


class InventoryItem(msgspec.Struct, frozen=True):
    """A file that the requirements need, as the index served or listed it."""

    project: str
    """The normalised name."""
    version: str
    filename: str
    sha256: str
    """In hex; empty where the index publishes none."""
    source: str
    """The URL of the index, or of the folder, that has the file."""
    groups: tuple[str, ...]
    """Flows, requirements files and single requirements that ask for it, directly or through others."""
    targets: tuple[str, ...]
    """Interpreters and targets that take this file."""
    installed: bool
    """pip installed it on one of them at least; False: airproof read the index itself."""
    licence: Licence = Licence()
    """As the metadata of the file states it."""
    sboms: tuple[str, ...] = ()
    """SBOMs inside the file (PEP 770), by their paths in it."""
    needs: dict[str, tuple[str, ...]] = {}
    """Projects that the file needs, each with those of `targets` where it does; none: it does on each of them."""

    def needed_on(self, target: str) -> tuple[str, ...]:
        """Return the projects that the file needs on a target."""
        return tuple(project for project, targets in self.needs.items() if not targets or target in targets)


class AdvisorySummary(msgspec.Struct, frozen=True):
    """A known vulnerability of a package that is accepted or was carried in."""

    id: str
    aliases: tuple[str, ...]
    project: str
    version: str
    severity: str
    score: float | None
    """The base score of CVSS 3.x; None: the severity is the database's own word."""
    fixed: tuple[str, ...]
    targets: tuple[str, ...]
    """Interpreters and targets that would be given this version."""
    media: tuple[str, ...]
    """Folders that were carried in and hold it."""
    name: str
    """The name by which its finding goes, and no other one."""


class Listing(msgspec.Struct, frozen=True):
    """The content of the index, as far as the run read it."""

    count: int | None = None
    """Projects that the index listed; None where it listed none to this run."""
    names: tuple[str, ...] = ()
    """Normalised and sorted: all of them, or the first few thousand."""
    digest: str = ""
    """Digest of all names."""
    files: dict[str, dict[str, str]] = {}
    """Project to file to `sha256:...` (empty: no hash), of the pages that were read; an absent project has no files."""
    digests: dict[str, str] = {}
    """A digest of the files of projects that have too many to be kept."""

    @property
    def whole(self) -> bool:
        """All names are known."""
        return self.count is not None and self.count == len(self.names)


class MediumSummary(msgspec.Struct, frozen=True):
    """A medium that was carried in, and who vouches for it."""

    folder: str
    made: str
    """When it was filled, UTC."""
    sums: str
    """The sha256 of its `SHA256SUMS`, which binds the record to its files; empty where there was none."""
    key: str = ""
    """The fingerprint of the key that signed it."""
    signer: str = ""
    """The allowed signer who vouches for it; empty where nobody was named, or nobody does."""


class ScannerSummary(msgspec.Struct, frozen=True):
    """The site's scanner, as it was run over what was carried."""

    name: str
    version: str
    """As it says it itself, often with the date of its signatures; empty where it does not."""
    exit_codes: tuple[int, ...]
    """One for each folder that was scanned."""


class LoadTimes(msgspec.Struct, frozen=True):
    """Seconds in which so many of a hundred came to their end; None: longer than was waited."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float


class LoadErrors(msgspec.Struct, frozen=True):
    """Requests of one kind of trouble."""

    kind: str
    count: int
    example: str
    ending: str = "repeated"
    """`repeated`: after all repetitions; `at-once`: pip does not repeat it; `open`: the step ended before the last one.
    """


class ServingProcess(msgspec.Struct, frozen=True):
    """The process that served during a step, as the machine showed it."""

    program: str
    threads: int
    busy: float
    """Processor seconds."""
    memory: int
    """Bytes."""
    read: int | None
    """Bytes read from the disk; None: not shown."""


class LoadStepSummary(msgspec.Struct, frozen=True):
    """One number of hosts that activated at once."""

    hosts: int
    activations: int
    failed: int
    unfinished: int
    seconds: float
    per_minute: float
    activation: LoadTimes | None
    pages: LoadTimes | None
    metadata: LoadTimes | None
    files: LoadTimes | None
    requests: int
    size: int
    """Bytes of all answers."""
    retried: int
    troubles: tuple[LoadErrors, ...]
    own_busy: float
    """Processor seconds of airproof's busiest process."""
    is_limited: bool
    """airproof itself was at its limit: the server may do better."""
    server: ServingProcess | None
    stopped: bool
    """The run was interrupted meanwhile."""
    repeated: bool


class LoadProfileSummary(msgspec.Struct, frozen=True):
    """Requests of one kind of host when it activates."""

    label: str
    """The interpreter or target."""
    size: int
    """Bytes of all answers."""
    elsewhere: int
    """Requests to other hosts, which were left out."""
    headers: dict[str, dict[str, str]]
    """By kind of request: `page`, `metadata` or `file`."""
    pips: tuple[tuple[tuple[str, str], ...], ...]
    """For each pip that is run its requests, in order: the kind, and the path on the server."""


class LoadSummary(msgspec.Struct, frozen=True):
    """How the server held out when many hosts activated at once."""

    server: str
    """Its origin."""
    hosts: int
    """The number of hosts to which the user consented."""
    wanted: int
    """The number of hosts that have to be served."""
    activation_time: float
    """Seconds that an activation may take; 0: nobody said."""
    held: int
    """The largest number of hosts that was served in that time."""
    too_slow: int | None
    """The first number of hosts of which too few were ready in time; None: there was none."""
    same_machine: bool
    """The server shared its processors with the machine that made the load."""
    profiles: tuple[LoadProfileSummary, ...]
    steps: tuple[LoadStepSummary, ...]


class Summary(msgspec.Struct, frozen=True):
    """Typed summary of the facts of a run."""

    machine: str = ""
    """The name of the machine that judged."""
    own_machine: bool = False
    """The index runs on the machine that asked: no firewall was crossed."""
    devpi: str = ""
    """devpi-server's version; empty for another server."""
    hosts: tuple[HostSummary, ...] = ()
    flows: tuple[FlowSummary, ...] = ()
    """Flows whose packages were installed or resolved, in the order of the interpreters and of their flows."""
    unknown: dict[str, tuple[str, ...]] = {}
    """Interpreter or target to flows of which nobody knows whether an item runs."""
    targets: tuple[TargetSummary, ...] = ()
    gaps: tuple[GapSummary, ...] = ()
    mirrors: tuple[MirrorSummary, ...] = ()
    listing: Listing = Listing()
    proven: dict[str, tuple[str, ...]] = {}
    """Interpreter to groups that pip installed there, with nothing missing, nothing refused, and every import done."""
    inventory: tuple[InventoryItem, ...] = ()
    """The files of every requirement that resolves, by project, version and file."""
    media: tuple[MediumSummary, ...] = ()
    scanner: ScannerSummary | None = None
    """None: no scanner was named, or it did not come to its end."""
    advisories: tuple[AdvisorySummary, ...] = ()
    """Known vulnerabilities of all that was looked at, by project, version and id."""
    load: LoadSummary | None = None
    """None: nobody consented to load, or none was sent."""

    def host(self, label: str) -> HostSummary | None:
        """The interpreter of that label, if it answered."""
        return next((host for host in self.hosts if host.label == label), None)
