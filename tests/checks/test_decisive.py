"""The line of pip's that an unexplained failure quotes."""

from __future__ import annotations

import pytest

from airproof.probes.pip.facts import decisive


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("WARNING: a\nERROR: first\nERROR: No matching distribution found for a\nnote: later\n", "last error"),
        ("ERROR: Exception:\nTraceback (most recent call last):\n  File x\nLookupError: unknown encoding: x\n", "end"),
        ("something else\n", "only"),
        ("", "none"),
    ],
)
def test_the_line_with_which_pip_ends_is_quoted(said: str, line: str) -> None:
    """Below `ERROR: Exception:` the traceback's own end says what it was."""
    wanted = {
        "last error": "ERROR: No matching distribution found for a",
        "end": "LookupError: unknown encoding: x",
        "only": "something else",
        "none": "-",
    }

    assert wanted[line] == decisive(said)
