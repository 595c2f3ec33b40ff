"""The content and the settings that an index had: the measure for an index that is restored from a backup."""

from __future__ import annotations

from typing import Literal

import msgspec


class HeldIndex(msgspec.Struct, frozen=True):
    """One index of a devpi."""

    name: str
    """`user/index`."""
    settings: dict[str, str]
    """Its type, bases and rights as text, by devpi's own keys, such as `acl_upload` to `root`."""


class HeldFile(msgspec.Struct, frozen=True):
    """One release file."""

    filename: str
    project: str
    """The normalised name."""
    index: str = ""
    """`user/index` that holds it; empty: the tested index or one of its bases."""
    hash: str = ""
    """Published, `sha256=...`; empty: none is known."""


class Holdings(msgspec.Struct, frozen=True):
    """The content of a server at one time."""

    origin: str
    """The record, or the URL, that says so; without credentials."""
    names: tuple[str, ...] = ()
    """All of its indexes, `user/index`."""
    users: tuple[str, ...] = ()
    indexes: tuple[HeldIndex, ...] = ()
    """Those whose settings are known."""
    files: tuple[HeldFile, ...] = ()


class Restore(msgspec.Struct, frozen=True):
    """A backup that is restored, and what it has to bring back."""

    backup: str
    """A folder."""
    form: Literal["serverdir", "export"]
    """A copy of devpi's own folder, or what `devpi-export` wrote."""
    path: str
    """Path of the URL under test, such as `/root/local/`."""
    holdings: Holdings
