"""Costs of an installed airproof: its version asked for, and its plug-in in a pytest that does not use it.

Both are milliseconds on top of a start that is itself uneven, so the best of many runs is held against the best.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from tests.bench.measure import Row, best_difference, by_turns, timed

VERSION_REACH, PLUGIN_REACH = 0.100, 0.020


def version(folder: Path, runs: int) -> Row:
    """`airproof --version` over a Python that does nothing."""
    script = Path(sysconfig.get_path("scripts")) / ("airproof.exe" if sys.platform == "win32" else "airproof")
    taken = by_turns(
        runs,
        {
            "airproof": lambda: timed([script, "--version"], cwd=folder),
            "bare": lambda: timed([sys.executable, "-c", "pass"], cwd=folder),
        },
    )
    more = best_difference(taken["airproof"], taken["bare"])
    return Row(
        "`airproof --version` / bare Python",
        taken["airproof"],
        taken["bare"],
        "≤ +100 ms",
        more <= VERSION_REACH,
        f"+{more * 1000:.0f} ms",
    )


def plugin(folder: Path, runs: int) -> Row:
    """pytest on one empty test, without any installed plug-in but this one, and without any at all."""
    (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_nothing.py"]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    taken = by_turns(
        runs,
        {
            "airproof": lambda: timed([*pytest, "-p", "pytest_airproof"], cwd=folder, env=alone),
            "bare": lambda: timed(pytest, cwd=folder, env=alone),
        },
    )
    more = best_difference(taken["airproof"], taken["bare"])
    return Row(
        "pytest with the plug-in unused / without it",
        taken["airproof"],
        taken["bare"],
        "≤ +20 ms",
        more <= PLUGIN_REACH,
        f"{more * 1000:+.0f} ms",
    )
