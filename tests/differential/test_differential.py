"""airproof as a target's judge, and real pips, over random indexes: every verdict and every version is the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.differential.compare import compare
from tests.probes.pythons import each_pip

CASES = int(os.environ.get("AIRPROOF_DIFFERENTIAL", "45"))
FIRST = int(os.environ.get("AIRPROOF_DIFFERENTIAL_FIRST", "0"))


@pytest.mark.parametrize("executable", each_pip())
def test_a_target_is_judged_as_its_pip_would_judge(executable: str, tmp_path: Path) -> None:
    """Installations of pip are accepted, in the same versions, and failures of pip are not."""
    found = compare(executable, range(FIRST, FIRST + CASES), tmp_path)

    assert () == found.differing
    assert 0 < found.accepted < found.cases
