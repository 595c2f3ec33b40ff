"""The pages of what was asked for, through the configured URL and through its sister form."""

from __future__ import annotations

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.net.http import Http
from airproof.probes.index.simple import Page, Roots, fetch_pages
from airproof.site.site import Site


class Forms(msgspec.Struct, frozen=True):
    """One page per requested project and form, in the same order."""

    configured_url: str
    configured: tuple[Page, ...]
    sister_url: str = ""
    """The other form: with `+simple/` where the configured one has none, without it where it has."""
    sister: tuple[Page, ...] | None = None
    """None where the index is not devpi: then there is no other form."""


def probe_forms(site: Site, roots: Roots, http: Http) -> Forms:
    """Reads the project pages of all requirements in both forms, side by side."""
    projects = tuple(dict.fromkeys(canonicalize_name(Requirement(one).name) for one in site.requirements))
    configured = fetch_pages(http, site.index.shown, projects)
    if roots.devpi is None or site.index.stage.count("/") != 1:  # a proxy may map another path: it has no sister
        return Forms(site.index.shown, configured)
    sister_url = site.index.bare if site.index.shown == site.index.simple else site.index.simple
    return Forms(site.index.shown, configured, sister_url, fetch_pages(http, sister_url, projects))
