"""Probe devpi itself: its indexes, their bases, and who may do what.

Read-only, except for one login with an empty password.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import msgspec

from airproof.errors import CannotLook
from airproof.net.http import AGENT, JSON_ACCEPT, Answer, Http, same_origin, shown
from airproof.probes.index.product import Product, document_of, mapping, result_of
from airproof.probes.index.simple import Roots, fronts_of
from airproof.probes.started import Started, probe_started
from airproof.site.site import Site
from airproof.system.workdir import free_in


class Index(msgspec.Struct, frozen=True):
    """One devpi index, as `GET /USER/NAME?no_projects=` describes it.

    The request always carries `no_projects`: without it a mirror fetches the whole list of its upstream.
    """

    name: str
    """`user/index`."""
    type: str
    """`stage` or `mirror`, or a type that a plug-in adds."""
    bases: tuple[str, ...] = ()
    volatile: bool = True
    acl_upload: tuple[str, ...] = ()
    mirror_url: str | None = None
    keeps_list: bool = True
    """For a mirror: it fetches its upstream's list of names, and answers 404 for a name that is not on the list."""

    @property
    def is_mirror(self) -> bool:
        return self.type == "mirror"


class Replica(msgspec.Struct, frozen=True):
    """Fields of a replica's `/+status` (measured, devpi-server 6.20)."""

    primary_url: str
    serial: int
    primary_serial: int | None
    """None: the replica has never reached its primary."""
    silent: float | None
    """Seconds since the replica last reached its primary, by the replica's clock; None: it never did."""
    status: int | None = 200
    """Status of the answer to `/+status`. Any other than 200: all of these fields but `serial` are unknown."""
    waiting: int = 0
    """Files that it still has to fetch from its primary, by its `metrics`."""
    refetching: int = 0
    """Files that it could not fetch, and will ask for again."""
    failed: tuple[str, ...] = ()
    """Paths of files with an error in `replication-errors`; at most MAX_FAILED."""

    @property
    def is_told(self) -> bool:
        return self.status == 200

    @property
    def is_behind(self) -> bool:
        """Say whether the replica lags."""
        return self.is_told and (self.primary_serial is None or self.serial < self.primary_serial)

    @property
    def is_cut_off(self) -> bool:
        """Say whether it no longer reaches its primary. A healthy replica asks its primary at least every half
        minute.
        """
        return self.is_told and (self.silent is None or self.silent > LONGEST_SILENCE)


class Server(msgspec.Struct, frozen=True):
    """Facts that a devpi states anonymously.

    `version` is None if the server is not known to be devpi; then nothing else here was asked.
    """

    version: str | None
    index: str
    """`user/index` under test."""
    exists: bool
    indexes: tuple[Index, ...]
    """The index under test and all of its bases, direct and indirect; the tested index comes first."""
    known: tuple[str, ...]
    """All `user/index` names of the server, for a hint at the index that the user may have meant."""
    serial: int | None
    outside_url: str | None
    absent_seconds: float | None
    """Seconds that the server took to answer for a random name that it does not have; several seconds: a base hangs.

    None: not asked.
    """
    replica: Replica | None = None
    """State of a replica towards its primary; None: the server is not a replica."""
    product: Product = Product.DEVPI
    """The product that serves the index, established by a positive fact; else unknown."""
    free: int | None = None
    """Free bytes on the disk of the serverdir, if the site names one."""
    started: Started | None = None
    """How the process that serves was started, if the site names the serverdir."""
    untold: str = ""
    """Why devpi stated nothing about the index, such as a proxy that withholds devpi's own pages; empty if devpi
    answered.
    """

    @property
    def mirrors(self) -> tuple[str, ...]:
        """Names of the mirrors among the indexes, the tested one included."""
        return tuple(index.name for index in self.indexes if index.is_mirror)


class Login(msgspec.Struct, frozen=True):
    """One `POST /+login` as root with an empty password."""

    status: int | None
    """None: no login was tried."""
    empty_password_works: bool
    seconds: float
    refused: bool = False
    """devpi itself refused with 401 and its own message. Any other refusal comes from something in front of devpi."""


