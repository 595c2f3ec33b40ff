"""The lines of `perhost`, as sentences in one language: what terminal, Markdown and HTML alike show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from airproof.printable import one_line
from airproof.record.report import Report
from airproof.renderers.parts.perhost import FlowLine, HostLine, flow_lines, host_lines
from airproof.renderers.text.wording import Wording
from airproof.words import Lang, load_texts

WORDS = Path(__file__).with_name("perhost.toml")
MOST = 200
"""Characters of one name."""
SHOWN = 4
"""Flows that are told by name where several have one reason."""
LONGEST = 500
"""Characters of all reasons together."""


def host_sentences(report: Report, lang: Lang) -> list[str]:
    """One for each host, and what stands out when they are compared; empty where there is nothing to compare."""
    hosts = host_lines(report)
    told = [sentence for one in hosts for sentence in _of_host(one, lang)]
    if told and report.summary.own_machine:
        told.append(load_texts(WORDS)["own-machine"].of(lang))
    return told


def flow_sentences(report: Report, lang: Lang) -> list[tuple[bool, str]]:
    """For each flow and interpreter whether it would activate, and the sentence that says so. Flows that fail for the
    same reason share one.
    """
    alike: dict[tuple[object, ...], list[FlowLine]] = {}
    for number, line in enumerate(flow_lines(report)):
        same = (line.label, line.judged, line.installs, line.by, line.because) if line.because else (number,)
        alike.setdefault((line.would, *same), []).append(line)
    names = [Wording(lang).some((one_line(line.flow, MOST) for line in lines), SHOWN) for lines in alike.values()]
    return [(lines[0].would, _of_flow(lines[0], name, lang)) for lines, name in zip(alike.values(), names, strict=True)]


def _of_host(host: HostLine, lang: Lang) -> Iterator[str]:
    words = load_texts(WORDS)
    label = one_line(host.label, MOST)
    if not host.answered:
        reason = one_line(host.reason.of(lang), LONGEST) if host.reason else ""
        yield words["host-silent"].fill({"label": label, "reason": reason}).of(lang).strip()
        return
    values = {
        "label": label,
        "python": one_line(host.python, MOST),
        "pip": one_line(host.pip, MOST),
        "user": one_line(host.user, MOST),
        "where": words["elsewhere" if host.elsewhere else "here"].of(lang),
        "index": words[f"index-{host.index}"].of(lang),
        "packages": words[f"packages-{host.packages}"].of(lang),
    }
    yield words["host"].fill(values).of(lang)
    if host.pip_itself and host.index == "yes":
        yield words["host-pip"].fill({"label": label, "pip": values["pip"]}).of(lang)


def _of_flow(flow: FlowLine, names: str, lang: Lang) -> str:
    key = f"would-by-{flow.by}" if flow.would else "would-not" if flow.judged else "not-judged"
    if flow.installs and not flow.would and flow.judged:
        key = "would-not-run"
    because = " ".join(one.of(lang) for one in flow.because)
    values = {
        "flow": names,
        "label": one_line(flow.label, MOST),
        "packages": flow.packages,
        "because": one_line(because, LONGEST),
    }
    return load_texts(WORDS)[key].fill(values).of(lang)
