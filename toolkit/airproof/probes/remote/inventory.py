"""Hosts of an Ansible inventory, as `ansible-inventory` tells them: by groups and patterns, with their own way in.

airproof goes to them by plain ssh, winrm or docker, so that its own bounds and its refusal to answer questions hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import msgspec

from airproof.errors import AirproofError, BadInput
from airproof.printable import naturally
from airproof.system.processes import run

TIME = 60.0
"""Seconds that `ansible-inventory` may take; a dynamic inventory asks others."""
CONNECTIONS = {"smart": "ssh", "community.docker.docker": "docker"}
"""Ansible's names of connections that are called otherwise here."""
OWN_WAYS = ("ssh", "local", "docker", "winrm")


class Known(NamedTuple):
    """One host of the inventory."""

    spec: str
    name: str
    python: str
    """Its `ansible_python_interpreter`; empty where Ansible would look for one."""
    extra: str
    """Arguments of ssh."""


def hosts_of_inventory(spec: str) -> list[Known]:
    """All hosts that `ansible://NAME` means, of `?ansible_inventory=FILE` or Ansible's own default.

    Raises BadInput where there is no inventory, or no such host in it.
    """
    parts = urlsplit(spec)
    more = dict(parse_qsl(parts.query))
    file = more.pop("ansible_inventory", "")
    if file and not Path(file).exists():
        raise BadInput("hosts-inventory", given=spec, reason=f"{file} is not there")
    try:
        ran = run(["ansible-inventory", "--list", *(["-i", file] if file else [])], timeout=TIME)
        told = msgspec.json.decode(ran.stdout, type=dict[str, dict[str, Any]])
    except (AirproofError, OSError) as error:
        raise BadInput("hosts-inventory", given=spec, reason=error) from error
    except msgspec.DecodeError as error:
        said = [line for line in ran.stderr.splitlines() if line.strip()] or [f"exit code {ran.exit_code}"]
        raise BadInput("hosts-inventory", given=spec, reason=said[-1]) from error
    pattern = unquote(parts.netloc) or "all"
    names = _chosen(told, pattern)
    if not names:
        groups = ", ".join(sorted(set(told) - {"_meta"})) or "empty"
        raise BadInput("hosts-inventory", given=spec, reason=groups)
    variables: Mapping[str, Mapping[str, Any]] = told.get("_meta", {}).get("hostvars", {})
    return [_known(name, variables.get(name, {}), file, more) for name in sorted(names, key=naturally)]


def _chosen(told: Mapping[str, Mapping[str, Any]], pattern: str) -> set[str]:
    """Return the hosts that a pattern of Ansible's means: `web:db` those of either, `web:&new` those
    in both, `web:!old` those of web without those of old, in whatever order the words stand.
    """
    words = [word.strip() for word in pattern.split(":") if word.strip()]
    plain = [word for word in words if word[0] not in "&!"] or ["all"]
    names = {name for word in plain for name in _meant(told, word)}
    for word in words:
        if word[0] == "&":
            names &= {*_meant(told, word[1:])}
    return names - {name for word in words if word[0] == "!" for name in _meant(told, word[1:])}


def _meant(told: Mapping[str, Mapping[str, Any]], pattern: str) -> Iterator[str]:
    for group, one in told.items():
        if group != "_meta" and fnmatchcase(group, pattern):
            yield from _hosts(told, group, set())
        yield from (host for host in one.get("hosts", []) if fnmatchcase(host, pattern))


def _hosts(told: Mapping[str, Mapping[str, Any]], group: str, done: set[str]) -> Iterator[str]:
    if group not in done:
        done.add(group)
        yield from told.get(group, {}).get("hosts", [])
        for below in told.get(group, {}).get("children", []):
            yield from _hosts(told, below, done)


def _known(name: str, variables: Mapping[str, Any], file: str, more: Mapping[str, str]) -> Known:
    def told(*keys: str) -> str:
        return next((str(variables[key]) for key in keys if variables.get(key) not in (None, "")), "")

    connection = CONNECTIONS.get(told("ansible_connection"), told("ansible_connection")) or "ssh"
    python = told("ansible_python_interpreter")
    python = "" if python.startswith("auto") else python
    if connection not in OWN_WAYS:  # Ansible itself goes there
        given = {**more, "force_ansible": "true", **({"ansible_inventory": file} if file else {})}
        return Known(f"ansible://{name}?{urlencode(given)}", name, python, "")
    query = dict(more)
    if key := told("ansible_ssh_private_key_file", "ansible_private_key_file"):
        query["ssh_identity_file"] = key
    if told("ansible_become").lower() in ("true", "yes", "1"):
        query["sudo"] = "true"
        query |= {"sudo_user": user} if (user := told("ansible_become_user")) else {}
    host = told("ansible_host", "ansible_ssh_host") or name
    host = f"[{host}]" if host.count(":") > 1 else host
    user, port = told("ansible_user", "ansible_ssh_user"), told("ansible_port", "ansible_ssh_port")
    place = (f"{user}@" if user else "") + host + (f":{port}" if port else "")
    extra = " ".join(filter(None, (told("ansible_ssh_common_args"), told("ansible_ssh_extra_args"))))
    place = "" if connection == "local" else place
    return Known(f"{connection}://{place}" + (f"?{urlencode(query)}" if query else ""), name, python, extra)
