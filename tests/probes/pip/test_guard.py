"""The guard: what it lets through, what it refuses, and that it is in every Python process of an environment."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from airproof.probes.pip.guard import EnvironmentGuard, GuardFlaws, allowed_ends, shortened
from airproof.site.indexurl import IndexUrl
from airproof.system.processes import run
from tests.probes.indexserver import StaticIndex
from tests.probes.pythons import each_python

TRIES = """
import json, socket, sys
sys.path.insert(0, {folder!r})
import {module}
good, bad = ("127.0.0.1", {good}), ("127.0.0.1", {bad})
sendmsg = getattr(socket.socket, "sendmsg", None) and "here"  # Windows has none

def tried(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except Exception as error:
        return "{{}}: {{}}".format(type(error).__name__, error)
    return "through"

def one(method, *arguments, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as end:
        return tried(getattr(end, method), *arguments)

left, right = socket.socketpair()
left.sendall(b"x")
print(json.dumps({{
    "connect good": one("connect", good),
    "connect_ex good": one("connect_ex", good),
    "create_connection good": tried(lambda: socket.create_connection(good).close()),
    "getaddrinfo number": tried(socket.getaddrinfo, "203.0.113.7", 80),
    "getaddrinfo nobody": tried(socket.getaddrinfo, None, 0),
    "socketpair": right.recv(1).decode(),
    "connect": one("connect", bad),
    "connect_ex": one("connect_ex", bad),
    "create_connection": tried(socket.create_connection, bad),
    "sendto": one("sendto", b"x", bad, kind=socket.SOCK_DGRAM),
    "sendto flags": one("sendto", b"x", 0, bad, kind=socket.SOCK_DGRAM),
    "sendmsg": sendmsg and one("sendmsg", [b"x"], [], 0, bad, kind=socket.SOCK_DGRAM),
    "own name": "refused" in tried(socket.getaddrinfo, {own!r}, 80) and "refused" or "through",
    "getaddrinfo": tried(socket.getaddrinfo, "Other.Example.", 443),
    "getaddrinfo by words": tried(socket.getaddrinfo, port=443, host="other.example"),
    "getaddrinfo bytes": tried(socket.getaddrinfo, b"other.example", None),
    "gethostbyname": tried(socket.gethostbyname, "other.example"),
    "gethostbyname_ex": tried(socket.gethostbyname_ex, "other.example"),
    "gethostbyaddr": tried(socket.gethostbyaddr, "other.example"),
    "getnameinfo": tried(socket.getnameinfo, ("203.0.113.7", 80), 0),
}}))
left.close(), right.close()
"""


def refused(destination: str) -> str:
    return f"ConnectionRefusedError: [Errno 111] airproof: connection to {destination} refused"


def without_number(said: str) -> str:
    """The system's number for a refusal differs."""
    return said.replace(f"[Errno {errno.ECONNREFUSED}]", "[Errno 111]")


@pytest.mark.parametrize("executable", each_python())
def test_every_way_out_is_refused_and_written_down(executable: str, tmp_path: Path) -> None:
    """Under each Python, with audit hooks or without: the index's own end is reached, and nothing else."""
    log, own = tmp_path / "log", socket.gethostname()
    with StaticIndex() as good, StaticIndex() as bad:
        guard = EnvironmentGuard(tmp_path, frozenset({("127.0.0.1", good.port), (own, good.port)}), log)
        code = TRIES.format(folder=str(tmp_path), module=guard.module, good=good.port, bad=bad.port, own=own)
        ran = run([executable, "-c", code], timeout=120)
        asked = bad.asked

    seen = {name: without_number(said or "") for name, said in json.loads(ran.stdout).items()}
    through = {name for name, said in seen.items() if said in ("through", "x")}
    elsewhere = {name for name in seen if name.startswith(("connect", "create", "send"))} - through
    assert {
        "connect good",
        "connect_ex good",
        "create_connection good",
        "own name",
        "getaddrinfo number",
        "getaddrinfo nobody",
        "socketpair",
    } == through
    assert {refused(bad.destination)} == {seen[name] for name in elsewhere if seen[name]}
    assert refused("other.example:443") == seen["getaddrinfo"] == seen["getaddrinfo by words"]
    assert refused("other.example") == seen["gethostbyname"] == seen["gethostbyaddr"] == seen["getaddrinfo bytes"]
    assert refused("203.0.113.7:80") == seen["getnameinfo"]
    assert asked == []
    found = guard.log()
    guard.close()
    assert len(found.processes) == 1
    assert len([said for said in seen.values() if "refused" in said]) == len(found.refused)


def test_the_index_name_is_looked_up_and_its_addresses_are_reached() -> None:
    """The configured name, and what it resolves to now; a number needs no look-up."""
    by_name = allowed_ends(IndexUrl.of("http://localhost:3141/root/local/"), 10)
    by_number = allowed_ends(IndexUrl.of("http://127.0.0.1:3141/root/local/"), 10)

    by_chinese_name = allowed_ends(IndexUrl.of("http://套件.invalid:3141/root/local/"), 10)
    by_long_number = allowed_ends(IndexUrl.of("http://[0:0:0:0:0:0:0:1]:3141/root/local/"), 10)

    assert ("localhost", 3141) in by_name
    assert {("套件.invalid", 3141), ("套件.invalid".encode("idna").decode(), 3141)} == by_chinese_name
    assert ("::1", 3141) in by_long_number
    assert by_name & {("127.0.0.1", 3141), ("::1", 3141)}
    assert frozenset({("127.0.0.1", 3141)}) == by_number


def test_a_name_that_nobody_knows_is_allowed_by_name_alone() -> None:
    """The look-up itself must stay possible: its failure is what pip has to tell."""
    found = allowed_ends(IndexUrl.of("http://no-such-host.invalid/simple/"), 10)

    assert ("no-such-host.invalid", 80) in found


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is over: the name alone is allowed."""
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given: ended.wait(60) and [])

    found = allowed_ends(IndexUrl.of("http://slow.example/simple/"), 0.05)
    ended.set()

    assert frozenset({("slow.example", 80)}) == found


def test_without_its_file_the_guard_does_nothing(tmp_path: Path) -> None:
    """A copy that nobody told anything stays out of the way."""
    guard = EnvironmentGuard(tmp_path, frozenset(), tmp_path / "log")
    (tmp_path / f"{guard.module}.txt").unlink()
    with StaticIndex() as index:
        code = TRIES.format(folder=str(tmp_path), module=guard.module, good=index.port, bad=index.port, own="own")
        ran = run([sys.executable, "-c", code], timeout=120)

    seen = json.loads(ran.stdout)
    assert seen["connect"] == "through"
    log = guard.log()
    guard.close()
    assert ((), (f"{guard.module}.txt",)) == (log.processes, log.flaws.altered)


OWN = """
import socket, sys
sys.path.insert(0, {folder!r})
import {module}
names = [socket.gethostname(), socket.gethostname().upper()]
for name in names:
    try:
        socket.getaddrinfo(name, 80)
    except socket.gaierror:
        pass  # the machine does not know its own name; nobody refused the question
with socket.socket() as server:
    server.bind(("127.0.0.1", 0))
    server.listen(1)
    with socket.create_connection(server.getsockname()):
        pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind(("127.0.0.1", 0))
        end.sendto(b"x", end.getsockname())
    port = server.getsockname()[1]
try:
    socket.create_connection(("127.0.0.1", port))
except ConnectionRefusedError as error:
    print(error)
"""


@pytest.mark.parametrize("executable", each_python())
def test_the_machine_itself_is_not_elsewhere(executable: str, tmp_path: Path) -> None:
    """Its own name is looked up and its own server is reached, under each Python; a port of somebody else is not."""
    guard = EnvironmentGuard(tmp_path, frozenset(), tmp_path / "log")
    ran = run([executable, "-c", OWN.format(folder=str(tmp_path), module=guard.module)], timeout=120)
    refused = guard.log().refused
    guard.close()

    assert (0, 1) == (ran.exit_code, len(refused)), ran.stderr
    assert "airproof" in ran.stdout


@pytest.mark.parametrize("log", ["pipe", "files"])
def test_what_a_process_does_to_the_guard_is_seen(log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files changed, something else in their place, its log taken away, and code that runs before it."""
    if log == "files":
        monkeypatch.delattr(os, "mkfifo", raising=False)
    (tmp_path / "site").mkdir()
    guard = EnvironmentGuard(tmp_path / "site", frozenset(), tmp_path / "log")
    whole = guard.log().flaws
    hook = tmp_path / "site" / f"{guard.module}.py"
    hook.write_text("", encoding="utf-8")
    (tmp_path / "site" / guard.module).mkdir()
    (tmp_path / "site" / "!!first.pth").write_text("import os\n", encoding="utf-8")
    (tmp_path / "site" / "!!paths.pth").write_text("lib\n", encoding="utf-8")
    guard.expect(["python", "-m", "pip"])
    (tmp_path / "log").rename(tmp_path / "taken")
    flaws = guard.log().flaws
    guard.close()

    gone = "pipe" if log == "pipe" and hasattr(os, "mkfifo") else "log"
    assert GuardFlaws() == whole
    assert {hook.name, guard.module, gone} == set(flaws.altered)
    assert (("python -m pip",), ("!!first.pth",)) == (flaws.silent, flaws.earlier)


def test_a_refusal_cannot_be_taken_back(tmp_path: Path) -> None:
    """A refusal that was logged is known at once, and a process that takes the log away reports no more."""
    guard = EnvironmentGuard(tmp_path, frozenset(), tmp_path / "log")
    code = (
        f"import os, socket, sys, shutil; sys.path.insert(0, {str(tmp_path)!r}); import {guard.module}\n"
        "try:\n    socket.create_connection(('203.0.113.9', 80))\nexcept OSError:\n    pass\n"
        f"shutil.rmtree({str(tmp_path / 'log')!r})"
    )
    ran = run([sys.executable, "-c", code], timeout=60, env={**os.environ, **guard.expect(["it"])})
    log = guard.log()
    guard.close()

    assert 0 == ran.exit_code, ran.stderr
    if hasattr(os, "mkfifo"):
        assert ["203.0.113.9:80"] == [attempt.destination for attempt in log.refused]
        assert ((), ("pipe",)) == (log.flaws.silent, log.flaws.altered)
    else:
        assert ("it",) == log.flaws.silent


def test_paths_are_shortened_and_urls_are_not() -> None:
    """The arguments of a process as a reader recognises it."""
    assert "python setup.py egg_info" == shortened("python /tmp/a/setup.py egg_info")
    assert "pip http://a/b" == shortened("C:\\x\\pip http://a/b")
