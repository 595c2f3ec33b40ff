"""Reports to look at: the made-up records, and one whose names are as long as names get."""

from __future__ import annotations

from airproof.record.outcome import Outcome
from airproof.record.report import RehearsalStep, Report
from airproof.words import LANGS, Lang
from tests.browser.opening import SCHEMES, Scheme
from tests.renderers.records import (
    HERE,
    NAME,
    RESOLVES,
    accepted,
    entry,
    finding,
    rejected,
    report,
    slow_under_load,
    text,
)

LONG = "a-very-long-name-that-somebody-gave-to-a-project-" * 5 + "x" * 120
TARGETS = ("cp311-manylinux_2_28_x86_64", "omflow-1.1-windows-server-2019-in-the-branch-office", "cp37-win32", HERE)


def long_names() -> Report:
    """Everything that may be long is: projects, groups, targets, URLs, commands, values, facts."""
    found = finding(
        "missing",
        text(f"`{LONG}` is missing for {TARGETS[1]}.", f"缺少 {TARGETS[1]} 的 `{LONG}`。"),
        text("Fetch it.", "請下載。"),
        victims=(LONG, f"{LONG}-2"),
        found=[LONG],
        wanted=f"{LONG}>=1",
        commands=(f'pip download "{LONG}" -d WHEELS',),
    )
    failed = [entry("DEP01", RESOLVES, Outcome.FAILED, subject=target, findings=(found,)) for target in TARGETS]
    return report(
        NAME,
        *failed,
        entry("PIP02", RESOLVES, subject=LONG, evidence=text(LONG)),
        groups={f"{LONG}.txt": (f"{LONG}>=1.0", "requests"), "flow": ("requests",)},
        targets=TARGETS,
        steps=(
            RehearsalStep("2", text("Make the folder", "建立資料夾"), f"devpi-init --serverdir={LONG}", 1, 1.0, LONG),
        ),
        facts={LONG: {LONG: [LONG]}},
        command="rehearse",
    )


PAGES = {"rejected": rejected, "accepted": accepted, "slow": slow_under_load, "long-names": long_names}
SEEN: list[tuple[str, Lang, Scheme]] = [
    *(("rejected", lang, scheme) for lang in LANGS for scheme in SCHEMES),
    ("accepted", "en", "dark"),
    ("accepted", "zh-TW", "light"),
    ("slow", "en", "light"),
    ("slow", "zh-TW", "dark"),
    ("long-names", "en", "light"),
    ("long-names", "zh-TW", "dark"),
]
"""Record, language and colours: all of them for the one that is read with most care."""
