"""Options as they were typed, before anything is made of them."""

from __future__ import annotations

from dataclasses import dataclass

from airproof.site.site import DEFAULT_TIMEOUT, Edition, Form


@dataclass(frozen=True)
class AskedHost:
    """A `[[host]]` of airproof.toml: an interpreter on this machine, or another host's facts."""

    name: str = ""
    python: str | None = None
    facts: str | None = None
    collector: bool | str = False
    """A text: OMFlow's name of the Collector."""

    @property
    def collector_name(self) -> str:
        return self.collector.strip() if isinstance(self.collector, str) else ""


@dataclass(frozen=True)
class TypedOptions:
    """Options as they were typed; `options.OPTIONS` names each field's flag and key."""

    url: str | None = None
    wheelhouse: str | None = None
    packages: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    """Requirements files."""
    constraints: tuple[str, ...] = ()
    """Constraints files, which hold for all that is asked for by `packages`, `requirements` and `dependency_groups`."""
    dependency_groups: tuple[str, ...] = ()
    """Dependency groups, `GROUP` of pyproject.toml or `PATH:GROUP`."""
    flows: tuple[str, ...] = ()
    """Exports of OMFlow, and folders of them."""
    omflow: str | None = None
    """OMFlow's database, or the address of its REST interface."""
    omflow_confirmed: bool = True
    """Somebody named it for this run, and not only the airproof.toml of the current folder."""
    edition: Edition | None = None
    """The edition by whose rule the flows are judged; None: as OMFlow or the export shows."""
    omflow_setting: str | None = None
    """The setting that holds the URL, where it cannot be told by what it holds."""
    pythons: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    all_projects: bool = False
    deep: bool = False
    serverdir: str | None = None
    manifests: tuple[str, ...] = ()
    """Folders of media, in the order in which they were carried in."""
    signers: str | None = None
    """The file of those who may sign a medium."""
    scanner: str | None = None
    """The command of the site's scanner."""
    advisories: str | None = None
    """The database of advisories: an OSV export of PyPI."""
    fail_on: str = ""
    vex: tuple[str, ...] = ()
    """Statements about which advisories do not matter here, OpenVEX or CycloneDX."""
    facts: tuple[str, ...] = ()
    """Answers of the probe, carried back from other hosts."""
    hosts: tuple[AskedHost, ...] = ()
    fleet: tuple[str, ...] = ()
    """Hosts to ask through a backend of pytest-testinfra."""
    hosts_at_once: int = 10
    """How many of them are asked at the same time."""
    jobs: int | None = None
    """How many pips, imports and readers of files run at a time; None: as the machine allows."""
    load: int = 0
    """Hosts that activate at once at most; 0: nobody consented to any load."""
    load_hosts: int | None = None
    """Hosts that have to be served in time; None: as many as consented to."""
    activation_time: float = 0.0
    pip_command: str | None = None
    form: Form | None = None
    timeout: float = DEFAULT_TIMEOUT
    ca: str | None = None
    further: tuple[str, ...] = ()
    """Further hosts that files may come from, `HOST[:PORT]`."""
    login: bool = True
    imports: bool = True
    waive: tuple[str, ...] = ()
    licences_allowed: tuple[str, ...] = ()
    """SPDX expressions; empty: every licence that is not denied."""
    licences_denied: tuple[str, ...] = ()
    strict: bool = False
    keep: str | None = None
    restore: str | None = None
    """A backup: a copy of a serverdir, or what `devpi-export` wrote."""
    against: str | None = None
    """A record, or the URL of a live index, that says what the backup has to bring back."""
    server_options: tuple[str, ...] = ()
    """Further options of a rehearsed devpi-server."""
    sbom: bool = False
    """An SBOM of what was accepted is written beside the record."""
    checks: tuple[str, ...] = ()
    report_dir: str = "airproof-report"
