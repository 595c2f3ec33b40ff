"""`python -m tests.bench.static FOLDER`: serves a laid index on loopback, as fast as one process can; says its port.

No framework: the server must not be what is measured. It answers GET and HEAD on kept connections, and ends with the
pipe on its standard input.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from tests.bench.laid import STAGE

ROOT = f"/{STAGE}/"
JSON = b"application/vnd.pypi.simple.v1+json"


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.waiting = folder, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(transport)
        transport.set_write_buffer_limits(high=1 << 26)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while b"\r\n\r\n" in self.waiting:
            head, _, self.waiting = self.waiting.partition(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            status, kind, body = self._found(unquote(path))
            told = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(body))
            self.transport.write(told if method == "HEAD" else told + body)

    def _found(self, path: str) -> tuple[bytes, bytes, bytes]:
        below = path.removeprefix(ROOT).strip("/")
        try:
            if not path.startswith(ROOT) or ".." in path:
                raise FileNotFoundError(path)
            if below.startswith("+f/"):
                body = (self.folder / "+files" / STAGE / below).read_bytes()
                return b"200 OK", b"application/octet-stream", body
            page = self.folder / "pages" / (f"simple/{below}.json" if below else "index.json")
            return b"200 OK", JSON, page.read_bytes()
        except OSError:
            return b"404 Not Found", b"text/plain", b"no such page"


async def serve(folder: Path) -> None:
    """Until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(folder), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The URL of a server in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.static", str(folder)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        if process.stdin is None or process.stdout is None:
            raise TypeError(process)
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}{ROOT}"
        finally:
            process.stdin.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
