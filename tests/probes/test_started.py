"""How the process that serves was started."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from airproof.check import Failed, NotApplicable
from airproof.checks.server import check_the_server_is_a_service
from airproof.probes import started
from airproof.probes.index.devpi import NOWHERE, Index
from airproof.probes.started import Started, probe_started
from airproof.site.site import Site
from pytest_airproof.servers.devpi import DevpiServer

WAITS = "import time; print('up', flush=True); time.sleep(60)"
DEVPI = msgspec.structs.replace(NOWHERE, version="6.20", index="root/local", indexes=(Index("root/local", "stage"),))


@contextmanager
def in_a_terminal(program: Path, *words: str) -> Iterator[int]:
    """The process id of a Python script with these words behind it, in the foreground of a terminal of its own."""
    import pty

    program.write_text(WAITS, encoding="utf-8")
    pid, master = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, str(program), *words])  # noqa: S606 - the child of a terminal
    try:
        assert b"up" in os.read(master, 100)
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(master)


@pytest.mark.skipif(sys.platform != "linux", reason="looked at on Linux only")
def test_a_process_in_a_terminal_is_seen(tmp_path: Path) -> None:
    """By the serverdir in its command line; another program that names it is no server."""
    with in_a_terminal(tmp_path / "devpi-server", f"--serverdir={tmp_path}") as pid:
        found = probe_started(str(tmp_path))
    with in_a_terminal(tmp_path / "devpi-fsck", "--serverdir", str(tmp_path)):
        other = probe_started(str(tmp_path))

    assert Started(pid, terminal=True, unit=found.unit) == found
    assert Started(None) == other


@pytest.mark.skipif(sys.platform != "linux", reason="looked at on Linux only")
@pytest.mark.parametrize("words", [("--serverdir", "{}"), ("--serverdir={}",)])
def test_a_program_that_names_a_serverdir_of_that_name_is_no_server(words: tuple[str, ...], tmp_path: Path) -> None:
    """A serverdir may be called devpi-server, and airproof itself runs in a terminal with its name."""
    folder = tmp_path / "lib" / "devpi-server"
    folder.mkdir(parents=True)

    with in_a_terminal(tmp_path / "airproof", "check", *[word.format(folder) for word in words]):
        found = probe_started(str(folder))

    assert Started(None) == found


@pytest.mark.parametrize(
    ("line", "server"),
    [
        ("/venv/bin/python3.11 /venv/bin/devpi-server --serverdir {}", True),
        ("/venv/bin/python -m devpi_server --serverdir={}", True),
        ("devpi-server --serverdir {}", True),
        ("sudo -u devpi devpi-server --serverdir {}", False),
        ("grep devpi-server --serverdir {}", False),
        ("vim devpi-server --serverdir {}", False),
    ],
)
def test_only_the_server_itself_counts(line: str, server: bool, tmp_path: Path) -> None:
    """Not the command that started it, nor one that looks for it."""
    assert server is started._serves(line.format(tmp_path).split(), tmp_path, tmp_path)
    relative = line.format(tmp_path.name).split()
    assert server is started._serves(relative, tmp_path, tmp_path.parent)
    assert not started._serves(relative, tmp_path, tmp_path / "elsewhere")


@pytest.mark.skipif(sys.platform != "linux", reason="looked at on Linux only")
def test_a_real_server_is_found(airproof_server: DevpiServer) -> None:
    """The fixtures' own is in no foreground."""
    found = probe_started(str(airproof_server.serverdir))

    assert (airproof_server.pid, False) == (found.pid, found.terminal)


