"""One server that means harm: names, links, sizes and shapes that no index has. Contents are made as they are sent."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import NamedTuple

from airproof.probes.index.listing import JSON_TYPE
from airproof.probes.pip.loopback import LoopbackServer
from pytest_airproof.packages import Wheel

MANY = 1_000_000
MB = 1 << 20
EVIL = "\x1b[2J\x1b]0;owned\x07\u202egnp\u2066\x9b31m<script>alert(1)</script>\"'>`x`|\n::error::owned"
"""Clears the screen, sets its title, turns the reading order, is markup, a Markdown table and a line for CI."""
EVIL_NAMES = (
    "<img src=x onerror=alert(1)>-0.1-py3-none-any.whl",
    "demo-0.2+\x1b[31mred-py3-none-any.whl",
    "demo-0.3+\u202egnp-py3-none-any.whl",
    "demo-0.4-py3-none-any\x00.whl",
    "demo-0.5-py3-none-any.whl\r\n::error::owned.whl",
    "CON.whl",
    "..",
    "../../owned/demo-0.6-py3-none-any.whl",
    "/owned/demo-0.7-py3-none-any.whl",
    "C:\\owned\\demo-0.8-py3-none-any.whl",
    "..%2f..%2fowned%2fdemo-0.9-py3-none-any.whl",
    "demo-0.10-" + "x" * 5000 + ".whl",
    "demo-0.11-py3-none-any.whl:stream",
    "\ud800-0.12-py3-none-any.whl",
)
STRANGE_LINKS = (
    "file:///etc/demo-0.21-py3-none-any.whl",
    "javascript:alert(1)//demo-0.22-py3-none-any.whl",
    "data:text/html,<script>alert(1)</script>/demo-0.23-py3-none-any.whl",
    "ftp://{elsewhere}/demo-0.24-py3-none-any.whl",
    "//{elsewhere}/demo-0.25-py3-none-any.whl",
    "http://user:secret@{elsewhere}/demo-0.26-py3-none-any.whl",
    "http://[::1/demo-0.27-py3-none-any.whl",
    "http://{elsewhere}\\@127.0.0.1/demo-0.28-py3-none-any.whl",
)


class Page(NamedTuple):
    """One answer."""

    content_type: str
    body: Iterable[bytes]
    headers: Mapping[str, str] = MappingProxyType({})


def told(wheel: bytes, filename: str, **more: object) -> dict[str, object]:
    """An honest entry of a JSON page."""
    path = filename.encode("utf-8", "replace").decode()  # half a surrogate pair in a URL ends pip itself
    return {"filename": filename, "url": f"/files/{path}", "hashes": {"sha256": sha256(wheel)}, **more}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def json_page(files: list[object]) -> Page:
    document = {"meta": {"api-version": "1.0"}, "name": "demo", "files": files}
    return Page(JSON_TYPE, [json.dumps(document).encode()])


def repeated(piece: bytes, times: int, start: bytes = b"", end: bytes = b"") -> Iterator[bytes]:
    yield start
    for _ in range(0, times, 1000):
        yield piece * 1000
    yield end


def many_links() -> Iterator[bytes]:
    yield b"<!DOCTYPE html><html><body>"
    for start in range(0, MANY, 1000):
        yield "".join(f'<a href="/files/links-{n}-py3-none-any.whl">l</a>' for n in range(start, start + 1000)).encode()


def many_files() -> Iterator[bytes]:
    """The same as JSON."""
    yield b'{"files":['
    for start in range(0, MANY, 1000):
        named = (f'{{"url":"/files/listed-{n}-py3-none-any.whl"}},' for n in range(start, start + 1000))
        yield "".join(named).encode()
    yield b"{}]}"


@cache
def packed_zeros() -> bytes:
    """100 MB in one gzip member; a body is many of them."""
    return gzip.compress(bytes(100 * MB), 1)


def dated(member: str) -> zipfile.ZipInfo:
    """Always the same date: with the clock's, the file would not have the hash that the page told a moment before."""
    info = zipfile.ZipInfo(member)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


