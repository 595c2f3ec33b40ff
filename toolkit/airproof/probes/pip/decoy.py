"""A decoy index, which no pip should ask: it would answer, and it counts its visitors."""

from __future__ import annotations

import io
import uuid
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from airproof.net.http import Http
from airproof.probes.pip.loopback import LoopbackServer

CANARY = "airproof-canary"
"""The project that only the decoy serves."""
WHEEL = "airproof_canary-1.0-py3-none-any.whl"


class Decoy(LoopbackServer):
    """The decoy, listening on a loopback port of its own while the context is open."""

    def __init__(self) -> None:
        self._own = f"airproof {uuid.uuid4().hex}"
        self._server = _Server(self._own)
        super().__init__(self._server)

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def destination(self) -> str:
        """The decoy's address as the guard writes it down."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.destination}/simple/"

    @property
    def visitors(self) -> int:
        """Number of connections by anybody but this object."""
        return self._server.connections - self._server.own_connections

    @property
    def surroundings(self) -> dict[str, str]:
        """Return variables that redirect a pip to the decoy, if they reach it."""
        indexes = dict.fromkeys(("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"), self.url)
        proxies = ("PIP_PROXY", "http_proxy", "https_proxy", "ALL_PROXY")
        return indexes | dict.fromkeys(proxies, f"http://{self.destination}")

    def answers(self, timeout: float) -> bool:
        """Say whether the decoy really serves its project. This object asks itself, and the request is not counted."""
        with Http(timeout) as http:
            answer = http.get(f"{self.url}{CANARY}/", agent=self._own)
        return answer.ok and WHEEL.encode() in answer.body


def canary_wheel() -> bytes:
    """Return a wheel without content: if it were installed, the decoy was asked and believed."""
    info = "airproof_canary-1.0.dist-info"
    files = {
        "airproof_canary.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: airproof-canary\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: airproof\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return packed.getvalue()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, own: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.own = own
        self.wheel = canary_wheel()
        self.connections = 0
        self.own_connections = 0

    def process_request(self, request: object, client_address: object) -> None:
        self.connections += 1  # Every connection counts, even one without an HTTP request.
        super().process_request(request, client_address)  # type: ignore[arg-type] # typeshed wants its own alias


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self.headers.get("User-Agent") == self.server.own:
            self.server.own_connections += 1
        if self.path == f"/simple/{CANARY}/":
            self._send("text/html", f'<!DOCTYPE html><a href="{WHEEL}">{WHEEL}</a>'.encode())
        elif self.path == f"/simple/{CANARY}/{WHEEL}":
            self._send("application/octet-stream", self.server.wheel)
        else:
            self.send_error(404)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the counts are the log."""
