"""Many hosts at once, through the backends of pytest-testinfra: each runs the stand-alone probe and answers like any.

What a host must have is a way in (ssh, for instance) and the Python that OMFlow uses there.
"""

from __future__ import annotations

import contextvars
import importlib
import math
import queue
import threading
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from airproof.errors import AirproofError, BadInput
from airproof.probes.interpreters.host import ANSWER_TIME, OLDEST
from airproof.probes.pip.environment import bound
from airproof.probes.remote.carried import parse_carried
from airproof.probes.remote.inventory import hosts_of_inventory
from airproof.probes.remote.standalone import standalone
from airproof.probes.remote.ways import ENDED_ITSELF, NO_QUESTIONS, TOO_OLD, RemoteResult, tell
from airproof.site.hosts import Interpreter
from airproof.site.indexurl import masked
from airproof.site.site import Site
from airproof.system.processes import Children

PYTHON = "python3"
"""On the host, where the specification names none with `?python=`."""
TROUBLE = ".trouble"
"""Ends the name of the file that says why a host gave no answer."""
LONGEST_REASON = 300
ACCEPTS_ANYBODY = "paramiko"
"""The backend that goes on where a host's key is unknown: somebody else may answer in the host's place."""
KINDS = (
    *("ansible", "chroot", "docker", "kubectl", "local", "lxc", "openshift", "podman", "safe-ssh", "salt", "ssh"),
    "winrm",
)
"""Ways to a host that pytest-testinfra has, but for the one above."""
NEED_NO_NAME = ("ansible", "local")
"""Ways that mean somebody without a name as well: all of an inventory, and this machine."""
AT_ONCE = 10
"""Hosts that are asked at the same time: sshd begins to refuse connections at its MaxStartups, 10 by default."""
TOLD_EVERY = 10.0
"""Seconds after which it is said again which hosts have not answered yet."""
AGAIN_AFTER = (1.0, 3.0, 9.0)
"""Seconds before each further try where a connection was refused or closed before it began."""
REFUSED = ("Connection refused", "Connection closed by", "Connection reset by", "kex_exchange_identification")
"""Words of ssh about a connection that was refused or closed before it began."""
NO_COLLECTOR = ("", "0", "no", "false")
"""Values of `collector=` for a server, in any case."""
PLAIN = (*NO_COLLECTOR, "1", "yes", "true")
"""Those, and the ones for a Collector whose name is not said; any other value is its name."""
NO_PROGRAM = (126, 127, 9009)
"""Exit codes of shells for a program that is not there or cannot run; the last is that of cmd.exe."""


class HostSpec(msgspec.Struct, frozen=True):
    """One host, such as `ssh://root@192.0.2.20?python=/opt/omflow/python/bin/python&collector=1`.

    `collector=NAME` says as well by which name OMFlow knows the Collector.
    """

    spec: str
    """The host as testinfra is given it."""
    name: str
    python: str
    collector: bool
    extra: str = ""
    """Further arguments of ssh, as an inventory has them."""
    collector_name: str = ""

    @classmethod
    def of(cls, text: str) -> HostSpec:
        """Raises BadInput for what is no specification of a host."""
        try:
            parts = urlsplit(text)
            host, password = parts.hostname, parts.password
            if parts.scheme != "ansible":  # a pattern such as `web:!old` has no port
                _ = parts.port
        except ValueError as error:
            raise BadInput("hosts-spec", given=masked(text)) from error
        if not parts.scheme or "://" not in text:
            raise BadInput("hosts-spec", given=masked(text))
        if parts.scheme == ACCEPTS_ANYBODY:
            raise BadInput("hosts-paramiko", given=masked(text))
        if parts.scheme not in KINDS:
            raise BadInput("hosts-unknown-kind", given=masked(text), kinds=", ".join(f"{kind}://" for kind in KINDS))
        if not (parts.netloc or parts.scheme in NEED_NO_NAME):
            raise BadInput("hosts-spec", given=masked(text))
        if password is not None and parts.scheme in ("ssh", "safe-ssh"):
            raise BadInput("hosts-password", given=masked(text))
        asked = dict(parse_qsl(parts.query))
        python, collector = asked.pop("python", PYTHON), asked.pop("collector", "").strip()
        name = asked.pop("name", "") or host or parts.scheme
        rest = f"?{urlencode(asked)}" if asked else ""
        is_one, called = collector.lower() not in NO_COLLECTOR, collector if collector.lower() not in PLAIN else ""
        spec = parts.scheme + text.partition("?")[0][len(parts.scheme) :] + rest
        return cls(spec, name, python, is_one, collector_name=called)


