"""Ask a devpi for all that a backup has to bring back: its users, indexes, rights and files.

Only stages are asked for their files, each for its own (`ignore_bases`, measured with devpi-server 6.20). Of a mirror
the settings count: what it has fetched can be fetched again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit

import msgspec

from airproof.errors import CannotLook
from airproof.net.http import AGENT, JSON_ACCEPT, Answer, Fetched, Http, shown
from airproof.probes.index.product import mapping, result_of
from airproof.probes.index.simple import fronts_of
from airproof.site.holdings import HeldFile, HeldIndex, Holdings
from airproof.site.indexurl import IndexUrl

COMPARED = ("type", "bases", "volatile", "acl_upload", "mirror_url")
"""Settings of an index that a record knows as well."""
RIGHTS = ("acl_toxresult_upload", "mirror_whitelist", "mirror_whitelist_inheritance")
"""Those that only devpi itself tells."""


class Unlike(msgspec.Struct, frozen=True):
    """A file of the restored server that does not come as it is listed."""

    filename: str
    index: str
    hash: str
    """Published."""
    came: str = ""
    """`sha256=...` of the bytes that came; empty: it did not come whole."""
    trouble: str = ""
    """Why it did not come."""


class Restored(msgspec.Struct, frozen=True):
    """A server that was restored from a backup, and what it serves."""

    holdings: Holdings
    unlike: tuple[Unlike, ...] = ()
    bytes: int = 0
    """Bytes of all files together."""


def probe_restored(http: Http, front: str, folder: Path) -> Restored:
    """Ask the restored server for everything, and fetch each file. `folder`: for large files.

    Raises CannotLook where it does not tell.
    """
    links: list[tuple[HeldFile, str]] = []
    holdings = probe_holdings(http, front, links)
    folder.mkdir(parents=True, exist_ok=True)
    came = list(http.look_each(((url, partial(_seen, file)) for file, url in links), folder))
    return Restored(holdings, tuple(unlike for unlike, _ in came if unlike is not None), sum(size for _, size in came))


def ask_holdings(index: IndexUrl, timeout: float, ca: str | None = None) -> Holdings:
    """Ask the devpi of an index, wherever its front page lies. Raises CannotLook where it does not tell."""
    *others, last = fronts_of(index)
    with Http(timeout, ca=ca) as http:
        for front in others:
            with contextlib.suppress(CannotLook):
                return probe_holdings(http, front)
        return probe_holdings(http, last)


def probe_holdings(http: Http, front: str, links: list[tuple[HeldFile, str]] | None = None) -> Holdings:
    """Ask a devpi for its users, indexes and files. `front`: the URL of its front page, without the trailing slash;
    `links`: takes in each file with its URL.

    Raises CannotLook where it does not tell.
    """
    users = _told(http.get(f"{front}/?no_projects=", accept=JSON_ACCEPT, agent=AGENT), "indexes")
    known = {
        f"{user}/{name}": about
        for user, owner in sorted(users.items())
        for name, about in sorted(mapping(mapping(owner).get("indexes")).items())
    }
    stages = [name for name, about in known.items() if mapping(about).get("type") == "stage"]
    listed = http.get_each([f"{front}/{quote(name)}" for name in stages], accept=JSON_ACCEPT, agent=AGENT)
    owned = [
        (name, str(project))
        for name, answer in zip(stages, listed, strict=True)
        for project in _told(answer, name).get("projects") or ()
    ]
    urls = [f"{front}/{quote(name)}/{quote(project)}?ignore_bases=" for name, project in owned]
    found = [] if links is None else links
    for (name, project), answer in zip(owned, http.get_each(urls, accept=JSON_ACCEPT, agent=AGENT), strict=True):
        found += _files(name, project, _told(answer, f"{name} {project}"), front)
    return Holdings(
        origin=shown(front),
        names=tuple(known),
        users=tuple(sorted(users)),
        indexes=tuple(HeldIndex(name, settings_of(mapping(about))) for name, about in known.items()),
        files=tuple(file for file, _ in found),
    )


def settings_of(about: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings that count, as text; what is not set is left out."""
    told = {name: about[name] for name in (*COMPARED, *RIGHTS) if about.get(name) not in (None, "", [], ())}
    return {name: _text(name, value) for name, value in told.items()}


def _text(name: str, value: object) -> str:
    if isinstance(value, list | tuple):
        each = [str(part) for part in value]
        return ", ".join(each if name == "bases" else sorted(each))  # only the order of bases decides
    return shown(str(value)) if name == "mirror_url" else str(value)


def _files(index: str, project: str, versions: Mapping[str, Any], front: str) -> Iterator[tuple[HeldFile, str]]:
    """Yield the release files of a project that the index itself holds: an old devpi ignores `ignore_bases`."""
    for about in versions.values():
        for link in mapping(about).get("+links") or ():
            path = unquote(urlsplit(str(link.get("href"))).path)
            before, there, _ = path.partition(f"/{index}/+f/")
            if link.get("rel") != "releasefile" or not there:
                continue
            hash = mapping(link.get("hashes")).get("sha256")
            stated = f"sha256={hash}" if hash else str(link.get("hash_spec") or "")
            filename = path.rpartition("/")[2]
            yield HeldFile(filename, project, index, stated), front + quote(path[len(before) :], safe="/+")


def _seen(listed: HeldFile, fetched: Fetched, _file: IO[bytes]) -> tuple[Unlike | None, int]:
    came = f"sha256={fetched.sha256}" if fetched.sha256 else ""
    kind, _, _ = listed.hash.partition("=")
    if came and (kind != "sha256" or came == listed.hash.lower()):
        return None, fetched.size
    trouble = "" if came else fetched.detail or f"status {fetched.status}"
    return Unlike(listed.filename, listed.index, listed.hash, came, trouble), fetched.size


def _told(answer: Answer, asked: str) -> dict[str, Any]:
    """Return the `result` of an answer. Raises CannotLook for an answer without one."""
    result = result_of(answer)
    if not isinstance(result, dict):
        raise CannotLook("probe-failed", probe=asked, error=answer.detail or f"status {answer.status}")
    return result
