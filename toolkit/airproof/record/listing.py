"""What the index held, as far as a run looked: its projects, and the files of the project pages that were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class _Root(msgspec.Struct, frozen=True):
    projects: int | None = None
    names: tuple[str, ...] = ()
    cut: bool = False
    names_digest: str = ""


class _Roots(msgspec.Struct, frozen=True):
    configured: _Root


class _Pages(msgspec.Struct, frozen=True):
    files: dict[str, dict[str, str]]
    digests: dict[str, str] = {}


class _Link(msgspec.Struct, frozen=True):
    filename: str
    hashes: dict[str, str] = {}


class _Page(msgspec.Struct, frozen=True):
    project: str
    status: int | None = None
    links: tuple[_Link, ...] = ()
    readable: bool = True
    cut: bool = False


class _Forms(msgspec.Struct, frozen=True):
    configured: tuple[_Page, ...]


@dataclass(frozen=True)
class Listing:
    """Of one run."""

    count: int | None
    """Projects that the index listed; None where it listed none to this run."""
    names: tuple[str, ...]
    """Normalised and sorted: all of them, or the first few thousand."""
    digest: str
    """Of all names; empty in a record that had none."""
    files: Mapping[str, Mapping[str, str]]
    """Project to file to hash, of the pages that were read; a project without a page has no files."""
    digests: Mapping[str, str]
    """Of projects whose files are too many to be kept."""

    @property
    def whole(self) -> bool:
        """All names are known."""
        return self.count is not None and self.count == len(self.names)


def listing_of(facts: Mapping[str, Any]) -> Listing:
    """Read from the facts of a record; what is not there, or has another shape, is not known."""
    roots = _as(facts.get("roots"), _Roots)
    root = roots.configured if roots is not None and not roots.configured.cut else _Root()
    forms = _as(facts.get("forms"), _Forms)
    files: dict[str, Mapping[str, str]] = {
        page.project: {link.filename: _hash(link.hashes) for link in page.links}
        for page in (forms.configured if forms is not None else ())
        if page.status in (200, 404) and page.readable and not page.cut
    }
    digests: dict[str, str] = {}
    for name in sorted(one for one in facts if one.startswith("pages-")):
        pages = _as(facts[name], _Pages)
        if pages is not None:
            files |= pages.files
            digests |= pages.digests
    return Listing(root.projects, root.names, root.names_digest, files, digests)


def _as(value: object, kind: type[T]) -> T | None:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None


def _hash(hashes: Mapping[str, str]) -> str:
    return f"sha256:{hashes['sha256']}" if "sha256" in hashes else ""
