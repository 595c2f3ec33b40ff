"""The table of renderers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from airproof.record.file import encode
from airproof.renderers import RENDERERS
from tests.renderers.records import accepted


def test_the_renderers_are_known() -> None:
    """The names are what `--format` takes, in this order."""
    named = "terminal markdown junit json html github openmetrics nagios cyclonedx locust"

    assert named.split() == list(RENDERERS)


@pytest.mark.parametrize("name", list(RENDERERS))
def test_rendering_twice_gives_the_same(name: str) -> None:
    """A renderer is a pure function."""
    first = RENDERERS[name](accepted(), "en")

    assert first == RENDERERS[name](accepted(), "en")


def test_json_is_the_record_itself() -> None:
    """The JSON rendering is the record's own bytes, in either language."""
    assert encode(accepted()).decode() == RENDERERS["json"](accepted(), "zh-TW")


def test_importing_the_table_imports_no_renderer() -> None:
    """Start-up pays only for the renderer in use."""
    code = (
        "import sys, airproof.renderers; print(sorted(n for n in sys.modules if n.startswith('airproof.renderers.')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
