"""A load on a real server: bounded, GET alone, of one origin, and stopped when the user says so."""

from __future__ import annotations

import _thread
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from airproof.errors import CannotLook
from airproof.net.http import NO_MORE_TRUSTED, Http
from airproof.probes.index.devpi import Index as DevpiIndex
from airproof.probes.index.devpi import Server
from airproof.probes.load import load
from airproof.probes.load.load import (
    LOAD_TIME,
    Load,
    LoadPlan,
    ensure_may_load,
    load_time,
    measured_steps,
    order_of,
    plan_of,
    rounds_of,
    steps_to,
    try_out,
)
from airproof.probes.load.measured import LoadStep
from airproof.probes.load.profile import LoadProfile, LoadRequest
from airproof.probes.load.worker import Call, PipPatience
from airproof.site.site import Site
from airproof.system.processes import Ran, run
from pytest_airproof import Index, Wheel
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from tests.thorough import variant

PROFILE = LoadProfile(
    "cp311-linux",
    "26.3",
    ((LoadRequest("page", "/simple/alpha/"), LoadRequest("file", "/files/alpha.whl")), (LoadRequest("page", "/b/"),)),
)
OTHER = LoadProfile("cp37-win32", "20.3.4", ((LoadRequest("page", "/simple/other/"),),))
MANY = LoadProfile(
    "many",
    "26.3",
    (tuple(LoadRequest("page", f"/simple/{name}/") for name in "abcdefghijklmnop"),),
    patience=PipPatience(retries=9),
)
RULES = (Rule("/simple/*", body=b"p" * 100), Rule("/files/*", body=b"f" * 1000), Rule("/b/", body=b"b"))


def site_of(proxy: FaultyProxy, **changes: Any) -> Site:
    return msgspec.structs.replace(Site(f"{proxy.url}/simple/", load=4), **changes)


def load_of(proxy: FaultyProxy, *profiles: LoadProfile, **changes: Any) -> Load:
    """A load whose profiles were tried out."""
    site = site_of(proxy, **changes)
    tried = try_out(site, profiles or (PROFILE,), NO_MORE_TRUSTED, "")
    plan = plan_of(site, tried, same_machine=True)
    return Load(plan, order_of(site, plan.profiles, NO_MORE_TRUSTED, ""), proxy.port)


def steps_of(load: Load) -> dict[int, LoadStep]:
    kept: dict[int, LoadStep] = {}
    measured_steps(load, lambda hosts, measure: kept.setdefault(hosts, measure()))
    return kept


def devpi(*types: str, version: str | None = "6.20.3") -> Server:
    indexes = tuple(DevpiIndex(f"root/{number}", kind) for number, kind in enumerate(types))
    return Server(version, "root/0", bool(types), indexes, (), 1, None, 0.1)


@pytest.mark.parametrize(
    ("hosts", "wanted", "steps"),
    [(1, 1, (1,)), (4, 4, (1, 2, 4)), (50, 50, (1, 2, 4, 8, 16, 32, 50)), (64, 50, (1, 2, 4, 8, 16, 32, 50, 64))],
)
def test_steps_double(hosts: int, wanted: int, steps: tuple[int, ...]) -> None:
    """The number that is wanted and the last one are measured themselves."""
    assert steps == steps_to(hosts, wanted)


def test_nobody_wants_more_than_was_consented_to() -> None:
    """Consent is the bound, whatever airproof.toml says."""
    assert (1, 2, 4) == steps_to(4, 50)


def test_few_hosts_activate_several_times() -> None:
    """One activation alone is no measurement."""
    assert [4, 2, 1, 1] == [rounds_of(hosts) for hosts in (1, 2, 4, 100)]


def test_the_time_of_a_load_has_a_bound() -> None:
    """Without consent there is none; with an activation time the steps end early."""
    site = Site("http://192.0.2.10:3141/root/local/")

    assert 0.0 == load_time(site)
    assert LOAD_TIME == load_time(msgspec.structs.replace(site, load=500))
    assert LOAD_TIME > load_time(msgspec.structs.replace(site, load=4, activation_time=10.0))


def test_a_mirror_is_not_loaded() -> None:
    """It would ask its upstream; the error names it."""
    with pytest.raises(CannotLook) as caught:
        ensure_may_load(devpi("stage", "stage", "mirror"))

    assert ("load-mirror", "root/2") == (caught.value.key, caught.value.values["mirrors"])


