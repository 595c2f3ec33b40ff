"""What a person is told of each flow: would it activate, and where not, because of what."""

from __future__ import annotations

from pathlib import Path

import msgspec

from airproof.probes.activation import Activation, Activations
from airproof.record.report import Report
from airproof.renderers.printable import one_line
from airproof.words import Lang, load_texts

WORDS = Path(__file__).with_name("activated.toml")
MOST = 200
"""Characters of one reason."""


def activated(report: Report, lang: Lang) -> str:
    """One line for each flow and interpreter; empty where none was played."""
    words = load_texts(WORDS)
    lines = []
    for name, facts in report.facts.items():
        if name.startswith("activations-") and set(facts) != {"error"}:
            played = msgspec.convert(facts, Activations)
            for flow in played.flows:
                key = "would" if flow.ok else "would-not"
                values = {
                    "flow": one_line(flow.flow, MOST),
                    "label": played.label,
                    "packages": len(flow.steps),
                    "because": one_line(_because(flow), MOST),
                }
                lines.append(words[key].fill(values).of(lang))
    return "".join([words["flows"].of(lang), *lines, "\n"]) if lines else ""


def _because(flow: Activation) -> str:
    failed = [step.requirement for step in flow.steps if not step.ok]
    return "; ".join([*failed, *flow.problems])
