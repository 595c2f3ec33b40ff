"""How far an upload is."""

from __future__ import annotations

import pytest

from pytest_airproof.rehearsal.uploading import Uploading

SAID = b"file_upload of demo-1.0-py3-none-any.whl to http://192.0.2.1/root/local/\n" * 10


@pytest.mark.parametrize("size", [1, 7, 14, 15, 73, 1000])
def test_every_file_is_counted_once_however_the_output_is_cut(size: int) -> None:
    """A piece may end in the middle of a word."""
    counted = Uploading(10, lambda _name, /, **_: None, clock=lambda: 0.0)
    for start in range(0, len(SAID), size):
        counted.heard(SAID[start : start + size])

    assert 10 == counted.done


def test_the_time_that_is_left_is_told_from_time_to_time() -> None:
    """From the files so far; an upload that is over in a moment tells nothing."""
    told: list[tuple[str, dict[str, str]]] = []
    clock = iter([0.0, 1.0, 3.0, 4.0, 30.0])
    counted = Uploading(40, lambda name, /, **values: told.append((name, values)), clock=lambda: next(clock))
    for _ in range(4):
        counted.heard(SAID)

    assert [
        ("uploading", {"done": "20", "files": "40", "left": "3"}),
        ("uploading", {"done": "40", "files": "40", "left": "0"}),
    ] == told
