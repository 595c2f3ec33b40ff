from pathlib import Path

import pytest

from pytest_airproof import Index, Packages, Pip


@pytest.fixture
def wheelhouse(airproof_packages: Packages) -> Path:  # yours: return Path("wheelhouse")
    airproof_packages.wheel("demo", requires=("base",))
    airproof_packages.wheel("base")
    return airproof_packages.folder


@pytest.fixture
def requirements(tmp_path: Path) -> Path:  # yours: return Path("requirements.txt")
    path = tmp_path / "requirements.txt"
    path.write_text("demo==1.0\n")
    return path


def test_the_wheelhouse_is_complete(
    airproof_index: Index, airproof_pip: Pip, wheelhouse: Path, requirements: Path
) -> None:
    airproof_index.upload(wheelhouse)

    airproof_pip(airproof_index, requirements, imports=True).check()
