"""Annotations for a GitHub workflow: the verdict, and one for each cause and each check that could not look.

A workflow shows ten annotations of each kind and step, so there are at most nine: the verdict, what counts most, and
how much is left.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from airproof.printable import one_line
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.renderers.context import ALONE, Context
from airproof.renderers.parts.causes import Cause, causes_of, counter, label_of
from airproof.renderers.parts.remedy import todos_of
from airproof.renderers.parts.since import headline, last_line
from airproof.renderers.parts.verdict import next_step
from airproof.renderers.text.wording import Wording
from airproof.words import Lang

LEVELS = ("error", "warning", "notice")
"""Worst first."""
MOST_VICTIMS = 20
MOST = 7
"""Annotations beside that of the verdict, and that which counts the others."""


def render(report: Report, lang: Lang, context: Context = ALONE) -> str:
    return "".join(f"{line}\n" for line in _commands(report, lang, context))


def _commands(report: Report, lang: Lang, context: Context) -> Iterator[str]:
    """With a baseline only what is new is annotated: a workflow is shown what its change did."""
    say = Wording(lang)
    first = [last_line(report, context, lang), next_step(report, lang)]
    if context.against is not None:
        first.append(headline(context.against, lang))
    yield _command("notice", "airproof", "\n".join(first))
    told = sorted(_causes(report, context, say), key=lambda annotation: LEVELS.index(annotation[0]))
    yield from (_command(*annotation) for annotation in told[:MOST])
    if len(told) > MOST:
        yield _command("notice", "airproof", say.count("more", len(told) - MOST))


def _causes(report: Report, context: Context, say: Wording) -> Iterator[tuple[str, str, str]]:
    """Level, title and message of each cause, and of each check that could not look."""
    whole = causes_of(report)
    found = whole if context.against is None else causes_of(_news(report, context))
    for level, causes in zip(LEVELS, found.by_level.values(), strict=True):
        for cause in causes:
            number = next((whole.numbers[says] for says in cause.sentences if says in whole.numbers), cause.number)
            yield level, say.some(cause.found_by, 3), f"{number}. {_message(cause, say)}"
    counts = counter(report)
    for entry in report.checks:
        if entry.outcome is Outcome.BROKEN and context.is_new(entry):
            title = f"{say.text(entry.title)}: {say.text(entry.reason) if entry.reason else say('no-reason')}"
            label = f"{label_of(entry)} {say.outcome(entry.outcome)}"
            yield "error" if counts(entry) else "warning", label, one_line(title)


def _news(report: Report, context: Context) -> Report:
    """The report with those findings alone that the baseline does not have."""
    kept = tuple(
        msgspec.structs.replace(check, findings=context.news(check))
        for check in report.checks
        if check.outcome is Outcome.FAILED and (context.news(check) or (not check.findings and context.is_new(check)))
    )
    return msgspec.structs.replace(report, checks=kept)


def _message(cause: Cause, say: Wording) -> str:
    parts = [one_line(say.text(cause.says))]
    if cause.victims:
        parts.append(say("victims", names=say.some((one_line(victim, 100) for victim in cause.victims), MOST_VICTIMS)))
    if cause.waiver is not None:
        parts.append(say("waived-prefix", text=one_line(say.text(cause.waiver))))
    for todo in todos_of(cause.remedies, say.lang):
        parts += [
            *(say("remedy-line", text=prose) for prose in todo.proses),
            *(f"  {command}" for command in todo.commands),
        ]
    return "\n".join(parts)


def _command(level: str, title: str, message: str) -> str:
    """A workflow command. Line ends and what ends a property are escaped: no text from outside begins another one."""
    for char, escape in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        message = message.replace(char, escape)
    title = one_line(title, 200)
    for char, escape in (("%", "%25"), (":", "%3A"), (",", "%2C")):
        title = title.replace(char, escape)
    return f"::{level} title={title}::{message}"
