"""The record for a ticket: verdict, causes and remedies open, everything else folded. GitHub-flavoured Markdown.

Text from outside is either escaped prose or a code span or block whose fence is longer than any run of backticks in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from airproof.printable import clip, lines, one_line, printable
from airproof.record.file import digest_of
from airproof.record.report import Entry, Report
from airproof.renderers.context import ALONE, Context
from airproof.renderers.parts.alike import alike
from airproof.renderers.parts.causes import Cause, Causes, causes_of, label_of
from airproof.renderers.parts.matrix import MARKS, Cell, CellNote, matrix_of
from airproof.renderers.parts.overview import (
    counts_sentence,
    families_of,
    offline_sentence,
    run_parts,
    victims_of,
    where_of,
)
from airproof.renderers.parts.perhost_words import flow_sentences, host_sentences
from airproof.renderers.parts.remedy import ToldBefore, advice_of
from airproof.renderers.parts.since import changes_of, headline, last_line
from airproof.renderers.parts.sites import host_verdict, past, site_name, sites_line
from airproof.renderers.parts.verdict import next_step, verdict_line
from airproof.renderers.plan import blocks_of
from airproof.renderers.text.dates import when
from airproof.renderers.text.loaded import COLUMNS as LOAD_COLUMNS
from airproof.renderers.text.loaded import load_row, load_sentences
from airproof.renderers.text.wording import Wording
from airproof.words import Lang

LIMIT = 60_000
"""Characters; ticket systems take 65,536."""
MOST_VICTIMS = 20
MOST_CHANGES = 20
MOST_ROWS = 30
"""Rows of the matrix."""
_SPECIAL = re.compile(r"[\\`*_\[\]>|~$^]")
_AT_START = re.compile(r"^(?=[-+=#:])")
_NUMBERED = re.compile(r"^(\d+)(?=[.)](?:\s|$))")
_MENTION = re.compile(r"@(?=\w)")
_CODE = re.compile(r"`([^`]+)`|(\b(?:https?|ftp|file)://[^\s`]*[^\s`.,;:)、。，；：）])")


def render(report: Report, lang: Lang, context: Context = ALONE) -> str:
    return _fitted(_blocks(report, lang, context), lang)


def several(parts: Sequence[tuple[Report, Context]], lang: Lang) -> str:
    """One ticket: the worst verdict, and what each site has to say in its share of the room."""
    heads = [f"## {prose(sites_line([report for report, _ in parts], lang))}"]
    heads += [f"- {code(site_name(report, lang))} {prose(verdict_line(report, lang))}" for report, _ in parts]
    room = (LIMIT - len("\n\n".join(heads)) - 4) // len(parts)
    told = [
        _fitted([f"---\n\n{code(site_name(report, lang))}", *_blocks(report, lang, context)], lang, room)
        for report, context in parts
    ]
    return "\n\n".join([heads[0], "\n".join(heads[1:]), *told])


def _fitted(blocks: Iterable[str], lang: Lang, limit: int = LIMIT) -> str:
    """As many whole blocks as there is room for, and a note where that is not all of them."""
    say = Wording(lang)
    note = f"*{prose(say('cut'))}*\n"
    room = limit - len(note) - 2
    kept: list[str] = []
    for block in blocks:
        room -= len(block) + 2
        if room < 0:
            return "\n\n".join([*kept, note])
        kept.append(block)
    return "\n\n".join(kept) + "\n"


def prose(text: str) -> str:
    """One line of escaped text: no markup, no element, nobody mentioned. Backticks and URLs become code spans."""
    text = one_line(text, 1500)
    parts, end = [], 0
    for found in _CODE.finditer(text):
        parts += [_escaped(text[end : found.start()]), code(found[1] or found[2])]
        end = found.end()
    whole = "".join([*parts, _escaped(text[end:])])
    return _NUMBERED.sub(r"\1\\", _AT_START.sub(r"\\", whole))


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return _MENTION.sub("@<!-- -->", _SPECIAL.sub(r"\\\g<0>", text))


def code(text: str) -> str:
    """A code span that its content cannot end."""
    text = one_line(text, 300)
    fence = "`" * (_longest_run(text) + 1)
    inner = f" {text} " if text.startswith("`") or text.endswith("`") else text
    return f"{fence}{inner}{fence}" if text else ""


def block(text: str) -> str:
    """A fenced code block that its content cannot end."""
    text = "\n".join(lines(clip(text, 4000)))
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def _blocks(report: Report, lang: Lang, context: Context) -> Iterator[str]:
    """Each stands for itself, so that the ticket may be cut between any two."""
    say = Wording(lang)
    yield f"## {prose(last_line(report, context, lang))}"
    yield prose(next_step(report, lang))
    if context.against is not None:
        yield prose(headline(context.against, lang))
    yield "\n".join(_about(report, context, say))
    found = causes_of(report)
    told = ToldBefore()
    for heading, causes in found.lists:
        yield f"### {say(heading)}"
        for cause in causes:
            yield from _cause(cause, report, say, told)
    yield from _matrix(report, found, context, say)
    if not context.hosts:
        for step in blocks_of(report):
            yield f"### {say(step.place)}"
            yield block("\n".join(step.commands))
    yield from _beside(context, say)
    yield from () if context.hosts else _per_host(report, say)
    yield from () if context.hosts else _load(report, say)
    yield f"### {say('checks')}"
    for family in families_of(report):
        summary = (
            f"{printable(family.name)} {say.family(family.name)} — {counts_sentence(family.entries, report, lang)}"
        )
        yield "\n".join(
            [
                f"<details><summary>{_html(summary)}</summary>",
                "",
                *(_entry(entry, say) for entry in alike(family.entries)),
                "",
                "</details>",
            ]
        )
    yield f"### {say('offline')}"
    yield prose(offline_sentence(report, lang))
    for part in run_parts(report, lang):
        yield ""
        yield prose(part)
    yield f"{say('env-tool')}: {prose(f'{report.tool.name} {report.tool.version}, Python {report.tool.python}')}"


def _about(report: Report, context: Context, say: Wording) -> Iterator[str]:
    """Yield the index, the time and the machine, and the digest that ties the ticket to the record."""
    pairs = [
        ("env-url", code(report.site.url)),
        ("env-wheelhouse", code(report.site.wheelhouse or "")),
        ("env-started", prose(when(report.run.started, say.lang))),
    ]
    if not context.hosts:  # a table has each host with its own digest
        pairs += [("host", code(report.summary.machine)), ("sign-hash", code(digest_of(report)))]
    yield from (f"- {say('key-value', name=say(name), value=value)}" for name, value in pairs if value)


def _matrix(report: Report, found: Causes, context: Context, say: Wording) -> Iterator[str]:
    """The worst rows first."""
    matrix = matrix_of(report, found, context.members)
    if not (matrix.rows and matrix.targets):
        return
    yield f"### {say('matrix')}"
    cells = [[prose(say("matrix-requirement")), *map(_cell_code, matrix.targets)], ["---"] * (1 + len(matrix.targets))]
    for row in matrix.rows[:MOST_ROWS]:
        noted = zip(row.cells, row.notes, strict=True)
        cells.append([_cell_code(row.requirement), *(_cell(cell, note, say) for cell, note in noted)])
    yield "\n".join(f"| {' | '.join(row)} |" for row in cells)
    if len(matrix.rows) > MOST_ROWS:
        yield say.count("more", len(matrix.rows) - MOST_ROWS)


def _cell_code(text: str) -> str:
    """A bar ends a cell, also within code."""
    return code(text).replace("|", "\\|")


def _cell(cell: Cell, note: CellNote, say: Wording) -> str:
    """The version where it passed, else the numbers of the causes."""
    if cell is Cell.PASSED and note.version:
        return f"{MARKS[cell]} {_cell_code(note.version)}"
    causes = f" {say('cell-cause', numbers=', '.join(map(str, note.causes)))}" if note.causes else ""
    return f"{MARKS[cell]} {say(f'cell-{cell.value}')}{'' if cell is Cell.PASSED else causes}"


def _per_host(report: Report, say: Wording) -> Iterator[str]:
    """Would each flow activate; and the hosts compared, where there are several."""
    flows = [text for _, text in flow_sentences(report, say.lang)]
    for name, told in (("flows", flows), ("hosts", host_sentences(report, say.lang))):
        if told:
            yield f"### {say(name)}"
            yield "\n".join(f"- {prose(sentence)}" for sentence in told)


def _load(report: Report, say: Wording) -> Iterator[str]:
    """Each number of hosts that activated at once, and what they come to."""
    load = report.summary.load
    if load is None:
        return
    yield f"### {say('load')}"
    if load.steps:
        cells = [[say(key) for key in LOAD_COLUMNS], ["---"] * len(LOAD_COLUMNS)]
        cells += [[prose(cell) for cell in load_row(step, say)] for step in load.steps]
        yield "\n".join(f"| {' | '.join(row)} |" for row in cells)
    yield "\n".join(f"- {prose(sentence)}" for sentence in load_sentences(load, say))


def _beside(context: Context, say: Wording) -> Iterator[str]:
    """Yield the changes since the baseline, and the hosts that were joined."""
    if context.against is not None and (changes := changes_of(context.against, say.lang)):
        yield f"### {say('since')}"
        for part in changes:
            left = len(part.items) - MOST_CHANGES
            items = [f"- {prose(item)}" for item in part.items[:MOST_CHANGES]]
            more = [f"- {say.count('more', left)}"] if left > 0 else []
            yield "\n".join([f"**{part.heading}**", "", *items, *more])
    if context.hosts:
        yield f"### {say('hosts')}"
        cells = [[say("host"), say("host-verdict"), say("host-when"), say("host-before"), say("sign-hash")]]
        cells.append(["---"] * 5)
        cells += [
            [
                prose(host.name),
                prose(host_verdict(host, say.lang)),
                prose(when(host.report.run.started, say.lang)),
                prose(past(host, say.lang)),
                code(host.digest),
            ]
            for host in context.hosts
        ]
        yield "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _cause(cause: Cause, report: Report, say: Wording, told: ToldBefore) -> Iterator[str]:
    yield f"**{cause.number}. {prose(say.text(cause.says))}** ({prose(say.some(cause.found_by, 5))})"
    yield from (f"- {code(label)} {prose(says.of(say.lang))}" for label, says in [*cause.also.items()][:MOST_VICTIMS])
    if cause.victims:
        yield say("victims", names=say.some(map(code, victims_of(cause, report)), MOST_VICTIMS))
    if cause.waiver is not None:
        yield say("reason-line", text=prose(say.text(cause.waiver)))
    yield prose(say("where", names=say.some(where_of(cause, report, say), 8)))
    todos = advice_of(cause.remedies, say.lang)
    if (before := told.number(cause.number, todos)) is not None:
        yield say("remedy-line", text=say("remedy-as-before", number=before))
        return
    for todo in todos:
        yield from (say("remedy-line", text=prose(sentence)) for sentence in todo.proses)


def _entry(entry: Entry, say: Wording) -> str:
    told = entry.evidence or entry.reason
    said = [f"{prose(say.text(entry.title))}"]
    if told is not None:
        said.append(prose(say.text(told)))
    said += [prose(say.text(finding.says)) for finding in entry.findings[:MOST_VICTIMS]]
    level, outcome = say.level(entry.level), say.outcome(entry.outcome)
    return f"- **{outcome}** {code(label_of(entry))} ({level}) {' — '.join(said)}"


def _html(text: str) -> str:
    """In an element of ours: no other one, nobody mentioned, no link."""
    text = one_line(text)
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("[", "&#91;")):
        text = text.replace(char, entity)
    return _MENTION.sub("@<!-- -->", text)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
