"""The record as metrics, for node_exporter's textfile collector and whatever else reads that format.

Only gauges, and a last line `# EOF`, so that the text is valid in Prometheus' own format and in OpenMetrics 1.0. Times
are in seconds, and the run's since 1970: the alert rule asks how old it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from airproof.printable import one_line
from airproof.record.outcome import Verdict
from airproof.record.report import Report
from airproof.record.summary import LoadSummary, LoadTimes
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
LOAD_METRICS = {
    "airproof_load_activation_seconds": "metric-load-activation",
    "airproof_load_answer_seconds": "metric-load-answer",
    "airproof_load_activations_per_minute": "metric-load-rate",
    "airproof_load_activations_failed": "metric-load-failed",
    "airproof_load_hosts_in_time": "metric-load-held",
}
"""Those of a load; they stand there only where one was sent."""
Sample = tuple[str, dict[str, str], float]
"""Name of the metric, labels, value."""


def render(report: Report, lang: Lang, context: Context = ALONE) -> str:
    return several([(report, context)], lang)


def several(parts: Sequence[tuple[Report, Context]], lang: Lang) -> str:
    """All samples of one metric stand together, whatever site or host they are of."""
    samples = [sample for report, context in parts for sample in _of_site(report, context)]
    lines = []
    measured = {name for name, _, _ in samples}
    for name, meaning in (METRICS | {name: LOAD_METRICS[name] for name in LOAD_METRICS if name in measured}).items():
        lines += [f"# HELP {name} {_escaped(Wording(lang)(meaning))}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels(labels)} {_number(value)}" for metric, labels, value in samples if metric == name]
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
    if report.summary.load is not None:
        yield from _of_load(report.summary.load, labels)


def _of_load(load: LoadSummary, labels: dict[str, str]) -> Iterator[Sample]:
    """A quantile of which nobody knows more than that it took longer is infinite."""
    for step in load.steps:
        of_step = {**labels, "at_once": str(step.hosts)}
        for quantile, seconds in _quantiles(step.activation):
            yield "airproof_load_activation_seconds", {**of_step, "quantile": quantile}, seconds
        for kind, times in (("page", step.pages), ("metadata", step.metadata), ("file", step.files)):
            for quantile, seconds in _quantiles(times):
                yield "airproof_load_answer_seconds", {**of_step, "kind": kind, "quantile": quantile}, seconds
        yield "airproof_load_activations_per_minute", of_step, step.per_minute
        yield "airproof_load_activations_failed", of_step, step.failed + step.unfinished
    if load.activation_time and load.steps:
        yield "airproof_load_hosts_in_time", labels, load.held


def _quantiles(times: LoadTimes | None) -> Iterator[tuple[str, float]]:
    if times is not None:
        for quantile, seconds in (("0.5", times.p50), ("0.95", times.p95), ("0.99", times.p99)):
            yield quantile, math.inf if seconds is None else seconds


def _number(value: float) -> str:
    return "+Inf" if math.isinf(value) else f"{value:.15g}"


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    """One line, in which nothing ends a label."""
    return one_line(text).replace("\\", "\\\\").replace('"', '\\"')
