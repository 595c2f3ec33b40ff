"""What an answer lists, in HTML or JSON, read as pip would: the projects of an index root, the files of a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

import msgspec
from packaging.utils import canonicalize_name

from airproof.net.http import MAX_PROJECT_PAGE, Answer, same_origin
from airproof.probes.index.anchors import Anchor, Html, read_html

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPES = ("text/html", "application/vnd.pypi.simple.v1+html")
ARCHIVES = (
    *(".whl", ".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma", ".tar"),
    *(".egg", ".exe", ".msi", ".rpm"),  # no longer taken by pip, and packages all the same
)
MAX_FILES = 50_000
"""Files that are read of one project page; no project has nearly as many, and each costs a twentieth of a millisecond
several times over.
"""
MAX_VALUES = 20 * MAX_FILES
"""Commas of a project page in JSON: what is written in three bytes takes many more once it is read."""
LARGEST = f"{MAX_FILES:,} files / {MAX_PROJECT_PAGE >> 20} MB"
"""What is read of one project page, for a sentence."""
HASH = re.compile(r"[#&](sha512|sha384|sha256|sha224|sha1|md5)=([^&]*)")
HASHES = ("sha512", "sha384", "sha256", "sha224", "sha1", "md5")
"""Kinds of hashes that pip knows; another kind is none to it."""
PROJECT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
"""No package's file name has these, and no path is safe with them."""
HALF = re.compile(rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""A JSON escape of one half of a surrogate pair, beside those that are whole: pip reads it, and no text can hold it."""
_KEPT = re.compile(r"(@|%2F)", re.IGNORECASE)
SAYS_INDEX = re.compile(r"\b(simple|index of)\b", re.IGNORECASE)
MOSTLY = 0.9
"""The share of links that must lead to projects: a directory listing may have a stranger or two."""


class Projects(NamedTuple):
    """The list of an index root."""

    names: set[str]
    """Normalised."""
    cut: bool
    spelled: Mapping[str, str] = {}
    """Normalised name to the path segment that the list leads to, where that is another text."""


class File(NamedTuple):
    """One file of a project page."""

    filename: str
    """One path segment, safe to write to."""
    url: str
    hashes: dict[str, str]
    requires_python: str | None
    yanked: str | None
    metadata: bool = False
    """The page offers the file's METADATA beside it (PEP 658, 714)."""
    metadata_hashes: dict[str, str] | None = None
    """Hashes of that METADATA."""
    fragment: str = ""
    """Fragment of its URL, without the `#`: the versions of pip read hashes in it in different ways."""
    yanked_bare: bool = False
    """The page has `data-yanked` without a value, which only html5lib reads as yanked."""
    stated: str = ""
    """The first hash of a page in JSON, `kind=value`, as it is written: to some pips capitals are another hash."""
    metadata_before: bool = False
    """The offer has the name that it had before PEP 714, which is all that pip reads from 22.3 to 23.1."""


class Files(NamedTuple):
    """The list of a project page."""

    files: list[File]
    cut: bool
    undecoded: str = ""
    """As `Html.undecoded`."""


def read_projects(answer: Answer) -> Projects | None:
    """The projects that an index root lists; None where it is no index root, such as a login page."""
    if answer.content_type == JSON_TYPE:
        listed = _json_list(answer.body, "projects")
        if listed is None:
            return None
        names = {one["name"] for one in listed if isinstance(one, dict) and isinstance(one.get("name"), str)}
        return _projects(names, cut=False)
    if answer.content_type not in HTML_TYPES:
        return None
    html = read_html(answer.body, answer.headers.get("content-type", ""))
    return _projects_of(html, answer.final_url)


def read_files(project: str, answer: Answer) -> Files | None:
    """The files that a project page lists; None where it is no project page."""
    if answer.content_type == JSON_TYPE:
        if answer.body.count(b",") > MAX_VALUES:
            return Files([], True)
        listed = _json_list(answer.body, "files")
        if listed is None:
            return None
        found = (_from_json(one, answer.final_url) for one in listed[:MAX_FILES])
        return Files([one for one in found if one is not None], len(listed) > MAX_FILES)
    if answer.content_type not in HTML_TYPES:
        return None
    html = read_html(answer.body, answer.headers.get("content-type", ""), MAX_FILES)
    base = _joined(answer.final_url, html.base or "")
    files = [file for anchor in html.anchors if (file := _from_anchor(anchor, base)) is not None]
    if files or html.declared:
        return Files(files, html.cut, html.undecoded)
    told = not html.text or canonicalize_name(project) in canonicalize_name(html.text.replace(" ", "-"))
    strangers = any(not _is_navigation(one, answer.final_url) for one in html.anchors)
    honest = html.has_tags and told and not html.for_people and not strangers
    return Files([], html.cut, html.undecoded) if honest else None


def _projects_of(html: Html, url: str) -> Projects | None:
    """Names from links that lead one step down and are called as they lead: `<a href="NAME/">NAME</a>`."""
    base = _joined(url, html.base or "")
    relevant = [one for one in html.anchors if not _is_navigation(one, url)]
    names = [name for one in relevant if (name := _project_of(one, base, url)) is not None]
    if html.declared:
        return _projects(names, cut=html.cut)
    if html.for_people or not html.has_tags:
        return None
    if relevant:
        return _projects(names, cut=html.cut) if len(names) >= MOSTLY * len(relevant) else None
    return Projects(set(), html.cut) if not html.text or SAYS_INDEX.search(html.text) else None


def _projects(names: Iterable[str], *, cut: bool) -> Projects:
    """`names`: as they are spelled."""
    by_text: dict[str, str] = {text: canonicalize_name(text) for text in names}
    spelled = {name: text for text, name in by_text.items() if name not in by_text}
    return Projects(set(by_text.values()), cut, spelled)


def _project_of(anchor: Anchor, base: str, url: str) -> str | None:
    text = anchor.text.rstrip("/")
    target = _joined(base, anchor.href)
    above, _, segment = _path(target).rstrip("/").rpartition("/")
    is_name = PROJECT.fullmatch(text) is not None and not text.lower().endswith(ARCHIVES)
    is_below = f"{above}/" in (_path(_joined(url, ".")), _path(url).rstrip("/") + "/")
    if not is_name or not is_below or not same_origin(url, target):
        return None
    return segment if canonicalize_name(segment) == canonicalize_name(text) else None


def _is_navigation(anchor: Anchor, url: str) -> bool:
    """A link of a directory listing upwards, or to itself in another order."""
    target = _joined(url, anchor.href.strip())
    return same_origin(url, target) and (_path(url) + "/").startswith(_path(target).rstrip("/") + "/")


def _from_anchor(anchor: Anchor, base: str) -> File | None:
    full, _, fragment = _joined(base, anchor.href.strip()).partition("#")
    url = quoted_as_pip(full)
    filename = _filename(_path(url))
    if not filename or not filename.lower().endswith(ARCHIVES):
        return None
    told = HASH.search(f"#{fragment}")  # the first one counts
    hashes = {told[1]: told[2].lower()} if told else {}
    yanked = anchor.attributes.get("data-yanked")
    bare = yanked == "" and "data-yanked" in anchor.bare
    requires_python = anchor.attributes.get("data-requires-python", "").strip() or None
    before = anchor.attributes.get("data-dist-info-metadata")
    offered = anchor.attributes.get("data-core-metadata", before)
    kind, _, value = (offered or "").partition("=")
    return File(
        filename,
        url,
        hashes,
        requires_python,
        None if bare else yanked,
        offered is not None,  # whatever it says: pip takes `false` for an offer without a hash
        {kind: value} if kind in HASHES else None,
        fragment=fragment,
        metadata_before=before is not None,
        yanked_bare=bare,
    )


def _from_json(entry: object, base: str) -> File | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("url"), str):
        return None
    full, _, fragment = _joined(base, entry["url"].strip()).partition("#")
    url = quoted_as_pip(full)
    filename = _filename(_path(url))  # pip never looks at the key `filename`
    if not filename:
        return None
    wanted = entry.get("requires-python")
    stated = found if isinstance(found := entry.get("hashes"), dict) else {}
    before, offered = entry.get("dist-info-metadata"), entry.get("core-metadata")
    offered = before if offered is None else offered
    yanked = entry.get("yanked")
    return File(
        filename=filename,
        url=url,
        hashes=_hashes(entry.get("hashes")),
        requires_python=wanted.strip() or None if isinstance(wanted, str) else None,
        yanked=yanked if isinstance(yanked, str) and yanked else "" if yanked else None,
        metadata=bool(offered) or isinstance(offered, dict),
        metadata_hashes=_hashes(offered) or None,
        fragment=fragment,
        stated=next((f"{kind}={value}" for kind, value in stated.items()), ""),
        metadata_before=bool(before) or isinstance(before, dict),
    )


