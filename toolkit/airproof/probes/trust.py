"""Whether pip would talk to the index at all: http on anything but loopback needs --trusted-host."""

from __future__ import annotations

import ipaddress
import shlex

import msgspec

from airproof.probes.host import Host
from airproof.requirements import trusts
from airproof.site import Kind, Site


class Trust(msgspec.Struct, frozen=True):
    needed: bool
    """Plain http to a host that pip does not trust by itself; of a rehearsal always, wherever it took place."""
    given: bool
    """The pip command says --trusted-host for it, or each requirements file that is asked for does, or, at a live
    site, the interpreter's own pip configuration.
    """
    assumed: bool
    """How OMFlow calls pip was not told, pip's configuration does not trust the host, and the verdict rests on the
    default.
    """
    host: str
    port: int


def probe_trust(site: Site, host: Host) -> Trust:
    """Reads the pip command's words and pip's settings; asks nothing over the network."""
    index = site.index
    # A rehearsal may have had to take place on loopback, which pip trusts; production will not be there.
    elsewhere = site.kind is Kind.REHEARSAL or not trusted_by_pip(index.host)
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
    """What the interpreter's own pip configuration trusts. A rehearsal's host is not the one that will be served."""
    if site.kind is Kind.REHEARSAL:
        return ()
    values = [setting.value for setting in host.settings if setting.name.endswith(".trusted-host")]
    return tuple(one for value in values for one in value.split())


def trusted_by_pip(host: str) -> bool:
    """pip's own list: localhost and the loopback ranges; names are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
