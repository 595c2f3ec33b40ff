import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_airproof import FaultyIndex, Pip, Wheel


@pytest.fixture
def faulty(airproof_faulty: FaultyIndex, airproof_pip: Pip) -> FaultyIndex:
    airproof_faulty.upload(Wheel("demo"))
    airproof_pip(airproof_faulty, "demo").check()  # healthy until a test asks for a fault
    return airproof_faulty


def test_the_page_of_a_project_is_missing(faulty: FaultyIndex, airproof_pip: Pip) -> None:
    faulty.status(404, on="*/demo/")

    assert "No matching distribution found for demo" in airproof_pip(faulty, "demo").output


def test_the_server_fails_for_a_while(faulty: FaultyIndex, airproof_pip: Pip) -> None:
    faulty.status(500, times=2)

    airproof_pip(faulty, "demo", retries=2).check()


def test_the_server_fails_for_good(faulty: FaultyIndex, airproof_pip: Pip) -> None:
    faulty.status(500, on="*.whl")

    assert "500" in airproof_pip(faulty, "demo", retries=1).output


def test_a_file_never_comes(faulty: FaultyIndex, airproof_pip: Pip) -> None:
    faulty.hang(on="*.whl")

    assert "Read timed out" in airproof_pip(faulty, "demo", timeout=1, retries=1).output


def test_a_drip_outlasts_each_timeout_but_your_own(faulty: FaultyIndex, tmp_path: Path) -> None:
    faulty.drip(2, on="*.whl")
    program = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(tmp_path), "demo"]

    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(program, env={**os.environ, **faulty.env}, timeout=4, check=False)


def test_a_file_was_changed_on_its_way(faulty: FaultyIndex, airproof_pip: Pip) -> None:
    faulty.wrong_hash()

    assert "DO NOT MATCH THE HASHES" in airproof_pip(faulty, "demo").output


def test_a_proxy_strips_the_content_type(faulty: FaultyIndex, airproof_pip: Pip) -> None:
    faulty.strip_headers("Content-Type", on="*/demo/")

    assert "got Content-Type: Unknown" in airproof_pip(faulty, "demo").output


def test_a_gateway_wants_a_sign_in(faulty: FaultyIndex, airproof_pip: Pip) -> None:
    faulty.portal()

    assert "(from versions: none)" in airproof_pip(faulty, "demo").output

    faulty.heal()

    airproof_pip(faulty, "demo").check()