@pytest.mark.skipif(sys.platform == "win32", reason="absent: links without a right")
@pytest.mark.parametrize(
    ("group", "unit"),
    [
        ("0::/system.slice/devpi.service", "devpi.service"),
        ("12:pids:/x\n1:name=systemd:/system.slice/devpi.service", "devpi.service"),
        ("0::/system.slice/session-devpi.service", "session-devpi.service"),
        ("0::/system.slice/login-portal-devpi.service", "login-portal-devpi.service"),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/devpi.service", ""),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.kde.konsole@1234.service", ""),
        ("0::/system.slice/system-getty.slice/getty@tty1.service", ""),
        ("0::/system.slice/anacron.service", ""),
        ("0::/system.slice/dropbear.service", ""),
        ("0::/system.slice/sddm.service", ""),
        ("0::/user.slice/user-1000.slice/session-3.scope", ""),
        ("0::/user.slice/user-1000.slice/user@1000.service", ""),
        ("0::/system.slice/ssh.service", ""),
        ("0::/system.slice/cron.service", ""),
        ("0::/system.slice/run-r12ab.service", ""),
        ("0::/", ""),
    ],
)
def test_a_unit_is_read_from_the_control_group(
    group: str, unit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of systemd itself, in both versions; a unit below which people log in says nothing."""
    monkeypatch.setattr(started, "PROC", tmp_path / "proc")
    monkeypatch.setattr(sys, "platform", "linux")
    process = tmp_path / "proc" / "42"
    process.mkdir(parents=True)
    (tmp_path / "proc" / "self").symlink_to(process)
    (process / "cmdline").write_text(f"python\0/venv/bin/devpi-server\0--serverdir\0{tmp_path}\0", encoding="utf-8")
    (process / "cgroup").write_text(f"{group}\n", encoding="utf-8")
    (process / "stat").write_text("42 (a (b) c) S 1 42 42 0 -1 4194560", encoding="utf-8")
    (process / "status").write_text("Pid:\t42\n", encoding="utf-8")

    assert Started(42, unit=unit) == probe_started(str(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="absent: links without a right")
@pytest.mark.parametrize(
    ("session", "sessions", "foreground", "terminal"),
    [
        (7, "NSsid:\t7", 42, True),
        (7, "NSsid:\t7", 7, False),
        (1, "NSsid:\t1", 42, False),
        (7, "NSsid:\t7\t1", 42, False),
        (7, "NSsid:\t7\t3", 42, True),
        (7, "Name:\tdevpi-server", 42, True),
    ],
)
def test_the_foreground_is_told_apart(
    session: int, sessions: str, foreground: int, terminal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the background, and from a container whose main process has a terminal, seen from inside or outside."""
    monkeypatch.setattr(started, "PROC", tmp_path)
    (tmp_path / "42").mkdir()
    (tmp_path / "42" / "stat").write_text(f"42 (devpi-server) S 7 42 {session} 34816 {foreground} 0", encoding="utf-8")

    (tmp_path / "42" / "status").write_text(f"Pid:\t42\n{sessions}\n", encoding="utf-8")

    assert terminal is started._in_foreground(42)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "start-elsewhere"),
        (Started(None, shown=False), "start-not-shown"),
        (Started(None), "start-unseen"),
        (Started(42), "start-unclear"),
    ],
)
def test_what_was_not_seen_is_no_pass(found: Started | None, reason: str) -> None:
    """Each with its own reason."""
    with pytest.raises(NotApplicable) as caught:
        check_the_server_is_a_service(msgspec.structs.replace(DEVPI, started=found), Site("", serverdir="/srv/devpi"))

    assert reason == caught.value.key


def test_a_service_passes_and_a_terminal_does_not() -> None:
    """A terminal counts, even below a unit: it may be the terminal's own."""
    site = Site("", serverdir="/srv/devpi")
    service = Started(42, unit="devpi.service")

    assert {"pid": 42, "unit": "devpi.service"} == check_the_server_is_a_service(
        msgspec.structs.replace(DEVPI, started=service), site
    ).values
    with pytest.raises(Failed, match="server-by-hand"):
        terminal = msgspec.structs.replace(service, terminal=True)
        check_the_server_is_a_service(msgspec.structs.replace(DEVPI, started=terminal), site)
