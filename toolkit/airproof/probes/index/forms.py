"""Read the pages of the requested projects through the configured URL and through its sister form."""

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
    """The other URL form: with `+simple/` if the configured URL has none, without it if it has."""
    sister: tuple[Page, ...] | None = None
    """None if the index is not devpi: then there is no other form."""


def probe_forms(site: Site, roots: Roots, http: Http) -> Forms:
    """Read the project pages of all requirements in both forms, side by side."""
    projects = tuple(dict.fromkeys(canonicalize_name(Requirement(text).name) for text in site.requirements))
    configured = fetch_pages(http, site.index.shown, projects)
    # A proxy may map another path; such an index has no sister form.
    if roots.devpi is None or site.index.stage.count("/") != 1:
        return Forms(site.index.shown, configured)
    sister_url = site.index.bare if site.index.shown == site.index.simple else site.index.simple
    return Forms(site.index.shown, configured, sister_url, fetch_pages(http, sister_url, projects))
