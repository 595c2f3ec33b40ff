"""Sources of pages and metadata for a closure: a live index, or a folder of wheels.

An index is read as a certain pip reads it. If METADATA is announced beside a wheel (PEP 658), the pips that heed it
read nothing else; otherwise the file itself is fetched whole, hashed and inspected once for a whole run.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from platformdirs import user_cache_path

from airproof.net.http import AGENT, HTML_ACCEPT, JSON_ACCEPT, SIMPLE_ACCEPT, Answer, Fetched, Http, is_success
from airproof.probes.closure.candidates import parse_filename, project_of, version_of
from airproof.probes.closure.oldrequires import readable
from airproof.probes.closure.resolution import NOT_KEPT, Broken, KeptPage, Metadata, Pin, Reading
from airproof.probes.closure.resolver import version_for
from airproof.probes.files.archive import DAMAGES, BrokenArchive, Inside, read_sdist, read_wheel, wheel_metadata_of
from airproof.probes.files.files import digest_of
from airproof.probes.files.installable import AsPip, read_as_pip
from airproof.probes.index.listing import HASHES
from airproof.probes.index.product import HOLDER
from airproof.probes.index.simple import Link, Page, fetch_pages
from airproof.probes.interpreters.target import ANY_PIP, PipBehaviour
from airproof.site.indexurl import IndexUrl

RENAMED_FILE = "name-inside-differs"
LARGEST_WHEEL = 1024 * 1024 * 1024
"""Largest size, in bytes, of a file that is inspected for its modules."""
BESIDE = "metadata-beside"
"""The cause if METADATA is announced beside a wheel and is not as announced."""


class MetadataCache:
    """Metadata of files by sha256, in a folder; with None nothing is kept. An entry never expires, since a hash names
    fixed bytes.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    @classmethod
    def of_user(cls) -> MetadataCache:
        """Return a cache in the user's cache folder, as the system names it."""
        folder = user_cache_path("airproof", appauthor=False, opinion=False)
        return cls(folder / "metadata-2" if folder.is_absolute() else None)  # Else the home folder is unknown.

    def get(self, link: Link) -> Metadata | None:
        path = self._path(link)
        try:
            return msgspec.json.decode(path.read_bytes(), type=Metadata) if path is not None else None
        except (OSError, msgspec.DecodeError):
            return None

    def put(self, link: Link, metadata: Metadata) -> None:
        """Keep the metadata if possible: a cache that cannot be written is no failure."""
        path = self._path(link)
        if path is None or not metadata.readable:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"{path.name}.{os.getpid()}")
            fresh.write_bytes(msgspec.json.encode(metadata))
            fresh.replace(path)
        except OSError:
            pass

    def _path(self, link: Link) -> Path | None:
        digest = link.hashes.get("sha256", "")
        if self.folder is None or len(digest) != 64 or not digest.isalnum():
            return None
        return self.folder / digest[:2] / f"{digest[2:]}.json"


class Looked(msgspec.Struct, frozen=True):
    """A file that was fetched and inspected once, for all pips."""

    about: AsPip
    sha256: str = ""
    """Empty if the file did not arrive whole."""
    problem: str = ""
    """Why the file did not arrive."""
    retried: frozenset[int] = frozenset()
    """As `Fetched.retried`."""
    digests: dict[str, str] = {}
    """Hashes of the received bytes, of the kinds that the page names."""
    whole: bool = True
    """Each member was unpacked, as an installation unpacks it."""


class _Beside(NamedTuple):
    """The METADATA beside a wheel."""

    metadata: Metadata
    retried: frozenset[int]
    """As `Answer.retried`."""

    def as_read_by(self, link: Link, ways: PipBehaviour) -> Metadata:
        stopped = ways.stops_at(self.retried)
        return _not_beside(link, stopped) if stopped else self.metadata


EXPIRY = 1800
"""Seconds of a mirror that sets none itself: devpi-server's own default (measured, 6.20)."""


