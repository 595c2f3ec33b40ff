"""The same under every interpreter and pip that this machine has."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_airproof.packages import Sdist, Wheel

from airproof.probes.decoy import Decoy
from airproof.site import COMMERCIAL
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import group, offline_pip
from tests.probes.pythons import each_python


@pytest.mark.parametrize("executable", each_python())
def test_every_pip_installs_and_every_process_of_it_is_guarded(executable: str, tmp_path: Path) -> None:
    """An sdist whose backend calls home is installed; the call is refused in the build's own child, and named."""
    with StaticIndex() as elsewhere, Decoy() as decoy:
        sdist = Sdist("built", requires=["dep"], backend_requires=["tool"], phone_home=("127.0.0.1", elsewhere.port))
        with StaticIndex({"built": [sdist], "tool": [Wheel("tool")], "dep": [Wheel("dep")]}) as index:
            pip = offline_pip(index.url, tmp_path, executable=executable, decoy=decoy, pip_command=COMMERCIAL)
            run = pip.install([group("built", "gone; python_version < '3'")])
            canary = pip.canary()
        asked = elsewhere.asked

    assert (run.ran.exit_code, [one.name for one in run.installed]) == (0, ["built", "dep"])
    assert ([elsewhere.destination], []) == ([one.destination for one in run.refused], asked)
    assert [(one.module, one.ok) for one in run.imports] == [("built", True)]
    assert run.check_problems == ()
    assert (canary.decoy_answers, canary.refused, canary.visitors) == (True, True, 0)
