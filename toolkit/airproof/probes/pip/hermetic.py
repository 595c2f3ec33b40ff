"""An environment in which the command line alone configures pip: no setting, proxy, password or cache from outside.

`pip --isolated` does not achieve this: it does not reach the pip that pip starts for build dependencies. A cleaned
environment does, since it is inherited (measured with 14 surroundings and pip 20.3 to 26.3).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from packaging.version import Version

CACHE_SWITCH = Version("20.0")
"""Before this version (exactly: before 19.0.2), PIP_NO_CACHE_DIR=1 makes pip itself fail; an empty cache of its own is
harmless.
"""

_DROPPED_PREFIXES = ("PIP_", "PYTHON", "XDG_", "__PYVENV")
_DROPPED_SUFFIXES = ("_PROXY",)
_DROPPED = {"NETRC", "VIRTUAL_ENV", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"}
"""Variables that name certificates are removed: only `--ca` names them, because a service does not inherit the
variables of the account that tries it out.
"""


def hermetic_environment(surroundings: Mapping[str, str], *, home: Path, pip: Version) -> dict[str, str]:
    """Return the surroundings without anything that configures pip. `pip`: its version.

    `home` is an empty folder, made here with a `tmp` in it. pip's own timeouts and retries stay: a site's pip gets no
    others.
    """
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in surroundings.items() if not _decides(name.upper())}
    kept.update(dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(home)))
    kept.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)))
    # With no variable at all, urllib asks Windows and macOS for the system's proxies; "*" is no proxy for any host.
    kept.update({"NO_PROXY": "*", "no_proxy": "*"})
    if pip >= CACHE_SWITCH:
        kept["PIP_NO_CACHE_DIR"] = "1"
    return kept | {
        "PIP_CONFIG_FILE": os.devnull,  # With exactly this value pip reads no configuration file at all.
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_CACHE_DIR": str(home / "cache"),
        "PIP_KEYRING_PROVIDER": "disabled",
        "NETRC": os.devnull,
        "PYTHONDONTWRITEBYTECODE": "1",  # pip's own folder belongs to the interpreter that is asked.
        "PYTHONIOENCODING": "utf-8",  # This affects the standard streams only: how files are read stays the site's own.
        "PYTHONNOUSERSITE": "1",
    }


def _decides(name: str) -> bool:
    return name in _DROPPED or name.startswith(_DROPPED_PREFIXES) or name.endswith(_DROPPED_SUFFIXES)
