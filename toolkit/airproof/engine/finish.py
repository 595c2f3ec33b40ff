"""From what a run left in its folder to the record in the report folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec

from airproof.engine.events import EventReader
from airproof.engine.notes.around import around
from airproof.engine.plan import Plan
from airproof.errors import CannotLook
from airproof.record.fold import Finish, RunStart, fold
from airproof.record.history import RENDERINGS, save
from airproof.record.outcome import Verdict
from airproof.record.redact import Redactor
from airproof.record.report import NotFetched, Report
from airproof.renderers import RENDERERS, missing
from airproof.renderers.cyclonedx import for_targets
from airproof.system.processes import SECRET_VARIABLES
from airproof.words import Lang


def finish_run(
    plan: Plan,
    *,
    interrupted: bool,
    overdue: bool = False,
    lang: Lang = "en",
    followed: EventReader | None = None,
) -> tuple[Report, Path]:
    """Folds the events and facts of a run, writes the record with its renderings, and removes the run's folder.

    `followed`: what the parent of the run saw; None: the file is read now, by the very process that wrote it.

    Returns the report and the record's path. Raises CannotLook where the run left no start event, BadInput where the
    report folder cannot be written; then the run's folder stays as evidence.
    """
    followed = followed or EventReader(plan.events)
    followed.finish()
    start = next((event for event in followed.events if isinstance(event, RunStart)), None)
    finish = next((event for event in followed.events if isinstance(event, Finish)), None)
    if start is None:
        raise CannotLook("engine-died", code="?", reason="no event was written")
    # The child never had the environment's passwords; a site's own program may have printed what it knows of them.
    secrets = [*plan.site.secrets, *(os.environ.get(name, "") for name in SECRET_VARIABLES)]
    redactor = Redactor(secrets)
    facts = redactor.value(plan.facts.everything())
    lacking = msgspec.convert(redactor.value(msgspec.to_builtins(plan.lacking)), tuple[NotFetched, ...])
    altered = followed.altered or bool(finish and finish.facts and plan.facts.changed_since(finish.facts))
    report = fold(
        followed.events, around(plan.site, start, facts), interrupted=interrupted, overdue=overdue, altered=altered
    )
    report = msgspec.structs.replace(report, lacking=lacking)
    renderings: dict[str, str] = {}
    if plan.draws:
        renderings |= {name: RENDERERS[renderer](report, lang) for name, renderer in RENDERINGS.items()}
        renderings["missing.txt"] = missing.render(report, lang)
    if plan.sbom and report.verdict is Verdict.ACCEPTED:
        renderings |= dict(for_targets(report))
    path = save(report, plan.report_dir, renderings)
    plan.facts.forget()
    shutil.rmtree(plan.run_dir, ignore_errors=True)
    return report, path
