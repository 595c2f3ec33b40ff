"""A site: the index to be accepted and the requests to it. Pure data, frozen, written to and read from JSON."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from enum import Enum
from urllib.parse import unquote

import msgspec

from airproof.custody.licences import Rules
from airproof.site.flows import Flow, Item, Runner
from airproof.site.group import Group
from airproof.site.holdings import Restore
from airproof.site.hosts import Interpreter, Target
from airproof.site.indexurl import IndexUrl, is_further
from airproof.site.stored import OMFlowSetting

COMMERCIAL = "{python} -m pip install --index-url {url} --trusted-host {host} {requirement}"
"""Assumed pip command of OMFlow's commercial edition: the manual prescribes plain http on an IP, which cannot work
otherwise.
"""
DEFAULT_TIMEOUT = 15.0
"""Seconds that any one answer may take; pip's own default."""
DEFAULT_ROUNDS = 20_000
"""Steps of backtracking after which a resolution is given up as too deep."""


class Kind(str, Enum):
    """Origin of the site: `live` runs already, `rehearsal` is set up by airproof, `restore` comes out of a backup."""

    LIVE = "live"
    REHEARSAL = "rehearsal"
    RESTORE = "restore"


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


class Waiver(msgspec.Struct, frozen=True):
    """A failure accepted by choice, with the reason that every report prints."""

    check: str
    reason: str
    """Empty: a VEX document says that the advisory counts, whatever later waivers of it say."""
    subject: str = ""
    """The host or target; of an advisory its id or an alias, alone or with the package, as in `CVE-2026-1
    pkg:pypi/NAME@VERSION`. Empty: all.
    """
    until: str = ""
    """The last day on which it holds, such as 2027-01-31; empty: it has no end."""


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
    """Empty: no target was named, and the run speaks for the interpreters alone."""
    pip_command: str = COMMERCIAL
    pip_command_assumed: bool = True
    timeout: float = DEFAULT_TIMEOUT
    pip_time: float | None = None
    """Seconds that one pip process may take; None: derived from the timeout and the number of requirements."""
    jobs: int = 0
    """How many pips, imports and readers of files run at a time; 0: as the machine allows. No result depends on it."""
    rounds: int = DEFAULT_ROUNDS
    """Steps that airproof's own resolution of one group may take."""
    ca: str | None = None
    """A file of certificates to trust, or None."""
    load: int = 0
    """The number of hosts that activate at once at most, by the user's consent; 0: nobody consented to any load."""
    load_hosts: int = 0
    """The number of hosts that have to be served in time; 0: all that are loaded."""
    activation_time: float = 0.0
    """Seconds that an activation may take while so many hosts activate; 0: nobody said."""
    login: bool = True
    """One login with an empty password may be tried."""
    imports: bool = True
    """The modules of the requested distributions are imported."""
    waivers: tuple[Waiver, ...] = ()
    licences: Rules = Rules()
    """The licences that the site allows and denies."""
    strict: bool = False
    wheelhouse: str | None = None
    deep: bool = False
    """Every file's bytes are read."""
    serverdir: str | None = None
    """devpi's own folder, which is read instead of asking the server for each file."""
    medium: str | None = None
    """A folder that `airproof carry` filled, with the manifest to verify."""
    further_media: tuple[str, ...] = ()
    """Those that were carried in after it, with what was missing."""
    signers: str | None = None
    """The file of those who may sign a medium; None: nobody has to."""
    scanner: str | None = None
    """The command of the site's scanner, with `{folder}`; None: nothing is scanned. It may hold secrets."""
    scanner_secrets: tuple[str, ...] = ()
    """Words of that command which no record may show."""
    advisories: str | None = None
    """The database of advisories, a zip or a folder; None: nobody asks for any."""
    fail_on: str = ""
    """The severity from which on an advisory counts; empty: none does."""
    server_options: tuple[str, ...] = ()
    """For a rehearsal: further options of devpi-server."""
    keep: str | None = None
    restore: Restore | None = None
    """A backup from which the server is restored, in place of the manual's steps."""
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
        runs = self._running(interpreter)
        return tuple(group for group in self.groups if not group.items or runs(group.runner))

    def flows_for(self, interpreter: Interpreter) -> tuple[Flow, ...]:
        """Return the flows with the items that this interpreter runs: as in `groups_for`."""
        runs = self._running(interpreter)
        return tuple(flow.only(lambda item: runs(item.runner)) for flow in self.placed_flows)

    @property
    def has_no_collectors(self) -> bool:
        """Say whether OMFlow has none: its open edition, unless the user asks a Collector."""
        return self.is_open_edition and not self.collectors_asked

    @property
    def placed_flows(self) -> tuple[Flow, ...]:
        """Return the flows with the items where they run; of the open edition without those that never run.

        The open edition has no Collectors. It ignores that an item names one or is shared out (`load_balance`), and
        runs it like its neighbours, in the server's process (measured, open edition 1.1.0.0). A user who asks a
        Collector all the same has a licence with Collectors.
        """
        flows = tuple(flow.as_it_runs() for flow in self.flows) if self.is_open_edition else self.flows
        return tuple(flow.on_the_server() for flow in flows) if self.has_no_collectors else flows

    def collectors_items(self) -> tuple[tuple[Flow, Item], ...]:
        """Return the items that a Collector runs and for which pip may be asked, each with its flow."""
        return tuple((flow, item) for flow, item in self._asking_items() if item.collector)

    def servers_items(self) -> tuple[tuple[Flow, Item], ...]:
        """Return those that the server runs."""
        return tuple((flow, item) for flow, item in self._asking_items() if not item.collector)

    def _asking_items(self) -> Iterator[tuple[Flow, Item]]:
        for flow in self.placed_flows:
            for item in flow.items:
                if item.text or item.certain or item.behind if self.is_open_edition else item.packages:
                    yield flow, item

    def items_without_their_collector(self) -> tuple[tuple[Flow, Item], ...]:
        """Return those of `collectors_items` whose Collector is not known to be among the interpreters."""
        return tuple((flow, item) for flow, item in self.collectors_items() if not self.runners_of(item.runner).known)

    @property
    def collectors_asked(self) -> int:
        """Return how many Collectors are asked."""
        return sum(interpreter.collector for interpreter in self.interpreters)

    def runners_of(self, runner: Runner) -> Judged:
        """Return the interpreters that are judged for the items of a runner, which is the server or a Collector.

        - The server: all servers that are asked.
        - A Collector without a name: all Collectors that are asked. An item that names none is shared out among them.
        - A Collector with a name: the hosts with this name. The exact name is tried first, then the name in any
          case and spelling.
        - No host has this name: the Collectors whose names the user did not give, or all Collectors if each has a name.
          If that is a single one without a name, it is taken for the named one; otherwise `known` is False.
        - No server is asked, or no Collector: the others in their place, with `known` False.

        If `known` is False, a failure there does not show that the item fails on its own host. The result depends on
        no flow, so a further flow does not change it.
        """
        collectors = tuple(interpreter for interpreter in self.interpreters if interpreter.collector)
        servers = tuple(interpreter for interpreter in self.interpreters if not interpreter.collector)
        own, others = (collectors, servers) if runner.collector else (servers, collectors)
        if not own:
            return Judged(others, known=False)
        if not runner.name:
            return Judged(own)
        for spelled in (str.strip, _spelled, _letters):
            if named := tuple(entry for entry in own if _is_called(entry, runner.name, spelled)):
                return Judged(named)
        unnamed = tuple(entry for entry in own if not entry.collector_name)
        return Judged(unnamed or own, known=len(unnamed) == 1)

    def in_place(self, label: str) -> frozenset[str]:
        """Return the groups, flows and requirements for which an interpreter is judged only in the place of a host that
        was not asked or is not known; those that it is also judged for in its own right are left out.

        Groups and flows are given by their names. A failure of what is returned is not known to be a failure.
        """
        interpreter = next((entry for entry in self.interpreters if entry.label == label), None)
        if interpreter is None:
            return frozenset()
        own: set[str] = set()
        replaced: set[str] = set()
        for group in self.groups_for(interpreter):
            known = not group.items or self.runners_of(self._placed(group.runner)).known
            (own if known else replaced).update((group.name, *group.requirements))
        for flow in self.flows_for(interpreter):
            for runner in flow.runners:
                known = self.runners_of(runner).known
                (own if known else replaced).update((flow.title, flow.group_name(runner)))
        return frozenset(replaced - own)

    def _running(self, interpreter: Interpreter) -> Callable[[Runner], bool]:
        known: dict[Runner, bool] = {}

        def runs(runner: Runner) -> bool:
            if runner not in known:
                known[runner] = interpreter in self.runners_of(self._placed(runner)).interpreters
            return known[runner]

        return runs

    def _placed(self, runner: Runner) -> Runner:
        """Return who runs a group, as in `placed_flows`."""
        return Runner() if self.has_no_collectors else runner

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
        return tuple(dict.fromkeys(filter(None, (*passwords, *self.scanner_secrets))))

    @property
    def declined(self) -> dict[str, str]:
        """Return the checks that the user chose not to run: id to the key of the reason that every report prints."""
        chosen = {"SRV03": ("no-login", not self.login), "PIP04": ("no-import", not self.imports)}
        chosen["PIP11"] = chosen["PIP04"]
        return {id: key for id, (key, declined) in chosen.items() if declined}


class Judged(msgspec.Struct, frozen=True):
    """The interpreters that are judged for an item."""

    interpreters: tuple[Interpreter, ...]
    known: bool = True
    """They are those that run it; else they are judged in the place of a host that was not asked, or is not known."""


def _spelled(name: str) -> str:
    """Return a host's name such that its case, its width and the marks between its words make no difference."""
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", name).casefold()).strip("-")


def _letters(name: str) -> str:
    """Return a host's name without any mark between its words."""
    return _spelled(name).replace("-", "")


def _is_called(interpreter: Interpreter, name: str, spelled: Callable[[str], str]) -> bool:
    """Say whether a Collector has a name in OMFlow: as the user said, else as its host is called."""
    own = interpreter.collector_name or interpreter.host_name
    return bool(spelled(own)) and spelled(own) == spelled(name)
