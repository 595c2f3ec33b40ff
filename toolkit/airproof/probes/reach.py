"""Whether the name resolves, the port answers, and what speaks there."""

from __future__ import annotations

import msgspec

from airproof.http import Http, Trouble
from airproof.site import Site


class Reach(msgspec.Struct, frozen=True):
    """From this machine to the index's host and port."""

    host: str
    port: int
    asked_from: str
    """This machine's name."""
    loopback: bool
    """The host is this machine's loopback: no firewall was crossed, and pip trusts http here."""
    own_address: bool
    """The address is one of this machine's own: the index was asked from the server itself."""
    addresses: tuple[str, ...]
    """What the name resolves to; empty where it does not."""
    name_trouble: str
    """The resolver's words, or empty."""
    name_seconds: float
    connect_trouble: Trouble | None
    connect_detail: str
    connect_seconds: float
    http_trouble: Trouble | None
    """None where whatever listens speaks HTTP (or HTTPS, as the URL says)."""
    http_detail: str
    http_seconds: float
    status: int | None
    server: str
    """The Server header."""
    via_proxy: bool
    """A Via or X-Cache header: something stands between."""


def probe_reach(site: Site, http: Http) -> Reach:
    """Asks in order (name, TCP, HTTP GET of the URL itself) and stops at the first that does not answer."""
    raise NotImplementedError
