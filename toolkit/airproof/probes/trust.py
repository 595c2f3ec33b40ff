"""Whether pip would talk to the index at all: http on anything but loopback needs --trusted-host."""

from __future__ import annotations

import ipaddress
import shlex

import msgspec

from airproof.probes.host import Host
from airproof.site import Kind, Site


class Trust(msgspec.Struct, frozen=True):
    needed: bool
    """Plain http to a host that pip does not trust by itself; of a rehearsal always, wherever it took place."""
    given: bool
    """The pip command, or (where the command names no index) pip's own configuration, says --trusted-host for it."""
    assumed: bool
    """How OMFlow calls pip was not told, and the verdict rests on the default."""
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
    if "{url}" not in site.pip_command:
        named += [
            one for setting in host.settings if setting.name.endswith(".trusted-host") for one in setting.value.split()
        ]
    given = bool({index.host, f"{index.host}:{index.port}"} & set(named))
    return Trust(needed, given, needed and site.pip_command_assumed, index.host, index.port)


def trusted_by_pip(host: str) -> bool:
    """pip's own list: localhost and the loopback ranges; names are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
