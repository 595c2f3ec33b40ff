"""Severity of an advisory: the CVSS 3.x base score of a vector, and the words none, low, medium, high, critical."""

from __future__ import annotations

from collections.abc import Iterable

SEVERITIES = ("none", "low", "medium", "high", "critical")
"""Mildest first: the ratings of CVSS 3.1, section 5."""
UNKNOWN = "unknown"
THRESHOLDS = SEVERITIES[1:]
"""Severities from which on an advisory may count."""
WORDS = {"moderate": "medium", "important": "high", "minimal": "low"}
"""Words of databases for a rating that CVSS calls otherwise."""
_LEAST = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"), (0.0, "none"))
_METRICS = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
"""By the scope: unchanged, changed."""


def base_score(vector: str) -> float | None:
    """Return the base score of a CVSS 3.0 or 3.1 vector; None for another version, or a vector that is not whole.

    Formulas of the CVSS 3.1 specification, section 7.1, with its `Roundup` of appendix A for both versions.
    """
    version, *parts = vector.strip().split("/")
    if version not in ("CVSS:3.0", "CVSS:3.1"):
        return None
    told = dict(part.partition(":")[::2] for part in parts)
    scope = told.get("S", "")
    try:
        weight = {name: values[told[name]] for name, values in _METRICS.items()}
        privileges = _PRIVILEGES[scope][told["PR"]]
    except KeyError:
        return None
    lost = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    impact = 6.42 * lost if scope == "U" else 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15
    if impact <= 0:
        return 0.0
    exploitable = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    return _roundup(min((impact + exploitable) * (1.0 if scope == "U" else 1.08), 10.0))


def rating(score: float) -> str:
    """Return the word for a base score."""
    return next(word for least, word in _LEAST if score >= least)


def rated(word: str) -> str:
    """Return the rating that a database's own word means, such as MODERATE; `unknown` for any other word."""
    lowered = word.strip().lower()
    lowered = WORDS.get(lowered, lowered)
    return lowered if lowered in SEVERITIES else UNKNOWN


def worst(severities: Iterable[str]) -> str:
    """Return the severest rating; `unknown` where none is known."""
    return max(severities, key=lambda word: SEVERITIES.index(word) if word in SEVERITIES else -1, default=UNKNOWN)


def counts(severity: str, threshold: str) -> bool:
    """Say whether a severity reaches the threshold. An unknown one does: malicious packages are published without."""
    return severity == UNKNOWN or SEVERITIES.index(severity) >= SEVERITIES.index(threshold)


def _roundup(score: float) -> float:
    whole = round(score * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10
