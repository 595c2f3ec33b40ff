"""Find out whether pip would connect to the index at all.

http on anything but loopback needs --trusted-host, and https needs a certificate that this pip knows.
"""

from __future__ import annotations

import ipaddress
import shlex

import msgspec

from airproof.probes.interpreters.host import Host
from airproof.probes.reaching.certificates import PipTls
from airproof.site.requirements import trusts
from airproof.site.site import Kind, Site


class Trust(msgspec.Struct, frozen=True):
    needed: bool
    """Trust is needed: plain http to a host that pip does not trust by itself (for a rehearsal always, wherever it took
    place), or https with a certificate that this interpreter's pip does not know.
    """
    given: bool
    """The pip command trusts it, or each requested requirements file does, or, at a live site, the interpreter's own
    pip configuration.
    """
    assumed: bool
    """OMFlow's pip command was not given, pip's configuration does not trust the host, and the verdict rests on the
    default.
    """
    host: str
    port: int
    certificate: bool = False
    """For https: pip's own configuration does not trust the certificate, and it would have to."""
    detail: str = ""
    """pip's message about the certificate."""


def probe_trust(site: Site, host: Host, tls: PipTls | None = None) -> Trust:
    """Read the pip command's words and pip's settings, without any network access.

    `tls`: that pip's answer about an https index's certificate; None: not asked.
    """
    index = site.index
    if index.scheme == "https" and tls is not None and tls.own is False:
        given = tls.told is True
        return Trust(True, given, given and site.pip_command_assumed, index.host, index.port, True, tls.detail)
    # A rehearsal may have to run on loopback, which pip trusts; production will not.
    elsewhere = site.kind is not Kind.LIVE or not trusted_by_pip(index.host)
    needed = index.scheme == "http" and elsewhere
    words = [word.replace("{host}", index.host) for word in shlex.split(site.pip_command)]
    named = [after for word, after in zip(words, [*words[1:], ""], strict=True) if word == "--trusted-host"]
    named += [word.partition("=")[2] for word in words if word.startswith("--trusted-host=")]
    meant = {index.host, f"{index.host}:{index.port}"}
    configured = bool(meant & set(trusted_hosts(site, host)))
    in_files = bool(site.groups) and all(trusts(group, index) for group in site.groups)
    given = configured or bool(meant & set(named)) or in_files
    assumed = needed and site.pip_command_assumed and not configured
    return Trust(needed, given, assumed, index.host, index.port)


def trusted_hosts(site: Site, host: Host) -> tuple[str, ...]:
    """Return the hosts that the interpreter's own pip configuration trusts; none for a rehearsal, whose host is not the
    one that will be served.
    """
    if site.kind is not Kind.LIVE:
        return ()
    values = [setting.value for setting in host.settings if setting.name.endswith(".trusted-host")]
    return tuple(name for value in values for name in value.split())


def trusted_by_pip(host: str) -> bool:
    """Say whether a host is on pip's own list: localhost and the loopback ranges; names are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