class _MirrorKeys(msgspec.Struct, frozen=True):
    """Keys of an index, as devpi tells them."""

    type: str = ""
    mirror_cache_expiry: int = EXPIRY


class _AboutIndex(msgspec.Struct, frozen=True):
    result: _MirrorKeys


class IndexSource:
    """A live index as the source of a closure: each page and each file is fetched once, many side by side."""

    def __init__(
        self,
        http: Http,
        index_url: str,
        folder: Path,
        *,
        cache: MetadataCache | None = None,
        off_host: bool = False,
        known: Callable[[], Iterable[Page]] = tuple,
        ways: PipBehaviour = ANY_PIP,
        installs: bool = True,
    ) -> None:
        """`folder`: for temporary files. `off_host`: follow links that leave the index's host.

        `known`: pages of this index that were fetched meanwhile. `ways`: the pip as which the index is read. `cache`:
        only for a source whose files are fetched afterwards anyway; never for an index that is judged. `installs`:
        unpack each file that is read, since `ends_at` will ask whether pip can install it; False: read what it
        requires, which takes a third of the time.
        """
        self.http, self.index_url, self.folder = http, index_url, folder
        self.cache, self.off_host, self._known, self.ways = cache or MetadataCache(None), off_host, known, ways
        self.installs = installs
        folder.mkdir(parents=True, exist_ok=True)
        self.pages: dict[str, Page] = {}
        self.known: dict[str, Metadata] = {}
        self._looked: dict[str, Looked] = {}
        self._beside: dict[str, _Beside] = {}
        """Metadata that was read beside wheels, by the wheels' URLs."""
        self._spellings: dict[str, Page] = {}
        """Pages under names that are not normalised."""
        self._views: dict[PipBehaviour, IndexSource] = {ways: self}

    def seen_by(self, ways: PipBehaviour) -> IndexSource:
        """Return the same index as another pip reads it; files are inspected once for all pips."""
        if ways not in self._views:
            known = self._known if ways.reads_json == self.ways.reads_json else tuple
            view = IndexSource(
                self.http,
                self.index_url,
                self.folder,
                cache=self.cache,
                off_host=self.off_host,
                known=known,
                ways=ways,
                installs=self.installs,
            )
            view._looked, view._beside, view._views = self._looked, self._beside, self._views
            view._spellings = self._spellings
            alike = (other for other in self._views.values() if other.ways.reads_json == ways.reads_json)
            view.pages = next((other.pages for other in alike), view.pages)
            self._views[ways] = view
        return self._views[ways]

    def page(self, project: str) -> Page:
        if project not in self.pages:
            self.fetch_pages([project])
        page = self.pages[project]
        if stopped := self.ways.stops_at(page.retried):
            return Page(project, page.url, 502, None, page.seconds, stopped=stopped)
        if page.undecoded and not self.ways.takes_any_text:
            return msgspec.structs.replace(page, links=(), readable=False)
        return page

    def fetch_pages(self, projects: Sequence[str]) -> None:
        """Fetch several pages side by side, ahead of their use."""
        if any(project not in self.pages for project in projects):
            for page in self._known():
                if page.trouble is None:
                    self.pages.setdefault(page.project, page)
        missing = [project for project in dict.fromkeys(projects) if project not in self.pages]
        accept = SIMPLE_ACCEPT if self.ways.reads_json else HTML_ACCEPT
        self.pages.update(zip(missing, fetch_pages(self.http, self.index_url, missing, accept=accept), strict=True))

    def is_served_as(self, project: str, spelling: str) -> bool:
        """Say whether a project without a page has files under a spelling that pip does not ask for."""
        if spelling == project:
            return False
        if spelling not in self._spellings:
            (self._spellings[spelling],) = fetch_pages(self.http, self.index_url, [spelling])
        return any(project_of(link.filename) == project for link in self._spellings[spelling].links)

    def kept_by(self, page: Page) -> KeptPage:
        """Return the mirror that serves a page from its store; a stage passes on no serial, so the mirror among its
        bases that holds the files is asked itself.
        """
        index = IndexUrl.of(self.index_url)
        own = index.stage
        if page.kept and (seconds := self._seconds_kept(index.bare.rstrip("/"))) is not None:
            return KeptPage(own, page.kept_serial, seconds)
        holders = {match[1]: link.url[: match.start(1)] for link in page.links if (match := HOLDER.search(link.url))}
        for holder, front in holders.items():
            if holder != own:
                (below,) = fetch_pages(self.http, f"{front}{holder}/+simple/", [page.project])
                if below.kept and (seconds := self._seconds_kept(f"{front}{holder}")) is not None:
                    return KeptPage(holder, below.kept_serial, seconds)
        return NOT_KEPT

    def _seconds_kept(self, index: str) -> int | None:
        """Return for how long a mirror does not ask its upstream for a page again; None if the index is no mirror."""
        answer = self.http.get(f"{index}?no_projects=", accept=JSON_ACCEPT, agent=AGENT)
        try:
            about = msgspec.json.decode(answer.body, type=_AboutIndex).result if answer.ok else _MirrorKeys()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return about.mirror_cache_expiry if about.type == "mirror" else None

    def metadata(self, project: str, link: Link) -> Metadata:
        if link.url not in self.known:
            self.fetch_metadata([link])
        return self.known[link.url]

    def fetch_metadata(self, links: Iterable[Link]) -> None:
        """Read the metadata of several files, side by side, ahead of its use."""
        wanted = {entry.url: entry for entry in links if entry.url not in self.known}
        for url, link in wanted.items():
            if link.off_host and not self.off_host:
                self.known[url] = Metadata(readable=False, problem="leads off the host")
            elif (kept := self.cache.get(link)) is not None:
                self.known[url] = kept
        self._from_beside([entry for url, entry in wanted.items() if url not in self.known and self.announces(entry)])
        self._from_inside([entry for url, entry in wanted.items() if url not in self.known])

    def files(self, links: Sequence[Link]) -> list[Path]:
        """Fetch the files, and return the paths of those that arrived; links off the host only if they are followed."""
        places = [(link.url, self.folder / link.filename) for link in links if self.off_host or not link.off_host]
        self.http.fetch_many([place for place in places if not place[1].exists()], limit=LARGEST_WHEEL)
        return [path for _, path in places if path.exists()]

    def ends_at(self, reading: Reading) -> tuple[Broken, ...]:
        """Return the files at which pip fails, each once: during a resolution, or when it installs the files that it
        took.

        The files that it takes are fetched now, unless they were before.
        """
        ends = {broken.link.url: broken for broken in reading.broken}
        pins = [taken for taken in reading.pins if taken.link.url not in ends]
        self._look([taken.link for taken in pins], whole=True)
        for pin in pins:
            about = self._arrived(pin)
            if not about.readable:
                inside = (about.name, about.version)
                ends[pin.link.url] = Broken(pin.project, pin.link, about.problem, about.cause, inside)
        return tuple(ends.values())

    def inside(self, link: Link) -> Inside | None:
        """Return the metadata inside a file that was fetched; None for one that was not, or did not arrive."""
        looked = self._looked.get(link.url)
        return looked.about.inside if looked is not None and not looked.problem else None

    def _arrived(self, pin: Pin) -> Metadata:
        link = pin.link
        if link.off_host and not self.off_host:
            return Metadata()  # Such a link is judged elsewhere, and not followed.
        metadata = _of_looked(link, self._looked[link.url], self.ways)
        if metadata.refusal:
            return Metadata(readable=False, problem=metadata.refusal, cause="wheel-refused")
        inside = self._looked[link.url].about.inside
        # The Name inside may be right, and the one of the folder, which some pips compare, another.
        strange = metadata.name if canonicalize_name(metadata.name or pin.project) != pin.project else ""
        is_wheel = link.filename.endswith(".whl")
        if metadata.readable and is_wheel and (strange or _is_renamed(inside, pin, self.ways)):
            name = strange or inside.name
            problem = f"inside it is {name} {inside.version}"
            return Metadata((), (), False, problem, RENAMED_FILE, name=name, version=inside.version)
        beside = self.known.get(link.url) if self.announces(link) else None
        if beside is not None and beside.readable and _is_renamed(beside, pin, self.ways):
            problem = f"{link.filename}.metadata is that of {beside.name} {beside.version}"
            return Metadata(readable=False, problem=problem, cause=BESIDE)
        if self.ways.compares_beside and metadata.readable and beside is not None:
            unlike = _unlike(beside, metadata)
            if unlike:
                problem = f"{link.filename}.metadata says another {unlike} than the wheel itself"
                return Metadata(readable=False, problem=problem, cause=BESIDE)
        return metadata

    def announces(self, link: Link) -> bool:
        if not (self.ways.reads_beside and link.filename.endswith(".whl")):
            return False
        return link.metadata if self.ways.new_announcement else link.metadata_before

    def _from_beside(self, links: Sequence[Link]) -> None:
        fresh = [wheel for wheel in links if wheel.url not in self._beside]
        answers = self.http.get_each((f"{wheel.url}.metadata" for wheel in fresh), slowly=True)
        for link, answer in zip(fresh, answers, strict=True):
            self._beside[link.url] = _Beside(_of_beside(link, answer), answer.retried)
        self.known.update((wheel.url, self._beside[wheel.url].as_read_by(wheel, self.ways)) for wheel in links)

    def _from_inside(self, links: Sequence[Link]) -> None:
        self._look(links, whole=self.installs)
        for link in links:
            looked = self._looked[link.url]
            self.known[link.url] = metadata = _of_looked(link, looked, self.ways)
            # A hash that is not true must not become a key.
            if looked.sha256 and looked.sha256 == link.hashes.get("sha256"):
                self.cache.put(link, metadata)

    def _look(self, links: Sequence[Link], *, whole: bool) -> None:
        fresh = {
            link.url: link
            for link in links
            if (known := self._looked.get(link.url)) is None or (whole and not known.whole)
        }
        links = [link for link in fresh.values() if self.off_host or not link.off_host]
        look = partial(_looked, whole=whole)
        looked = self.http.look_each(((link.url, partial(look, link)) for link in links), self.folder)
        self._looked.update(zip((link.url for link in links), looked, strict=True))


