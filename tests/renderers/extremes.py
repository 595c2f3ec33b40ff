"""Made-up records at the edges: one full of somebody else's text, one of thousands of requirements."""

from __future__ import annotations

import msgspec

from airproof.check import Level
from airproof.record.outcome import Outcome
from airproof.record.report import Offline, RehearsalStep, Report, SiteSummary, Tool
from tests.renderers.records import HERE, IMPORTS, NAME, NO_MIRROR, RESOLVES, ROOT, entry, finding, report, text


def planted(evil: str) -> Report:
    """A record in which every text field that may come from outside is `evil`."""
    nasty = finding(
        evil, text(evil), text(evil), victims=(evil, "requests"), found={evil: [evil]}, wanted=evil, commands=(evil,)
    )
    same = {"subject": evil, "reason": text(evil), "evidence": text(evil), "why": text(evil), "findings": (nasty,)}
    entries = []
    for outcome in Outcome:
        for level in Level:
            made = entry("PIP01", text(evil), outcome, level=level, blocked_by=evil, **same)  # type: ignore[arg-type] # one dict for all
            entries.append(msgspec.structs.replace(made, id=evil, family=evil))
            entries.append(made)
    base = report(
        *entries,
        groups={evil: (evil, "requests"), "b": ("requests",)},
        targets=(evil, HERE),
        deselected=(evil,),
        steps=(RehearsalStep(evil, text(evil), evil, 1, 0.1, evil),),
        facts={evil: {evil: [evil]}},
        offline=Offline("guard", False, 3, (evil,)),
        started=evil,
    )
    site = SiteSummary(evil, evil, base.site.groups, evil, True, evil)
    return msgspec.structs.replace(base, site=site, tool=Tool(evil, evil, evil))


def vast(requirements: int = 5000, targets: int = 5, missing: int = 300) -> Report:
    """A record of many requirements and targets."""
    asked = tuple(f"project-{number:05}>=1.{number % 7}" for number in range(requirements))
    labels = tuple(f"cp3{9 + number}-linux" for number in range(targets))
    entries = [NAME, ROOT, NO_MIRROR]
    for label in labels:
        findings = tuple(
            finding(
                "missing",
                text(f"dep-{number} is missing.", f"缺少 dep-{number}。"),
                text("Fetch it and carry it in.", "下載後攜入。"),
                commands=(f"pip download dep-{number} -d WHEELS",),
                victims=tuple(f"project-{other:05}" for other in range(number, requirements, missing)),
                found=[f"dep_{number}-{version}.tar.gz" for version in range(20)],
                wanted=f"dep-{number}>=2",
            )
            for number in range(missing)
        )
        entries.append(entry("PIP02", RESOLVES, Outcome.FAILED, subject=label, findings=findings))
        entries.append(entry("PIP03", IMPORTS, subject=label, evidence=text(f"{requirements} modules imported")))
    facts = {
        f"pages-{number}": [
            {"project": requirement, "links": [f"{requirement}-{n}.whl" for n in range(5)]} for requirement in asked
        ]
        for number in range(3)
    }
    return report(*entries, groups={"requirements.txt": asked}, targets=labels, facts=facts)
