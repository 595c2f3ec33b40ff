"""A devpi-server that a test starts: real, its own, restartable, and honest about its death."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import httpx
import pytest

from airproof.errors import ServerDied
from pytest_airproof.packages import Wheel
from pytest_airproof.servers import starter
from pytest_airproof.servers.devpi import CHEAP_FLAGS, DevpiServer


def answer(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=30)


def test_a_server_is_stopped_and_started_again_on_the_same_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data and identity stay over a restart, settings of the surroundings never arrive, and there is no root/pypi."""
    for name, value in {"PORT": "1", "HOST": "192.0.2.1", "RESTRICT_MODIFY": "nobody"}.items():
        monkeypatch.setenv(f"DEVPISERVER_{name}", value)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server = DevpiServer(tmp_path / "serverdir", rundir=tmp_path / "run", password="secret")

    with server:
        url, uuid = server.url, server.uuid
        server.client.create_index("root/kept")
        server.client.upload("root/kept", Wheel("demo"))
    with pytest.raises(httpx.ConnectError):
        answer(url)
    with server:
        indexes = answer(f"{server.url}/").json()["result"]["root"]["indexes"]
        page = answer(f"{server.url}/root/kept/+simple/demo/").text

        assert (uuid, {"kept"}) == (server.uuid, indexes.keys())
        assert "demo-1.0-py3-none-any.whl" in page


def test_two_servers_have_two_identities(tmp_path: Path) -> None:
    """Each new serverdir has its own uuid, and the running version is devpi-server's own."""
    first = DevpiServer(tmp_path / "a", rundir=tmp_path, password="", name="one")
    second = DevpiServer(tmp_path / "b", rundir=tmp_path, password="", name="two")
    with first, second:
        uuids = {json.loads((server.serverdir / ".nodeinfo").read_text())["uuid"] for server in (first, second)}

        assert uuids == {first.uuid, second.uuid}
        assert len(uuids) == 2


def test_a_stopped_server_has_no_url(tmp_path: Path) -> None:
    """A URL that nobody serves is not handed out, and stopping twice does no harm."""
    server = DevpiServer(tmp_path, rundir=tmp_path)
    server.stop()

    with pytest.raises(RuntimeError, match="is not running"):
        _ = server.url


@pytest.mark.parametrize(
    ("flags", "said"),
    [(CHEAP_FLAGS, "contains no devpi-server data"), ((*CHEAP_FLAGS, "--no-such-flag"), "unrecognized arguments")],
    ids=["no data", "bad flag"],
)
def test_a_server_that_dies_is_noticed_at_once(tmp_path: Path, flags: tuple[str, ...], said: str) -> None:
    """The error holds what devpi said, long before the time-out, which would hang this test."""
    server = DevpiServer(tmp_path / "empty", rundir=tmp_path / "run", flags=flags, timeout=3600)

    with pytest.raises(ServerDied) as caught:
        server.start()

    assert caught.value.key == "server-died"
    assert said in str(caught.value.values["reason"])


def test_a_taken_port_is_the_reason_of_a_death(tmp_path: Path) -> None:
    """A traceback's last line is named where devpi has no line of its own."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = DevpiServer(tmp_path / "serverdir", rundir=tmp_path, port=port, password="")
        with pytest.raises(ServerDied) as caught:
            server.start()

    assert "OSError" in str(caught.value.values["reason"])


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    """If the time is over before the server serves, it is stopped and its last line shown."""
    server = DevpiServer(tmp_path / "serverdir", rundir=tmp_path, password="", timeout=0.05)

    with pytest.raises(ServerDied) as caught:
        server.start()

    assert (caught.value.key, server.pid) == ("server-silent", None)


def test_the_password_is_in_no_log_and_on_no_command_line(tmp_path: Path) -> None:
    """Root's password reaches the server without a trace in what others may read."""
    import psutil  # type: ignore[import-untyped]  # its types are another distribution

    with DevpiServer(tmp_path / "serverdir", rundir=tmp_path, password="hunter2-hunter2") as server:
        server.client.create_index("root/one")
        command = psutil.Process(server.pid).cmdline()
        log = server.log.read_text(encoding="utf-8")

    assert "PUT /root/one" in log
    assert "hunter2" not in log + " ".join(command)
    assert not any("argon2id" in word for word in command)


def test_the_exception_is_the_reason_also_where_a_thread_logs_its_end() -> None:
    """The last line is not always the reason: devpi's threads say that they end after the traceback."""
    raised = "OSError: [Errno 98] Address already in use"
    frames = [starter.TRACEBACK, '  File "a.py", line 1, in <module>', "    import ssl"]
    cause = [*frames, "ImportError: libssl", "", "The above exception was the direct cause of the following one:", ""]
    conflict = "pkg_resources.VersionConflict: (pluggy 0.1, Requirement.parse('pluggy>=1'))"
    ended = "2026-01-31 08:00:00,000 INFO  [ASYN] Thread 'AsyncioLoopThread' ended"

    assert raised == starter._reason([*frames, raised, ended])
    assert conflict == starter._reason([*cause, *frames, conflict, "its second line", ended])
    assert "fatal: no data" == starter._reason(["fatal: no data.", raised])
    assert "it said nothing" == starter._reason([])
