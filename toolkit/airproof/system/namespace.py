"""A place without network: on Linux the process moves into a network namespace of its own.

There `lo` is up with 127.0.0.1 and one address of the documentation range (RFC 5737), on which pip treats an index as
it will in production: http there is refused without --trusted-host, while 127.0.0.1 is trusted by everybody.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

ADDRESS = "192.0.2.10"
"""TEST-NET-1: nobody's address, so nothing outside can be reached by it."""

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
SIOCSIFADDR, SIOCSIFNETMASK, SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8916, 0x891C, 0x8913, 0x8914
IFF_UP = 1


class NetworkNamespace(msgspec.Struct, frozen=True):
    """The network in which a run takes place."""

    namespace: bool
    """No network at all but the loopback of this run."""
    address: str
    """The address on which a rehearsed server listens."""
    why_not: str = ""
    """Why there is no namespace."""

    @property
    def loopback(self) -> bool:
        return self.address.startswith("127.")


def enter() -> NetworkNamespace:
    """Moves this process into a network namespace, where the system allows; else says why not.

    To be called before any thread is started: a new user namespace is refused to a process with threads.
    """
    if sys.platform != "linux":
        return NetworkNamespace(False, own_address(), f"{sys.platform} has no network namespaces")
    refused = _tried_by_a_child()
    if refused:
        return NetworkNamespace(False, own_address(), os.strerror(refused))
    _move()
    return NetworkNamespace(True, ADDRESS)


ALONE = (
    f"import os, sys; sys.path.append({str(Path(__file__).parents[2])!r}); "
    "from airproof.system.namespace import enter; enter(); os.execv(sys.argv[1], sys.argv[1:])"
)
"""Becomes the program that its arguments name, without network where the system allows."""


def without_network(command: Sequence[str | Path]) -> list[str]:
    """Return the command that runs it in a network namespace of its own, where the system allows. On other systems than
    Linux it is the same command. The program is named by its path.
    """
    words = [str(word) for word in command]
    return [sys.executable, "-I", "-B", "-c", ALONE, *words] if sys.platform == "linux" else words


def own_address() -> str:
    """An address of this machine that is not loopback, or 127.0.0.1 where it has none. Nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ADDRESS, 9))  # UDP: only asks the routing table
            found: str = probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"
    return found


def _tried_by_a_child() -> int:
    """The error number with which the system refuses, or 0: half-way in, without a working `lo`, there is no way
    back.
    """
    child = os.fork()
    if child == 0:
        try:
            _move()
            os._exit(0)
        except OSError as error:
            os._exit(error.errno or 1)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _move() -> None:
    _unshare()
    _address_on_lo("lo", "127.0.0.1", 8)
    _address_on_lo("lo:1", ADDRESS, 32)


def _unshare() -> None:
    """A network namespace directly, where privileges allow; else inside a user namespace in which this user is
    itself.
    """
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) == 0:
        return
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _address_on_lo(name: str, address: str, prefix: int) -> None:
    """Gives an interface (or its alias) an address and raises it: struct ifreq of netdevice(7)."""
    import fcntl  # noqa: PLC0415 - does not exist on Windows

    mask = socket.inet_ntoa(struct.pack(">I", (0xFFFFFFFF << (32 - prefix)) & 0xFFFFFFFF))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for request, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, mask)):
            inet = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))
            fcntl.ioctl(control, request, struct.pack("16s16s", name.encode(), inet))
        got = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sh14x", name.encode(), 0))
        (flags,) = struct.unpack_from("h", got, 16)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", name.encode(), flags | IFF_UP))