NOWHERE = Server(None, "", False, (), (), None, None, None)
REFUSAL = "could not be authenticated"
"""devpi's own message, with status 401, for a wrong password (measured, devpi-server 6.20)."""
LONGEST_SILENCE = 300.0
"""Seconds without contact to its primary after which a replica counts as cut off, as devpi-server's own status page
counts it.
"""
MAX_FAILED = 50
QUEUE = "devpi_server_replica_file_download_queue_size"
ERROR_QUEUE = "devpi_server_replica_file_download_error_queue_size"
MAX_INDEXES = 500
"""Largest number of bases that are asked for below one index."""


def probe_server(site: Site, roots: Roots, http: Http) -> Server:
    """Ask a devpi about itself. An index that serves pip, but about which devpi answers nothing, is `untold`."""
    free = free_in(site.serverdir)
    if roots.devpi is None:
        return msgspec.structs.replace(NOWHERE, index=site.index.stage, product=roots.product, free=free)
    devpi = _Devpi(http, _front(site, http))
    stage = site.index.stage
    indexes, untold = devpi.below(stage)
    if not indexes and roots.configured.is_index:
        untold = untold or f"{stage}: status 404"
    return Server(
        version=roots.devpi,
        index=stage,
        exists=bool(indexes),
        indexes=indexes,
        known=devpi.known(),
        outside_url=devpi.outside_url(),
        absent_seconds=devpi.absent_seconds(site.index.simple) if indexes else None,
        untold=untold,
        replica=devpi.replica(),
        started=probe_started(site.serverdir) if site.serverdir is not None else None,
        free=free,
        serial=devpi.serial,  # The serial of the last answer, so this field is computed last.
    )


def probe_login(site: Site, roots: Roots, http: Http) -> Login:
    """Try root's empty password once, unless the site forbids it or the index is another product.

    Raises CannotLook if no answer came: silence is not a refusal.
    """
    if not site.login or roots.product is Product.OTHER:
        return Login(None, empty_password_works=False, seconds=0.0)
    answer = http.post_json(f"{_front(site, http)}/+login", {"user": "root", "password": ""})
    if answer.trouble is not None or answer.status is None:
        raise CannotLook("probe-failed", probe="login", error=answer.detail)
    token = mapping(result_of(answer)).get("password")
    works = answer.status == 200 and bool(token)
    return Login(answer.status, works, answer.seconds, answer.status == 401 and REFUSAL in _message(answer))


def _front(site: Site, http: Http) -> str:
    """Return the URL of devpi's own front page, without the trailing slash."""
    fronts = fronts_of(site.index)
    for front in fronts:
        if isinstance(result_of(http.get(f"{front}/+status", accept=JSON_ACCEPT, agent=AGENT)), dict):
            return front
    return fronts[0]


