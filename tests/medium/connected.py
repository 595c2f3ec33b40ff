"""The connected side of these tests: an index on loopback, and pip configured to it and to nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from airproof.site.manifest import Manifest, read_manifest
from pytest_airproof.packages import Package, Sdist, Wheel

WINDOWS, LINUX = "cp37-win32", "cp311-manylinux2014_x86_64"
FAR = ("cp311-cp311-macosx_11_0_arm64", "cp311-cp311-win32", "cp39-cp39-manylinux_2_17_x86_64")
"""Wheels that fit no target of these tests, and some of them nearly."""
INDEX: dict[str, list[Package]] = {
    "app": [Wheel("app", requires=("native>=1", 'backport; python_version < "3.8"'))],
    "native": [
        Wheel("native", "1.5", tag="cp37-cp37m-win32"),
        Wheel("native", "1.6", tag="cp311-cp311-win_amd64"),
        Wheel("native", "2.0", tag="cp311-cp311-manylinux_2_17_x86_64"),
    ],
    "backport": [Wheel("backport")],
    "twin": [Wheel("twin"), Wheel("twin", "2.0")],
    "source": [Sdist("source", "3.0"), Wheel("source", "2.0", tag="cp38-cp38-win_amd64")],
    "built": [Sdist("built", backend_requires=("maker>=2",))],
    "maker": [Wheel("maker"), Wheel("maker", "2.0", requires=("part",))],
    "part": [Sdist("part", backend_requires=("setuptools>=40.8.0",))],
    "setuptools": [Wheel("setuptools", "68.0.0"), Wheel("setuptools", "75.0.0", tag="cp311-none-any")],
    "wheel": [Wheel("wheel", "0.42.0")],
    "stuck": [Sdist("stuck", backend_requires=("halfmaker",))],
    "halfmaker": [Wheel("halfmaker", requires=("nowhere>=1",))],
    "lib": [Wheel("lib", requires=('slow<2; python_full_version < "3.11.3"', 'slow; python_full_version >= "3.11.3"'))],
    "slow": [Wheel("slow"), Wheel("slow", "2.0")],
    "early": [Wheel("early"), Wheel("early", "2.0", requires=("beta>=1",))],
    "beta": [Wheel("beta", "1.1b1")],
    "far": [Wheel("far", tag=tag) for tag in FAR],
    "mixed": [*(Wheel("mixed", tag=tag) for tag in FAR), Sdist("mixed")],
    "devpi-server": [Wheel("devpi-server")],
    "devpi-client": [Wheel("devpi-client")],
    "cyclonedx-python-lib": [Wheel("cyclonedx-python-lib", "11.0", requires=("part-of-it",))],
    "part-of-it": [Wheel("part-of-it")],
}
OWN = Wheel("airproof", "0.1.0", extras={"sbom": ("cyclonedx-python-lib>=11",)})
"""Stands for airproof's own wheel: of an editable installation, as a developer has it, none can be made."""
Carry = Callable[..., int]
"""Runs `airproof carry MEDIUM` with more words."""


def configure_pip(patch: pytest.MonkeyPatch, folder: Path, **settings: str) -> None:
    """pip's whole configuration; `folder` takes an empty file of it and airproof's cache. The variables of whoever runs
    the tests are gone.
    """
    for name in ("INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "NO_INDEX", "CERT", "PROXY"):
        patch.delenv(f"PIP_{name}", raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        patch.delenv(name, raising=False)
        patch.delenv(name.upper(), raising=False)
    (folder / "pip.conf").write_text("[global]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items()))
    patch.setenv("PIP_CONFIG_FILE", str(folder / "pip.conf"))
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        patch.setenv(name, str(folder / "cache"))


def manifest_in(folder: Path) -> Manifest:
    """Return the manifest of the medium below that folder."""
    found = read_manifest(folder / "medium")
    if found is None:
        raise FileNotFoundError(folder / "medium")
    return found
