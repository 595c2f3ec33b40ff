"""Other hosts, asked through the backends of pytest-testinfra."""

from __future__ import annotations

import importlib
import importlib.util
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from airproof.errors import BadInput, CannotLook
from airproof.printable import naturally
from airproof.probes.remote import ways
from airproof.probes.remote.carried import read_carried
from airproof.probes.remote.hosts import (
    TROUBLE,
    HostSpec,
    Silence,
    ask_fleet,
    hosts_of,
    named_hosts,
    time_of_all,
    time_of_one,
)
from airproof.site.group import Group
from airproof.site.hosts import Interpreter
from airproof.site.site import Site
from airproof.system.processes import Ran
from pytest_airproof.packages.wheels import Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.pythons import two_pythons
from tests.probes.sshserver import SSHD, SshServer

HERE = f"local://?python={quote(sys.executable)}"
PLAIN = "{python} -m pip install --index-url {url} {requirement}"
needs_testinfra = pytest.mark.skipif(
    importlib.util.find_spec("testinfra") is None, reason="absent: pytest-testinfra, of airproof[hosts]"
)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with StaticIndex({"demo": [Wheel("demo")]}) as index:
        yield Site(index.url, groups=(Group("demo", ("demo",)),), pip_command=PLAIN, timeout=5.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssh://root@192.0.2.20", HostSpec("ssh://root@192.0.2.20", "192.0.2.20", "python3", False)),
        (
            "ssh://192.0.2.20:2222?timeout=5&python=/opt/omflow/python/bin/python&collector=1&name=far",
            HostSpec("ssh://192.0.2.20:2222?timeout=5", "far", "/opt/omflow/python/bin/python", True),
        ),
        (
            "ssh://192.0.2.20?collector=Plant+A",
            HostSpec("ssh://192.0.2.20", "192.0.2.20", "python3", True, collector_name="Plant A"),
        ),
        ("SSH://Svc@Far?name=far", HostSpec("ssh://Svc@Far", "far", "python3", False)),
        ("ansible://", HostSpec("ansible://", "ansible", "python3", False)),
        ("ssh://192.0.2.20?collector=Yes", HostSpec("ssh://192.0.2.20", "192.0.2.20", "python3", True)),
        ("ssh://192.0.2.20?collector=FALSE", HostSpec("ssh://192.0.2.20", "192.0.2.20", "python3", False)),
    ],
)
def test_a_host_is_taken_apart(text: str, expected: HostSpec) -> None:
    """Options of airproof's own are not handed on."""
    assert expected == HostSpec.of(text)


@pytest.mark.parametrize(
    "text", ["192.0.2.20", "", " ,", "ssh:192.0.2.20", "ssh://[::1", "ssh://", "docker://?python=x", "ssh://h:99999"]
)
def test_what_is_no_host_is_refused(text: str) -> None:
    """With the right form; an empty one may come from a variable that is not set, and would judge this machine."""
    with pytest.raises(BadInput) as caught:
        named_hosts([text])

    assert "hosts-spec" == caught.value.key


def test_without_testinfra_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no requirement of airproof's own."""
    monkeypatch.setitem(sys.modules, "testinfra", None)

    with pytest.raises(BadInput) as caught:
        ask_fleet(Site("http://192.0.2.1/"), hosts_of((HERE,)), tmp_path)

    assert "hosts-extra" == caught.value.key


@pytest.mark.parametrize(
    ("text", "key"),
    [("ssh://root:hunter2@192.0.2.20", "hosts-password"), ("paramiko://root@192.0.2.20", "hosts-paramiko")],
)
def test_an_unsafe_way_is_refused(text: str, key: str) -> None:
    """A password that others can read, and a client that trusts unknown keys; neither is repeated."""
    with pytest.raises(BadInput) as caught:
        HostSpec.of(text)

    assert (key, False) == (caught.value.key, "hunter2" in str(caught.value))


@needs_testinfra
@pytest.mark.skipif(sys.platform == "win32", reason="its local backend speaks to a POSIX shell")
def test_one_silent_host_is_not_the_end(tmp_path: Path, site: Site) -> None:
    """Two answer, each under a label of its own; the third leaves its reason."""
    specs = (f"{HERE},{HERE}&collector=1", "local://?python=/no/such/python&name=gone")
    here = msgspec.structs.replace(site, interpreters=(Interpreter("python", "local"),))

    found = ask_fleet(here, hosts_of(specs), tmp_path)

    facts = [read_carried(Path(host.facts or "")) for host in found[:2]]
    assert [("local-2", False), ("local-3", True), ("gone", False)] == [
        (target.label, target.collector) for target in found
    ]
    assert [(0, "demo"), (0, "demo")] == [(fact.runs[0].exit_code, fact.runs[0].installed[0].name) for fact in facts]
    assert "no/such/python" in silence(found[2]).reason
    assert not Path(found[2].facts or "").exists()


