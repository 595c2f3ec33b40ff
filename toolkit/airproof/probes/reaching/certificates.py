"""Certificates that an interpreter's own pip trusts for https: that pip is asked, and airproof's own client uses them
too.

pip reads four sources: the command's `--cert`, its configuration (`cert`, PIP_CERT), the variables of its HTTP library
(REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE), and else the certificates that it brings along, from 24.2 on also the system's
store (which heeds SSL_CERT_FILE and SSL_CERT_DIR). So only pip itself can tell which certificates count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from airproof.net.http import NO_MORE_TRUSTED, Trusted
from airproof.probes.interpreters.host import Host
from airproof.probes.onhost import SCRIPTS
from airproof.probes.pip.template import SECTIONS, parse_template
from airproof.site.site import Kind, Site
from airproof.system.processes import run

PIPTRUST = SCRIPTS / "piptrust.py"
START = 30.0
"""Seconds that an interpreter may take in addition to the answer of the index."""
OPTIONS = frozenset({"--cert", "--client-cert", "--trusted-host", "--use-feature", "--use-deprecated"})
"""Options of the pip command that decide which certificates count."""
SETTINGS = ("cert", "client-cert", "use-feature", "use-deprecated")
VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


class PipTls(msgspec.Struct, frozen=True):
    """The answer whether one interpreter's pip trusts the certificate of an index."""

    own: bool | None
    """Result with its configuration and surroundings alone; None: pip did not answer."""
    told: bool | None
    """Result with the options of the site's command."""
    detail: str = ""
    """pip's message if it does not trust the certificate by itself."""


class _Told(msgspec.Struct, frozen=True):
    trusted: bool | None
    detail: str


def probe_pip_tls(site: Site, host: Host, surroundings: Mapping[str, str]) -> PipTls | None:
    """Have the interpreter's pip ask the index, in the account's surroundings; None if no certificate is involved."""
    if site.index.scheme != "https" or site.kind is not Kind.LIVE or host.pip is None:
        return None
    words = words_of_trust(site)
    own = _ask(site, host, (), surroundings)
    as_called = _ask(site, host, words, surroundings) if words and not own.trusted else own
    return PipTls(own.trusted, as_called.trusted, own.detail)


def trusted_by(site: Site, hosts: Iterable[Host], surroundings: Mapping[str, str]) -> Trusted:
    """Collect the certificates that the pips of these interpreters trust: by settings, variables and the site's
    command.
    """
    if site.index.scheme != "https" or site.kind is not Kind.LIVE:
        return NO_MORE_TRUSTED
    asked = list(hosts)
    named = [setting.value for host in asked for setting in host.settings if setting.key == "cert"]
    named += [surroundings[name] for name in VARIABLES if surroundings.get(name)]
    named += [str(Path(host.pip_location) / "pip/_vendor/certifi/cacert.pem") for host in asked if host.pip_location]
    words = () if site.pip_command_assumed else words_of_trust(site)
    named += [after for word, after in pairwise(words) if word == "--cert"]
    hosts_trusted = {after for word, after in pairwise(words) if word == "--trusted-host"}
    settings = [setting.value for host in asked for setting in host.settings if setting.key == "trusted-host"]
    hosts_trusted |= {name for value in settings for name in value.split()}
    meant = {site.index.host, f"{site.index.host}:{site.index.port}"}
    return Trusted(tuple(dict.fromkeys(named)), bool(meant & hosts_trusted))


def variables_of_trust(host: Host, surroundings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings and variables that decide which certificates pip trusts, as variables: none of them redirects
    a pip.
    """
    kept = {name: surroundings[name] for name in VARIABLES if surroundings.get(name)}
    for section in SECTIONS:
        for setting in host.settings:
            if setting.name in [f"{section}.{key}" for key in SETTINGS]:
                kept["PIP_" + setting.key.upper().replace("-", "_")] = setting.value
    return kept


def _ask(site: Site, host: Host, words: Sequence[str], surroundings: Mapping[str, str]) -> _Told:
    env = {name: value for name, value in surroundings.items() if not name.lower().endswith("_proxy")}
    env |= {"NO_PROXY": "*", "no_proxy": "*", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command: list[str | Path] = [host.executable, "-B", PIPTRUST, site.index.shown, f"{site.timeout:g}", *words]
    ran = run(command, timeout=START + 2 * site.timeout, env=env)
    try:
        return msgspec.json.decode(ran.stdout.strip().rpartition("\n")[2], type=_Told)
    except msgspec.DecodeError:
        return _Told(None, (ran.stderr.strip() or f"exit code {ran.exit_code}").rpartition("\n")[2])


def words_of_trust(site: Site) -> tuple[str, ...]:
    """Return option and value as separate words, from the site's command."""
    words: list[str] = []
    waiting = [word.replace("{host}", site.index.host) for word in parse_template(site.pip_command).words]
    for word, after in zip(waiting, [*waiting[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name in OPTIONS:
            words += [name, value if equals else after]
    return tuple(words)