@pytest.mark.parametrize("server", [devpi(), devpi("stage", version=None)], ids=["untold", "other-product"])
def test_what_does_not_answer_for_itself_is_not_loaded(server: Server) -> None:
    """Nobody knows what lies behind it."""
    with pytest.raises(CannotLook) as caught:
        ensure_may_load(server)

    assert "load-not-devpi" == caught.value.key


def test_a_stage_over_stages_is_loaded() -> None:
    """All that it serves it has itself."""
    ensure_may_load(devpi("stage", "stage"))


def test_each_host_asks_for_all_in_order() -> None:
    """Each activation makes the requests of its profile, and the profiles take turns."""
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy, PROFILE, OTHER)
        before = len(proxy.requests)
        step = load.step(4)
        paths = [request.path for request in proxy.requests[before:]]

    assert (4, 0, 0, 2 * 3 + 2 * 1) == (step.activations, step.failed, step.unfinished, step.requests)
    assert {"/simple/alpha/": 2, "/files/alpha.whl": 2, "/b/": 2, "/simple/other/": 2} == {
        path: paths.count(path) for path in dict.fromkeys(paths)
    }
    assert step.size == 2 * (100 + 1000 + 1) + 2 * 100


def test_a_load_is_what_was_announced() -> None:
    """GET alone, no more requests than were said, the sizes of the answers, and the headers of that pip."""
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy)
        before = len(proxy.requests)
        steps = steps_of(load)
        sent = proxy.requests[before:]

    assert [1, 2, 4] == list(steps)
    assert {"GET"} == {request.method for request in sent}
    assert load.plan.requests == len(sent) <= load.plan.most
    assert load.plan.size == sum(step.size for step in steps.values())
    assert {"pip/26.3 airproof"} == {request.agent for request in sent}


def test_repetitions_have_a_bound() -> None:
    """A server that refuses again and again is not asked for ever."""
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy)
        before = len(proxy.requests)
        proxy.rules.insert(0, Rule("/files/*", status=503, body=b"", headers={"Retry-After": "0"}))
        step = load.step(4)
        sent = len(proxy.requests) - before

    assert (0, 4, False) == (step.activations, step.failed, step.bounded)
    assert [("status 503", 4, "repeated")] == [
        (trouble.kind, trouble.count, trouble.ending) for trouble in step.troubles
    ]
    assert sent <= 4 * (2 * 3 + 5)


def test_the_bound_keeps_the_trouble() -> None:
    """A server that makes each request be repeated nine times uses up the bound: the counts are the real ones."""
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy, MANY)
        before = len(proxy.requests)
        proxy.rules[:0] = [
            Rule(request.target, status=503, body=b"", headers={"Retry-After": "0"}, times=9)
            for request in MANY.requests
        ]
        step = load.step(1)
        sent = len(proxy.requests) - before

    assert (True, 0, sent) == (step.bounded, step.failed, step.sent)
    assert step.retried > len(MANY.requests)
    assert not step.is_whole


@pytest.mark.parametrize(
    "activation_time", [variant(0.0, daily=False, id="no-time"), variant(0.5, daily=True, id="time")]
)
@pytest.mark.parametrize(
    "profile", [variant(PROFILE, daily=False, id="three"), variant(OTHER, daily=True, id="single")]
)
def test_a_server_that_dies_is_seen(profile: LoadProfile, activation_time: float) -> None:
    """However few requests an activation has, and however short its time: pip's own tries come before any bound."""
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy, profile, activation_time=activation_time)
    measured = measured_steps(load, lambda _, measure: measure())

    (step,) = measured.steps
    assert (1, 1, 0, False) == (step.hosts, step.failed, step.activations, step.bounded)
    assert step.retried == 5
    assert "Connection refused" in step.troubles[0].example or sys.platform == "win32"


@pytest.mark.thorough
def test_a_request_that_waits_when_the_time_is_over_is_told() -> None:
    """A server that asks for a long wait is known to be the reason."""
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy, activation_time=0.2)
        proxy.rules.insert(0, Rule("/b/", status=503, body=b"", headers={"Retry-After": "40"}))
        step = load.step(2)

    assert (0, 0, 4, True) == (step.failed, step.activations, step.unfinished, step.is_unanswered)
    assert [("status 503", 2, "open")] == [(each.kind, each.count, each.ending) for each in step.troubles]


def test_a_failure_is_not_measured_away() -> None:
    """A step in which one activation failed is not repeated, though it was too slow as well."""
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy, activation_time=0.01)
        proxy.rules.insert(0, Rule("/files/*", status=404, body=b"", times=1))
        measured = measured_steps(load, lambda _, measure: measure())

    assert [(1, 1, False)] == [(step.hosts, step.failed, step.repeated) for step in measured.steps]
    assert 0 == measured.held


