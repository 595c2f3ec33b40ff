"""A small static package index on loopback, which counts who came."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from airproof.probes.pip.loopback import LoopbackServer
from pytest_airproof.packages import Package


class StaticIndex(LoopbackServer):
    """Serves `projects` below `/simple/` while the context is open; `links` adds absolute links to project pages."""

    def __init__(
        self,
        projects: Mapping[str, Sequence[Package]] | None = None,
        *,
        links: Mapping[str, Sequence[str]] | None = None,
        credentials: str | None = None,
        hashed: bool = False,
    ) -> None:
        """`hashed`: pages publish each file's sha256."""
        self._server = _Server()
        self._server.hashed = hashed
        self._server.projects = {
            name: {file.filename: file.content() for file in all_} for name, all_ in (projects or {}).items()
        }
        self._server.links = {name: tuple(urls) for name, urls in (links or {}).items()}
        if credentials is not None:
            self._server.wanted = "Basic " + base64.b64encode(credentials.encode()).decode()
        super().__init__(self._server)

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def destination(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.destination}/simple/"

    def file(self, filename: str) -> str:
        """The URL of a file."""
        return f"http://{self.destination}/files/{filename}"

    @property
    def asked(self) -> list[str]:
        """The paths of all requests so far."""
        return list(self._server.asked)

    @property
    def authorizations(self) -> list[str]:
        """The Authorization headers that came."""
        return list(self._server.authorizations)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.projects: dict[str, dict[str, bytes]] = {}
        self.links: dict[str, tuple[str, ...]] = {}
        self.asked: list[str] = []
        self.authorizations: list[str] = []
        self.wanted: str | None = None
        self.hashed = False


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        authorization = self.headers.get("Authorization")
        self.server.authorizations.extend([authorization] if authorization else [])
        parts = self.path.strip("/").split("/")
        files = {name: content for all_ in self.server.projects.values() for name, content in all_.items()}
        known = {*self.server.projects, *self.server.links}
        if self.server.wanted not in (None, authorization):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif parts[0] == "simple" and len(parts) == 2 and parts[1] in known:
            hrefs = [
                f"/files/{name}" + (f"#sha256={hashlib.sha256(content).hexdigest()}" if self.server.hashed else "")
                for name, content in self.server.projects.get(parts[1], {}).items()
            ]
            hrefs += self.server.links.get(parts[1], ())
            anchors = "".join(f'<a href="{href}">{href.rpartition("/")[2].partition("#")[0]}</a><br>' for href in hrefs)
            self._send("text/html", f"<!DOCTYPE html><html><body>{anchors}</body></html>".encode())
        elif parts[0] == "files" and parts[-1] in files:
            self._send("application/octet-stream", files[parts[-1]])
        else:
            self.send_error(404)

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        self.send_error(405)

    def _send(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: `asked` is the log."""