class FolderSource:
    """A folder of wheels and sdists as the source of a closure."""

    def __init__(self, folder: Path, *, below: bool = True) -> None:
        """`below`: include sub-folders, as devpi uploads them; pip's find-links does not read those."""
        self.folder = folder
        self._links: dict[str, list[Link]] = {}
        self._known: dict[str, Metadata] = {}
        self._requires_python: dict[str, str | None] = {}
        for path in _packages(folder, below=below):
            self._links.setdefault(project_of(path.name), []).append(Link(path.name, path.as_uri()))
        self._pages: dict[str, Page] = {}

    @property
    def projects(self) -> tuple[str, ...]:
        """Normalised names, sorted."""
        return tuple(sorted(self._links))

    def page(self, project: str) -> Page:
        """Return a page with Requires-Python from the files themselves."""
        if project not in self._pages:
            links = [self._with_python(link) for link in self._links.get(project, ())]
            self._pages[project] = Page(project, "", 200 if links else 404, None, 0.0, tuple(links))
        return self._pages[project]

    def metadata(self, project: str, link: Link) -> Metadata:
        return self._read(link)

    def _with_python(self, link: Link) -> Link:
        self._read(link)
        return msgspec.structs.replace(link, requires_python=self._requires_python[link.url])

    def _read(self, link: Link) -> Metadata:
        if link.url not in self._known:
            inside = _inside(path_of(link.url))
            self._requires_python[link.url] = inside.requires_python
            self._known[link.url] = _metadata(inside)
        return self._known[link.url]

    @staticmethod
    def read(path: Path) -> Metadata:
        """Return the metadata of one file."""
        return _metadata(_inside(path))

    @staticmethod
    def link(path: Path) -> Link:
        """Return a link to one file, as a page would list it."""
        return Link(path.name, path.resolve().as_uri(), {"sha256": sha256_of(path)}, _inside(path).requires_python)


