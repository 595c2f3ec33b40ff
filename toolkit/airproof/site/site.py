"""A site: what somebody wants accepted. Pure data, frozen, written to and read from JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec

from airproof.site.choosing import Choosing
from airproof.site.flows import Flow
from airproof.site.stored import Stored

COMMERCIAL = "{python} -m pip install --index-url {url} --trusted-host {host} {requirement}"
"""How OMFlow's commercial edition is assumed to call pip: the manual prescribes plain http on an IP, which cannot
work otherwise.
"""

_CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@")

DEFAULT_TIMEOUT = 15.0
"""Seconds that any one answer may take; pip's own default."""


DEFAULT_ROUNDS = 20_000
"""Steps of backtracking after which a resolution is given up as too deep."""


class Kind(str, Enum):
    """Where the site comes from: `live` stands already, `rehearsal` is set up by airproof."""

    LIVE = "live"
    REHEARSAL = "rehearsal"


class Edition(str, Enum):
    """OMFlow's editions: `open` installs what an item's code imports, `commercial` what its items declare."""

    OPEN = "open"
    COMMERCIAL = "commercial"


class Form(str, Enum):
    """The two URL forms of the manual: `offline` is a stage that holds what was uploaded, `online` a mirror with a
    way out.
    """

    OFFLINE = "offline"
    ONLINE = "online"


class OptionLine(msgspec.Struct, frozen=True):
    """A line of a requirements file that would change which index pip asks."""

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
    """Requirements that are asked for together and so must resolve together: one `-r` file, one `-p`, one flow."""

    name: str
    requirements: tuple[str, ...]
    """PEP 508 strings, in the order given."""
    constraints: tuple[str, ...] = ()
    option_lines: tuple[OptionLine, ...] = ()
    hashes: dict[str, tuple[str, ...]] = {}
    """Project to the files that its lines admit, each as `sha256:HEX`; those of constraints too."""
    pip_lines: tuple[str, ...] = ()
    """Lines that pip is given as a file because no command line can say them: option lines, and requirements with
    hashes or settings of their own; empty where the requirements say it all.
    """
    constraint_lines: tuple[str, ...] = ()
    """The constraints as lines of a file, where they hold more than `constraints` says."""
    files: tuple[TextFile, ...] = ()
    """Those of its files that every pip reads in its own way."""
    items: dict[str, tuple[str, ...]] = {}
    """Of a flow: requirement to the items that declare it."""
    collector: bool = False
    """Of a flow: a Collector runs these items."""
    places: dict[str, str] = {}
    """Requirement or constraint of a file to its `FILE:LINE`."""

    @property
    def sets_pip(self) -> bool:
        """Say whether it decides for a whole process of pip, so that nothing else may be asked beside it."""
        return bool(self.pip_lines or self.constraint_lines)

    def tells(self, choosing: Choosing) -> Choosing:
        """Give what pip is told about kinds of files: by its command, and then by the group's option lines."""
        return choosing.more(word for line in self.pip_lines if line.startswith("-") for word in line.split())


class Interpreter(msgspec.Struct, frozen=True):
    """A Python on this machine whose pip counts."""

    executable: str
    label: str
    """Such as `cp311-linux`; the subject of the checks that ask this interpreter."""
    collector: bool = False
    """A Collector's: it installs what the Collector's items declare."""
    facts: str | None = None
    """The file with what was carried back from another host; None: it is on this machine."""
    named: bool = False
    """Somebody named it as one that OMFlow runs, and it does not merely run airproof."""

    @property
    def elsewhere(self) -> bool:
        return self.facts is not None


class Had(msgspec.Struct, frozen=True):
    """A distribution that an interpreter has: pip leaves it as it is where it will do, and asks no index for it."""

    version: str
    requires: tuple[str, ...]
    """Its Requires-Dist."""


ANY_LATER = 99
"""The newest patch level of a Python that may get further ones."""


