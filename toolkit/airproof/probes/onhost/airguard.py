"""Refuses, and writes down, every connection and name look-up that is not for the index under test.

Stands alone: a copy lies in the site-packages of an environment, and a `.pth` file imports it as each of its Python
processes starts, whatever that process's variables are. Beside it lies a file of the same name with `.txt`: its first
line is the pipe, or the folder, that takes what is written down, each further line an allowed `HOST PORT`. Without that
file it does nothing. CPython 3.6 and later.

The machine itself is not elsewhere: a process may look up its own host name, and talk to a server that it has started
itself.

From Python 3.8 an audit hook sees every socket, and nothing can take it out again; before that the functions of
`socket` are wrapped, which code that reaches for `_socket` gets around. Neither sees programs that are no Python, nor
`python -S`, nor, on Windows, asyncio's own way of connecting.
"""

# Under Python 3.6 the newer spellings of types do not exist:

import _weakref
import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing `typing` would cost each guarded process as much as its own start
    from typing import Any, Callable, Dict, List, Optional, Set, Tuple

LOCAL_NAMES = ("", "localhost")
"""Names that are looked up without asking anybody; connecting there is another matter."""
INET = (2, 10, 23, 24, 28, 30)
"""AF_INET, and AF_INET6 as Linux, Windows, the BSDs and macOS number it: importing `socket` to ask is slow."""


RUN = "AIRPROOF_RUN"
"""The environment variable by which airproof recognises the processes that it has started itself."""
LONGEST = 480 if sys.platform == "darwin" else 1000
"""Bytes of one line: so many go into a pipe at once, whoever else writes (PIPE_BUF is 512 on macOS)."""


class Guard:
    """Hosts and paths that are allowed, and the log of refusals."""

    def __init__(self, log: str, allowed: "Set[Tuple[str, int]]") -> None:
        self.log = log
        self.allowed = allowed
        self.names = {host for host, _ in allowed} | own_names()
        self.bound: List[Any] = []

    def note(self, event: str, destination: str) -> None:
        """Write one line: process number, event, destination, run, and arguments, with tabs between them."""
        words = " ".join(str(word) for word in getattr(sys, "orig_argv", None) or getattr(sys, "argv", None) or ())
        fields = (str(os.getpid()), event, destination[:200], os.environ.get(RUN, ""), words)
        line = "\t".join(" ".join(field.split()) for field in fields)
        path, how = self.log, os.O_WRONLY
        if os.path.isdir(path):
            path, how = os.path.join(path, fields[0] + ".log"), how | os.O_CREAT | os.O_APPEND
        descriptor = os.open(path, how, 0o600)
        try:
            os.write(descriptor, line.encode("utf-8", "backslashreplace")[:LONGEST] + b"\n")
        finally:
            os.close(descriptor)

    def refuse(self, event: str, destination: str) -> None:
        self.note(event, destination)
        raise ConnectionRefusedError(errno.ECONNREFUSED, "airproof: connection to " + destination + " refused")

    def address(self, event: str, address: "Any") -> None:
        """Judges where a socket wants to send."""
        if not isinstance(address, tuple) or len(address) < 2:  # AF_UNIX, or a socket that is connected already
            return
        host, port = text_of(address[0]), address[1]
        own = is_loopback(host) and (from_socketpair() or self.is_own_server(port))
        allowed = (host, port) in self.allowed or (host, 0) in self.allowed  # 0: any port of that host
        if not allowed and not own:
            self.refuse(event, host + ":" + str(port))

    def is_own_server(self, port: "Any") -> bool:
        """Say whether this process has bound a socket to the port, or was forked from the process that did."""
        for reference in self.bound:
            server = reference()
            try:
                if server is not None and server.getsockname()[1] == port:
                    return True
            except (OSError, IndexError):
                pass  # closed meanwhile, or a socket of another kind
        return False

    def keep(self, server: "Any") -> None:
        """Remember a socket that is being bound, for as long as it exists."""
        try:
            self.bound.append(_weakref.ref(server, self.bound.remove))
        except TypeError:
            pass  # a bare `_socket.socket` takes none

    def name(self, event: str, host: "Any", port: "Any" = None) -> None:
        """Judges a look-up. Numbers ask nobody, so only connecting to them is refused."""
        wanted = text_of(host)
        if wanted not in self.names and wanted not in LOCAL_NAMES and not is_number(wanted):
            self.refuse(event, wanted if port in (None, "", 0) else wanted + ":" + text_of(port))

    def event(self, event: str, values: "Tuple[Any, ...]") -> None:
        """The audit hook. It is called for everything that Python does, so it leaves quickly."""
        if not event.startswith("socket."):
            return
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            if getattr(values[0], "family", 2) in INET:
                self.address(event, values[1])
        elif event == "socket.bind":
            self.keep(values[0])
        elif event == "socket.getaddrinfo":
            self.name(event, values[0], values[1])
        elif event in ("socket.gethostbyname", "socket.gethostbyaddr"):
            self.name(event, values[0])
        elif event == "socket.getnameinfo" and not is_loopback(text_of(values[0][0])):
            self.address(event, values[0])


