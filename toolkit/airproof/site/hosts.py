"""The hosts that a site is judged for: interpreters that are asked, and targets that are only named."""

from __future__ import annotations

import msgspec


class Interpreter(msgspec.Struct, frozen=True):
    """A Python whose pip is asked, on this machine or, through a file of facts, on another host."""

    executable: str
    label: str
    """Such as `cp311-linux`; the subject of the checks that ask this interpreter."""
    collector: bool = False
    """The interpreter is a Collector's: it installs the packages of the Collector's items."""
    collector_name: str = ""
    """The Collector's name in OMFlow, if the user said it: it never runs items that name another Collector."""
    host_name: str = ""
    """The name that the user, or the host itself, gave the host; a Collector may have the same name in OMFlow."""
    facts: str | None = None
    """The file of facts from another host; None: the interpreter is on this machine."""
    named: bool = False
    """The user named it as one that OMFlow runs; it does not merely run airproof."""

    @property
    def elsewhere(self) -> bool:
        return self.facts is not None


class InstalledDistribution(msgspec.Struct, frozen=True):
    """An installed distribution of an interpreter: pip keeps it if it meets the requirements, and asks no index
    for it.
    """

    version: str
    requires: tuple[str, ...]
    """Its Requires-Dist."""


ANY_LATER = 99
"""Upper bound for the patch level of a Python that may get further ones."""


class Target(msgspec.Struct, frozen=True):
    """An interpreter for which the index is judged, present here or not."""

    label: str
    """Such as `cp37-win32`; the subject of the checks that judge for it."""
    markers: dict[str, str]
    """PEP 508 marker environment."""
    tags: tuple[str, ...]
    """Best first."""
    preset: str = ""
    """The preset that named it, or empty."""
    groups: tuple[str, ...] = ()
    """Names of the groups that apply to it; empty: all."""
    had: dict[str, InstalledDistribution] = {}
    """Distributions that count as served because they are installed there, by normalised names."""
    patches: tuple[int, int] | None = None
    """The oldest and the newest patch level that its Python may have; None: `python_full_version` is known."""
    pips: tuple[str, ...] = ()
    """The version of its pip; if it is not known, the oldest and the newest that its Python may have."""

    @property
    def pythons(self) -> str:
        """Return the releases of its Python for which it stands."""
        version = self.markers["python_version"]
        if self.patches is None:
            return self.markers["python_full_version"]
        first, last = self.patches
        return f"{version}.{first} - {version}.{'x' if last == ANY_LATER else last}"

    @property
    def pips_shown(self) -> str:
        """Return the versions of pip for which it stands."""
        return " - ".join(dict.fromkeys((self.pips[0], self.pips[-1]))) if self.pips else "?"

    def wants(self, group: str) -> bool:
        return not self.groups or group in self.groups
