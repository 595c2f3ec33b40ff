"""An index of the fixtures: what it takes, what it lists, and the variables that point an installer to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_airproof import BadInput, DevpiRefused, Index, Mirror, Packages, Sdist, Wheel


def test_an_upload_takes_text_paths_folders_and_packages(airproof_index: Index, airproof_packages: Packages) -> None:
    """A folder stands for its wheels and sdists; what else lies there is passed over."""
    wheel = airproof_packages.wheel("demo")
    (airproof_packages.folder / "README.txt").write_text("not a package", encoding="utf-8")
    (airproof_packages.folder / "sub").mkdir()

    taken = [
        airproof_index.upload(given) for given in (str(wheel), wheel, str(airproof_packages.folder), Wheel("base"))
    ]

    assert [(wheel.name,), (wheel.name,), (wheel.name,), (Wheel("base").filename,)] == taken


def test_it_lists_projects_and_files(airproof_index: Index) -> None:
    """Names are normalized; a project that is not there has no files."""
    airproof_index.upload(Wheel("Demo_Tool"), Sdist("base", "2"))

    assert ("base", "demo-tool") == airproof_index.projects()
    assert {"base-2.tar.gz"} == set(airproof_index.files("Base"))
    assert airproof_index.files("base")["base-2.tar.gz"].startswith(airproof_index.url)
    assert {} == airproof_index.files("absent")


def test_an_index_that_has_gone_is_an_error(airproof_index: Index) -> None:
    """It is not an index without projects."""
    with pytest.raises(DevpiRefused, match="404"):
        Index(airproof_index.server, "root/gone").files("demo")


def test_a_mirror_lists_what_its_upstream_has(airproof_mirror: Mirror) -> None:
    """The same methods work on a mirror."""
    airproof_mirror.upstream.upload(Wheel("demo"))

    assert ("demo",) == airproof_mirror.projects()
    assert {Wheel("demo").filename} == set(airproof_mirror.files("demo"))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ("dist/absent.whl", BadInput, r"dist.absent\.whl cannot be uploaded: there is no such file .*Check the path"),
        (".", BadInput, "There is no wheel or sdist in"),
        ("notes.txt", BadInput, "notes.txt cannot be uploaded: its name is not that of a wheel or sdist"),
        ("demo.whl", BadInput, "A wheel is called NAME-VERSION-TAG.whl"),
        (1, TypeError, r"upload\(1\): give paths, Wheels and Sdists"),
        ([Wheel("demo")], TypeError, "each as an argument of its own"),
    ],
    ids=["absent", "empty-folder", "other-file", "no-version", "number", "list"],
)
def test_what_cannot_be_uploaded_is_named(
    airproof_index: Index,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: Any,
    error: type[Exception],
    words: str,
) -> None:
    """The error has the input, the reason and the mend."""
    monkeypatch.chdir(tmp_path)
    if given in ("notes.txt", "demo.whl"):
        Path(given).write_text("x", encoding="utf-8")

    with pytest.raises(error, match=words):
        airproof_index.upload(given)


@pytest.mark.parametrize(
    "surroundings",
    [
        {},
        {"PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_EXTRA_INDEX_URL": "http://127.0.0.1:1/", "PIP_NO_INDEX": "1"},
        {"PIP_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"},
    ],
    ids=["plain", "other-index", "proxy"],
)
def test_a_program_that_calls_pip_uses_the_index(
    airproof_index: Index, tmp_path: Path, surroundings: dict[str, str]
) -> None:
    """The variables point pip to the index, whatever the surroundings say."""
    airproof_index.upload(Wheel("demo"))
    program = [sys.executable, "-m", "pip", "download", "--quiet", "--no-cache-dir", "--dest", str(tmp_path), "demo"]

    subprocess.run(program, env={**os.environ, **surroundings, **airproof_index.env}, check=True, timeout=120)

    assert (tmp_path / Wheel("demo").filename).is_file()


def test_uv_has_its_variables_too(airproof_index: Index) -> None:
    """The names of uv 0.13, and the one that older ones know."""
    env, url = airproof_index.env, airproof_index.simple_url

    assert [url, url, "127.0.0.1", "1"] == [
        env[name] for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INSECURE_HOST", "UV_NO_CONFIG")
    ]


def test_a_mirror_takes_no_upload(airproof_mirror: Mirror) -> None:
    """Its upstream does."""
    with pytest.raises(TypeError, match=r"takes no uploads: upload to its \.upstream"):
        airproof_mirror.upload(Wheel("demo"))


def test_an_index_has_a_user(airproof_index: Index) -> None:
    """A name without one is refused before devpi is asked."""
    with pytest.raises(ValueError, match=r"'local'\): an index is named user/index"):
        Index(airproof_index.server, "local")


def test_a_refused_upload_has_the_reason_of_devpi(airproof_index: Index) -> None:
    """devpi says it behind the status and nowhere else."""
    airproof_index.modify(acl_upload=["nobody"])

    with pytest.raises(DevpiRefused, match=r"403 no permission to submit\.$"):
        airproof_index.upload(Wheel("demo"))
