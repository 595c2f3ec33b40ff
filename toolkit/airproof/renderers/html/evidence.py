"""The lower part of the HTML report: the rehearsal, the proof of being offline, facts, environment and sign-off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from airproof.record.report import RehearsalStep, Report
from airproof.renderers.html.judgement import as_json
from airproof.renderers.html.markup import Markup, bdi, block, el, rich, within
from airproof.renderers.parts.overview import MOST_REFUSED, offline_parts, run_parts
from airproof.renderers.parts.versions import versions_of
from airproof.renderers.text.dates import when
from airproof.renderers.text.wording import Wording

ROOM_STEPS = 24_000
ROOM_FACTS = 70_000
"""Bytes; the facts stand once, for both languages."""
MOST_LISTED = 200
MOST_HOSTS = 40
MOST_FACT = 8_000
MOST_OUTPUT = 1_500
"""Characters of one fact and of one command's output; of an output the end counts."""


class Evidence:
    """Sections of one report in one language."""

    def __init__(self, report: Report, say: Wording) -> None:
        self.report = report
        self.say = say

    def timeline(self) -> Iterator[Markup]:
        total = sum(max(0.0, one.seconds) for one in self.report.steps) or 1.0
        starts = [0.0]
        for step in self.report.steps:
            starts.append(starts[-1] + max(0.0, step.seconds))
        rows = (self._step(one, at / total, total) for one, at in zip(self.report.steps, starts, strict=False))
        kept, whole = within(rows, ROOM_STEPS)
        yield el("ol", *kept, class_="steps")
        if not whole:
            yield el("p", self.say.count("more", len(self.report.steps) - len(kept)), class_="left")

    def _step(self, step: RehearsalStep, at: float, total: float) -> Markup:
        share = max(0.004, max(0.0, step.seconds) / total)
        bar = el(
            "svg",
            el("rect", x=f"{1000 * at:.0f}", y="0", width=f"{1000 * share:.0f}", height="6"),
            viewBox="0 0 1000 6",
            preserveAspectRatio="none",
            aria_hidden="true",
        )
        ended = self.say("stopped") if step.exit_code is None else self.say("exit-code", code=step.exit_code)
        facts = f"{ended} · {self.say('seconds', seconds=f'{step.seconds:.2f}')}"
        output = step.output if len(step.output) <= MOST_OUTPUT else "…" + step.output[-MOST_OUTPUT:]
        folded = [el("details", el("summary", self.say("output")), el("pre", block(output)))] if output.strip() else []
        head = el(
            "p",
            el("span", self.say("step", step=step.step), class_="number"),
            " ",
            rich(self.say.text(step.title)),
            el("span", facts, class_="counts"),
            class_="title",
        )
        return el(
            "li",
            head,
            bar,
            el("pre", el("code", block(step.command, 800))),
            *folded,
            class_="ok" if step.exit_code == 0 else "bad",
        )

    def offline(self) -> Iterator[Markup]:
        told = [*offline_parts(self.report, self.say.lang), *run_parts(self.report, self.say.lang)]
        yield el("ul", *(el("li", one) for one in told), class_="proof")
        refused = self.report.offline.refused
        if len(refused) > MOST_REFUSED:  # the sentence names a few of them
            rows = [el("li", el("code", bdi(one))) for one in refused[:MOST_LISTED]]
            left = len(refused) - len(rows)
            more = [el("li", self.say.count("more", left))] if left > 0 else []
            yield el("details", el("summary", self.say("refused-all")), el("ul", *rows, *more))

    def environment(self) -> Iterator[Markup]:
        report, say = self.report, self.say
        pip = report.site.pip_command
        rows = [
            ("env-url", report.site.url),
            ("env-kind", say.kind(report.site.kind)),
            ("env-wheelhouse", report.site.wheelhouse or ""),
            ("env-pip", say("assumed", what=pip) if report.site.pip_command_assumed else pip),
            ("env-command", "pytest" if report.run.command == "pytest" else f"airproof {report.run.command}"),
            ("env-engine", say("engine-airproof") if report.run.engine == "airproof" else say("engine-foreign")),
            ("env-started", when(report.run.started, say.lang)),
            ("env-seconds", say("seconds", seconds=f"{report.run.seconds:.1f}")),
            ("env-tool", f"{report.tool.name} {report.tool.version}, Python {report.tool.python}, {report.schema}"),
            ("env-left-out", say.some(report.run.deselected, 40)),
            ("env-exit-code", str(report.exit_code)),
        ]
        named = [(say(key), value) for key, value in rows] + list(versions_of(report))[:MOST_HOSTS]
        pairs = [part for name, value in named if value for part in (el("dt", bdi(name)), el("dd", bdi(value, 1000)))]
        yield el("dl", *pairs, class_="pairs")

    def sign_off(self, digests: Mapping[str, str]) -> Iterator[Markup]:
        """Lines to write on, and the digest of each host's record, which ties the paper to the file."""
        blank = [
            el("tr", el("th", self.say(key), scope="row"), el("td", class_="blank"))
            for key in ("sign-site", "sign-date", "sign-tester", "sign-approver")
        ]
        several = len(digests) > 1
        sealed = [
            el(
                "tr",
                el("th", self.say("sign-hash"), *([" ", bdi(host)] if several else []), scope="row"),
                el("td", el("code", digest)),
            )
            for host, digest in digests.items()
        ]
        yield el("table", el("tbody", *blank, *sealed), class_="sign")


def facts_of(report: Report) -> Iterator[Markup]:
    """Each fact folded, as indented JSON; the same in every language."""
    kept, _ = within((_fact(name, value) for name, value in report.facts.items()), ROOM_FACTS)
    yield from kept


def _fact(name: str, value: Any) -> Markup:
    text = as_json(value)
    if len(text) <= MOST_FACT:
        text = msgspec.json.format(text, indent=2)
    return el("details", el("summary", el("code", bdi(name))), el("pre", block(text, MOST_FACT)))
