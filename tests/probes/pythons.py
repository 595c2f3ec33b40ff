"""The interpreters that this machine has, for tests that must hold under each.

`AIRPROOF_PYTHONS` names more of them, joined as in PATH: the one way to have several pips of the same Python.
"""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache

import pytest
from _pytest.mark import ParameterSet
from packaging.version import Version

from airproof.errors import CannotLook
from airproof.probes.interpreters.host import Host, probe_host
from airproof.system.processes import run
from tests.thorough import variant

NAMED = "AIRPROOF_PYTHONS"
MINORS = range(7, 15)
NEWEST_IN_CI = 13
LABEL = "import sys, pip; print('cp%d%d-pip%s' % (sys.version_info[0], sys.version_info[1], pip.__version__))"


@cache
def host_of(executable: str = sys.executable) -> Host:
    """Return the facts of that interpreter, asked once."""
    return probe_host(executable)


@cache
def found_pythons() -> dict[str, str]:
    """Label, such as `cp37-pip22.0.4`, to executable; only those that start and have a pip."""
    by_name = [shutil.which(f"python3.{minor}") for minor in MINORS]
    named = os.environ.get(NAMED, "").split(os.pathsep)
    found: dict[str, str] = {}
    for executable in [sys.executable, *named, *by_name]:
        if executable and (label := _label(executable)):
            found.setdefault(label, executable)
    return found


def each_python() -> list[ParameterSet]:
    """One parameter for each interpreter found, and a skipped one for each minor version that is not here.

    All but the oldest and the newest pip are left to a thorough run.
    """
    found = found_pythons()
    few = {found[min(found, key=_pip)], found[max(found, key=_pip)]}
    here = [variant(executable, daily=executable in few, id=label) for label, executable in sorted(found.items())]
    missing = [minor for minor in MINORS if not any(label.startswith(f"cp3{minor}-") for label in found)]
    return here + [pytest.param("", id=f"cp3{minor}", marks=pytest.mark.skip(_why(minor))) for minor in missing]


JUDGED = ("20.3", "22.2", "23.2", "24.2")
"""Versions of pip that differ in what they read; the newest one is judged beside them."""


def each_pip() -> list[ParameterSet]:
    """One interpreter for each of those pips and for the newest that is here, and a skipped parameter for those that
    are not. All but the oldest and the newest two are left to a thorough run.
    """
    found = {label.partition("-pip")[2]: executable for label, executable in sorted(found_pythons().items())}
    newest = max(found, key=Version)
    here = {
        name: next((text for text in found if text.startswith(f"{name}.") or text == name), None) for name in JUDGED
    }
    params = [
        variant(found[version], daily=name in (JUDGED[0], JUDGED[-1]), id=f"pip{version}")
        if version is not None
        else pytest.param("", id=f"pip{name}", marks=pytest.mark.skip(f"absent: pip {name}, in {NAMED}"))
        for name, version in here.items()
    ]
    return params if newest in here.values() else [*params, pytest.param(found[newest], id=f"pip{newest}")]


def two_pythons() -> tuple[str, str]:
    """The oldest and the newest that this machine has, as programs: what a version manager puts on PATH works with
    that shell's variables only.
    """
    found = found_pythons()
    by_age = sorted(found, key=_minor)
    return host_of(found[by_age[0]]).executable, host_of(found[by_age[-1]]).executable


def _minor(label: str) -> int:
    """The Python of a label: 37 of `cp37-pip22.0.4`."""
    return int(label[2:].partition("-")[0])


def _pip(label: str) -> Version:
    return Version(label.partition("-pip")[2])


def _why(minor: int) -> str:
    """`absent:` is what CI must have; the newest Pythons need not be there yet."""
    kind = "absent" if minor <= NEWEST_IN_CI else "not here"
    return f"{kind}: python3.{minor}, on PATH or in {NAMED}"


def _label(executable: str) -> str:
    """Empty where it does not start, as a version manager's stand-in does for a version that is switched off."""
    try:
        ran = run([executable, "-c", LABEL], timeout=60)
    except CannotLook:
        return ""
    return ran.stdout.strip() if ran.ok else ""


def python_with_pip(least: Version, below: Version) -> str | None:
    """Find the first interpreter here whose pip is at least of the one version and below the other."""
    fitting = (path for path in found_pythons().values() if least <= Version(host_of(path).pip or "0") < below)
    return next(fitting, None)
