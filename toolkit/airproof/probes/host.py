"""An interpreter and its surroundings, asked by `hostprobe.py`, a stand-alone file that runs under that interpreter."""

from __future__ import annotations

import msgspec

from airproof.site import Interpreter


class Setting(msgspec.Struct, frozen=True):
    """One setting of pip's effective configuration, credentials masked."""

    name: str
    """Such as `global.extra-index-url` or `:env:.index-url`."""
    value: str


class Host(msgspec.Struct, frozen=True):
    """What an interpreter says of itself and of its surroundings, unchanged by airproof's hermetic settings."""

    executable: str
    python: str
    """Such as 3.11.7."""
    implementation: str
    label: str
    """Such as `cp311-linux`."""
    tags: tuple[str, ...]
    """Best first, as its own pip orders them; empty where there is no pip to say."""
    markers: dict[str, str]
    """PEP 508 marker environment."""
    pip: str | None
    """pip's version; None where it has none."""
    pip_location: str | None
    """The folder that holds the `pip` package."""
    settings: tuple[Setting, ...]
    """What `pip config list` says."""
    proxies: dict[str, str]
    """Proxy variables as the process sees them, credentials masked, names as they are written."""
    externally_managed: bool
    user: str
    """The account that was asked."""


def probe_host(interpreter: str) -> Host:
    """Asks an interpreter. Raises BadInput where it is no Python, CannotLook where it does not answer in time."""
    raise NotImplementedError


def interpreter_of(executable: str) -> Interpreter:
    """The interpreter of that path, labelled. Raises BadInput as `probe_host` does."""
    raise NotImplementedError