def test_a_step_ends_when_its_time_is_over() -> None:
    """A host that is not ready then is late; the server is not asked any longer."""
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy, activation_time=0.2)
        proxy.rules.insert(0, Rule("/files/*", hang=True))
        started = time.monotonic()
        step = load.step(2)

    assert (0, 4, True) == (step.activations, step.unfinished, step.activation is None)
    assert time.monotonic() - started < 30


def test_steps_end_with_the_first_that_is_too_slow() -> None:
    """A server that serves no two hosts is not asked by four; the step was measured twice."""
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy, activation_time=0.05)
        proxy.rules.insert(0, Rule("/files/*", body=b"f", delay=0.3))
        steps = steps_of(load)

    assert ([1], True) == (list(steps), steps[1].repeated)


def test_a_slow_moment_is_no_slow_server() -> None:
    """The second try counts where it is better."""
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy, activation_time=5.0)
        proxy.rules.insert(0, Rule("/files/*", body=b"f" * 1000, delay=5.5, times=1))
        step = load.step(4)

    assert (True, 4) == (step.repeated, step.activations)
    assert step.activation is not None
    assert step.activation.p95 is not None
    assert step.activation.p95 < 5


def test_an_interrupt_keeps_what_was_measured() -> None:
    """Ctrl-C ends the workers at once; the step says that it was broken off, and then the run ends."""
    kept: dict[int, LoadStep] = {}
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy)
        proxy.rules.insert(0, Rule("/b/", hang=True))
        timer = threading.Timer(3.0, _thread.interrupt_main)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            measured_steps(load, lambda hosts, measure: kept.setdefault(hosts, measure()))
        timer.join()

    assert ([1], True, 0) == (list(kept), kept[1].stopped, kept[1].activations)
    assert kept[1].requests >= 2


def test_what_one_host_does_not_get_is_no_load() -> None:
    """An index that lacks a file fails for other reasons than load."""
    with FaultyProxy(None, Rule("/simple/*", body=b"p")) as proxy, pytest.raises(CannotLook) as caught:
        load_of(proxy)

    assert ("load-alone", "/files/alpha.whl") == (caught.value.key, caught.value.values["target"])


def test_nothing_to_ask_for_is_no_load() -> None:
    """A host that has all it needs sends nothing."""
    with pytest.raises(CannotLook) as caught:
        plan_of(Site("http://192.0.2.10/", load=2), (LoadProfile("a", "", ()),), same_machine=False)

    assert "load-nothing" == caught.value.key


def test_a_login_goes_with_each_request_and_into_no_plan() -> None:
    """It is sent, and it is on no command line and in no fact."""
    rules = (Rule(unless_login="ann:secret", status=401, body=b""), *RULES)
    with FaultyProxy(None, *rules) as proxy:
        site = site_of(proxy)
        login = "Basic YW5uOnNlY3JldA=="
        plan = plan_of(site, try_out(site, (PROFILE,), NO_MORE_TRUSTED, login), same_machine=True)
        step = Load(plan, order_of(site, plan.profiles, NO_MORE_TRUSTED, login), proxy.port).step(2)

    assert (4, 0) == (step.activations, step.failed)
    assert b"secret" not in msgspec.json.encode(plan)
    assert b"YW5u" not in msgspec.json.encode(plan)


def test_a_pip_that_repeats_nothing_fails_at_once() -> None:
    """A load is as patient as the site's own pip command, and no more."""
    hasty = msgspec.structs.replace(PROFILE, patience=PipPatience(retries=0))
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy, hasty)
        proxy.rules.insert(0, Rule("/files/*", status=503, body=b"", times=1))
        step = load.step(4)

    assert (1, 3, 0) == (step.failed, step.activations, step.retried)


def test_a_file_that_breaks_off_is_resumed() -> None:
    """A pip from 25.2 on asks for the rest; for an older one it is the end."""
    resuming = msgspec.structs.replace(PROFILE, patience=PipPatience(resumes=5))
    made = []
    for profile in (resuming, PROFILE):
        with FaultyProxy(None, *RULES) as proxy:
            load = load_of(proxy, profile)
            proxy.rules.insert(0, Rule("/files/*", cut=400, body=b"f" * 1000, times=2))
            made.append(load.step(1))

    assert [(4, 0), (0, 1)] == [(step.activations, step.failed) for step in made]
    assert (2, "cut") == (made[0].retried, made[1].troubles[0].kind)