def own_names() -> "Set[str]":
    """This machine's own name, whole and up to its first dot; empty where the system does not tell."""
    name = text_of(os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME"))
    return {name, name.split(".", 1)[0]} - {""}


def text_of(value: "Any") -> str:
    """A host or a port, however it was written, in lower case."""
    if value is None:
        return ""
    text = value.decode("utf-8", "replace") if isinstance(value, (bytes, bytearray)) else str(value)
    return text.rstrip(".").lower()


def is_number(host: str) -> bool:
    return ":" in host or all(part.isdigit() for part in host.split("."))


def is_loopback(host: str) -> bool:
    return host.startswith("127.") or host in ("::1", "localhost")


def from_socketpair() -> bool:
    """Windows has no socketpair of its own: `socket.py` connects two ends over loopback. Told by who is calling."""
    frame = sys._getframe(1)  # type: Optional[Any]
    while frame is not None:
        code = frame.f_code
        name = os.path.basename(code.co_filename)
        if name == "socket.py" and code.co_name in ("socketpair", "_fallback_socketpair"):
            return True
        frame = frame.f_back
    return False


def wrap_sockets(guard: Guard) -> None:
    """The guard for a Python without audit hooks (before 3.8)."""
    import socket

    def wrap(
        owner: "Any", name: str, event: str, given: "Callable[[Tuple[Any, ...], Dict[str, Any]], Tuple[Any, ...]]"
    ) -> None:
        function = getattr(owner, name, None)
        if function is None:  # Windows has no sendmsg
            return

        def call(*arguments: "Any", **options: "Any") -> "Any":
            guard.event("socket." + event, given(arguments, options))
            return function(*arguments, **options)

        call.__name__ = call.__qualname__ = name
        call.__doc__ = function.__doc__
        setattr(owner, name, call)

    wrap(socket.socket, "bind", "bind", lambda values, options: values)
    wrap(socket.socket, "connect", "connect", lambda values, options: values)
    wrap(socket.socket, "connect_ex", "connect", lambda values, options: values)
    wrap(socket.socket, "sendto", "sendto", lambda values, options: (values[0], values[-1]))
    wrap(socket.socket, "sendmsg", "sendmsg", lambda values, options: (values[0], (*values, *[None] * 4)[4]))
    wrap(
        socket, "getaddrinfo", "getaddrinfo", lambda v, o: (o.get("host", (*v, "")[0]), o.get("port", (*v, "", "")[1]))
    )
    wrap(socket, "gethostbyname", "gethostbyname", lambda values, options: values)
    wrap(socket, "gethostbyname_ex", "gethostbyname", lambda values, options: values)
    wrap(socket, "gethostbyaddr", "gethostbyaddr", lambda values, options: values)
    wrap(socket, "getnameinfo", "getnameinfo", lambda values, options: values)


def read(path: str) -> "Optional[Guard]":
    """The guard that the file describes, or None where there is no file."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    ends = (line.rsplit(" ", 1) for line in lines[1:])
    return Guard(lines[0], {(text_of(host), int(port)) for host, port in ends})


def start() -> None:
    guard = read(os.path.splitext(os.path.abspath(__file__))[0] + ".txt")
    if guard is None:
        return
    if hasattr(sys, "addaudithook"):
        sys.addaudithook(guard.event)
    else:
        wrap_sockets(guard)
    guard.note("guard.on", "")  # last: it fails where the pipe was taken away


start()
