"""SRV14, SRV15: what a load says of the server, and when it says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from airproof.check import Failed, NotApplicable
from airproof.checks.capacity.load import check_each_host_is_served, check_hosts_activate_in_time
from airproof.errors import CannotLook
from airproof.net.load.connection import OWN
from airproof.probes.load.load import LoadMeasured
from airproof.probes.load.measured import LoadTrouble
from airproof.site.site import Site
from tests.probes.load.test_measured import plan, step

SITE = Site("http://192.0.2.10:3141/root/local/", load=8, activation_time=10.0)


def load(*steps: tuple[int, float | None], **changes: object) -> LoadMeasured:
    return LoadMeasured(plan(**changes), tuple(step(*told) for told in steps))


def test_all_hosts_are_in_time() -> None:
    """The evidence is the wanted number of hosts, not a larger one."""
    measured = load((1, 1.0), (2, 2.0), (4, 4.0), (8, 60.0), wanted=4)

    assert {"hosts": 4, "seconds": "4.0", "limit": "10"} == check_hosts_activate_in_time(SITE, measured).values


def test_one_step_below_the_wanted_number_is_too_slow() -> None:
    """The server that is too slow for four hosts is so for eight."""
    with pytest.raises(Failed) as caught:
        check_hosts_activate_in_time(SITE, load((1, 1.0), (2, 9.0), (4, 12.0)))

    (finding,) = caught.value.findings
    assert ("load-too-slow", "12.0", 2, 4, 8) == (
        finding.cause,
        finding.found,
        finding.values["held"],
        finding.values["hosts"],
        finding.values["wanted_hosts"],
    )


def test_hosts_that_never_end_are_too_slow() -> None:
    """Their time is longer than that of the step."""
    with pytest.raises(Failed) as caught:
        check_hosts_activate_in_time(SITE, load((1, None)))

    assert "> 20.0" == caught.value.findings[0].found


@pytest.mark.parametrize(
    ("changes", "key"),
    [({"own_busy": 5.0}, "load-own-limit"), ({"bounded": True}, "load-bounded")],
)
def test_a_slow_airproof_rejects_nobody(changes: dict[str, float], key: str) -> None:
    """It cannot look then."""
    measured = LoadMeasured(plan(), (step(1, 12.0, **changes),))

    with pytest.raises(CannotLook) as caught:
        check_hosts_activate_in_time(SITE, measured)

    assert key == caught.value.key


def test_fewer_hosts_than_wanted_say_nothing() -> None:
    """Neither do none."""
    for measured in (load((1, 1.0), (2, 2.0)), load()):
        with pytest.raises(CannotLook) as caught:
            check_hosts_activate_in_time(SITE, measured)
        assert "load-fewer-hosts" == caught.value.key


def test_no_consent_is_no_failure() -> None:
    """A time alone is a wish; the load takes a word."""
    with pytest.raises(NotApplicable):
        check_hosts_activate_in_time(SITE, None)


def test_errors_are_the_servers() -> None:
    """Each kind is counted, with an example."""
    trouble = LoadTrouble("status 503", 3, "GET /a: Service Unavailable")
    measured = LoadMeasured(plan(), (step(1, 1.0), step(2, 1.0, failed=1, activations=1, troubles=(trouble,))))

    with pytest.raises(Failed) as caught:
        check_each_host_is_served(measured)

    values = caught.value.findings[0].values
    assert (2, 1, 2, "status 503: 3", "GET /a: Service Unavailable") == tuple(
        values[name] for name in ("hosts", "failed", "planned", "kinds", "example")
    )


def test_errors_of_a_busy_airproof_are_nobodys() -> None:
    """Time-outs may be its own."""
    with pytest.raises(CannotLook) as caught:
        check_each_host_is_served(LoadMeasured(plan(), (step(1, 1.0, failed=1, own_busy=19.0),)))

    assert "load-own-limit" == caught.value.key


def test_each_host_was_served() -> None:
    """The largest number of hosts is the evidence."""
    measured = load((1, 1.0), (2, 2.0), wanted=2)

    assert {"hosts": 2, "requests": 20, "rate": "6"} == check_each_host_is_served(measured).values


def test_a_load_that_ran_out_of_time_says_nothing() -> None:
    """Fewer hosts than are wanted were served, and nobody knows of the others."""
    with pytest.raises(CannotLook) as caught:
        check_each_host_is_served(load((1, 1.0), (2, 2.0)))

    assert ("load-fewer-hosts", 8) == (caught.value.key, caught.value.values["wanted"])


REFUSED = LoadTrouble("refused", 4, "GET /a: Connection refused", "open")
FAILED_HERE = LoadTrouble(OWN, 4, "GET /a: Too many open files")
UNAVAILABLE = LoadTrouble("status 503", 4, "GET /a: Service Unavailable", "repeated")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"bounded": True, "unfinished": 2, "retried": 7}, "load-bounded"),
        ({"unfinished": 1}, "load-unfinished"),
        ({"unfinished": 1, "troubles": (REFUSED,)}, "load-unfinished"),
        ({"activations": 0, "unfinished": 4, "troubles": (FAILED_HERE,)}, "load-own-limit"),
    ],
    ids=["bounded", "unfinished", "others-served", "own"],
)
def test_activations_that_did_not_end_are_no_pass(changes: dict[str, Any], key: str) -> None:
    """Nobody knows whether the server would have served them."""
    with pytest.raises(CannotLook) as caught:
        check_each_host_is_served(LoadMeasured(plan(wanted=4), (step(1, 1.0), step(4, 2.0, **changes))))

    assert key == caught.value.key


@pytest.mark.parametrize("changes", [{}, {"bounded": True}], ids=["time", "bound"])
def test_a_server_that_is_down_is_rejected(changes: dict[str, Any]) -> None:
    """No activation came to a good end, and requests were left unanswered: the last repetition is not needed."""
    down = step(4, None, activations=0, troubles=(REFUSED,), **changes)
    measured = LoadMeasured(plan(), (step(1, 1.0), down))

    with pytest.raises(Failed) as caught:
        check_each_host_is_served(measured)
    with pytest.raises(CannotLook) as untimed:
        check_hosts_activate_in_time(SITE, measured)

    values = caught.value.findings[0].values
    assert (4, 4, "refused: 4") == (values["failed"], values["planned"], values["kinds"])
    assert "load-failed" == untimed.value.key


def test_hosts_that_began_apart_are_no_pass() -> None:
    """Fewer of them asked at the same time than the check would say."""
    measured = LoadMeasured(plan(wanted=4), (step(4, 1.0, workers=2, began_late=3.0),))

    with pytest.raises(CannotLook) as served:
        check_each_host_is_served(measured)
    with pytest.raises(CannotLook) as timed:
        check_hosts_activate_in_time(SITE, measured)

    assert ("load-apart", "load-apart") == (served.value.key, timed.value.key)


def test_a_status_is_never_airproofs_fault() -> None:
    """However busy airproof was, the server has answered."""
    failing = step(2, 1.0, failed=1, own_busy=19.0, troubles=(UNAVAILABLE,))

    with pytest.raises(Failed):
        check_each_host_is_served(LoadMeasured(plan(), (failing,)))
