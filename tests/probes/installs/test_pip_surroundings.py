"""Hostile surroundings: each sends a bare pip elsewhere, and none reaches the hermetic one, guard or no guard."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from airproof.system.processes import run
from pytest_airproof.packages import Sdist, Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import group, offline_pip
from tests.thorough import variant

Surroundings = Callable[[Path, StaticIndex], dict[str, str]]
ON_WINDOWS = sys.platform == "win32"


def configuration(path: Path, decoy: StaticIndex) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ("[global]", f"index-url = {decoy.url}", f"extra-index-url = {decoy.url}", f"find-links = {decoy.url}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def of_the_user(folder: Path, decoy: StaticIndex) -> dict[str, str]:
    configuration(folder / (r"pip\pip.ini" if ON_WINDOWS else ".config/pip/pip.conf"), decoy)
    return {"HOME": str(folder), "APPDATA": str(folder), "USERPROFILE": str(folder)}


def of_the_user_as_it_was(folder: Path, decoy: StaticIndex) -> dict[str, str]:
    configuration(folder / (r"pip\pip.ini" if ON_WINDOWS else ".pip/pip.conf"), decoy)
    return {"HOME": str(folder), "USERPROFILE": str(folder)}


def of_the_machine(folder: Path, decoy: StaticIndex) -> dict[str, str]:
    configuration(folder / "pip" / ("pip.ini" if ON_WINDOWS else "pip.conf"), decoy)
    return {"XDG_CONFIG_DIRS": str(folder), "ProgramData": str(folder)}


SURROUNDINGS: dict[str, Surroundings] = {
    "PIP_EXTRA_INDEX_URL": lambda folder, decoy: {"PIP_EXTRA_INDEX_URL": decoy.url},
    "PIP_FIND_LINKS": lambda folder, decoy: {"PIP_FIND_LINKS": decoy.url},
    "PIP_CONFIG_FILE": lambda folder, decoy: {"PIP_CONFIG_FILE": str(configuration(folder / "x.conf", decoy))},
    "http_proxy": lambda folder, decoy: {"http_proxy": f"http://{decoy.destination}"},
    "ALL_PROXY": lambda folder, decoy: {"ALL_PROXY": f"http://{decoy.destination}"},
    "PIP_PROXY": lambda folder, decoy: {"PIP_PROXY": f"http://{decoy.destination}"},
    "user": of_the_user,
    "legacy user": of_the_user_as_it_was,
    "machine": of_the_machine,
}
NEEDS_POSIX = {"legacy user", "machine"}


def projects(version: str) -> dict[str, list[Sdist | Wheel]]:
    """An sdist, what it is built with, and what it needs."""
    return {
        "built": [Sdist("built", version, requires=["dep"], backend_requires=["tool"])],
        "tool": [Wheel("tool", version)],
        "dep": [Wheel("dep", version)],
    }


def bare_environment(home: Path) -> dict[str, str]:
    """The one of this process, without what it may have of the like."""
    dropped = ("PIP_", "XDG_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(dropped)}
    kept = {name: value for name, value in kept.items() if not name.upper().endswith("_PROXY")}
    return kept | dict.fromkeys(("HOME", "USERPROFILE", "APPDATA"), str(home))


def bare_pip(index: StaticIndex, folder: Path) -> list[str]:
    """Run the command that an account would type to get one wheel from the index."""
    words = [sys.executable, "-m", "pip", "download", "-d", str(folder / "got"), "--retries", "0"]
    return [*words, "--index-url", index.url, "dep"]


@pytest.mark.parametrize(
    "name", [variant(name, daily=name in ("PIP_EXTRA_INDEX_URL", "user")) for name in SURROUNDINGS]
)
def test_surroundings_that_send_pip_elsewhere_do_not_reach_it(tmp_path: Path, name: str) -> None:
    """A bare pip asks the decoy; the hermetic one does not, although nothing guards it, nor does its build's child."""
    if ON_WINDOWS and name in NEEDS_POSIX:
        pytest.skip("Windows keeps that file where a test must not write")
    with StaticIndex(projects("1.0")) as index, StaticIndex(projects("2.0")) as decoy:
        hostile = bare_environment(tmp_path) | SURROUNDINGS[name](tmp_path / "home", decoy)
        run(bare_pip(index, tmp_path), timeout=120, env=hostile)
        led_astray = len(decoy.asked)
        hermetic = offline_pip(index.url, tmp_path / "work", surroundings=hostile, guarded=False)
        ran = hermetic.install([group("built")], imports=False)
        asked = decoy.asked[led_astray:]

    assert led_astray
    assert asked == []
    assert {dist.name: dist.version for dist in ran.installed} == {"built": "1.0", "dep": "1.0"}


def test_passwords_of_the_account_are_not_sent(tmp_path: Path) -> None:
    """`~/.netrc` has some for the index's host: a bare pip sends them, the hermetic one does not."""
    home = tmp_path / "home"
    home.mkdir()
    for name in (".netrc", "_netrc"):
        (home / name).write_text("machine 127.0.0.1 login ann password secret\n", encoding="utf-8")
        (home / name).chmod(0o600)
    with StaticIndex(projects("1.0")) as index:
        hostile = bare_environment(tmp_path) | {"HOME": str(home), "USERPROFILE": str(home)}
        run(bare_pip(index, tmp_path), timeout=120, env=hostile)
        sent = len(index.authorizations)
        hermetic = offline_pip(index.url, tmp_path / "work", surroundings=hostile)
        ran = hermetic.install([group("built")], imports=False)
        more = index.authorizations[sent:]

    assert sent
    assert (ran.ok, more) == (True, [])


def test_no_index_does_not_reach_pip(tmp_path: Path) -> None:
    """PIP_NO_INDEX=1 of the account would make every requirement fail."""
    with StaticIndex(projects("1.0")) as index:
        hostile = bare_environment(tmp_path) | {
            "PIP_NO_INDEX": "1",
            "PIP_REQUIRE_HASHES": "1",
            "PYTHONHOME": str(tmp_path),
        }
        ran = offline_pip(index.url, tmp_path, surroundings=hostile).install([group("built")], imports=False)

    assert ran.ok


def test_the_open_edition_goes_where_its_own_configuration_sends_it(tmp_path: Path) -> None:
    """A line without a URL: indexes and trust are taken from the account's pip settings, nothing else."""
    command = "{python} -m pip install {requirement}"
    with StaticIndex(projects("1.0")) as index, StaticIndex(projects("2.0")) as elsewhere:
        own = bare_environment(tmp_path) | {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
        (tmp_path / "pip.conf").write_text(f"[install]\nindex-url = {index.url}\nno-deps = yes\n", encoding="utf-8")
        right = offline_pip(index.url, tmp_path / "right", pip_command=command, surroundings=own)
        wrong = offline_pip(elsewhere.url, tmp_path / "wrong", pip_command=command, surroundings=own)
        there, refused = right.install([group("built")]), wrong.install([group("built")])
        asked = elsewhere.asked

    assert {"built", "dep"} == {dist.name for dist in there.installed}
    assert {index.destination} == {refusal.destination for refusal in refused.refused}
    assert (refused.ok, asked) == (False, [])
