"""A site: the index to be accepted and the requests to it. Pure data, frozen, written to and read from JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec

from airproof.site.choosing import Choosing
from airproof.site.flows import Flow, Item
from airproof.site.stored import OMFlowSetting

COMMERCIAL = "{python} -m pip install --index-url {url} --trusted-host {host} {requirement}"
"""Assumed pip command of OMFlow's commercial edition: the manual prescribes plain http on an IP, which cannot work
otherwise.
"""

_CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@")

DEFAULT_TIMEOUT = 15.0
"""Seconds that any one answer may take; pip's own default."""


DEFAULT_ROUNDS = 20_000
"""Steps of backtracking after which a resolution is given up as too deep."""


class Kind(str, Enum):
    """Origin of the site: `live` already runs, `rehearsal` is set up by airproof."""

    LIVE = "live"
    REHEARSAL = "rehearsal"


class Edition(str, Enum):
    """OMFlow's editions: `open` installs what an item's code imports, `commercial` what its items declare."""

    OPEN = "open"
    COMMERCIAL = "commercial"


class Form(str, Enum):
    """The two URL forms of the manual: `offline` is a stage that holds uploaded files, `online` a mirror with internet
    access.
    """

    OFFLINE = "offline"
    ONLINE = "online"


class OptionLine(msgspec.Struct, frozen=True):
    """A line of a requirements file that would change the index that pip asks."""

    file: str
    line: int
    text: str


class TextFile(msgspec.Struct, frozen=True):
    """A requirements file that is not plain ASCII and does not say its encoding."""

    path: str
    line: int
    """Line number of the first character that is not ASCII."""
    odd: bytes
    """The lines that hold such characters."""


class Group(msgspec.Struct, frozen=True):
    """Requirements that are requested together and so must resolve together: one `-r` file, one `-p`, one flow."""

    name: str
    requirements: tuple[str, ...]
    """PEP 508 strings, in the order given."""
    constraints: tuple[str, ...] = ()
    option_lines: tuple[OptionLine, ...] = ()
    hashes: dict[str, tuple[str, ...]] = {}
    """Project to the files that its lines admit, each as `sha256:HEX`; including those of constraints."""
    pip_lines: tuple[str, ...] = ()
    """Lines that pip is given as a file because a command line cannot express them: option lines, and requirements with
    hashes or options; empty if the requirements suffice.
    """
    constraint_lines: tuple[str, ...] = ()
    """The constraints as lines of a file, if these say more than `constraints`."""
    files: tuple[TextFile, ...] = ()
    """Those of its files that pips may decode differently."""
    items: dict[str, tuple[str, ...]] = {}
    """For a flow: requirement to the items that declare it."""
    collector: bool = False
    """For a flow: a Collector runs these items."""
    places: dict[str, str] = {}
    """Requirement or constraint of a file to its `FILE:LINE`."""

    @property
    def sets_pip(self) -> bool:
        """Say whether it has settings for a whole pip process, so that no other group may be asked together with it."""
        return bool(self.pip_lines or self.constraint_lines)

    def tells(self, choosing: Choosing) -> Choosing:
        """Return the options about kinds of files that pip is given: by its command, and then by the group's option
        lines.
        """
        return choosing.more(word for line in self.pip_lines if line.startswith("-") for word in line.split())


class Interpreter(msgspec.Struct, frozen=True):
    """A Python on this machine whose pip is relevant to the verdict."""

    executable: str
    label: str
    """Such as `cp311-linux`; the subject of the checks that ask this interpreter."""
    collector: bool = False
    """The interpreter is a Collector's: it installs the packages of the Collector's items."""
    facts: str | None = None
    """The file of facts from another host; None: the interpreter is on this machine."""
    named: bool = False
    """The user named it as one that OMFlow runs; it does not merely run airproof."""

    @property
    def elsewhere(self) -> bool:
        return self.facts is not None


class InstalledDistribution(msgspec.Struct, frozen=True):
    """An installed distribution of an interpreter: pip keeps it if it meets the requirements, and asks no index
    for it.
    """

    version: str
    requires: tuple[str, ...]
    """Its Requires-Dist."""


ANY_LATER = 99
"""Upper bound for the patch level of a Python that may get further ones."""


