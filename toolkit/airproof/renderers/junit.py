"""JUnit XML for CI systems: one test case for each check and subject, and one for the verdict itself.

CI is red exactly where the verdict is not *accepted*. So a check that does not count (advised, without `--strict`) is
*skipped* with `advised: ...` where it failed or could not look; and the last case, `verdict`, fails with the verdict,
because a run that judged nothing has no other red case.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence

from airproof.printable import lines, one_line
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Entry, Report
from airproof.renderers.context import ALONE, Context
from airproof.renderers.parts.causes import counter
from airproof.renderers.parts.overview import offline_sentence
from airproof.renderers.parts.remedy import Remedy
from airproof.renderers.parts.since import headline, last_line
from airproof.renderers.parts.sites import host_times, host_verdict, site_name
from airproof.renderers.parts.verdict import next_step, scope_of
from airproof.renderers.text.wording import Wording
from airproof.words import Lang, Text

MOST_VICTIMS = 50
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
COUNTS = ("tests", "failures", "errors", "skipped")


def render(report: Report, lang: Lang, context: Context = ALONE) -> str:
    return several([(report, context)], lang)


def several(parts: Sequence[tuple[Report, Context]], lang: Lang) -> str:
    """A suite for each site."""
    root = ET.Element("testsuites", name="airproof")
    for number, (report, context) in enumerate(parts):
        name = "airproof" if len(parts) == 1 else f"airproof {number + 1}: {site_name(report, lang)}"
        root.append(_suite(report, lang, context, name))
    for key in COUNTS:
        root.set(key, str(sum(int(suite.attrib[key]) for suite in root)))
    root.set("time", f"{sum(max(0.0, report.run.seconds) for report, _ in parts):.3f}")
    ET.indent(root)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + ET.tostring(root, encoding="unicode") + "\n"


def _suite(report: Report, lang: Lang, context: Context, name: str) -> ET.Element:
    suite = ET.Element("testsuite", name=one_line(name))
    if _MOMENT.fullmatch(report.run.started):  # a record that somebody changed may hold anything
        suite.set("timestamp", report.run.started.removesuffix("Z"))
    properties = ET.SubElement(suite, "properties")
    for key, value in _properties(report, lang, context):
        ET.SubElement(properties, "property", name=key, value=one_line(value, 2000))
    counts = counter(report)
    for entry in report.checks:
        suite.append(_case(entry, lang, context, counts=counts(entry)))
    suite.append(_verdict_case(report, lang, context))
    states = {"tests": "", "failures": "/failure", "errors": "/error", "skipped": "/skipped"}
    for key in COUNTS:
        suite.set(key, str(len(suite.findall(f"testcase{states[key]}"))))
    suite.set("time", f"{max(0.0, report.run.seconds):.3f}")
    return suite


def _case(entry: Entry, lang: Lang, context: Context, *, counts: bool) -> ET.Element:
    """With a baseline, what it knows already is skipped: red is what broke since."""
    say = Wording(lang)
    new = bool(context.news(entry)) or (not entry.findings and context.is_new(entry))
    findings = context.news(entry) or entry.findings
    name = f"{entry.id} {entry.title.of(lang)}" + (f" [{entry.subject}]" if entry.subject else "")
    case = ET.Element(
        "testcase",
        classname=f"airproof.{one_line(entry.family, 40)}",
        name=one_line(name),
        time=f"{entry.seconds:.3f}",
    )
    says = "; ".join(one_line(finding.says.of(lang)) for finding in findings) or one_line(entry.title.of(lang))
    reason = one_line(_said(entry.reason, lang)) or say("no-reason")
    match entry.outcome:
        case Outcome.PASSED:
            if entry.evidence is not None:
                ET.SubElement(case, "system-out").text = _block(_said(entry.evidence, lang))
        case Outcome.FAILED if counts and new:
            kind = ",".join(dict.fromkeys(finding.cause for finding in findings)) or "failed"
            failure = ET.SubElement(case, "failure", message=one_line(says, 1000), type=one_line(kind))
            failure.text = "\n\n".join(_details(entry, lang))
        case Outcome.FAILED:
            said = say("advised-prefix" if new else "known", text=says)
            ET.SubElement(case, "skipped", message=one_line(said, 1000))
            ET.SubElement(case, "system-out").text = "\n\n".join(_details(entry, lang))
        case Outcome.BROKEN | Outcome.BLOCKED:
            text = say("with-reason", title=say.outcome(entry.outcome), reason=reason)
            if counts and new:
                ET.SubElement(case, "error", message=one_line(text, 1000), type=entry.outcome.value)
            else:
                said = say("advised-prefix" if new else "known", text=text)
                ET.SubElement(case, "skipped", message=one_line(said, 1000))
        case Outcome.WAIVED:
            ET.SubElement(case, "skipped", message=one_line(say("waived-prefix", text=reason), 1000))
            ET.SubElement(case, "system-out").text = "\n\n".join(_details(entry, lang))
        case Outcome.NOT_APPLICABLE:
            ET.SubElement(
                case,
                "skipped",
                message=one_line(say("with-reason", title=say.outcome(entry.outcome), reason=reason), 1000),
            )
    return case


def _verdict_case(report: Report, lang: Lang, context: Context) -> ET.Element:
    """As red as the exit code; with a baseline as red as the regression."""
    case = ET.Element("testcase", classname="airproof", name="verdict", time="0.000")
    line = last_line(report, context, lang)
    verdict = report.verdict
    text = f"{line}\n{next_step(report, lang)}"
    if context.against is not None:
        verdict = {0: Verdict.ACCEPTED, 1: Verdict.REJECTED}.get(context.against.exit_code, Verdict.INCONCLUSIVE)
        text += f"\n{headline(context.against, lang)}"
    kind = {Verdict.ACCEPTED: "system-out", Verdict.REJECTED: "failure", Verdict.INCONCLUSIVE: "error"}[verdict]
    said = ET.SubElement(case, kind)
    if verdict is not Verdict.ACCEPTED:
        said.attrib.update(message=line, type=verdict.value)
    said.text = text
    return case


def _details(entry: Entry, lang: Lang) -> Iterator[str]:
    say = Wording(lang)
    for finding in entry.findings:
        yield "\n".join(
            [
                _block(finding.says.of(lang)),
                *(
                    [say("victims", names=say.some(map(_name, finding.victims), MOST_VICTIMS))]
                    if finding.victims
                    else []
                ),
                say("remedy-line", text=Remedy.of(finding).prose(lang)),
                *(f"  {command}" for command in Remedy.of(finding).pasted),
            ]
        )
    yield f"{say('why-it-matters')}: {_block(entry.why.of(lang))}"


def _properties(report: Report, lang: Lang, context: Context) -> Iterator[tuple[str, str]]:
    yield "verdict", report.verdict.value
    yield "scope", scope_of(report, lang)
    yield "url", report.site.url
    yield "command", report.run.command
    yield "engine", report.run.engine
    yield "offline", offline_sentence(report, lang)
    yield "airproof", report.tool.version
    yield "python", report.tool.python
    yield "schema", report.schema
    if context.against is not None:
        yield "baseline", headline(context.against, lang)
    for host in context.hosts:
        yield f"host {one_line(host.name, 100)}", f"{host_verdict(host, lang)} · {host_times(host, lang)}"


def _name(name: str) -> str:
    return one_line(name, 120)


def _said(text: Text | None, lang: Lang) -> str:
    return text.of(lang) if text is not None else ""


def _block(text: str) -> str:
    """Several lines, without the characters that XML 1.0 cannot hold: they stand as their escapes."""
    return "\n".join(lines(text))
