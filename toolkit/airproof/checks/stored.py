"""OMF: the URL that OMFlow itself has stored, against the one that is judged and the hosts that will use it."""

from __future__ import annotations

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.printable import gathered
from airproof.probes.interpreters.host import Host
from airproof.probes.reaching.trust import trusted_by_pip
from airproof.site.hosts import Interpreter
from airproof.site.indexurl import IndexUrl
from airproof.site.site import Kind, Site
from airproof.site.stored import OMFlowSetting


@check("OMF01", level="required", causes=("no-url-stored",), only=Kind.LIVE)
def check_omflow_has_a_url(asked: Site) -> Seen:
    """OMFlow has an index URL stored."""
    stored = _stored(asked)
    if stored.empty:
        values = {"source": stored.source, "judged": asked.index.shown}
        expect([Finding("no-url-stored", None, asked.index.shown, (), values)])
    setting = stored.setting or "pip's own configuration (open edition)"
    return seen(setting=setting, source=stored.source, by=stored.by)


@check(
    "OMF02",
    level="required",
    causes=(
        "other-url-stored",
        "url-decorated",
        "other-index-configured",
        "other-index-variable",
        "no-index-configured",
    ),
    only=Kind.LIVE,
    requires=("OMF01", "HOST01"),
)
def check_the_stored_url_is_the_one_judged(asked: Site, interpreter: Interpreter, host: Host) -> Seen:
    """The index that OMFlow would use on this interpreter is the one that is judged, with nothing around the URL.

    pip takes the text as it is: with quotation marks or a blank at its end it is no URL, and pip says so with one
    warning and "No matching distribution".
    """
    stored = _stored(asked, interpreter)
    used = host.configured_index if stored.open_edition else stored.value
    plain = _plain(used or "")
    decorated = used is not None and used != plain
    if used is None or _index(used) != asked.index.bare or (decorated and stored.open_edition):
        values = {"used": used or "-", "judged": asked.index.shown, "source": stored.source, "user": host.user}
        cause = "other-url-stored"
        if stored.open_edition:
            by_variable = any(setting.name == ":env:.index-url" for setting in host.settings)
            there = "other-index-variable" if by_variable else "other-index-configured"
            cause = there if used else "no-index-configured"
        expect([Finding(cause, used, asked.index.shown, (), values)])
    if decorated:
        expect([Finding("url-decorated", used, plain, (), {"url": asked.index.shown, "setting": stored.setting})])
    return seen(url=asked.index.shown, source=stored.source)


@check("OMF03", level="required", causes=("loopback-for-others",), only=Kind.LIVE)
def check_the_url_means_the_same_on_every_host(asked: Site) -> Seen:
    """A loopback address is another machine on each host: it works on the index's own only."""
    index = asked.index
    elsewhere = [interpreter.label for interpreter in asked.interpreters if interpreter.elsewhere]
    if trusted_by_pip(index.host) and elsewhere:
        values = {"url": index.shown, "hosts": gathered(elsewhere), "path": f"{index.port}{index.path}"}
        expect(
            [Finding("loopback-for-others", index.host, "an address of the index's machine", tuple(elsewhere), values)]
        )
    return seen(host=index.host, hosts=len(asked.interpreters))


@check(
    "OMF04",
    level="advised",
    causes=("certificate-unknown-to-pip",),
    only=Kind.LIVE,
    requires=("OMF01", "HOST01"),
)
def check_pip_knows_the_certificate(asked: Site, host: Host) -> Seen:
    """Behind a private certificate pip knows the certificate as well."""
    _stored(asked)
    told = {setting.key for setting in host.settings}
    if (
        asked.index.scheme == "https"
        and asked.ca is not None
        and "cert" not in told
        and "--cert" not in asked.pip_command
    ):
        values = {"host": asked.index.host, "user": host.user, "detail": f"--ca {asked.ca}"}
        expect([Finding("certificate-unknown-to-pip", None, asked.ca, (), values)])
    return seen(url=asked.index.shown)


def _stored(site: Site, interpreter: Interpreter | None = None) -> OMFlowSetting:
    """`interpreter`: the one that the open edition runs; whoever typed the URL, pip's configuration names its index."""
    if site.stored is not None:
        return site.stored
    if interpreter is not None and site.is_open_edition and (interpreter.named or interpreter.elsewhere):
        return OMFlowSetting(interpreter.label, "pip", "", "")
    raise NotApplicable("url-typed")


def _plain(url: str) -> str:
    """Without what a paste leaves around it."""
    return url.strip().strip("\"'").strip()


def _index(url: str) -> str:
    """The index that a URL leads to, in whichever of its two forms; none with a query or a fragment (`ask.urls`)."""
    if "?" in url or "#" in url:
        return url
    try:
        return IndexUrl.of(_plain(url)).bare
    except ValueError:
        return url