class Target(msgspec.Struct, frozen=True):
    """An interpreter for which the index is judged, present here or not."""

    label: str
    """Such as `cp37-win32`; the subject of the checks that judge for it."""
    markers: dict[str, str]
    """PEP 508 marker environment."""
    tags: tuple[str, ...]
    """Best first."""
    preset: str = ""
    """The preset that named it, or empty."""
    groups: tuple[str, ...] = ()
    """Names of the groups that apply to it; empty: all."""
    had: dict[str, InstalledDistribution] = {}
    """Distributions that count as served because they are installed there, by normalised names."""
    patches: tuple[int, int] | None = None
    """The oldest and the newest patch level that its Python may have; None: `python_full_version` is known."""
    pips: tuple[str, ...] = ()
    """The version of its pip; if it is not known, the oldest and the newest that its Python may have."""

    @property
    def pythons(self) -> str:
        """Return the releases of its Python for which it stands."""
        version = self.markers["python_version"]
        if self.patches is None:
            return self.markers["python_full_version"]
        first, last = self.patches
        return f"{version}.{first} - {version}.{'x' if last == ANY_LATER else last}"

    @property
    def pips_shown(self) -> str:
        """Return the versions of pip for which it stands."""
        return " - ".join(dict.fromkeys((self.pips[0], self.pips[-1]))) if self.pips else "?"

    def wants(self, group: str) -> bool:
        return not self.groups or group in self.groups


class Waiver(msgspec.Struct, frozen=True):
    """A failure accepted by choice, with the reason that every report prints."""

    check: str
    reason: str
    subject: str = ""


class AccountLogin(msgspec.Struct, frozen=True):
    """A login for the index's host in the netrc file of the account that runs airproof."""

    file: str
    user: str
    password: str