@needs_testinfra
@pytest.mark.skipif(not SSHD, reason="absent: sshd (openssh-server)")
def test_hosts_answer_over_ssh_and_each_silence_has_its_reason(tmp_path: Path, site: Site) -> None:
    """Side by side: two Pythons answer; an unknown key, another key, a refused login and more are told apart."""
    with SshServer(tmp_path) as ssh:
        good = ssh.configuration("good")
        found = ask_fleet(
            site,
            hosts_of(
                (
                    ssh.spec(good, python=quote(sys.executable), name="夜間"),
                    ssh.spec(good, python=quote(two_pythons()[0]), name="Collector", collector="1"),
                    ssh.spec(ssh.configuration("unknown", knows=""), name="host-key-unknown"),
                    ssh.spec(ssh.configuration("changed", knows="strange-key"), name="host-key-changed"),
                    ssh.spec(ssh.configuration("refused", key="strange-key"), name="host-login-refused"),
                    ssh.spec(good, python="/no/such/python", name="host-python-absent"),
                    ssh.spec(good, python="/bin/echo", name="host-answer-cut"),
                    ssh.spec(ssh.configuration("lost", more="ProxyCommand /bin/false\n"), name="host-silent"),
                )
            ),
            tmp_path / "facts",
        )

    facts = [read_carried(Path(host.facts or "")) for host in found[:2]]
    assert [("夜間", False), ("Collector", True)] == [(fact.name, fact.collector) for fact in facts]
    assert [(0, ("demo",)), (0, ("demo",))] == [(fact.runs[0].exit_code, fact.runs[0].requirements) for fact in facts]
    assert [host.label for host in found[2:]] == [silence(host).key for host in found[2:]]
    assert [] == [host for host in found[2:] if Path(host.facts or "").exists()]


