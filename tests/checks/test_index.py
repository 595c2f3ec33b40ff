"""Which URL is an index, and who is kept from it."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Failed
from airproof.checks.simple import check_hashes_are_published, check_the_url_is_an_index
from airproof.probes.index.devpi import NOWHERE
from airproof.probes.index.forms import Forms
from airproof.probes.index.simple import NO_ROOTS, IndexRoot, Link, Page, Roots
from airproof.site.site import Site

BARE = "http://192.0.2.1/root/local/"
SIMPLE = f"{BARE}+simple/"
ROOTS = msgspec.structs.replace(
    NO_ROOTS,
    configured=IndexRoot(BARE, 404, None, "", 0.0, "text/html", False, None),
    simple=IndexRoot(SIMPLE, 200, None, "", 0.0, "text/html", True, 0),
    devpi="4.9.0",
)


def absent(*redirects: str) -> Forms:
    """An index without the one project that is asked for, in both forms."""
    page = Page("alpha", f"{BARE}alpha/", 404, None, 0.0, redirects=redirects)
    return Forms(BARE, (page,), SIMPLE, (Page("alpha", f"{SIMPLE}alpha/", 404, None, 0.0),))


def test_an_old_devpi_that_sends_pip_on_hides_nothing() -> None:
    """devpi 4.9 has no list at the short form, and sends pip's pages on to `+simple/`: an empty index is an index."""
    check_the_url_is_an_index(ROOTS, absent(f"{SIMPLE}alpha/"), NOWHERE, Site(BARE))


def test_a_devpi_that_does_not_see_pip_is_named() -> None:
    """Without that redirect somebody hides the client's name."""
    roots: Roots = ROOTS

    with pytest.raises(Failed) as caught:
        check_the_url_is_an_index(roots, absent(), NOWHERE, Site(BARE))

    assert ["client-hidden"] == [finding.cause for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("kind", "cause"),
    [("sha256", None), ("sha384", None), ("sha512", None), ("md5", "hash-weak"), ("sha224", "hash-weak")],
)
def test_a_hash_that_is_as_strong_as_sha256_is_enough(kind: str, cause: str | None) -> None:
    """pip compares each of them with what arrives (20.3 to 26.3)."""
    name = "alpha-1.0-py3-none-any.whl"
    page = Page("alpha", f"{BARE}alpha/", 200, None, 0.0, (Link(name, f"{BARE}{name}", {kind: "0"}),))
    found = []
    try:
        check_hashes_are_published(Forms(BARE, (page,), SIMPLE, ()))
    except Failed as failed:
        found = [finding.cause for finding in failed.findings]

    assert [cause] * (cause is not None) == found
