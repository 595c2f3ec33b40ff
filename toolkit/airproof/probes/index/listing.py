"""Read listings in HTML or JSON as pip would: the projects of an index root, the files of a project page."""

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
    *(".egg", ".exe", ".msi", ".rpm"),  # Files that pip no longer takes, but that are packages.
)
MAX_FILES = 50_000
"""Files that are read of one project page. No project has nearly as many, and each costs a twentieth of a millisecond
several times.
"""
MAX_VALUES = 20 * MAX_FILES
"""Commas in a project page in JSON. This bounds memory: three bytes of JSON can take many more once they are parsed."""
LARGEST = f"{MAX_FILES:,} files / {MAX_PROJECT_PAGE >> 20} MB"
"""The limits of one project page, for use in a sentence."""
HASHES = ("sha512", "sha384", "sha256", "sha224", "sha1", "md5")
"""Hash algorithms that pip knows, the strongest first; pip ignores a hash of another kind."""
HASH = re.compile(rf"[#&]({'|'.join(HASHES)})=([^&]*)")
PROJECT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
"""Characters that no package's file name has, and that are not safe in a path."""
HALF = re.compile(rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""A JSON escape for one half of a surrogate pair, next to escapes of whole pairs: pip reads it, but no text can hold
it.
"""
_USUAL_URL = re.compile(r"(https?://[A-Za-z0-9.:-]+)(/[A-Za-z0-9_.~/+-]*)")
"""Origin and path of a URL in which quoting changes nothing but a plus: of nearly every file."""
_KEPT = re.compile(r"(@|%2F)", re.IGNORECASE)
SAYS_INDEX = re.compile(r"\b(simple|index of)\b", re.IGNORECASE)
MOSTLY = 0.9
"""The share of links that must lead to projects: a directory listing may have one or two other links."""


class Projects(NamedTuple):
    """The list of an index root."""

    names: set[str]
    """Normalised project names."""
    cut: bool
    spelled: Mapping[str, str] = {}
    """Normalised name to the path segment that the list links to, if the two differ."""


class ListedFile(NamedTuple):
    """One file of a project page."""

    filename: str
    """A single path segment that is safe to write to."""
    url: str
    hashes: dict[str, str]
    requires_python: str | None
    yanked: str | None
    metadata: bool = False
    """The page offers the file's METADATA beside it (PEP 658, 714)."""
    metadata_hashes: dict[str, str] | None = None
    """Hashes of that METADATA."""
    fragment: str = ""
    """Fragment of the URL, without the `#`: the versions of pip read hashes in it in different ways."""
    yanked_bare: bool = False
    """The page has `data-yanked` without a value, which only html5lib reads as yanked."""
    stated: str = ""
    """The first hash of a page in JSON, `kind=value`, as it is written: to some pips capitals are another hash."""
    metadata_before: bool = False
    """The offer uses the attribute name from before PEP 714, the only one that pip 22.3 to 23.1 reads."""


class FileList(NamedTuple):
    """The list of a project page."""

    files: list[ListedFile]
    cut: bool
    undecoded: str = ""
    """As `Html.undecoded`."""


def page_type(answer: Answer) -> str:
    """Return the content type as pip compares it, by its beginning: `text/html, text/html` is HTML (20.3 to 26.3)."""
    known = (kind for kind in (JSON_TYPE, *HTML_TYPES) if answer.content_type.startswith(kind))
    return next(known, answer.content_type)


def read_projects(answer: Answer) -> Projects | None:
    """Return the projects that an index root lists; None if the answer is not an index root, such as a login page."""
    if page_type(answer) == JSON_TYPE:
        listed = _json_list(answer.body, "projects")
        if listed is None:
            return None
        names = {entry["name"] for entry in listed if isinstance(entry, dict) and isinstance(entry.get("name"), str)}
        return _projects(names, cut=False)
    if page_type(answer) not in HTML_TYPES:
        return None
    html = read_html(answer.body, answer.headers.get("content-type", ""))
    return _projects_of(html, answer.final_url)


def read_files(project: str, answer: Answer) -> FileList | None:
    """Return the files that a project page lists; None if the answer is not a project page."""
    if page_type(answer) == JSON_TYPE:
        if answer.body.count(b",") > MAX_VALUES:
            return FileList([], True)
        listed = _json_list(answer.body, "files")
        if listed is None or any(map(_ends_pip, listed[:MAX_FILES])):
            return None
        parsed = (_from_json(entry, answer.final_url) for entry in listed[:MAX_FILES])
        return FileList([file for file in parsed if file is not None], len(listed) > MAX_FILES)
    if page_type(answer) not in HTML_TYPES:
        return None
    html = read_html(answer.body, answer.headers.get("content-type", ""), MAX_FILES)
    base = _joined(answer.final_url, html.base or "")
    files = [file for anchor in html.anchors if (file := _from_anchor(anchor, base)) is not None]
    if files or html.declared:
        return FileList(files, html.cut, html.undecoded)
    names_project = not html.text or canonicalize_name(project) in canonicalize_name(html.text.replace(" ", "-"))
    strangers = any(not _is_navigation(anchor, answer.final_url) for anchor in html.anchors)
    honest = html.has_tags and names_project and not html.for_people and not strangers
    return FileList([], html.cut, html.undecoded) if honest else None


def _projects_of(html: Html, url: str) -> Projects | None:
    """Return the names of links that lead one level down and whose text is their target: `<a href="NAME/">NAME</a>`."""
    base = _joined(url, html.base or "")
    relevant = [anchor for anchor in html.anchors if not _is_navigation(anchor, url)]
    names = [name for anchor in relevant if (name := _project_of(anchor, base, url)) is not None]
    if html.declared:
        return _projects(names, cut=html.cut)
    if html.for_people or not html.has_tags:
        return None
    if relevant:
        return _projects(names, cut=html.cut) if len(names) >= MOSTLY * len(relevant) else None
    return Projects(set(), html.cut) if not html.text or SAYS_INDEX.search(html.text) else None


def _projects(names: Iterable[str], *, cut: bool) -> Projects:
    """Group names by their normalised form. `names`: as the list spells them."""
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
    """Say whether a link of a directory listing leads upwards, or to the listing itself in another order."""
    target = _joined(url, anchor.href.strip())
    return same_origin(url, target) and (_path(url) + "/").startswith(_path(target).rstrip("/") + "/")


def _from_anchor(anchor: Anchor, base: str) -> ListedFile | None:
    full, _, fragment = _joined(base, anchor.href.strip()).partition("#")
    url = quoted_as_pip(full)
    filename = _filename(_path(url))
    if not filename or not filename.lower().endswith(ARCHIVES):
        return None
    hash_match = HASH.search(f"#{fragment}")  # The first hash counts.
    hashes = {hash_match[1]: hash_match[2].lower()} if hash_match else {}
    yanked = anchor.attributes.get("data-yanked")
    bare = yanked == "" and "data-yanked" in anchor.bare
    requires_python = anchor.attributes.get("data-requires-python", "").strip() or None
    before = anchor.attributes.get("data-dist-info-metadata")
    offered = anchor.attributes.get("data-core-metadata", before)
    kind, _, value = (offered or "").partition("=")
    return ListedFile(
        filename,
        url,
        hashes,
        requires_python,
        None if bare else yanked,
        offered is not None,  # Whatever the value is: pip takes `false` for an offer without a hash.
        {kind: value} if kind in HASHES and "=" in (offered or "") else None,
        fragment=fragment,
        metadata_before=before is not None,
        yanked_bare=bare,
    )


def _ends_pip(entry: object) -> bool:
    """Say whether pip ends at an entry with a traceback (measured, 22.2 to 26.3)."""
    if not isinstance(entry, dict):
        return True
    url, python = entry.get("url"), entry.get("requires-python")
    return not isinstance(url, (str, type(None))) or bool(python and not isinstance(python, str))


def _from_json(entry: object, base: str) -> ListedFile | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("url"), str):
        return None
    full, _, fragment = _joined(base, entry["url"].strip()).partition("#")
    url = quoted_as_pip(full)
    filename = _filename(_path(url))  # pip never looks at the key `filename`.
    if not filename:
        return None
    wanted = entry.get("requires-python")
    stated = published if isinstance(published := entry.get("hashes"), dict) else {}
    before, offered = entry.get("dist-info-metadata"), entry.get("core-metadata")
    offered = before if offered is None else offered
    yanked = entry.get("yanked")
    return ListedFile(
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


def _hashes(published: object) -> dict[str, str]:
    if not isinstance(published, Mapping):
        return {}
    pairs: Iterable[tuple[Any, Any]] = published.items()
    return {kind: value.lower() for kind, value in pairs if kind in HASHES and isinstance(value, str)}


def _json_list(body: bytes, key: str) -> list[Any] | None:
    document = _json_read(body)
    listed = document.get(key) if isinstance(document, dict) else None
    return listed if isinstance(listed, list) else None


def _json_read(body: bytes) -> object:
    """Parse a JSON document; None if it cannot be read.

    If the strict reader refuses it, it is read as pip's library reads it: with a byte order mark, in UTF-16, with NaN.
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


def _whole(escape: re.Match[bytes]) -> bytes:
    """Return a whole surrogate pair unchanged, and the replacement character for half a pair."""
    return escape[1] or rb"\ufffd"


def _filename(path: str) -> str:
    """Return the last segment, with slashes and backslashes as separators; empty if no file can have that name."""
    name = re.split(r"[/\\]", path)[-1]
    return "" if name in (".", "..") or len(name) > 255 or UNFIT.search(name) else name


def _joined(base: str, href: str) -> str:
    """Return the absolute URL, or the text itself if it is not a URL."""
    try:
        return urljoin(base, href)
    except ValueError:
        return href


def quoted_as_pip(url: str) -> str:
    """Return the URL that pip requests for a URL on a page: each part of the path is unquoted and quoted again.

    So a plus is sent as `%2B`; an at sign and `%2F` stay (measured, pip 20.3 to 26.3).
    """
    if usual := _USUAL_URL.fullmatch(url):
        return usual[1] + usual[2].replace("+", "%2B")
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
