"""How large a file devpi takes, and when a rehearsal raises that."""

from __future__ import annotations

import pytest

from airproof.medium.sizes import BESIDE, BODY_SIZE, DEFAULT, STEP
from airproof.probes.transcript import Packed
from pytest_airproof.rehearsal.bodysize import body_limit, raised_limit


def test_the_limit_is_what_the_options_say() -> None:
    """The last one counts, in either spelling; without any it is devpi's own."""
    assert DEFAULT == body_limit(("--offline-mode",))
    assert 5 == body_limit((f"{BODY_SIZE}=7", BODY_SIZE, "5"))


@pytest.mark.parametrize(("size", "raised"), [(1, 0), (DEFAULT - BESIDE, 0), (DEFAULT, 2 * STEP), (3 * STEP, 4 * STEP)])
def test_the_limit_is_raised_for_the_largest_sound_file(size: int, raised: int) -> None:
    """In whole GiB, with room for what an upload has beside the file; what is not uploaded does not count."""
    packed = (Packed("a", "", size=size), Packed("b", "damaged-wheel", size=99 * STEP))

    assert raised == raised_limit(packed, DEFAULT)
