"""The place without network."""

from __future__ import annotations

import errno
import socket
import sys

import pytest

from airproof.system import namespace
from airproof.system.processes import run

INSIDE = """
import socket, sys
from airproof.system import namespace
place = namespace.enter()
if not place.namespace:
    sys.exit(f"absent: {place.why_not}")
def tried(address):
    with socket.socket() as one:
        one.settimeout(5)
        try:
            return one.connect(address) or "connected"
        except OSError as error:
            return error.errno
with socket.create_server((place.address, 0)) as server:
    print([place.address, tried(server.getsockname()), tried(("198.51.100.1", 80))])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_inside_only_this_runs_own_address_can_be_reached() -> None:
    """A server on the documentation address answers; any other address is unreachable at once."""
    ran = run([sys.executable, "-c", INSIDE], timeout=60)
    if ran.stderr.startswith("absent:"):
        pytest.skip(ran.stderr.strip())

    assert f"['192.0.2.10', 'connected', {errno.ENETUNREACH}]" == ran.stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_a_program_without_network_does_not_reach_a_server_of_this_machine() -> None:
    """Not even one on loopback, whatever kind of program it is; with the network it does."""
    if not namespace_can_be_had():
        pytest.skip("this account may make no network namespace")
    with socket.create_server(("127.0.0.1", 0)) as server:
        asks = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)"
        plain = [sys.executable, "-I", "-S", "-c", asks]
        ran = [run(plain, timeout=60), run(namespace.without_network(plain), timeout=60)]

    assert [True, False] == [one.ok for one in ran]
    assert "ConnectionRefusedError" in ran[1].stderr


def namespace_can_be_had() -> bool:
    return not run([sys.executable, "-c", INSIDE], timeout=60).stderr.startswith("absent:")


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_where_the_system_refuses_it_says_so_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal is told, and this process keeps its network."""
    monkeypatch.setattr(namespace, "_tried_by_a_child", lambda: errno.EPERM)

    place = namespace.enter()

    told = (place.namespace, place.address, place.why_not)
    assert (False, namespace.own_address(), "Operation not permitted") == told


def test_another_system_says_that_it_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """On systems without namespaces a rehearsal takes place on the machine's own address."""
    monkeypatch.setattr(sys, "platform", "win32")

    assert "win32 has no network namespaces" == namespace.enter().why_not


def test_a_machine_without_an_address_has_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any route there is still a place to rehearse."""

    def unreachable(*_: object) -> None:
        raise OSError(errno.ENETUNREACH, "unreachable")

    monkeypatch.setattr(socket.socket, "connect", unreachable)

    assert "127.0.0.1" == namespace.own_address()


def test_on_another_system_the_command_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard alone holds there."""
    monkeypatch.setattr(sys, "platform", "win32")

    assert ["python", "-V"] == namespace.without_network(["python", "-V"])