class Silence(msgspec.Struct, frozen=True):
    """Why a host gave no answer: a key of `errors.toml`, and the last words of whoever said so."""

    key: str = "host-silent"
    reason: str = "no answer in time"

    @classmethod
    def read(cls, file: Path) -> Silence:
        return msgspec.json.decode(file.read_bytes(), type=cls)

    def write(self, file: Path) -> None:
        file.write_bytes(msgspec.json.encode(self))


def time_of_one(site: Site) -> float:
    """Seconds that one host may take: to answer, and for its pip. What runs there ends itself then."""
    count = sum(len(group.requirements) for group in site.groups)
    return 2 * ANSWER_TIME + (bound(site.timeout, count) if site.pip_time is None else site.pip_time)


def time_of_all(site: Site, count: int, at_once: int = AT_ONCE) -> float:
    """Seconds that so many hosts may take together."""
    return time_of_one(site) * max(1, math.ceil(count / at_once))


def named_hosts(specs: Sequence[str]) -> list[HostSpec]:
    """Return the named hosts, an Ansible group as such. Raises BadInput for a name without hosts; asks nobody."""
    each = [[spec.strip() for spec in text.split(",") if spec.strip()] or [text] for text in specs]
    return [HostSpec.of(spec) for named in each for spec in named]


def hosts_of(specs: Sequence[str]) -> list[HostSpec]:
    """All hosts that are named, those of an Ansible inventory one by one. Raises BadInput where it names none."""
    return [
        expanded
        for host in named_hosts(specs)
        for expanded in (of_inventory(host) if host.spec.startswith("ansible://") else [host])
    ]


def of_inventory(named: HostSpec) -> list[HostSpec]:
    """The hosts of Ansible's inventory that a name or pattern means, each by its own user, port and Python."""
    hosts = hosts_of_inventory(named.spec)
    return [
        HostSpec(
            host.spec,
            host.name,
            host.python if named.python == PYTHON and host.python else named.python,
            named.collector,
            host.extra,
            named.collector_name,
        )
        for host in hosts
    ]


def ask_fleet(
    site: Site,
    hosts: Sequence[HostSpec],
    folder: Path,
    *,
    at_once: int = AT_ONCE,
    awaited: Callable[[Sequence[str], int], None] = lambda _names, _count: None,
) -> tuple[Interpreter, ...]:
    """Asks all hosts, `at_once` at a time; each becomes an interpreter whose facts lie in `folder`, or the reason why
    not. `awaited` is told, where that changes, which hosts have not answered yet, and how many there are.

    Raises BadInput where pytest-testinfra is not installed.
    """
    connect = _backends()
    program = standalone(site)
    folder.mkdir(parents=True, exist_ok=True)
    labels = _labels(hosts, {interpreter.label for interpreter in site.interpreters})
    waiting: queue.SimpleQueue[tuple[HostSpec, Path]] = queue.SimpleQueue()
    for host, label in zip(hosts, labels, strict=True):
        file = folder / f"{label}.json"
        Silence().write(file.with_name(file.name + TROUBLE))
        waiting.put((host, file))
    most = time_of_one(site)
    until = time.monotonic() + time_of_all(site, len(hosts), at_once)
    late = dict.fromkeys(labels)
    told: list[str] = []

    def ask_each() -> None:
        while time.monotonic() < until:
            try:
                host, file = waiting.get_nowait()
            except queue.Empty:
                return
            _ask_patiently(connect, host, program, file, min(until, time.monotonic() + most))
            late.pop(file.stem, None)

    # Daemons: a way in that hangs must not keep airproof from its end.
    children, context = Children(), contextvars.copy_context()
    context.run(children.enter)
    threads = [
        threading.Thread(target=context.copy().run, args=(ask_each,), daemon=True)
        for _ in range(min(at_once, len(hosts)))
    ]
    for thread in threads:
        thread.start()
    try:
        while any(thread.is_alive() for thread in threads) and time.monotonic() < until:
            pause = time.monotonic() + TOLD_EVERY
            for thread in threads:
                thread.join(max(0.0, min(until, pause) - time.monotonic()))
            if late and list(late) != told:
                told = list(late)
                awaited(told, len(hosts))
    finally:  # an interrupt, or hosts that are late: no way in is left open
        children.stop()
    return tuple(
        Interpreter(
            "",
            label,
            host.collector,
            collector_name=host.collector_name,
            host_name=host.name,
            facts=str(folder / f"{label}.json"),
        )
        for host, label in zip(hosts, labels, strict=True)
    )


