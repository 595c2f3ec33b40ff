"""Changes since the baseline, in sentences: one part for each kind of change, the same in every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from airproof.printable import clip, one_line
from airproof.record.changes import IndexChange, LoadChange, NameChanges, ReadyTime
from airproof.record.compare import Change, Comparison, Lost, QuestionChange
from airproof.record.report import Report
from airproof.renderers.context import Context
from airproof.renderers.parts.causes import Causes
from airproof.renderers.parts.verdict import verdict_line
from airproof.renderers.text.dates import when
from airproof.renderers.text.wording import SEPARATOR, Wording
from airproof.words import Lang

MOST_NAMES = 12
"""Projects or files named in one sentence."""


@dataclass(frozen=True)
class Part:
    heading: str
    bad: bool
    """Something that got worse."""
    items: tuple[str, ...]
    """Printable sentences, each one line; code stands in backticks."""


def headline(against: Comparison, lang: Lang) -> str:
    """Such as "1 newly broken, 2 mended since 2026-01-31T08:00:00Z (then ACCEPTED)"."""
    say = Wording(lang)
    counted = (
        ("since-broke", len(against.broke)),
        ("since-mended", len(against.mended)),
        ("since-lost", len(against.lost)),
        ("since-added", against.index.added.count),
        ("since-removed", against.index.removed.count),
    )
    told = [say.count(noun, n) for noun, n in counted if n]
    nothing = "since-nothing" if against.now is against.verdict else "since-verdict"
    what = say.listed(told) if told else say(nothing)
    return say("since-line", what=what, started=when(against.started, lang), verdict=say.verdict(against.verdict))


def regression_line(report: Report, against: Comparison, lang: Lang, found: Causes | None = None) -> str:
    """The last line under --only-new: whether the site is worse than it was, and what it is all the same. `found`: as
    in `verdict_line`.
    """
    say = Wording(lang)
    key = {0: "regression-none", 1: "regression"}.get(against.exit_code, "regression-unknown")
    counting = sum(change.counts for change in (against.broke if against.exit_code == 1 else against.lost))
    why = say.count("since-broke" if against.exit_code == 1 else "since-lost", counting) if counting else ""
    first = say(key, started=when(against.started, lang))
    line = verdict_line(report, lang, found)
    return SEPARATOR.join([say("verdict-why", verdict=first, why=why) if why else first, line])


def last_line(report: Report, context: Context, lang: Lang, found: Causes | None = None) -> str:
    """The verdict, or under --only-new what that option asks. `found`: as in `verdict_line`."""
    if context.only_new and context.against is not None:
        return regression_line(report, context.against, lang, found)
    return verdict_line(report, lang, found)


def changes_of(against: Comparison, lang: Lang) -> list[Part]:
    """Worst first; only what there is."""
    say = Wording(lang)
    made = [
        Part(say("broke"), True, tuple(_change(change, say, broke=True) for change in against.broke)),
        Part(say("lost"), True, tuple(_lost(change, say) for change in against.lost)),
        Part(say("mended"), False, tuple(_change(change, say, broke=False) for change in against.mended)),
        Part(say("load-change"), against.load.is_worse, tuple(_load(against.load, say))) if against.load else None,
        Part(say("index-change"), False, tuple(_index(against.index, say))),
        Part(say("asked-change"), False, tuple(_asked(against.more, against.less, say))),
    ]
    return [part for part in made if part is not None and part.items]


def _change(one: Change, say: Wording, *, broke: bool) -> str:
    other = _other(one, say, broke=broke)
    said = say("change-line", label=_label(one.id, one.subject), says=one_line(say.text(one.says)), other=other)
    return said if one.counts else say("advised-prefix", text=said)


def _lost(one: Lost, say: Wording) -> str:
    now = say.outcome(one.now) if one.now is not None else say("not-judged")
    reason = one_line(say.text(one.reason), 200) if one.reason else ""
    return say(
        "change-line",
        label=_label(one.id, one.subject),
        says=say("with-reason", title=one_line(say.text(one.title), 160), reason=reason or now),
        other=say("then", outcome=say.outcome(one.before)),
    )


def _other(one: Change, say: Wording, *, broke: bool) -> str:
    """Return the baseline's entry of a check that broke, and the new record's entry of a check that was mended."""
    return say("then" if broke else "now", outcome=say.outcome(one.other) if one.other else say("not-judged"))


def _label(id: str, subject: str) -> str:
    return one_line(f"{id} ({subject})" if subject else id, 100)


def _index(index: IndexChange, say: Wording) -> Iterator[str]:
    if index.same is None or index.before is None or index.now is None:
        yield say("index-unknown")
    elif not index.same:
        yield say("index-count", before=f"{index.before:,}", now=f"{index.now:,}")
        if index.up_to:
            yield say("index-up-to", name=one_line(index.up_to, 80))
    for key, names in (
        ("projects-added", index.added),
        ("projects-removed", index.removed),
        ("files-added", index.files_added),
        ("files-removed", index.files_removed),
        ("files-changed", index.files_changed),
    ):
        if names.count:
            yield say.count(key, names.count, names=_some(names, say))
    if index.unnamed:
        yield say.count("files-unnamed", len(index.unnamed), names=say.some(map(_code, index.unnamed), MOST_NAMES))
    if any((index.files_added.count, index.files_removed.count, index.files_changed.count, index.unnamed)):
        yield say.count("pages-compared", index.pages)


def _load(load: LoadChange, say: Wording) -> Iterator[str]:
    if not load.same_files:
        yield say("load-other")
    elif load.activation_time:
        times = {"seconds": f"{load.activation_time:g}", "before": load.held_before, "now": load.held_now}
        yield say("load-held", **times)
    for step in load.steps:
        yield say.count("load-step", step.hosts, before=_ready(step.before), now=_ready(step.now))


def _ready(time: ReadyTime) -> str:
    return f"> {time.seconds:.0f}" if time.is_longer else f"{time.seconds:.2f}"


def _some(names: NameChanges, say: Wording) -> str:
    shown = [_code(name) for name in names.names[:MOST_NAMES]]
    left = names.count - len(shown)
    return say.listed([*shown, say.count("more", left)] if left > 0 else shown)


def _asked(more: QuestionChange, less: QuestionChange, say: Wording) -> Iterator[str]:
    for key, one in (("asked-more", more), ("asked-less", less)):
        names: Iterable[str] = (*one.requirements, *one.targets)
        if listed := say.some(map(_code, names), MOST_NAMES):
            yield say(key, names=listed)


def _code(name: str) -> str:
    return f"`{clip(one_line(name, 120).replace('`', chr(39)), 120)}`"
