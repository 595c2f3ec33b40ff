"""The upper part of the HTML report: what to do next, the matrix, and the checks, each in one language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from airproof.printable import clip
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Entry, RecordedFinding, Report
from airproof.renderers.context import ALONE, Context
from airproof.renderers.html.markup import Markup, bdi, block, el, joined, plain, rich, within
from airproof.renderers.parts.alike import alike
from airproof.renderers.parts.causes import Cause, causes_of
from airproof.renderers.parts.matrix import Cell, Row, matrix_of
from airproof.renderers.parts.overview import counts_sentence, families_of, victims_of, where_of
from airproof.renderers.parts.remedy import MOST_PROSE, Remedy, Todo, ToldBefore, script_of, todos_of
from airproof.renderers.parts.verdict import step_of
from airproof.renderers.text.wording import Wording

ROOM = {"causes": 40_000, "script": 12_000, "matrix": 36_000, "checks": 60_000}
"""Bytes that a section may take in one language, so that the whole stays a file to mail."""
MOST_VICTIMS = 30
MOST_PASSED_ROWS = 30
"""Rows without any red that the matrix still lists."""
MARKS = {
    Outcome.PASSED: "✓",
    Outcome.FAILED: "✗",
    Outcome.BROKEN: "?",
    Outcome.BLOCKED: "…",
    Outcome.WAIVED: "≈",
    Outcome.NOT_APPLICABLE: "–",
}
CELLS = {Cell.PASSED: "✓", Cell.FAILED: "✗", Cell.ADVISED: "!", Cell.WAIVED: "≈", Cell.OPEN: "?", Cell.NOT_ASKED: "–"}


class Judgement:
    """Sections of one report in one language."""

    def __init__(self, report: Report, say: Wording, context: Context = ALONE) -> None:
        self.report = report
        self.say = say
        self.context = context

    def next(self) -> Iterator[Markup]:
        found = causes_of(self.report)
        yield el("p", _capital(step_of(self.report, self.say.lang)), class_="lead")
        if found.counting:
            yield self._causes(found.counting)
        elif self.report.verdict is Verdict.ACCEPTED:
            yield el("p", self.say("nothing-to-mend"))
        for heading, causes in (("advised-causes", found.advised), ("waived-causes", found.waived)):
            if causes:
                yield el("h3", self.say(heading))
                yield self._causes(causes)
        yield from self._script([*found.counting, *found.advised])

    def _causes(self, causes: Sequence[Cause]) -> Markup:
        told = ToldBefore()
        drawn = (self._cause(number, cause, told) for number, cause in enumerate(causes, 1))
        kept, whole = within(drawn, ROOM["causes"])
        left = [] if whole else [el("p", self.say.count("more", len(causes) - len(kept)), class_="left")]
        return joined([el("ol", *kept, class_="causes"), *left])

    def _cause(self, number: int, cause: Cause, told: ToldBefore) -> Markup:
        parts = [el("p", rich(self.say.text(cause.says)), class_="says")]
        if cause.victims:
            victims = victims_of(cause, self.report)
            names: list[Markup] = [el("code", bdi(victim, 120)) for victim in victims[:MOST_VICTIMS]]
            left = len(victims) - len(names)
            more = [plain(" " + self.say.count("more", left))] if left > 0 else []
            listed = joined([*(part for name in names for part in (name, " ")), *more])
            parts.append(el("p", self._slot("victims", "names", listed), class_="victims"))
        parts.append(el("p", self.say("where", names=self.say.some(where_of(cause, self.report, self.say), 8))))
        if cause.waiver is not None:
            parts.append(el("p", self.say("reason-line", text=self.say.text(cause.waiver))))
        todos = todos_of(cause.remedies, self.say.lang)
        before = told.number(number, todos)
        if before is not None:
            todos = [Todo((self.say("remedy-as-before", number=before),), ())]
        parts += [self.todo(todo) for todo in todos]
        parts.append(el("p", self.say("found-by", checks=self.say.some(cause.found_by, 6)), class_="small"))
        return el("li", *parts)

    def _slot(self, key: str, name: str, value: Markup) -> Markup:
        """Our own sentence with markup in its place."""
        before, after = self.say(key, **{name: "\x00"}).split("\x00")
        return joined([before, " " if before else "", value, after])

    def todo(self, todo: Todo) -> Markup:
        """Each command by itself: two that follow each other may be typed on two machines."""
        prose = [el("p", rich(one, MOST_PROSE)) for one in todo.proses]
        commands = [el("pre", el("code", block(command))) for command in todo.commands]
        return el("div", el("p", self.say("remedy"), class_="label"), *prose, *commands, class_="remedy")

    def _script(self, causes: Sequence[Cause]) -> Iterator[Markup]:
        if not causes:
            return
        steps = ((clip(self.say.text(cause.says), 300), cause.remedies) for cause in causes)
        kept, whole = within((block(line) for line in script_of(steps, self.say.lang)), ROOM["script"])
        if not whole:
            kept.append(block(f"# {self.say('cut')}"))
        yield el("h3", self.say("script"))
        yield el("p", self.say("script-note"), class_="small")
        yield el("pre", el("code", Markup("\n".join(kept))), class_="script", tabindex="0")

    def matrix(self) -> Iterator[Markup]:
        matrix = matrix_of(self.report, self.context.members)
        if not matrix.rows or not matrix.targets:
            yield el("p", self.say("matrix-empty"))
            return
        calm = [row for row in matrix.rows if set(row.cells) <= {Cell.PASSED, Cell.NOT_ASKED}]
        red = matrix.rows[: len(matrix.rows) - len(calm)]
        listed = [*red, *calm[:MOST_PASSED_ROWS]]
        kept, _ = within(map(self._row, listed), ROOM["matrix"])
        head = [
            self.say("matrix-requirement"),
            *(bdi(target, 500) for target in matrix.targets),
            self.say("matrix-group"),
        ]
        table = el(
            "table",
            el("thead", el("tr", *(el("th", one, scope="col") for one in head))),
            el("tbody", *kept),
        )
        yield el("div", table, class_="scroll", tabindex="0", role="group", aria_label=self.say("matrix"))
        left = len(matrix.rows) - len(kept)
        if left:
            noun = "rest-passed" if len(kept) >= len(red) else "rest-other"
            yield el("p", self.say.count(noun, left), class_="left")

    def _row(self, row: Row) -> Markup:
        cells = [
            el(
                "td",
                el("span", CELLS[cell], aria_hidden="true"),
                " ",
                self.say(f"cell-{cell.value}"),
                class_=f"cell {cell.value}",
            )
            for cell in row.cells
        ]
        groups = self.say.some(row.groups, 3)
        return el("tr", el("th", bdi(row.requirement), scope="row"), *cells, el("td", bdi(groups)))

    def checks(self) -> Iterator[Markup]:
        yield el("p", self.say("all-outcomes", counts=counts_sentence(self.report.checks, self.say.lang)))
        room = ROOM["checks"]
        for family in families_of(self.report):
            entries = alike(family.entries)
            kept, whole = within(map(self._check, entries), room)
            room -= sum(len(one.encode()) for one in kept)
            yield el(
                "h3",
                el("span", family.name, class_="id"),
                " ",
                self.say.family(family.name),
                el("span", counts_sentence(family.entries, self.say.lang), class_="counts"),
            )
            yield el("ul", *kept, class_="checks")
            if not whole:
                yield el("p", self.say.count("more", len(entries) - len(kept)), class_="left")

    def _check(self, entry: Entry) -> Markup:
        outcome = entry.outcome.value.replace(" ", "-")
        told = entry.evidence or entry.reason
        head = [el("code", bdi(entry.id, 40)), " ", rich(self.say.text(entry.title))]
        if entry.subject:
            head += [" ", el("span", bdi(entry.subject, 500), class_="subject")]
        body = [el("p", *head, class_="title")]
        if told is not None:
            body.append(el("p", rich(self.say.text(told)), class_="told"))
        body += [self._finding(finding) for finding in entry.findings[:MOST_VICTIMS]]
        if len(entry.findings) > MOST_VICTIMS:
            body.append(el("p", self.say.count("more", len(entry.findings) - MOST_VICTIMS), class_="left"))
        why = el("details", el("summary", self.say("why-it-matters")), el("p", rich(self.say.text(entry.why))))
        mark = el("span", MARKS[entry.outcome], class_="mark", aria_hidden="true")
        badge = el(
            "p",
            mark,
            el("span", self.say.outcome(entry.outcome)),
            el("small", self.say.level(entry.level)),
            class_="badge",
        )
        return el("li", badge, el("div", *body, why), class_=f"check {outcome}")

    def _finding(self, finding: RecordedFinding) -> Markup:
        return el(
            "div",
            el("p", rich(self.say.text(finding.says))),
            el(
                "dl",
                joined(
                    part
                    for key, value in (("found", finding.found), ("wanted", finding.wanted))
                    for part in (el("dt", self.say(key)), el("dd", el("code", bdi(as_json(value), 300))))
                ),
                class_="pairs",
            ),
            *(self.todo(todo) for todo in todos_of([Remedy.of(finding)], self.say.lang)),
            class_="finding",
        )


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def as_json(value: Any) -> str:
    """JSON where it is that; the record may be made in memory of anything comparable."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError):
        return repr(value)
