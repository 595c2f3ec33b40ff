"""A load in words: a row of each number of hosts, and what they come to, for every format alike."""

from __future__ import annotations

from collections.abc import Iterator

from airproof.printable import one_line
from airproof.record.summary import LoadStepSummary, LoadSummary, LoadTimes, ServingProcess
from airproof.renderers.text.wording import Wording

COLUMNS = ("load-hosts", "load-rate", "load-activation", "load-pages", "load-metadata", "load-files", "load-failed")
"""Keys of the heads of a table's columns."""
TROUBLES = {"at-once": "load-trouble-at-once", "open": "load-trouble-open"}
"""Keys of the sentences of troubles that did not come after all repetitions."""
MOST_TROUBLES = 6
MEGA = 1_000_000


def load_row(step: LoadStepSummary, say: Wording) -> tuple[str, ...]:
    """Return the cells of a step: hosts, activations a minute, three times of 50, 95 and 99 in 100, and failures."""
    failed = say("load-failed-of", failed=f"{step.failed:,}", unfinished=f"{step.unfinished:,}")
    return (
        f"{step.hosts:,}",
        f"{step.per_minute:,.0f}" if step.per_minute >= 10 else f"{step.per_minute:.1f}",
        _seconds(step.activation, step, say),
        *(_milliseconds(times) for times in (step.pages, step.metadata, step.files)),
        failed if step.failed or step.unfinished else "0",
    )


def load_line(step: LoadStepSummary, say: Wording) -> str:
    """Return a step as one sentence."""
    hosts, rate, activation, pages, metadata, files, failed = load_row(step, say)
    told = say("load-line", rate=rate, activation=activation, pages=pages, files=files, failed=failed)
    parts = [told] if step.metadata is None else [told, say("load-line-metadata", metadata=metadata)]
    return say("load-of", hosts=hosts, told=say.listed(parts))


def load_sentences(load: LoadSummary, say: Wording, *, brief: bool = False) -> Iterator[str]:
    """Yield what the steps come to, each as one sentence: who was in time, what went wrong, and what limits it all.

    `brief`: without what only explains the numbers.
    """
    if not brief:
        yield from _asks(load, say)
    if load.activation_time and any(not step.stopped for step in load.steps):
        values = {"limit": f"{load.activation_time:g}", "held": f"{load.held:,}", "wanted": f"{load.wanted:,}"}
        key = "load-in-time" if load.too_slow is None else "load-not-in-time" if load.held else "load-never-in-time"
        yield say(key, too_slow=f"{load.too_slow or 0:,}", **values)
    if load.steps and load.steps[-1].hosts < load.hosts:
        yield say("load-ended", last=f"{load.steps[-1].hosts:,}", hosts=f"{load.hosts:,}")
    for step in load.steps:
        yield from _step_sentences(step, say, brief=brief)
    shown = next(((step, step.server) for step in reversed(load.steps) if step.server is not None), None)
    if shown is not None:
        yield _server_sentence(*shown, say)
    if not brief:
        yield from _notes(load, say)


def _asks(load: LoadSummary, say: Wording) -> Iterator[str]:
    for profile in load.profiles:
        count, label = sum(map(len, profile.pips)), one_line(profile.label, 80)
        size = f"{profile.size / MEGA:,.1f}"
        yield say("load-asks", label=label, requests=f"{count:,}", size=size, pips=len(profile.pips))
        if profile.elsewhere:
            yield say("load-elsewhere", label=label, requests=f"{profile.elsewhere:,}")


def _notes(load: LoadSummary, say: Wording) -> Iterator[str]:
    if repeated := [f"{step.hosts:,}" for step in load.steps if step.repeated]:
        yield say("load-repeated", hosts=say.listed(repeated))
    if load.same_machine:
        yield say("load-same-machine")
    yield say("load-means")


def _step_sentences(step: LoadStepSummary, say: Wording, *, brief: bool) -> Iterator[str]:
    hosts = f"{step.hosts:,}"
    for trouble in step.troubles[:MOST_TROUBLES]:
        values = {"kind": one_line(trouble.kind, 60), "count": f"{trouble.count:,}"}
        yield say(
            TROUBLES.get(trouble.ending, "load-trouble"),
            hosts=hosts,
            example=one_line(trouble.example, 200) or "-",
            **values,
        )
    if step.retried and not brief:
        yield say("load-retried", hosts=hosts, retried=f"{step.retried:,}")
    if step.stopped:
        yield say("load-stopped", hosts=hosts)
    if step.is_limited:
        yield say("load-limited", hosts=hosts, busy=f"{step.own_busy:.1f}", seconds=f"{step.seconds:.1f}")


def _server_sentence(step: LoadStepSummary, server: ServingProcess, say: Wording) -> str:
    share = 100 * server.busy / step.seconds if step.seconds else 0.0
    values = {"program": one_line(server.program, 60), "threads": server.threads, "busy": f"{server.busy:.1f}"}
    told = say(
        "load-server",
        hosts=f"{step.hosts:,}",
        share=f"{share:.0f}",
        seconds=f"{step.seconds:.1f}",
        memory=f"{server.memory / MEGA:,.0f}",
        **values,
    )
    if server.read is None:
        return told
    return say.listed([told, say("load-server-disk", read=f"{server.read / MEGA:,.1f}")])


def load_seconds(step: LoadStepSummary) -> str:
    """Return the seconds after which 95 in 100 were ready; the time of the step where more of them were not."""
    ready = step.activation.p95 if step.activation is not None else None
    return f"> {step.seconds:.0f}" if ready is None else f"{ready:.2f}"


def _seconds(times: LoadTimes | None, step: LoadStepSummary, say: Wording) -> str:
    """Return 50, 95 and 99 in 100, in seconds; what did not come to its end took longer than the step."""
    if times is None:
        return say("load-none")
    shown = (
        f"{value:.2f}" if value is not None else f"> {step.seconds:.0f}" for value in (times.p50, times.p95, times.p99)
    )
    return say("load-seconds", times=" / ".join(shown))


def _milliseconds(times: LoadTimes | None) -> str:
    """Return the same in milliseconds; a dash where nothing was asked."""
    if times is None:
        return "-"
    return " / ".join("?" if value is None else f"{value * 1000:,.0f}" for value in (times.p50, times.p95, times.p99))