def _backends() -> Any:
    try:
        return importlib.import_module("testinfra").get_host
    except ImportError as error:
        raise BadInput("hosts-extra") from error


def _labels(hosts: Sequence[HostSpec], taken: Collection[str]) -> list[str]:
    labels: list[str] = []
    for host in hosts:
        plain = "".join(char if char.isalnum() or char in "._" else "-" for char in host.name).strip("-.") or "host"
        label, number = plain, 2
        while label in labels or label in taken:
            label, number = f"{plain}-{number}", number + 1
        labels.append(label)
    return labels


def _ask_patiently(connect: Any, host: HostSpec, program: str, file: Path, until: float) -> None:
    """Asks a host, and again where it refused the connection: many at a time are more than some take."""
    for pause in (*AGAIN_AFTER, None):
        _ask(connect, host, program, file, until - time.monotonic())
        trouble = file.with_name(file.name + TROUBLE)
        refused = trouble.is_file() and any(word in Silence.read(trouble).reason for word in REFUSED)
        if pause is None or not refused or time.monotonic() + pause > until:
            return
        time.sleep(pause)


def _ask(connect: Any, host: HostSpec, program: str, file: Path, seconds: float) -> None:
    """Leaves the answer in `file`, or the reason beside it."""
    trouble = file.with_name(file.name + TROUBLE)
    try:
        backend = connect(host.spec, ssh_extra_args=f"{NO_QUESTIONS} {host.extra}".strip(), controlpersist=0).backend
        told = tell(backend, host.python, program, timeout=max(1.0, seconds))
        silence = _why_silent(told, host)
        if silence is None:
            answer = msgspec.structs.replace(
                parse_carried(told.stdout, host.name),
                name=host.name,
                collector=host.collector,
                collector_name=host.collector_name,
            )
            part = file.with_suffix(".part")
            part.write_bytes(msgspec.json.encode(answer))
            part.replace(file)
            trouble.unlink()
        else:
            silence.write(trouble)
    except BadInput as error:
        Silence("host-answer-cut", str(error.values.get("reason", error.values.get("found", "?")))).write(trouble)
    except BaseException as error:  # a stranger's library: whatever it raises is this host's trouble, and no other's
        _of_error(error).write(trouble)


def _why_silent(told: RemoteResult, host: HostSpec) -> Silence | None:
    """Return the meaning of an exit code and its words; None if the probe ended well."""
    said = [line for line in told.stderr.strip().splitlines() if line.strip()]
    last = _short(said[-1]) if said else f"exit code {told.exit_code}"
    if told.exit_code == 0:
        return None
    if told.exit_code == ENDED_ITSELF:
        return Silence()
    if last.startswith(TOO_OLD):
        return Silence("host-python-too-old", last.rpartition(" ")[2] + f" < {OLDEST}")
    if told.exit_code in NO_PROGRAM:
        return Silence("host-python-absent", f"{host.python}: {last}")
    return Silence("host-silent", last)


def _of_error(error: BaseException) -> Silence:
    """The words of the way in, where the library hands them on as a result; else the error's own."""
    told = error.args[0] if error.args else ""
    raw = getattr(told, "stderr_bytes", b"") or b""
    said = raw.decode("utf-8", "replace").strip()
    said = said or (error.text.en if isinstance(error, AirproofError) else str(error).strip()) or type(error).__name__
    reason = _short(said.splitlines()[-1])
    if "IDENTIFICATION HAS CHANGED" in said:
        return Silence("host-key-changed", reason)
    if "Host key verification failed" in said:
        return Silence("host-key-unknown", reason)
    if "Permission denied" in said:
        return Silence("host-login-refused", reason)
    return Silence("host-silent", reason)


def _short(text: str) -> str:
    return masked(text.strip())[:LONGEST_REASON]
