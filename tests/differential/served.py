"""Serves many cases at once on loopback, each below a path of its own, and gives each page as it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from airproof.probes.pip.loopback import LoopbackServer
from tests.differential.made import JSON_TYPE, Answer, Case

NOTHING = Answer(404, "text/html", b"<html><body>nothing here</body></html>")


class Served(LoopbackServer):
    """The cases, numbered as they came."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self._server = _Server()
        self._server.cases = cases
        super().__init__(self._server)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def index(self, number: int) -> str:
        return f"{self.origin}/{number}/simple/"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.cases: Sequence[Case] = ()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        answer = self._found()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    do_HEAD = do_GET  # noqa: N815 - the base class names it

    def _found(self) -> Answer:
        number, _, path = unquote(self.path).lstrip("/").partition("/")
        answers = self.server.cases[int(number)].answers.get(path)
        if answers is None:
            return NOTHING
        if "any" in answers:
            return answers["any"]
        wanted = "json" if JSON_TYPE in self.headers.get("Accept", "") else "html"
        return answers.get(wanted) or next(iter(answers.values()))

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""
