"""An interpreter that can have no virtual environment is guarded by a launcher."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.probes.installs.activation import probe_activations
from airproof.probes.installs.pip import OfflinePip
from airproof.probes.interpreters.host import Host, probe_host
from airproof.probes.pip.environment import PipCall
from airproof.site.group import Group
from pytest_airproof.packages.wheels import Wheel
from tests.probes.embeddable import embeddable
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import PLAIN, group
from tests.probes.pythons import host_of, two_pythons

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is made of symbolic links")
PHONES = b"import socket\nsocket.create_connection(('127.0.0.1', %d), timeout=5)\n"


@pytest.fixture(scope="module", params=two_pythons(), ids=("oldest", "newest"))
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Host:
    known = host_of(request.param)
    return probe_host(embeddable(known.executable, known.pip_location or "", tmp_path_factory.mktemp("embeddable")))


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[StaticIndex]:
    """Return a URL that nobody may ask."""
    with StaticIndex({"other": [Wheel("other")]}) as index:
        yield index


def test_pip_installs_imports_and_is_held_back(host: Host, elsewhere: StaticIndex, tmp_path: Path) -> None:
    """By the same guard, which the canary proves; the interpreter's own folder stays as it was."""
    own = Path(host.executable).parents[1]
    before = sorted(own.rglob("*"))
    phone = Wheel("phone", files={"phone/__init__.py": PHONES % elsewhere.port})
    with StaticIndex({"app": [Wheel("app", requires=("lib",))], "lib": [Wheel("lib")], "phone": [phone]}) as index:
        pip = OfflinePip(host, PipCall(url=index.url, pip_command=PLAIN, timeout=5.0), tmp_path)
        ran = pip.install([group("app"), group("phone")])
        canary = pip.canary()

    assert (0, ["app", "lib", "phone"], ()) == (
        ran.ran.exit_code,
        [dist.name for dist in ran.installed],
        ran.check_problems,
    ), ran.ran.stderr
    assert [("app", True), ("phone", False)] == [(imported.project, imported.ok) for imported in ran.imports]
    assert [f"127.0.0.1:{elsewhere.port}"] == [refusal.destination for refusal in ran.refused]
    assert (True, True, 0) == (canary.decoy_answers, canary.refused, canary.visitors)
    assert before == sorted(own.rglob("*"))


def test_an_activation_is_played_there_too(tmp_path: Path) -> None:
    """Package by package: the second step finds what the first one left."""
    known = host_of()
    host = probe_host(embeddable(known.executable, known.pip_location or "", tmp_path / "embeddable"))
    flow = Group("f", ("app", "lib", "lib==2.0"), items={"app": ("a",), "lib": ("b",), "lib==2.0": ("c",)})
    projects = {"app": [Wheel("app", requires=("lib<2",))], "lib": [Wheel("lib"), Wheel("lib", "2.0")]}
    with StaticIndex(projects) as index:
        pip = OfflinePip(host, PipCall(url=index.url, pip_command=PLAIN, timeout=5.0), tmp_path / "pip")
        played = probe_activations(pip, [flow]).flows[0]

    assert [{"app": "1.0", "lib": "1.0"}, {}, {"lib": "2.0"}] == [step.changed for step in played.steps]
    assert (False, {"lib": "1.0"}) == (played.ok, played.steps[2].replaced)