class Shell:
    """A backend of another kind: what is written to it goes nowhere, and its command line is short."""

    longest = 8191

    def get_connection_type(self) -> str:
        return "winrm"

    def run(self, command: str) -> Any:
        assert len(command) < self.longest
        done = subprocess.run(command, shell=True, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S602 -- a command line is what is tested
        return SimpleNamespace(rc=done.returncode, stdout_bytes=done.stdout, stderr_bytes=done.stderr)


def test_a_program_of_any_size_fits_on_a_short_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces, through a file that is gone afterwards."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("TEMP", str(tmp_path))
    program = f"noise = '{secrets.token_hex(20_000)}'\nprint(len(noise), __name__)\n"

    told = ways.tell(Shell(), sys.executable, program, timeout=60)

    assert (0, "40000 __main__", []) == (told.exit_code, told.stdout.strip(), list(tmp_path.iterdir()))


@needs_testinfra
@pytest.mark.skipif(sys.platform == "win32", reason="its local backend speaks to a POSIX shell")
def test_a_python_that_is_too_old_says_so(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its version, by lines that it can read."""
    monkeypatch.setattr(ways, "OLDEST", "3.99")

    found = ask_fleet(site, hosts_of((HERE,)), tmp_path)

    running = ".".join(map(str, sys.version_info[:2]))
    assert ("host-python-too-old", True) == (silence(found[0]).key, silence(found[0]).reason.startswith(running))


@needs_testinfra
def test_a_program_that_hangs_has_an_end() -> None:
    """The process is stopped, and the host has a reason."""
    backend = importlib.import_module("testinfra").get_host("local://").backend

    with pytest.raises(CannotLook) as caught:
        ways.tell(backend, sys.executable, "import time; time.sleep(600)", timeout=1)

    assert ("interpreter-hangs", "1") == (caught.value.key, caught.value.values["seconds"])


def silence(host: Interpreter) -> Silence:
    return Silence.read(Path(f"{host.facts}{TROUBLE}"))


@pytest.mark.parametrize("kind", ["sssh", "http", "telnet"])
def test_an_unknown_way_to_a_host_is_bad_usage(kind: str) -> None:
    """Before anything runs, with the ways that there are."""
    with pytest.raises(BadInput) as caught:
        HostSpec.of(f"{kind}://192.0.2.20")

    assert "hosts-unknown-kind" == caught.value.key
    assert "ssh://" in caught.value.text.en


def test_the_time_of_all_hosts_counts_their_rounds(site: Site) -> None:
    """Ten are asked at a time."""
    assert time_of_all(site, 1) == time_of_all(site, 10) == time_of_one(site)
    assert time_of_all(site, 11) == 2 * time_of_one(site)


@needs_testinfra
def test_a_refused_connection_is_tried_again(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind one sshd some of many are refused: they are asked once more, and no other failure is."""
    tried: list[str] = []

    def refuse(_backend: Any, python: str, _program: str, *, timeout: float) -> ways.RemoteResult:
        tried.append(python)
        said = "kex_exchange_identification: read: Connection reset by peer" if python == "many" else "no such file"
        return ways.RemoteResult(255, "", said)

    monkeypatch.setattr("airproof.probes.remote.hosts.tell", refuse)
    monkeypatch.setattr("airproof.probes.remote.hosts.AGAIN_AFTER", (0.0, 0.0))
    ask_fleet(site, hosts_of(("local://?python=many", "local://?python=other")), tmp_path)

    assert ["many", "many", "many", "other"] == sorted(tried)


INVENTORY = {
    "_meta": {
        "hostvars": {
            "h2": {"ansible_user": "svc", "ansible_port": 2222, "ansible_python_interpreter": "/opt/omflow/bin/python"},
            "h10": {"ansible_host": "192.0.2.10", "ansible_ssh_common_args": "-o ProxyJump=gate"},
            "box": {"ansible_connection": "community.docker.docker"},
            "far": {"ansible_connection": "network_cli", "ansible_python_interpreter": "auto"},
        }
    },
    "all": {"children": ["ungrouped", "omflow"]},
    "ungrouped": {"hosts": ["far"]},
    "omflow": {"hosts": ["h10", "h2"], "children": ["boxes"]},
    "boxes": {"hosts": ["box"]},
}


@pytest.mark.parametrize(
    ("pattern", "specs"),
    [
        ("omflow", ["docker://box", "ssh://svc@h2:2222", "ssh://192.0.2.10"]),
        ("h*", ["ssh://svc@h2:2222", "ssh://192.0.2.10"]),
        ("far", ["ansible://far?force_ansible=true&ansible_inventory={file}"]),
        ("all", 4),
        ("omflow:!boxes", ["ssh://svc@h2:2222", "ssh://192.0.2.10"]),
        ("!boxes:omflow:&h*:!h10", ["ssh://svc@h2:2222"]),
        ("!omflow", ["ansible://far?force_ansible=true&ansible_inventory={file}"]),
    ],
)
def test_an_inventory_names_its_hosts_with_their_own_way_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, specs: list[str] | int
) -> None:
    """Groups, patterns and `all`; users, ports, addresses and Pythons as Ansible would take them, h2 before h10."""
    file = tmp_path / "hosts.ini"
    file.touch()
    told = msgspec.json.encode(INVENTORY).decode()
    monkeypatch.setattr("airproof.probes.remote.inventory.run", lambda *_, **__: Ran((), 0, 0.1, told, ""))

    found = hosts_of([f"ansible://{pattern}?ansible_inventory={file}&collector=1"])

    if isinstance(specs, int):
        assert specs == len(found)
        return
    assert [spec.replace("{file}", quote(str(file), safe="")) for spec in specs] == [item.spec for item in found]
    assert all(item.collector for item in found)
    by_name = {named.name: named for named in found}
    if pattern == "omflow":
        assert ("/opt/omflow/bin/python", "python3") == (by_name["h2"].python, by_name["h10"].python)
        assert "-o ProxyJump=gate" == by_name["h10"].extra


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("ansible://all?ansible_inventory=/nowhere/hosts.ini", "/nowhere/hosts.ini is not there"),
        ("ansible://nobody", "all, boxes, omflow, ungrouped"),
    ],
)
def test_an_inventory_without_such_a_host_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, spec: str, reason: str
) -> None:
    """With what is the matter: its file, or the groups that there are."""
    told = msgspec.json.encode(INVENTORY).decode()
    monkeypatch.setattr("airproof.probes.remote.inventory.run", lambda *_, **__: Ran((), 0, 0.1, told, ""))

    with pytest.raises(BadInput) as caught:
        hosts_of([spec])

    assert ("hosts-inventory", reason) == (caught.value.key, caught.value.values["reason"])


def test_hosts_sort_as_people_count() -> None:
    """h2 before h10."""
    assert ["h1", "h2", "h10", "web"] == sorted(["h10", "web", "h2", "h1"], key=naturally)


@needs_testinfra
def test_the_hosts_that_are_awaited_are_told(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that have not answered yet, by their names; no more than were wished are asked at a time."""
    running: list[str] = []
    most: list[int] = []
    told: list[list[str]] = []

    def slow(_backend: Any, python: str, _program: str, *, timeout: float) -> ways.RemoteResult:
        running.append(python)
        most.append(len(running))
        time.sleep(0.3)
        running.remove(python)
        return ways.RemoteResult(1, "", "no")

    monkeypatch.setattr("airproof.probes.remote.hosts.tell", slow)
    monkeypatch.setattr("airproof.probes.remote.hosts.TOLD_EVERY", 0.05)
    hosts = hosts_of([f"local://?name=h{number}&python=p{number}" for number in (1, 2, 3)])
    ask_fleet(site, hosts, tmp_path, at_once=1, awaited=lambda names, _: told.append(list(names)))

    assert (["h1", "h2", "h3"], ["h3"], 1) == (told[0], told[-1], max(most))
