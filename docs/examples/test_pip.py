from pathlib import Path

import pytest

from pytest_airproof import Index, Pip, Wheel


def test_everything_that_is_needed_is_there(airproof_index: Index, airproof_pip: Pip) -> None:
    airproof_index.upload(Wheel("demo", requires=("base",)), Wheel("base", "2.0"))

    installation = airproof_pip(airproof_index, "demo").check()

    assert {"demo": "1.0", "base": "2.0"} == installation.installed


def test_something_was_forgotten(airproof_index: Index, airproof_pip: Pip) -> None:
    airproof_index.upload(Wheel("demo", requires=("base",)))

    with pytest.raises(AssertionError, match="No matching distribution found for base"):
        airproof_pip(airproof_index, "demo").check()


def test_a_requirements_file_cannot_send_pip_elsewhere(
    airproof_index: Index, airproof_pip: Pip, tmp_path: Path
) -> None:
    airproof_index.upload(Wheel("demo"))
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("--extra-index-url http://packages.example/simple/\ndemo\n")

    installation = airproof_pip(airproof_index, wanted).check()

    assert ["--extra-index-url http://packages.example/simple/"] == [line.text for line in installation.option_lines]