def test_an_error_of_airproof_is_no_unfinished_activation() -> None:
    """A path that no request can have ends the host that asks for it: the load cannot look, and says why."""
    with FaultyProxy(None, *RULES) as proxy:
        load = load_of(proxy)
        broken = Call("page", "/\u00e9", 0)
        load._order = msgspec.structs.replace(load._order, profiles=(((broken,),),))
        with pytest.raises(CannotLook) as caught:
            load.step(2)

    assert "probe-failed" == caught.value.key
    assert "UnicodeEncodeError" in str(caught.value.values["error"])


def test_https_is_spoken_as_everywhere() -> None:
    """With the certificate that the site trusts."""
    with FaultyProxy(None, *RULES, tls=True) as proxy:
        load = load_of(proxy, ca=proxy.ca)
        step = load.step(2)

    assert (4, ()) == (step.activations, step.troubles)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not show it")
def test_the_serving_process_is_seen_on_its_own_machine(airproof_index: Index, tmp_path: Path) -> None:
    """Its threads and its processor time, by the port on which it listens."""
    airproof_index.upload(Wheel("alpha"))
    profile = LoadProfile("a", "26.3", ((LoadRequest("page", f"/{airproof_index.name}/+simple/alpha/"),) * 20,))
    site = Site(airproof_index.simple_url, load=2)
    plan = plan_of(site, try_out(site, (profile,), NO_MORE_TRUSTED, ""), same_machine=True)

    step = Load(plan, order_of(site, plan.profiles, NO_MORE_TRUSTED, ""), site.index.port).step(2)

    assert step.server is not None
    assert airproof_index.server.pid == step.server.pid
    assert step.server.threads > 10
    assert step.server.busy > 0


def test_from_another_machine_nothing_is_said_of_the_process(airproof_index: Index) -> None:
    """A process that cannot be seen is not told."""
    profile = LoadProfile("a", "26.3", ((LoadRequest("page", f"/{airproof_index.name}/+simple/"),),))
    site = Site(airproof_index.simple_url, load=1)
    plan: LoadPlan = plan_of(site, (profile,), same_machine=False)

    step = Load(plan, order_of(site, plan.profiles, NO_MORE_TRUSTED, ""), site.index.port).step(1)

    assert (4, None) == (step.activations, step.server)


NOTING = """
import os, pathlib, re, runpy, threading, time
noted = pathlib.Path({folder!r}, f"peak-{{os.getpid()}}")
status = pathlib.Path("/proc/self/status")

def note():
    while True:
        fresh = noted.with_suffix(".part")
        fresh.write_text(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1])
        fresh.replace(noted)  # a process that ends while it writes leaves what it has noted before
        time.sleep(0.02)

threading.Thread(target=note, daemon=True).start()
runpy.run_module({worker!r}, run_name="__main__", alter_sys=True)
"""
"""A worker that says how many kB it has held at most."""


@pytest.mark.skipif(sys.platform != "linux", reason="looked at on Linux only")
def test_memory_does_not_grow_with_files(
    airproof_index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers are thrown away as they arrive: a host's process stays small, whatever it fetches."""
    noting = NOTING.format(worker=load.WORKER, folder=str(tmp_path))

    def noted(command: Sequence[str | Path], **settings: Any) -> Ran:
        return run([*command[:2], "-c", noting], **settings)

    monkeypatch.setattr(load, "run", noted)
    airproof_index.upload(Wheel("big", files={"blob.bin": bytes(30_000_000)}))
    url = airproof_index.files("big")["big-1.0-py3-none-any.whl"]
    with Http(15.0) as http:
        assert http.head(url).ok
    profile = LoadProfile("a", "26.3", ((LoadRequest("file", url.partition("//")[2].partition("/")[2]),),))
    profile = msgspec.structs.replace(profile, processes=((LoadRequest("file", f"/{profile.requests[0].target}"),),))
    site = Site(airproof_index.simple_url, load=8)
    plan = plan_of(site, (profile,), same_machine=False)

    step = Load(plan, order_of(site, plan.profiles, NO_MORE_TRUSTED, ""), site.index.port).step(8)

    assert (8, True) == (step.activations, step.size > 8 * 30_000_000)
    peaks = [int(path.read_text(encoding="utf-8")) for path in tmp_path.glob("peak-*[0-9]")]
    assert 0 < max(peaks) < 100_000, "kB, where the answers are 240 MB"
