"""The login that the account's own pip would send to the index, taken from its netrc file.

airproof uses it, as it uses a `trusted-host` of that account's pip configuration (`trust`). The account that tries an
index out is mostly the one that will use it. If it is not, an activation that airproof saw work still shows more than
one that it refused to try. The result holds for that account alone, so an advised finding names the account.
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
    """The login that was used, and whether the index needs it. The login itself is not part of it, because this is
    recorded.
    """

    file: str
    """The netrc file; empty: no login was taken from one."""
    user: str = ""
    """The account that ran airproof."""
    status: int | None = None
    """The status of an answer to a request without a login; None: not asked."""

    @property
    def needed(self) -> bool:
        return self.status in (401, 407)


def with_account(site: Site, surroundings: Mapping[str, str]) -> Site:
    """Return the site with the login that the account's netrc has for its host.

    A login in the URL takes precedence, as in pip. A rehearsal's host is not the one that will be served, so it gets
    none.
    """
    if site.kind is not Kind.LIVE or not site.url or site.index.user is not None:
        return site
    login = netrc_login(site.index.host, surroundings)
    # No header can hold a login with such characters: pip fails as well.
    if login is None or any(ord(char) > 0xFF for char in login[1] + login[2]):
        return site
    return msgspec.structs.replace(site, account=AccountLogin(*login))


def credentials(site: Site) -> tuple[str | None, str | None]:
    """Return user and password for the index, percent-encoded as in a URL."""
    if site.account is None:
        return site.index.user, site.index.password
    name, password = site.account.user, site.account.password
    return quote(name, safe="", encoding="latin-1"), quote(password, safe="", encoding="latin-1")


def probe_account(site: Site, trusted: Trusted = NO_MORE_TRUSTED) -> Account:
    """Ask the index once without a login, if the account has one. Raises CannotLook if no answer came."""
    if site.account is None:
        return Account("")
    with Http(site.timeout, ca=site.ca, trusted=trusted) as stranger:
        answer = stranger.get(site.index.shown)
    if answer.status is None:
        raise CannotLook("probe-failed", probe="account", error=answer.detail)
    return Account(site.account.file, user(), answer.status)