def _hashes(found: object) -> dict[str, str]:
    if not isinstance(found, Mapping):
        return {}
    pairs: Iterable[tuple[Any, Any]] = found.items()
    return {kind: value.lower() for kind, value in pairs if kind in HASHES and isinstance(value, str)}


def _json_list(body: bytes, key: str) -> list[Any] | None:
    document = _json_read(body)
    listed = document.get(key) if isinstance(document, dict) else None
    return listed if isinstance(listed, list) else None


def _json_read(body: bytes) -> object:
    """The document, read as pip's library reads it where the strict reader does not: with a byte order mark, in UTF-16,
    with NaN. None where that cannot read it either.
    """
    try:
        return msgspec.json.decode(HALF.sub(_whole, body) if b"\\ud" in body or b"\\uD" in body else body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass").encode(errors="replace")
        return json.loads(HALF.sub(_whole, text))
    except (ValueError, RecursionError):
        return None


def _whole(found: re.Match[bytes]) -> bytes:
    """The pair as it was; of half a pair the replacement character."""
    return found[1] or rb"\ufffd"


def _filename(path: str) -> str:
    """The last segment, whatever slashes it was given in; empty where no file can have that name."""
    name = re.split(r"[/\\]", path)[-1]
    return "" if name in (".", "..") or len(name) > 255 or UNFIT.search(name) else name


def _joined(base: str, href: str) -> str:
    """The absolute URL; the text itself where it is no URL."""
    try:
        return urljoin(base, href)
    except ValueError:
        return href


def quoted_as_pip(url: str) -> str:
    """The URL that pip asks for where a page has this one: each part of the path unquoted and quoted anew, so that a
    plus goes out as `%2B`; an at sign and `%2F` stay (measured, pip 20.3 to 26.3).
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if parts.scheme not in ("http", "https"):
        return url
    pieces = _KEPT.split(parts.path)
    clean = [quote(unquote(piece)) if at % 2 == 0 else piece.upper() for at, piece in enumerate(pieces)]
    return parts._replace(path="".join(clean)).geturl()


def _path(url: str) -> str:
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""
