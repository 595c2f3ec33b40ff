"""The record as metrics, for node_exporter's textfile collector and whatever else reads that format.

Only gauges, and a last line `# EOF`, so that the text is valid in Prometheus' own format and in OpenMetrics 1.0. Times
are in seconds, and the run's since 1970: the alert rule asks how old it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airproof.printable import one_line
from airproof.record.outcome import Verdict
from airproof.record.report import Report
from airproof.renderers.context import ALONE, Context
from airproof.renderers.parts.causes import causes_of
from airproof.renderers.parts.sites import site_name
from airproof.renderers.text.dates import time_of
from airproof.renderers.text.wording import Wording
from airproof.words import Lang

METRICS = {
    "airproof_verdict": "metric-verdict",
    "airproof_exit_code": "metric-exit-code",
    "airproof_run_timestamp_seconds": "metric-timestamp",
    "airproof_run_duration_seconds": "metric-duration",
    "airproof_causes": "metric-causes",
    "airproof_requirements": "metric-requirements",
}
"""Name to the key of what it means, in the order of the text."""
Sample = tuple[str, dict[str, str], float]
"""Name of the metric, labels, value."""


def render(report: Report, lang: Lang, context: Context = ALONE) -> str:
    return several([(report, context)], lang)


def several(parts: Sequence[tuple[Report, Context]], lang: Lang) -> str:
    """All samples of one metric stand together, whatever site or host they are of."""
    samples = [sample for report, context in parts for sample in _of_site(report, context)]
    lines = []
    for name, meaning in METRICS.items():
        lines += [f"# HELP {name} {_escaped(Wording(lang)(meaning))}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels(labels)} {value:.15g}" for metric, labels, value in samples if metric == name]
    return "\n".join([*lines, "# EOF", ""])


def _of_site(report: Report, context: Context) -> Iterator[Sample]:
    """Each host of a joined report has its own samples."""
    site = site_name(report, "en")
    hosts = [(member.name, member.report) for member in context.hosts] or [(report.summary.machine, report)]
    for name, told in hosts:
        yield from _of_host(told, {"site": site, "host": name})


def _of_host(report: Report, labels: dict[str, str]) -> Iterator[Sample]:
    for verdict in Verdict:
        yield "airproof_verdict", {**labels, "verdict": verdict.value}, float(report.verdict is verdict)
    yield "airproof_exit_code", labels, report.exit_code
    started = time_of(report.run.started)  # a record without a time is as old as can be
    yield "airproof_run_timestamp_seconds", labels, started.timestamp() if started else 0
    yield "airproof_run_duration_seconds", labels, report.run.seconds
    for level, causes in causes_of(report).by_level.items():
        yield "airproof_causes", {**labels, "level": level}, len(causes)
    yield "airproof_requirements", labels, report.scope.requirements


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    """One line, in which nothing ends a label."""
    return one_line(text).replace("\\", "\\\\").replace('"', '\\"')
