"""devpi itself: its indexes, what stands below them, who may do what. Read-only, but for one login with an empty password."""

from __future__ import annotations

import msgspec

from airproof.http import Http
from airproof.probes.simple import Roots
from airproof.site import Site


class Index(msgspec.Struct, frozen=True):
    """One devpi index, as `GET /USER/NAME?no_projects=` tells (never without no_projects: on a mirror that fetches its upstream's whole list)."""

    name: str
    """`user/index`."""
    type: str
    """`stage` or `mirror`, or a type that a plug-in adds."""
    bases: tuple[str, ...] = ()
    volatile: bool = True
    acl_upload: tuple[str, ...] = ()
    mirror_url: str | None = None
    mirror_whitelist: tuple[str, ...] = ()

    @property
    def is_mirror(self) -> bool:
        return self.type == "mirror"


class Server(msgspec.Struct, frozen=True):
    """What a devpi tells anonymously. `version` None: the index is not devpi, and nothing else here was asked."""

    version: str | None
    index: str
    """`user/index` under test."""
    exists: bool
    indexes: tuple[Index, ...]
    """The index under test and everything below it, the tested one first."""
    user_exists: bool
    known: tuple[str, ...]
    """All `user/index` names of the server: what the user may have meant."""
    serial: int | None
    outside_url: str | None
    absent_seconds: float | None
    """How long the server took to say that it does not have a random name; several seconds: a base hangs. None: not asked."""
    absent_status: int | None


class Login(msgspec.Struct, frozen=True):
    """One `POST /+login` as root with an empty password."""

    tried: bool
    status: int | None
    empty_password_works: bool
    seconds: float


def probe_server(site: Site, roots: Roots, http: Http) -> Server:
    raise NotImplementedError


def probe_login(site: Site, roots: Roots, http: Http) -> Login:
    """Tries root's empty password once; not where the site says not to, or where the index is not devpi."""
    raise NotImplementedError
