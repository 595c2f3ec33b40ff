"""Ask OMFlow for the URL that it uses: its database, its REST interface, or pip's configuration (open edition)."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import NamedTuple, Protocol

from airproof.errors import BadInput
from airproof.net.http import shown
from airproof.probes.interpreters.host import Host
from airproof.probes.omflow.database import read_database
from airproof.probes.omflow.rest import read_rest
from airproof.site.stored import OMFlowSetting

USER, PASSWORD = "AIRPROOF_OMFLOW_USER", "AIRPROOF_OMFLOW_PASSWORD"

NO_URL = ("omflow-no-setting", "omflow-setting-no-url", "omflow-setting-nearly")
"""Errors which mean that OMFlow was asked and has no URL."""


class AsksOMFlow(Protocol):
    """The options that are needed here."""

    @property
    def url(self) -> str | None: ...
    @property
    def omflow(self) -> str | None: ...
    @property
    def omflow_confirmed(self) -> bool: ...
    @property
    def omflow_setting(self) -> str | None: ...
    @property
    def timeout(self) -> float: ...
    @property
    def ca(self) -> str | None: ...


class OpenEdition(NamedTuple):
    """The settings that decide for the open edition."""

    url: str | None
    """The index in pip's own configuration; None if it names none."""


def ask_omflow(asked: AsksOMFlow) -> OMFlowSetting:
    """Return what OMFlow has stored. User and password come from the environment or a prompt, never from the command
    line.

    Raises BadInput for any reason that prevents an answer.
    """
    source = asked.omflow or ""
    try:
        return _asked(source, asked)
    except BadInput as error:
        if error.key not in NO_URL or asked.url is None:
            raise
        # A typed URL can still be judged, and it is then a finding that OMFlow has none.
        return OMFlowSetting(shown(source), "database", asked.omflow_setting or "", "", empty=True)


def _asked(source: str, asked: AsksOMFlow) -> OMFlowSetting:
    if not source.lower().startswith(("http://", "https://")):
        return read_database(Path(source), named=asked.omflow_setting)
    user, password = _credentials(shown(source), confirmed=asked.omflow_confirmed)
    return read_rest(
        shown(source), user=user, password=password, named=asked.omflow_setting, timeout=asked.timeout, ca=asked.ca
    )


def open_edition(stored: OMFlowSetting, host: Host, *, url_typed: bool = False) -> OpenEdition:
    """Return the index in pip's own configuration, of the account that runs this. Raises BadInput if there is none."""
    url = host.configured_index
    if url is None and not url_typed:
        raise BadInput("omflow-open-no-index", source=stored.source, user=host.user)
    return OpenEdition(url)


def home_of(stored: OMFlowSetting) -> str | None:
    """Return the folder of OMFlow's own modules: the one of its database, if they lie beside it. None: not known."""
    home = Path(stored.source).parent
    if stored.by != "database" or not (home / "omflow" / "settings.py").is_file():
        return None
    return str(home.resolve())


def _credentials(url: str, *, confirmed: bool) -> tuple[str, str]:
    """Return user and password, from the environment or from a prompt.

    Those of the environment are not sent to a host that only a file in the current folder names; a person who types
    them sees the host.
    """
    user, password = os.environ.get(USER), os.environ.get(PASSWORD)
    if user and password is not None:
        if not confirmed:
            raise BadInput("omflow-not-confirmed", url=url)
        return user, password
    if not (sys.stdin and sys.stdin.isatty()):
        raise BadInput("omflow-credentials", url=url)
    sys.stderr.write(f"OMFlow {url}\n")
    if not user:
        sys.stderr.write("user: ")
        sys.stderr.flush()
        user = sys.stdin.readline().strip()
    return user, getpass.getpass("password: ")
