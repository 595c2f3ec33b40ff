"""For all tests: pytester, to run pytest inside of them. The plug-in itself comes by its entry point.

A test of something optional (a browser, an old Python) skips with a reason that begins with `absent:` where it is not
there. With AIRPROOF_EVERYTHING set, as CI sets it, such a skip is a failure: nothing may go unexamined by accident.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Generator

import hypothesis
import pytest

pytest_plugins = ["pytester"]
hypothesis.settings.register_profile("airproof", deadline=None)  # a busy machine fails no test
hypothesis.settings.load_profile("airproof")
gc.set_threshold(100_000)  # thousands of tests are no garbage: looking for it took a fifteenth of the time
# Else each command that a test starts compiles airproof anew, which takes a third more time:
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
EVERYTHING = bool(os.environ.get("AIRPROOF_EVERYTHING"))


def pytest_configure() -> None:
    """A process in the background hears no Ctrl-C, one under nohup no closed terminal, nor do their children: the tests
    send both.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    reason = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else ""
    if EVERYTHING and reason.removeprefix("Skipped: ").startswith("absent:"):
        report.outcome = "failed"
        report.longrepr = f"{reason} (and AIRPROOF_EVERYTHING is set)"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the skips, one line for each reason: a list of them all would bury the failures."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = (report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr) for report in skipped)
    for reason, count in sorted(Counter(reasons).items()):
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}")
