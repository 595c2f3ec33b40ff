"""Base scores of CVSS 3.x vectors; the expected ones are those of FIRST's own calculator and of NVD."""

from __future__ import annotations

import pytest

from airproof.custody.cvss import base_score, counts, rated, rating


@pytest.mark.parametrize(
    ("vector", "score", "word"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, "critical"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0, "critical"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, "medium"),
        ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4, "medium"),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8, "high"),
        ("CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1, "low"),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", 0.0, "none"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H/E:P/RL:O", 7.5, "high"),  # temporal metrics change no base score
    ],
)  # fmt: skip
def test_scores(vector: str, score: float, word: str) -> None:
    """The base score, and its word."""
    assert (score, word) == (base_score(vector), rating(score))


@pytest.mark.parametrize(
    "vector", ["", "AV:N/AC:L/Au:N/C:P/I:P/A:P", "CVSS:4.0/AV:N", "CVSS:3.1/AV:N/AC:L", "CVSS:3.1"]
)
def test_what_is_no_whole_vector_has_no_score(vector: str) -> None:
    """Other versions, and vectors that lack a metric: then the database's own word is taken."""
    assert base_score(vector) is None


def test_an_unknown_severity_counts_whatever_the_threshold_is() -> None:
    """Malicious packages are published without a severity: nobody may overlook them."""
    assert ("medium", "unknown") == (rated("MODERATE"), rated("dreadful"))
    assert [True, True, False] == [counts(word, "critical") for word in ("unknown", "critical", "high")]
