"""HOST: the interpreter whose pip counts, with its own configuration and surroundings.

The configuration is that of the account which ran airproof. OMFlow's service account may have another, so what is found
there is advice, not rejection; `--strict` makes it count.
"""

from __future__ import annotations

import ipaddress

from packaging.version import Version

from airproof.check import Finding, Seen, check, expect, seen
from airproof.diagnosis.remedies.paste import pasted_index
from airproof.probes.interpreters.host import Host, Setting
from airproof.probes.pip.template import parse_template
from airproof.site.site import Kind, Site

OLDEST_PIP = Version("20.3")
"""The first with the resolver that all later ones have; older ones install conflicting sets without a word."""
HEEDS_MARKER = Version("23.0")
"""The first pip that heeds the marker of PEP 668."""


@check("HOST01", level="required", causes=("pip-absent", "pip-too-old"))
def check_the_interpreter_has_a_usable_pip(host: Host, asked: Site) -> Seen:
    """The interpreter has a pip, and one that resolves."""
    index = pasted_index(asked.index if asked.url else None)
    values = {
        "executable": host.executable,
        "pip": host.pip or "-",
        "oldest": str(OLDEST_PIP),
        "plain": index.plain,
        "trusted": index.trusted,
        "secure": index.secure,
    }
    if host.pip is None:
        expect([Finding("pip-absent", None, f"pip >= {OLDEST_PIP}", (), values)])
    elif Version(host.pip) < OLDEST_PIP:
        expect([Finding("pip-too-old", host.pip, f">= {OLDEST_PIP}", (), values)])
    return seen(python=host.python, implementation=host.implementation, pip=host.pip, tags=len(host.tags))


@check(
    "HOST02",
    level="advised",
    causes=("extra-index", "extra-index-variable", "pip-no-index", "pip-no-index-variable"),
    only=Kind.LIVE,
    requires=("HOST01",),
)
def check_pips_configuration_adds_no_index(host: Host) -> Seen:
    """pip's own configuration leads to no other source: `--index-url` on the command line does not replace those."""
    findings = []
    for setting in host.settings:
        variable = setting.file if setting.scope == "variable" else ""
        values = {
            "setting": setting.name,
            "value": setting.value,
            "user": host.user,
            "variable": variable,
            "file": setting.file or "?",
            "scope": setting.scope or "user",
        }
        if setting.key in ("extra-index-url", "find-links"):
            cause = "extra-index-variable" if variable else "extra-index"
            findings.append(Finding(cause, {setting.name: setting.value}, None, (), values))
        elif setting.key == "no-index" and _is_on(setting.value):
            cause = "pip-no-index-variable" if variable else "pip-no-index"
            findings.append(Finding(cause, {setting.name: setting.value}, None, (), values))
    expect(findings)
    return seen(settings=len(host.settings), user=host.user, places=_places(host))


@check("HOST03", level="advised", causes=("proxy", "proxy-of-pip"), only=Kind.LIVE, requires=("HOST01",))
def check_no_proxy_swallows_the_request(host: Host, asked: Site) -> Seen:
    """No proxy variable or setting catches requests for the index: pip has no exception for local addresses, and
    NO_PROXY makes none from its own setting (measured, pip 20.3, 23.2 and 26.3).
    """
    index = asked.index
    proxies = {name.lower().removesuffix("_proxy"): value for name, value in host.proxies.items() if value}
    excepted = proxies.get("no", "")
    found = {
        name: value
        for name, value in host.proxies.items()
        if value and name.lower() in (f"{index.scheme}_proxy", "all_proxy")
    }
    if _excepted(index.host, index.port, excepted):
        found = {}
    findings = [
        Finding("proxy", {name: value}, None, (), {"name": name, "value": value, "host": index.host, "user": host.user})
        for name, value in found.items()
    ]
    for configured in host.settings:
        if configured.key == "proxy" and configured.value:
            place, setting = _place_of(configured)
            values = {
                "place": place,
                "setting": setting,
                "value": configured.value,
                "host": index.host,
                "user": host.user,
            }
            findings.append(Finding("proxy-of-pip", {configured.name: configured.value}, None, (), values))
    expect(findings)
    return seen(host=index.host, user=host.user)


@check("HOST07", level="required", causes=("externally-managed",), only=Kind.LIVE, requires=("HOST01",))
def check_pip_may_install_there(host: Host, site: Site) -> Seen:
    """The interpreter belongs to OMFlow or to a virtual environment, not to the system's own package manager.

    pip refuses to install into an interpreter of the system (PEP 668), unless it installs into another folder or is
    told to break system packages.
    """
    managed = host.externally_managed and Version(host.pip or "0") >= HEEDS_MARKER
    told = [
        setting.name
        for setting in host.settings
        if setting.name.endswith("break-system-packages") and _is_on(setting.value)
    ]
    command = parse_template(site.pip_command)
    if managed and not (told or "--break-system-packages" in command.words or command.has_own_place):
        values = {"executable": host.executable, "pip": host.pip or "-", "label": host.label}
        expect([Finding("externally-managed", True, False, (host.label,), values)])
    return seen(executable=host.executable, managed="yes" if host.externally_managed else "no")


def _place_of(setting: Setting) -> tuple[str, str]:
    """By which name people know where it stands, and of a file's setting its own, which `pip config` takes."""
    if setting.scope == "variable" or setting.name.startswith(":env:"):
        return setting.file or "PIP_PROXY", ""
    return f"{setting.name} ({setting.file or 'pip config'})", setting.name


def _is_on(value: str) -> bool:
    return value.lower() in ("1", "true", "yes", "on")


def _places(host: Host) -> str:
    """Return the files of pip's settings, each with its scope: the files of another account may differ."""
    files = dict.fromkeys(
        f"{setting.file} ({setting.scope})" for setting in host.settings if setting.file and setting.scope != "variable"
    )
    variables = dict.fromkeys(setting.file for setting in host.settings if setting.scope == "variable")
    return ", ".join((*files, *variables)) or "-"


def _excepted(host: str, port: int, no_proxy: str) -> bool:
    """Say whether NO_PROXY names the host, as pip's HTTP library reads it: an ending, an address or a range (CIDR)."""
    for entry in filter(None, (word.strip().lstrip(".").lower() for word in no_proxy.split(","))):
        if entry == "*":
            return True
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:  # one of the two is a name
            if host.lower().endswith(entry) or f"{host.lower()}:{port}".endswith(entry):
                return True
    return False
