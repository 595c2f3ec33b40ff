"""The lines of `perhost`, as sentences in one language: what terminal, Markdown and HTML alike show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from airproof.printable import gathered, one_line
from airproof.record.report import Report
from airproof.renderers.parts.alike import named, unnamed
from airproof.renderers.parts.perhost import FlowLine, HostLine, flow_lines, host_lines
from airproof.renderers.text.wording import Wording
from airproof.words import Lang, Text, load_texts

WORDS = Path(__file__).with_name("perhost.toml")
MOST = 200
"""Characters of one name."""
SHOWN = 4
"""Flows that are told by name where several have one reason."""
QUOTING = {
    *("unexplained", "item-import-fails", "import-line-code-fails", "item-code-broken", "name-refused-by-pip"),
}
"""Causes whose sentence quotes pip or Python: paths and addresses in it differ from host to host."""
QUOTED = "\x01"
"""Stands for such words."""
LONGEST = 500
"""Characters of all reasons together."""


def host_sentences(report: Report, lang: Lang) -> list[str]:
    """One for each host, or for all that are alike, and what stands out; empty where there is nothing to compare."""
    alike: dict[object, list[HostLine]] = {}
    for line in host_lines(report):
        reason = unnamed(line.reason.en, line.label) if line.reason else ""
        alike.setdefault((reason, replace(line, label="", reason=None)), []).append(line)
    told = [sentence for hosts in alike.values() for sentence in _of_hosts(hosts, lang)]
    if told and report.summary.own_machine:
        told.append(load_texts(WORDS)["own-machine"].of(lang))
    return told


def flow_sentences(report: Report, lang: Lang) -> list[tuple[bool, str]]:
    """For each flow and interpreter whether it would activate, and the sentence that says so. Flows that fail for the
    same reason share one, and so do interpreters on which a flow comes to the same.
    """
    alike: dict[tuple[object, ...], list[FlowLine]] = {}
    for number, line in enumerate(flow_lines(report)):
        same = (line.label, line.judged, line.installs, line.by, line.because) if line.because else (number,)
        alike.setdefault((line.would, *same), []).append(line)
    quoted = _quoted(report)
    hosts: dict[object, list[FlowLine]] = {}
    for lines in alike.values():
        first = lines[0]
        names = Wording(lang).some((one_line(line.flow, MOST) for line in lines), SHOWN)
        because = tuple(
            unnamed(_without(sentence.of(lang), quoted.get(sentence, ())), first.label) for sentence in first.because
        )
        hosts.setdefault((names, because, replace(first, flow="", label="", because=())), []).append(
            replace(first, flow=names)
        )
    return [(those[0].would, _of_flow(those, lang)) for those in hosts.values()]


def _quoted(report: Report) -> dict[Text, tuple[str, ...]]:
    """Return the lines that a finding's sentence may quote, by the sentence."""
    return {
        finding.says: tuple(sorted(filter(None, map(str.strip, finding.found.splitlines())), key=len, reverse=True))
        for entry in report.checks
        for finding in entry.findings
        if finding.cause in QUOTING and isinstance(finding.found, str)
    }


def _without(text: str, words: Sequence[str]) -> str:
    """Return the text with a mark in the places of words that it quotes."""
    for line in words:
        text = text.replace(line, QUOTED)
    return text


def _of_hosts(hosts: Sequence[HostLine], lang: Lang) -> Iterator[str]:
    words = load_texts(WORDS)
    host, label = hosts[0], one_line(gathered(asked_host.label for asked_host in hosts), LONGEST)
    if not host.answered:
        told = host.reason.of(lang) if host.reason else ""
        reason = one_line(named(unnamed(told, host.label), label) if len(hosts) > 1 else told, LONGEST)
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
        yield (
            words["host-pip" if len(hosts) == 1 else "hosts-pip"].fill({"label": label, "pip": values["pip"]}).of(lang)
        )


def _of_flow(alike: Sequence[FlowLine], lang: Lang) -> str:
    flow, label = alike[0], one_line(gathered(line.label for line in alike), LONGEST)
    key = f"would-by-{flow.by}" if flow.would else "would-not" if flow.judged else "not-judged"
    if flow.installs and not flow.would and flow.judged:
        key = "would-not-run"
    because = " ".join(sentence.of(lang) for sentence in flow.because)
    values = {
        "flow": flow.flow,
        "label": label,
        "packages": flow.packages,
        "because": one_line(named(unnamed(because, flow.label), label) if len(alike) > 1 else because, LONGEST),
    }
    return load_texts(WORDS)[key].fill(values).of(lang)