def sha256_of(path: Path) -> str:
    """Hash a file's bytes, read as a stream."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _packages(folder: Path, *, below: bool) -> Iterator[Path]:
    for path in sorted(folder.resolve().glob("**/*" if below else "*")):
        if path.is_file() and parse_filename(path.name).version is not None:
            yield path


def path_of(url: str) -> Path:
    """Return the path that a `file:` URL names."""
    return Path(url2pathname(urlsplit(url).path))


def _looked(link: Link, fetched: Fetched, file: IO[bytes], *, whole: bool) -> Looked:
    """Inspect a fetched file. This runs in the thread that fetched it, because hashing and unpacking take time."""
    if fetched.trouble is not None or not is_success(fetched.status):
        problem = fetched.detail or (fetched.trouble.value if fetched.trouble else f"status {fetched.status}")
        return Looked(AsPip(Inside(False, problem)), problem=problem)
    digests = {kind: fetched.sha256 if kind == "sha256" else digest_of(file, kind) for kind in _kinds(link)}
    file.seek(0)
    is_wheel = link.filename.endswith(".whl")
    about = read_as_pip(file, project_of(link.filename), whole=whole) if is_wheel else AsPip(read_sdist(file))
    return Looked(about, fetched.sha256, retried=fetched.retried, digests=digests, whole=whole or not is_wheel)


def _kinds(link: Link) -> set[str]:
    """Return the kinds of hash that some pip may verify."""
    stated = link.stated.partition("=")[0]
    kinds = {*link.hashes, stated, *(kind for kind in HASHES if f"{kind}=" in _whole(link))}
    return {kind for kind in kinds if kind in hashlib.algorithms_available and not kind.startswith("shake")}


def _whole(link: Link) -> str:
    """Return the URL with its fragment."""
    return f"{link.url}#{link.fragment}" if link.fragment else link.url


def hash_for(link: Link, ways: PipBehaviour) -> tuple[str, str]:
    """Return the one hash, kind and value, that a pip verifies; empty texts if it finds none."""
    # The whole URL is searched, also its query (measured, 20.3.4 to 26.3).
    match = _FRAGMENTS[ways.fragments].search(_whole(link))
    kind, value = (match[1], match[2]) if match else ("", "")
    strongest = next((algorithm for algorithm in HASHES if algorithm in link.hashes), "")
    if match is None and link.stated and ways.first_hash:
        kind, _, value = link.stated.partition("=")
    elif strongest and link.stated and not ways.first_hash:  # A page in JSON counts more than the URL (22.2.2).
        first, _, stated = link.stated.partition("=")
        kind, value = strongest, stated if first == strongest else link.hashes.get(strongest, "")
    elif match is None and not link.fragment:
        kind, value = next(iter(link.hashes.items()), ("", ""))
    if not value and not ways.heeds_empty:
        return "", ""
    return kind, value.lower() if ways.takes_capitals else value


_KINDS = "|".join(HASHES)
_FRAGMENTS = {
    "hex": re.compile(rf"({_KINDS})=([a-f0-9]+)"),
    "rest": re.compile(rf"({_KINDS})=(.*)"),
    "exact": re.compile(rf"[#&]({_KINDS})=([^&]*)"),
}


def _of_looked(link: Link, looked: Looked, ways: PipBehaviour) -> Metadata:
    """Return the metadata that a pip with those `ways` reads in the file itself."""
    inside, is_wheel = looked.about.inside, link.filename.endswith(".whl")
    problem = looked.problem or ways.stops_at(looked.retried)
    if problem:
        return Metadata(readable=False, problem=problem)
    kind, wanted = hash_for(link, ways)
    if kind and looked.digests.get(kind) != wanted:
        problem = f"its {kind} is {looked.digests.get(kind, 'unknown')}, and the page says {wanted or 'nothing'}"
        return Metadata(readable=False, problem=problem, cause="hash-mismatch")
    if not is_wheel:
        return _metadata(inside)
    if not inside.readable:
        cause = "wheel-refused" if looked.about.refusal else "damaged-wheel"
        return Metadata(readable=False, problem=inside.problem, cause=cause)
    refusal = looked.about.refusal
    if not refusal and ways.compared_name == "inside" and version_of(looked.about.folder_version) is None:
        # pip reads this version after the installation, and fails with a traceback (24.2 to 26.3, Python 3.11 on).
        refusal = f"its .dist-info folder has the version {looked.about.folder_version or '-'}, which is none"
    return Metadata(
        requires=inside.requires,
        refusal=refusal,
        name={"file": "", "folder": looked.about.folder_name, "inside": inside.name}[ways.compared_name],
        version=inside.version,
        requires_python=inside.requires_python,
        extras=inside.extras,
    )


def _of_beside(link: Link, answer: Answer) -> Metadata:
    """Read METADATA beside a wheel (PEP 658): pip reads nothing else, and fails if it is not as announced."""
    name = f"{link.filename}.metadata"
    if not answer.ok:
        return _not_beside(link, _told(answer))
    for kind, wanted in itertools.islice((link.metadata_hashes or {}).items(), 1):
        digest = hashlib.new(kind, answer.body, usedforsecurity=False).hexdigest()
        if digest != wanted:
            problem = f"the {kind} of {name} is {digest}, and the page says {wanted or 'nothing'}"
            return Metadata(readable=False, problem=problem, cause=BESIDE)
    try:
        inside = wheel_metadata_of(answer.body)
    except (BrokenArchive, *DAMAGES) as error:
        return Metadata(readable=False, problem=f"{name} is no metadata: {error}", cause=BESIDE)
    return Metadata(
        inside.requires,
        name=inside.name,
        version=inside.version,
        requires_python=inside.requires_python,
        extras=inside.extras,
    )


def _not_beside(link: Link, told: str) -> Metadata:
    problem = f"{link.filename}.metadata is announced, and answers with {told}"
    return Metadata(readable=False, problem=problem, cause=BESIDE)


def _is_renamed(inside: Inside | Metadata, pin: Pin, ways: PipBehaviour) -> bool:
    if canonicalize_name(inside.name) != pin.project:
        return True
    return version_for(inside.version, ways) != Version(pin.version)


def _told(answer: Answer) -> str:
    return answer.trouble.value if answer.trouble else f"status {answer.status}"


def _unlike(beside: Metadata, inside: Metadata) -> str:
    """Name the first field in which the two differ, among the fields that pip compares; empty if they agree."""
    pairs: tuple[tuple[str, object, object], ...] = (
        ("Requires-Dist", _compared(beside.requires), _compared(inside.requires)),
        ("Requires-Python", _python_of(beside), _python_of(inside)),
        ("Provides-Extra", _extras_of(beside), _extras_of(inside)),
        ("Version", Version(beside.version), Version(inside.version)),
    )
    return next((name for name, announced, other in pairs if announced != other), "")


def _compared(requires: Iterable[str]) -> frozenset[Requirement | str]:
    """Return the requirements as pip compares them, for whom `B >= 1` is `b>=1` (measured, 26.3)."""
    return frozenset(readable(text) or text for text in requires)


def _python_of(metadata: Metadata) -> SpecifierSet:
    try:
        return SpecifierSet(metadata.requires_python or "")
    except InvalidSpecifier:  # no restriction, as in pip
        return SpecifierSet()


def _extras_of(metadata: Metadata) -> frozenset[str]:
    return frozenset(map(canonicalize_name, metadata.extras or ()))


def _inside(path: Path) -> Inside:
    return read_wheel(path, whole=False) if path.suffix == ".whl" else read_sdist(path)


def _metadata(inside: Inside) -> Metadata:
    extras = inside.extras if inside.readable else None
    return Metadata(
        inside.requires,
        inside.build_requires,
        inside.readable,
        inside.problem,
        requires_python=inside.requires_python,
        extras=extras,
    )