@cache
def bloated(name: str, member: str, size: int) -> bytes:
    """A wheel with one huge member of blanks."""
    packed, wheel = io.BytesIO(), Wheel(name)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for one, content in wheel.members().items():
            if one != member:
                archive.writestr(dated(one), content)
        with archive.open(dated(member), "w", force_zip64=True) as opened:
            opened.write(wheel.members().get(member, b""))
            for _ in range(size // MB):
                opened.write(b" " * MB)
    return packed.getvalue()


def announced(name: str, size: int) -> bytes:
    """A small wheel whose list of members says that one of them is that large."""
    packed = io.BytesIO(Wheel(name).content())
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(dated(f"{name}/nothing.py"), b"")
        archive.infolist()[-1].file_size = size  # the list is written at the end
    return packed.getvalue()


WHEELS: dict[str, Callable[[], bytes]] = {
    "demo": lambda: Wheel("demo").content(),
    "fat": lambda: bloated("fat", "fat-1.0.dist-info/METADATA", 100 * MB),
    "bomb": lambda: bloated("bomb", "bomb/nothing.py", 100 * MB),
    "vast": lambda: announced("vast", 9000 * MB),
}


def wheel_page(project: str) -> Page:
    return json_page([told(WHEELS[project](), f"{project}-1.0-py3-none-any.whl")])


def numbers() -> Page:
    """Whatever should be text is something else, beside an honest entry."""
    odd: list[object] = [{"filename": 7, "url": 5}, 3, None, [], {"url": None}, {"filename": "a.whl"}]
    kinds: list[object] = [7, -0.0, 1e308, True, [], {}, [[]], None]
    name = "numbers-0.1-py3-none-any.whl"
    for kind in kinds:
        odd.append({"filename": name, "url": f"/files/{name}", "hashes": kind, "requires-python": kind})
        odd.append({"filename": kind, "url": f"/files/{name}", "hashes": {"sha256": kind}, "yanked": kind})
    return json_page([*odd, told(WHEELS["demo"](), "numbers-1.0-py3-none-any.whl")])


SIZES: dict[str, Callable[[], Page]] = {
    "deep-json": lambda: Page(JSON_TYPE, repeated(b"[", MANY)),
    "deep-files": lambda: Page(JSON_TYPE, repeated(b'{"files":[', MANY)),
    "deep-html": lambda: Page("text/html", repeated(b"<div>", MANY // 10)),
    "tag": lambda: Page("text/html", repeated(b"<a href=", MANY)),
    "numbers": numbers,
    "fat": lambda: wheel_page("fat"),
    "bomb": lambda: wheel_page("bomb"),
    "vast": lambda: wheel_page("vast"),
}
"""Project to its page."""
TOO_LARGE: dict[str, Callable[[], Page]] = {
    "links": lambda: Page("text/html", many_links()),
    "listed": lambda: Page(JSON_TYPE, many_files()),
    "packed": lambda: Page("text/html", (packed_zeros() for _ in range(1000)), {"Content-Encoding": "gzip"}),
}
"""The same, of those that nobody should read to the end."""


class HostileIndex(LoopbackServer):
    """Stands on loopback while the context is open. Below each path lies an index with one kind of harm."""

    def __init__(self, elsewhere: str) -> None:
        """`elsewhere`: `host:port` that links lead to."""
        self._elsewhere = elsewhere
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.page = self.page  # type: ignore[attr-defined] # read by the handler below
        super().__init__(self._server)

    def url(self, index: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{index}/"

    def page(self, path: str) -> Page | None:
        parts = path.strip("/").split("/")
        if parts[0] == "files":
            packed = WHEELS.get(parts[-1].partition("-")[0])
            return Page("application/octet-stream", [packed()]) if packed else None
        if len(parts) == 1:
            return Page("text/html", [self._root()])
        make = {"names": self._names, "strange": self._strange}.get(parts[0]) or (SIZES | TOO_LARGE).get(parts[1])
        return make() if make else None

    def _root(self) -> bytes:
        fillers = "".join(f'<a href="filler-{n}/">filler-{n}</a>' for n in range(60))
        nasty = f'<a href="%1b[2J/">{escape(EVIL)}</a><a href="javascript:alert(1)">demo</a>'
        return f'<!DOCTYPE html><body><a href="demo/">demo</a>{fillers}{nasty}</body>'.encode("utf-8", "replace")

    def _names(self) -> Page:
        wheel = WHEELS["demo"]()
        real = told(wheel, "demo-1.0-py3-none-any.whl", yanked=False)
        nasty = [told(wheel, name, yanked=EVIL, **{"requires-python": EVIL}) for name in EVIL_NAMES]
        return json_page([real, *nasty])

    def _strange(self) -> Page:
        wheel = WHEELS["demo"]()
        hrefs = [link.format(elsewhere=self._elsewhere) for link in STRANGE_LINKS]
        hrefs += [f"/files/demo-1.0-py3-none-any.whl#sha256={sha256(wheel)}"]
        links = "".join(f'<a href="{href}">{href.rpartition("/")[2].partition("#")[0]}</a>' for href in hrefs)
        return Page("text/html", [f"<!DOCTYPE html><body>{links}</body>".encode()])


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page: Page | None = self.server.page(self.path)  # type: ignore[attr-defined] # set above
        if page is None:
            self.send_error(404)
            return
        self.send_response(200)
        for name, value in {"Content-Type": page.content_type, **page.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for piece in page.body if self.command == "GET" else ():
                self.wfile.write(piece)
        except OSError:  # whoever asked has had enough
            self.close_connection = True

    do_HEAD = do_GET  # noqa: N815 -- the library's name

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""
