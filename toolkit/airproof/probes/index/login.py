"""The login that the account's own pip would send to the index: one of its netrc file.

It counts as given, as a `trusted-host` of that account's pip configuration does (`trust`): the account that tries an
index out is mostly the one that will use it, and where it is not, an activation that airproof saw work is still more
than one that it refused to try. What it proves is for that account alone, so an advised finding says whose login it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from airproof.errors import CannotLook
from airproof.net.http import NO_MORE_TRUSTED, Http, Trusted
from airproof.probes.onhost.hostasks import netrc_login
from airproof.probes.onhost.hostprobe import user
from airproof.site.site import AccountLogin, Kind, Site


class Account(msgspec.Struct, frozen=True):
    """Whether the index opens only because of that login. No part of the login itself: this is recorded."""

    file: str
    """The netrc file; empty: no login was taken from any."""
    user: str = ""
    """The account that ran airproof."""
    status: int | None = None
    """What the index answers to one who sends none; None: not asked."""

    @property
    def needed(self) -> bool:
        return self.status in (401, 407)


def with_account(site: Site, surroundings: Mapping[str, str]) -> Site:
    """The site with what the account's netrc has for it. A URL's own login goes before, as in pip; a rehearsal's host
    is not the one that will be served.
    """
    if site.kind is Kind.REHEARSAL or not site.url or site.index.user is not None:
        return site
    found = netrc_login(site.index.host, surroundings)
    if found is None or any(ord(char) > 0xFF for char in found[1] + found[2]):  # no header holds it: pip fails as well
        return site
    return msgspec.structs.replace(site, account=AccountLogin(*found))


def credentials(site: Site) -> tuple[str | None, str | None]:
    """User and password for the index, percent-encoded as in a URL."""
    if site.account is None:
        return site.index.user, site.index.password
    name, password = site.account.user, site.account.password
    return quote(name, safe="", encoding="latin-1"), quote(password, safe="", encoding="latin-1")


def probe_account(site: Site, trusted: Trusted = NO_MORE_TRUSTED) -> Account:
    """Asks the index once as somebody without a login, where the account has one. Raises CannotLook for no answer."""
    if site.account is None:
        return Account("")
    with Http(site.timeout, ca=site.ca, trusted=trusted) as stranger:
        answer = stranger.get(site.index.shown)
    if answer.status is None:
        raise CannotLook("probe-failed", probe="account", error=answer.detail)
    return Account(site.account.file, user(), answer.status)
