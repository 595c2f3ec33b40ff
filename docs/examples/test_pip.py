from pytest_airproof.packages import Wheel


def test_everything_that_is_needed_is_there(airproof_index, airproof_pip):
    airproof_index.upload(Wheel("demo", requires=("base",)), Wheel("base", "2.0"))

    outcome = airproof_pip(airproof_index, "demo")

    assert outcome.ok, outcome.output
    assert {"demo": "1.0", "base": "2.0"} == outcome.installed


def test_something_was_forgotten(airproof_index, airproof_pip):
    airproof_index.upload(Wheel("demo", requires=("base",)))

    outcome = airproof_pip(airproof_index, "demo")

    assert not outcome.ok
    assert "No matching distribution found for base" in outcome.output


def test_a_requirements_file_cannot_send_pip_elsewhere(airproof_index, airproof_pip, tmp_path):
    airproof_index.upload(Wheel("demo"))
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("--extra-index-url http://packages.example/simple/\ndemo\n")

    outcome = airproof_pip(airproof_index, wanted)

    assert outcome.ok, outcome.output
    assert ["--extra-index-url http://packages.example/simple/"] == [line.text for line in outcome.option_lines]
