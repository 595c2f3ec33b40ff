"""OMFlow as far as airproof asks it: a database with its table of settings, and the REST interface on loopback."""

from __future__ import annotations

import base64
import json
import sqlite3
import ssl
from collections.abc import Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from airproof.probes.pip.loopback import LoopbackServer

OPEN_ROWS = {
    "sidebar_design": '[{"url": "http://192.0.2.77/elsewhere"}]',
    "pool_max_worker": "5",
    "ldap_config": '{"ldap_bind_user_password": "hunter2-of-a-test"}',
    "PI_agree": "true",
    "SU_agree": "true",
}
SECRET = "hunter2-of-a-test"
TABLE = """CREATE TABLE omflow_systemsetting (
    id integer PRIMARY KEY, name varchar(50), value text, description text, updatetime datetime)"""


def write_database(path: Path, rows: Mapping[str, str | None]) -> Path:
    """A database whose table of settings holds those rows."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(TABLE)
        database.executemany("INSERT INTO omflow_systemsetting (name, value) VALUES (?, ?)", list(rows.items()))
        database.commit()
    return path


class OMFlowServer(LoopbackServer):
    """The two calls, and a record of all that came; a context manager."""

    def __init__(self, settings: Mapping[str, Any], *, credentials: str = "admin:pass:word") -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.settings = dict(settings)
        self._server.wanted = "Basic " + base64.b64encode(credentials.encode()).decode()
        self._scheme = "http"
        super().__init__(self._server)

    def behind(self, certificate: Path) -> OMFlowServer:
        """The same behind https; `certificate`: a PEM file with its key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"
        return self

    def answering(
        self, path: str, body: bytes, content_type: str = "application/json", status: int = 200
    ) -> OMFlowServer:
        """The same with another answer to one path."""
        self._server.answers[path] = (status, content_type, body)
        return self

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    @property
    def asked(self) -> list[str]:
        """Method and path of all requests."""
        return list(self._server.asked)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.settings: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.asked: list[str] = []
        self.wanted = ""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust the certificate hangs up: that is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        good = self.headers.get("Authorization") == self.server.wanted
        self._answer({"status": 200, "result": {"security": "a-token"}} if good else {"status": 403, "message": "no"})

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        good = sent == {"security": "a-token", "omflow_restapi": 1} and self.path.endswith("/system-config/load/")
        self._answer({"status": "200", "message": "", "result": self.server.settings} if good else {"status": "404"})

    def _answer(self, document: object) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        plain = (200, "application/json", json.dumps(document).encode())
        status, content_type, body = self.server.answers.get(self.path, plain)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: `asked` is the log."""
