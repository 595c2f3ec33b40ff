"""The lines of `perhost`, as sentences in one language: what terminal, Markdown and HTML alike show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from airproof.record.report import Report
from airproof.renderers.perhost import FlowLine, HostLine, flow_lines, from_its_own_machine, host_lines
from airproof.renderers.printable import one_line
from airproof.words import Lang, load_texts

WORDS = Path(__file__).with_name("perhost.toml")
MOST = 200
"""Characters of one name."""
LONGEST = 500
"""Characters of all reasons together."""


def host_sentences(report: Report, lang: Lang) -> list[str]:
    """One for each host, and what stands out when they are compared; empty where there is nothing to compare."""
    hosts = host_lines(report)
    told = [sentence for one in hosts for sentence in _of_host(one, lang)]
    if told and from_its_own_machine(report):
        told.append(load_texts(WORDS)["own-machine"].of(lang))
    return told


def flow_sentences(report: Report, lang: Lang) -> list[tuple[bool, str]]:
    """For each flow and interpreter whether it would activate, and the sentence that says so."""
    return [(one.would, _of_flow(one, lang)) for one in flow_lines(report)]


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


def _of_flow(flow: FlowLine, lang: Lang) -> str:
    key = f"would-by-{flow.by}" if flow.would else "would-not" if flow.judged else "not-judged"
    because = " ".join(one.of(lang) for one in flow.because)
    values = {
        "flow": one_line(flow.flow, MOST),
        "label": one_line(flow.label, MOST),
        "packages": flow.packages,
        "because": one_line(because, LONGEST),
    }
    return load_texts(WORDS)[key].fill(values).of(lang)
