"""JUnit XML for CI systems: one test case for each check and subject, and one for the verdict itself.

CI is red exactly where the verdict is not *accepted*. So a check that does not count (advised, without `--strict`) is
*skipped* with `advised: ...` where it failed or could not look; and the last case, `verdict`, fails with the verdict,
because a run that judged nothing has no other red case.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Entry, Report
from airproof.renderers.causes import counter
from airproof.renderers.overview import offline_sentence
from airproof.renderers.printable import lines, one_line
from airproof.renderers.remedy import Remedy
from airproof.renderers.verdict import next_step, scope_of, verdict_line
from airproof.renderers.wording import Wording
from airproof.words import Lang, Text

MOST_VICTIMS = 50
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def render(report: Report, lang: Lang) -> str:
    suite = ET.Element("testsuite", name="airproof")
    if _MOMENT.fullmatch(report.run.started):  # a record that somebody changed may hold anything
        suite.set("timestamp", report.run.started.removesuffix("Z"))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(report, lang):
        ET.SubElement(properties, "property", name=name, value=one_line(value, 2000))
    counts = counter(report)
    for entry in report.checks:
        suite.append(_case(entry, lang, counts=counts(entry)))
    suite.append(_verdict_case(report, lang))
    totals: dict[str, str] = {
        "tests": str(len(suite.findall("testcase"))),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": str(len(suite.findall("testcase/error"))),
        "skipped": str(len(suite.findall("testcase/skipped"))),
        "time": f"{report.run.seconds:.3f}",
    }
    suite.attrib.update(totals)
    root = ET.Element("testsuites", {"name": "airproof", **totals})
    root.append(suite)
    ET.indent(root)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + ET.tostring(root, encoding="unicode") + "\n"


def _case(entry: Entry, lang: Lang, *, counts: bool) -> ET.Element:
    say = Wording(lang)
    name = f"{entry.id} {entry.title.of(lang)}" + (f" [{entry.subject}]" if entry.subject else "")
    case = ET.Element(
        "testcase",
        classname=f"airproof.{one_line(entry.family, 40)}",
        name=one_line(name),
        time=f"{entry.seconds:.3f}",
    )
    says = "; ".join(one_line(one.says.of(lang)) for one in entry.findings) or one_line(entry.title.of(lang))
    reason = one_line(_said(entry.reason, lang)) or say("no-reason")
    match entry.outcome:
        case Outcome.PASSED:
            if entry.evidence is not None:
                ET.SubElement(case, "system-out").text = _block(_said(entry.evidence, lang))
        case Outcome.FAILED if counts:
            kind = ",".join(dict.fromkeys(one.cause for one in entry.findings)) or "failed"
            failure = ET.SubElement(case, "failure", message=one_line(says, 1000), type=one_line(kind))
            failure.text = "\n\n".join(_details(entry, lang))
        case Outcome.FAILED:
            ET.SubElement(case, "skipped", message=one_line(say("advised-prefix", text=says), 1000))
            ET.SubElement(case, "system-out").text = "\n\n".join(_details(entry, lang))
        case Outcome.BROKEN | Outcome.BLOCKED:
            text = say("with-reason", title=say.outcome(entry.outcome), reason=reason)
            if counts:
                ET.SubElement(case, "error", message=one_line(text, 1000), type=entry.outcome.value)
            else:
                ET.SubElement(case, "skipped", message=one_line(say("advised-prefix", text=text), 1000))
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


def _verdict_case(report: Report, lang: Lang) -> ET.Element:
    case = ET.Element("testcase", classname="airproof", name="verdict", time="0.000")
    line = verdict_line(report, lang)
    kind = {Verdict.ACCEPTED: "system-out", Verdict.REJECTED: "failure", Verdict.INCONCLUSIVE: "error"}[report.verdict]
    said = ET.SubElement(case, kind)
    if report.verdict is not Verdict.ACCEPTED:
        said.attrib.update(message=line, type=report.verdict.value)
    said.text = f"{line}\n{next_step(report, lang)}"
    return case


def _details(entry: Entry, lang: Lang) -> Iterator[str]:
    say = Wording(lang)
    for one in entry.findings:
        yield "\n".join(
            [
                _block(one.says.of(lang)),
                *([say("victims", names=say.some(map(_name, one.victims), MOST_VICTIMS))] if one.victims else []),
                say("remedy-line", text=Remedy.of(one).prose(lang)),
                *(f"  {command}" for command in Remedy.of(one).pasted),
            ]
        )
    yield f"{say('why-it-matters')}: {_block(entry.why.of(lang))}"


def _properties(report: Report, lang: Lang) -> Iterator[tuple[str, str]]:
    yield "verdict", report.verdict.value
    yield "scope", scope_of(report, lang)
    yield "url", report.site.url
    yield "command", report.run.command
    yield "engine", report.run.engine
    yield "offline", offline_sentence(report, lang)
    yield "airproof", report.tool.version
    yield "python", report.tool.python
    yield "schema", report.schema


def _name(name: str) -> str:
    return one_line(name, 120)


def _said(text: Text | None, lang: Lang) -> str:
    return text.of(lang) if text is not None else ""


def _block(text: str) -> str:
    """Several lines, without the characters that XML 1.0 cannot hold: they stand as their escapes."""
    return "\n".join(lines(text))
