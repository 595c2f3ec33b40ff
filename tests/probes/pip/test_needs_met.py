"""Requirements that are met, so that `pip check` need not be run: in doubt it is asked."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from airproof.probes.pip.installed import Installed, all_needs_met
from pytest_airproof.packages import Wheel
from tests.probes.offline import offline_pip
from tests.probes.pythons import host_of

CASES = {
    "met": (["dep>=1"], True),
    "absent": (["gone"], False),
    "too old": (["dep>=2"], False),
    "marker excludes": (['gone; python_version < "3"'], True),
    "wanted by an extra alone": (['gone; extra == "more"'], True),
    "pre-release wanted": (["dep>=1.0a1"], True),
    "from a link": (["dep @ http://pip-server.invalid/dep-1.2-py3-none-any.whl"], True),
    "another spelling": (["DEP>=1"], True),
    "no requirement at all": (["not a requirement ~"], False),
}


def installed(name: str, version: str = "1.2", requires: tuple[str, ...] = ()) -> Installed:
    return Installed(name, version, requires, (name,))


@pytest.mark.parametrize("name", CASES)
def test_needs_are_told_from_the_metadata(name: str) -> None:
    """Only what is surely met needs no `pip check`."""
    requires, met = CASES[name]

    assert met == all_needs_met([installed("demo", requires=tuple(requires)), installed("dep")], host_of().markers)


def test_two_of_one_name_are_a_doubt() -> None:
    """As `pip check` would see one of them only."""
    assert not all_needs_met([installed("dep"), installed("dep", "2")], host_of().markers)


def test_a_version_that_is_none_is_a_doubt() -> None:
    """It cannot be compared."""
    assert not all_needs_met([installed("dep", "abc")], host_of().markers)


def test_pip_check_never_complains_where_no_doubt_was(tmp_path: Path) -> None:
    """All that is met without a doubt lies in one environment: pip itself finds nothing to say, nor do we ask it."""
    met = [requires for requires, is_met in CASES.values() if is_met]
    wheels = [Wheel("dep", "1.2"), *(Wheel(f"demo{number}", requires=one) for number, one in enumerate(met))]

    with offline_pip("http://127.0.0.1:9/", tmp_path).environment() as environment:
        for wheel in wheels:
            with zipfile.ZipFile(io.BytesIO(wheel.content())) as archive:
                archive.extractall(environment.env.site_packages)
        ran = environment.run([*environment.env.python, "-m", "pip", "check"])
        sure = all_needs_met(environment.installed(), environment.host.markers)

    assert (True, 0) == (sure, ran.exit_code)