class _Devpi:
    """Requests to one devpi; keeps the serial of its last answer, and the ids that its answers name."""

    def __init__(self, http: Http, front: str) -> None:
        self._http, self._front = http, front
        self.serial: int | None = None
        self._own = self._primary = ""

    def below(self, name: str) -> tuple[tuple[Index, ...], str]:
        """Return the index of that name and all of its bases, each once, nearest first, and an empty text.

        Return no index if the name does not exist; return no index and the reason if devpi is not allowed to answer
        about one of them.
        """
        indexes: dict[str, Index | None] = {}
        waiting = [name]
        while waiting and len(indexes) < MAX_INDEXES:
            current = waiting.pop(0)
            if current not in indexes:
                try:
                    index = indexes[current] = self._index(current)
                except CannotLook as untold:
                    return (), f"{current}: {untold.values['error']}"
                waiting += index.bases if index is not None else ()
        return tuple(index for index in indexes.values() if index is not None), ""

    def known(self) -> tuple[str, ...]:
        users = mapping(result_of(self._ask("/?no_projects=")))
        names = (f"{user}/{index}" for user, about in users.items() for index in mapping(mapping(about).get("indexes")))
        return tuple(sorted(names))

    def outside_url(self) -> str | None:
        """Return the outside URL that the server was configured with, else the one that a proxy sends
        (`X-Outside-Url`), as devpi's login address shows it.
        """
        outside = mapping(result_of(self._ask("/+status"))).get("outside-url")
        if not (isinstance(outside, str) and outside):
            login = mapping(result_of(self._ask("/+api"))).get("login")
            outside = login.removesuffix("/+login") if isinstance(login, str) else None
            if outside is not None and same_origin(outside, self._front):
                outside = None  # This is the URL that was asked: no proxy announced another.
        return shown(outside) if isinstance(outside, str) and outside else None

    def replica(self) -> Replica | None:
        """Return the state of a replica; None if the server is none.

        A replica names another server's id as that of its primary in each answer. While it has an error in
        `replication-errors`, its `/+status` ends with status 500 (measured, devpi-server 6.20).
        """
        answer = self._ask("/+status")
        about = mapping(result_of(answer))
        if not about and self._own and self._primary and self._own != self._primary:
            return Replica("?", self.serial or 0, None, None, status=answer.status)
        if str(about.get("role", "")).upper() != "REPLICA":
            return None
        metrics = _metrics(about)
        errors = [str(path) for path in mapping(about.get("replication-errors"))]
        contacted = about.get("primary-contacted-at", about.get("master-contacted-at"))
        primary = about.get("primary-serial", about.get("master-serial"))
        now = _time_of(answer)
        return Replica(
            primary_url=shown(str(about.get("primary-url", about.get("master-url", "?")))),
            serial=int(about.get("serial") or 0),
            primary_serial=primary if isinstance(primary, int) else None,
            silent=max(0.0, now - contacted) if isinstance(contacted, (int, float)) and now is not None else None,
            waiting=metrics.get(QUEUE, 0),
            refetching=metrics.get(ERROR_QUEUE, 0),
            failed=tuple(sorted(errors)[:MAX_FAILED]),
        )

    def absent_seconds(self, simple: str) -> float:
        """Return the seconds that the server takes to answer for an absent name: the second of two requests, when lists
        are cached.
        """
        url = f"{simple}airproof-absent-{secrets.token_hex(6)}/"
        self._http.get(url)
        answer = self._http.get(url)
        self._note(answer)
        return answer.seconds

    def _index(self, name: str) -> Index | None:
        if name.count("/") != 1:
            return None
        answer = self._ask(f"/{quote(name)}?no_projects=")
        about = mapping(result_of(answer))
        if answer.status == 404:
            return None
        if answer.status != 200 or answer.trouble is not None or "type" not in about:
            raise CannotLook("probe-failed", probe=f"index {name}", error=answer.detail or f"status {answer.status}")
        return Index(
            name=name,
            type=str(about["type"]),
            bases=_texts(about.get("bases")),
            volatile=bool(about.get("volatile", True)),
            acl_upload=_texts(about.get("acl_upload")),
            mirror_url=shown(str(about["mirror_url"])) if about.get("mirror_url") else None,
            keeps_list=not about.get("mirror_no_project_list"),
        )

    def _ask(self, path: str) -> Answer:
        answer = self._http.get(self._front + path, accept=JSON_ACCEPT, agent=AGENT)
        self._note(answer)
        return answer

    def _note(self, answer: Answer) -> None:
        serial = answer.headers.get("x-devpi-serial", "")
        self.serial = int(serial) if serial.isascii() and serial.isdigit() else self.serial
        self._own = answer.headers.get("x-devpi-uuid", self._own)
        of_older = answer.headers.get("x-devpi-master-uuid", self._primary)
        self._primary = answer.headers.get("x-devpi-primary-uuid", of_older)


def _metrics(about: Mapping[str, object]) -> dict[str, int]:
    """Return the whole numbers among the `metrics` of a status page: lists of name, kind and value."""
    metrics = about.get("metrics")
    found = [metric for metric in metrics if isinstance(metric, list)] if isinstance(metrics, list) else []
    return {str(metric[0]): metric[2] for metric in found if len(metric) == 3 and isinstance(metric[2], int)}


def _time_of(answer: Answer) -> float | None:
    """Return the time of the answer by the server's clock, in seconds since the epoch; None without a valid `Date`."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except (TypeError, ValueError):
        return None


def _message(answer: Answer) -> str:
    return str(document_of(answer).get("message", ""))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