class Site(msgspec.Struct, frozen=True):
    """All settings of a run."""

    url: str
    """The URL as OMFlow would be given it; may hold credentials, so it never goes into a record unmasked. Empty for a
    rehearsal until its server stands.
    """
    kind: Kind = Kind.LIVE
    typed: str = ""
    """The URL as it was typed, if it has blanks or quotation marks around it, which pip treats as a part of it."""
    url_from: str = ""
    """Origin of the URL: `typed`, `omflow` (its setting), `pip` (its configuration); empty for a rehearsal."""
    further: tuple[str, ...] = ()
    """Further hosts inside the closed network that files may come from: `HOST`, or `HOST:PORT` for one port alone."""
    account: AccountLogin | None = None
    """The login that this account's pip would send to the index, whose URL holds none; None: nothing."""
    form: Form | None = None
    """The kind of index by the configuration; None: it is derived from the index itself."""
    groups: tuple[Group, ...] = ()
    flows: tuple[Flow, ...] = ()
    stored: OMFlowSetting | None = None
    """The setting that OMFlow was asked for; None: the URL was typed in."""
    edition: Edition | None = None
    """The edition whose rule applies to the flows, if the user gave it or an export shows it; None: as in `stored`."""
    omflow_home: str | None = None
    """The folder of OMFlow's own modules, if OMFlow's database lies in it."""
    interpreters: tuple[Interpreter, ...] = ()
    all_projects: bool = False
    """Every project of the index is judged, each by itself, besides the requested ones."""
    targets: tuple[Target, ...] = ()
    """None: no target was named, and the run speaks for the interpreters alone."""
    pip_command: str = COMMERCIAL
    pip_command_assumed: bool = True
    timeout: float = DEFAULT_TIMEOUT
    pip_time: float | None = None
    """Seconds that one pip process may take; None: derived from the timeout and the number of requirements."""
    rounds: int = DEFAULT_ROUNDS
    """Steps that airproof's own resolution of one group may take."""
    ca: str | None = None
    """A file of certificates to trust, or None."""
    login: bool = True
    """One login with an empty password may be tried."""
    imports: bool = True
    """The modules of the requested distributions are imported."""
    waivers: tuple[Waiver, ...] = ()
    strict: bool = False
    wheelhouse: str | None = None
    deep: bool = False
    """Every file's bytes are read."""
    serverdir: str | None = None
    """devpi's own folder, which is read instead of asking the server for each file."""
    medium: str | None = None
    """A folder that `airproof carry` filled, with the manifest to verify."""
    server_options: tuple[str, ...] = ()
    """For a rehearsal: further options of devpi-server."""
    keep: str | None = None
    extra_checks: tuple[str, ...] = ()

    @property
    def is_open_edition(self) -> bool:
        """Say whether the flows are those of OMFlow's open edition: as the user said, else as OMFlow was asked."""
        if self.edition is not None:
            return self.edition is Edition.OPEN
        return self.stored is not None and self.stored.open_edition

    @property
    def requirements(self) -> tuple[str, ...]:
        """Return all requirements of all groups, each once, in order."""
        return tuple(dict.fromkeys(requirement for group in self.groups for requirement in group.requirements))

    def groups_for(self, interpreter: Interpreter) -> tuple[Group, ...]:
        """Return the groups for one interpreter: all that are requested by name or in files, and the packages of the
        flows that it runs.
        """
        return tuple(group for group in self.groups if not group.items or self._runs(group.collector, interpreter))

    def flows_for(self, interpreter: Interpreter) -> tuple[Flow, ...]:
        """Return the flows with the items that this interpreter runs: as in `groups_for`."""
        return tuple(flow.only(lambda item: self._runs(item.collector, interpreter)) for flow in self.flows)

    def collectors_items(self) -> tuple[tuple[Flow, Item], ...]:
        """Return the items that a Collector runs and for which pip may be asked, each with its flow."""
        opened = self.is_open_edition
        return tuple(
            (flow, item)
            for flow in self.flows
            for item in flow.items
            if item.collector and (item.text or item.certain or item.behind if opened else item.packages)
        )

    @property
    def collectors_asked(self) -> int:
        """Return how many Collectors are asked."""
        return sum(interpreter.collector for interpreter in self.interpreters)

    def _runs(self, collector: bool, interpreter: Interpreter) -> bool:
        """Say whether an interpreter runs the items of Collectors, or of the server.

        If no interpreter of that kind is asked, the others are judged in its place. This depends on no flow, so a
        further flow removes none.
        """
        return interpreter.collector is collector or not any(
            other.collector is collector for other in self.interpreters
        )

    @property
    def index(self) -> IndexUrl:
        return IndexUrl.of(self.url)

    def allows(self, url: str) -> bool:
        """Say whether a URL leads to the index's own origin, or to one of the further hosts."""
        try:
            target = IndexUrl.of(url)
        except ValueError:
            return False
        return target.origin == self.index.origin or is_further(target, self.further)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the texts that no record may show."""
        own = (self.index.password or "") if self.url else ""
        passwords = (own, unquote(own), self.account.password if self.account else "")
        return tuple(dict.fromkeys(filter(None, passwords)))

    @property
    def declined(self) -> dict[str, str]:
        """Return the checks that the user chose not to run: id to the key of the reason that every report prints."""
        chosen = {"SRV03": ("no-login", not self.login), "PIP04": ("no-import", not self.imports)}
        chosen["PIP11"] = chosen["PIP04"]
        return {id: key for id, (key, declined) in chosen.items() if declined}


class IndexUrl(msgspec.Struct, frozen=True):
    """A parsed index URL."""

    scheme: str
    host: str
    port: int
    path: str
    """The path, with a slash at the end, which pip adds if there is none; several are kept, as in pip."""
    user: str | None = None
    password: str | None = None

    @classmethod
    def of(cls, url: str) -> IndexUrl:
        """Parse an absolute http(s) URL. Raises ValueError for anything else."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        path = parts.path if parts.path.endswith("/") else parts.path + "/"
        return cls(parts.scheme, parts.hostname, port, path, parts.username, parts.password)

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, without credentials."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def shown(self) -> str:
        """The URL without its credentials, for reports."""
        return self.origin + self.path

    @property
    def simple(self) -> str:
        """The unambiguous form, with `+simple/`, that every client understands (devpi)."""
        path = self.path if self.path.endswith("/+simple/") else self.path + "+simple/"
        return self.origin + path

    @property
    def bare(self) -> str:
        """The form without `+simple/`, as the manual prints it for a site without internet access."""
        return self.origin + self.path.removesuffix("+simple/")

    @property
    def stage(self) -> str:
        """devpi's name of the index, `user/index`: the last two parts of the path, since a reverse proxy may put a
        prefix before them. Fewer if the path is shorter.
        """
        return "/".join(self.path.removesuffix("+simple/").strip("/").split("/")[-2:])


def is_further(target: IndexUrl, further: Iterable[str]) -> bool:
    """Say whether it is on one of the hosts, each `HOST` or `HOST:PORT`."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return any(allowed.lower() in (host.lower(), f"{host}:{target.port}".lower()) for allowed in further)


def masked(text: str) -> str:
    """Return a text with user and password of every URL in it masked."""
    return _CREDENTIALS.sub("***@", text)


def without_credentials(url: str) -> str:
    """Return the same URL without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