class TargetData(msgspec.Struct, frozen=True):
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
    """Names of the groups that are meant for it; empty: all."""
    had: dict[str, Had] = {}
    """What counts as served because it is installed there, by normalised names."""
    patches: tuple[int, int] | None = None
    """The oldest and the newest patch level that its Python may have; None: `python_full_version` is known."""
    pips: tuple[str, ...] = ()
    """The version of its pip; where nobody knows it, the oldest and the newest that its Python may have."""

    @property
    def pythons(self) -> str:
        """Which releases of its Python it stands for."""
        version = self.markers["python_version"]
        if self.patches is None:
            return self.markers["python_full_version"]
        first, last = self.patches
        return f"{version}.{first} - {version}.{'x' if last == ANY_LATER else last}"

    @property
    def pips_shown(self) -> str:
        """Which versions of pip it stands for."""
        return " - ".join(self.pips) or "?"

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
    """Everything a run is asked."""

    url: str
    """The URL as OMFlow would be given it; may hold credentials, so it never goes into a record unmasked. Empty for a
    rehearsal until its server stands.
    """
    kind: Kind = Kind.LIVE
    typed: str = ""
    """The URL as it was typed, where blanks or quotation marks stand around it, which pip takes for a part of it."""
    url_from: str = ""
    """Who named the URL: `typed`, `omflow` (its setting), `pip` (its configuration); empty for a rehearsal."""
    further: tuple[str, ...] = ()
    """Further hosts inside the closed network that files may come from: `HOST`, or `HOST:PORT` for one port alone."""
    account: AccountLogin | None = None
    """What that account's pip would send to the index, whose URL holds no login; None: nothing."""
    form: Form | None = None
    """What the configuration says; None: told from the index itself."""
    groups: tuple[Group, ...] = ()
    flows: tuple[Flow, ...] = ()
    stored: Stored | None = None
    """What OMFlow was asked for the URL; None: it was typed in."""
    edition: Edition | None = None
    """Whose rule the flows are judged by, where somebody said so or an export shows it; None: as `stored` has it."""
    omflow_home: str | None = None
    """The folder of OMFlow's own modules, where OMFlow's database lies in it."""
    interpreters: tuple[Interpreter, ...] = ()
    all_projects: bool = False
    """Whether every project of the index is judged, each for itself, besides what is asked for."""
    targets: tuple[TargetData, ...] = ()
    """None: nobody named one, and the interpreters are all that the run speaks for."""
    pip_command: str = COMMERCIAL
    pip_command_assumed: bool = True
    timeout: float = DEFAULT_TIMEOUT
    pip_time: float | None = None
    """Seconds that one pip process may take; None: by the timeout and the number of requirements."""
    rounds: int = DEFAULT_ROUNDS
    """Steps that airproof's own resolution of one group may take."""
    ca: str | None = None
    """A file of certificates to trust, or None."""
    login: bool = True
    """Whether one login with an empty password may be tried."""
    imports: bool = True
    """Whether the modules of what was asked for are imported."""
    waivers: tuple[Waiver, ...] = ()
    strict: bool = False
    wheelhouse: str | None = None
    deep: bool = False
    """Whether every file's bytes are read."""
    serverdir: str | None = None
    """devpi's own folder, to be read in place of asking the server for each file."""
    medium: str | None = None
    """A folder that `airproof carry` filled, whose manifest says what must hold."""
    server_options: tuple[str, ...] = ()
    """Of a rehearsal: further options of devpi-server."""
    keep: str | None = None
    extra_checks: tuple[str, ...] = ()

    @property
    def is_open_edition(self) -> bool:
        """Whether the flows are those of OMFlow's open edition: as is said, else as OMFlow was asked."""
        if self.edition is not None:
            return self.edition is Edition.OPEN
        return self.stored is not None and self.stored.open_edition

    @property
    def requirements(self) -> tuple[str, ...]:
        """All requirements of all groups, each once, in order."""
        return tuple(dict.fromkeys(one for group in self.groups for one in group.requirements))

    def groups_for(self, interpreter: Interpreter) -> tuple[Group, ...]:
        """What is asked of one interpreter: all that is asked by name or in files, and of the flows what it runs."""
        return tuple(group for group in self.groups if not group.items or self._runs(group.collector, interpreter))

    def flows_for(self, interpreter: Interpreter) -> tuple[Flow, ...]:
        """The flows with the items that this interpreter runs: as `groups_for`."""
        return tuple(flow.only(lambda item: self._runs(item.collector, interpreter)) for flow in self.flows)

    def _runs(self, collector: bool, interpreter: Interpreter) -> bool:
        """Whether an interpreter runs the items of Collectors, or of the server: where no interpreter of that kind is
        asked, the others are judged in its place. That depends on no flow, so a further flow takes none away.
        """
        return interpreter.collector is collector or not any(one.collector is collector for one in self.interpreters)

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
        """What no record may show."""
        own = (self.index.password or "") if self.url else ""
        passwords = (own, unquote(own), self.account.password if self.account else "")
        return tuple(dict.fromkeys(filter(None, passwords)))

    @property
    def declined(self) -> dict[str, str]:
        """Checks that the user chose not to run: id to the key of the reason that every report prints."""
        chosen = {"SRV03": ("no-login", not self.login), "PIP04": ("no-import", not self.imports)}
        chosen["PIP11"] = chosen["PIP04"]
        return {id: key for id, (key, declined) in chosen.items() if declined}


class IndexUrl(msgspec.Struct, frozen=True):
    """An index URL taken apart."""

    scheme: str
    host: str
    port: int
    path: str
    """With a slash at the end, which pip adds where there is none; several are left as they are, as pip leaves them."""
    user: str | None = None
    password: str | None = None

    @classmethod
    def of(cls, url: str) -> IndexUrl:
        """Takes an absolute http(s) URL apart. Raises ValueError for anything else."""
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
        """The URL without its credentials: what a report may print."""
        return self.origin + self.path

    @property
    def simple(self) -> str:
        """The unambiguous form, with `+simple/`, that every client understands (devpi)."""
        path = self.path if self.path.endswith("/+simple/") else self.path + "+simple/"
        return self.origin + path

    @property
    def bare(self) -> str:
        """The form without `+simple/`, as the manual prints it for a site without a way out."""
        return self.origin + self.path.removesuffix("+simple/")

    @property
    def stage(self) -> str:
        """devpi's name of the index, `user/index` (the last two parts of the path: a reverse proxy may put a prefix
        before them), or what there is of it.
        """
        return "/".join(self.path.removesuffix("+simple/").strip("/").split("/")[-2:])


def is_further(target: IndexUrl, further: Iterable[str]) -> bool:
    """Say whether it is on one of the hosts, each `HOST` or `HOST:PORT`."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return any(one.lower() in (host.lower(), f"{host}:{target.port}".lower()) for one in further)


def masked(text: str) -> str:
    """Any text, with user and password of every URL in it masked."""
    return _CREDENTIALS.sub("***@", text)


def without_credentials(url: str) -> str:
    """The same URL with user and password taken out."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
