"""The projects that were asked for and need a file that pip cannot use."""

from __future__ import annotations

import pytest

from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Pin, Reading
from airproof.probes.index.simple import Link

CLICK = Pin("click", "8.0", Link("click-8.0-py3-none-any.whl", "http://192.0.2.10/click"))


@pytest.mark.parametrize(
    ("requirements", "askers"),
    [(("Flask>=2",), ("flask",)), (("click", "flask"), ("click",)), (("flask", "typer"), ("flask", "typer"))],
)
def test_the_victims_of_a_file_are_whoever_asked(requirements: tuple[str, ...], askers: tuple[str, ...]) -> None:
    """The file's own project where it was asked for itself, else all that install together with it."""
    readings = Readings("here", "26.0", (GroupReading("-p", requirements, True, Reading((CLICK,))),))

    assert askers == readings.askers(CLICK.link.filename, ["click"])
    assert () == readings.askers("other-1.0-py3-none-any.whl", ["other"])
