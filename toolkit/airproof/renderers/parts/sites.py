"""Hosts and sites that one report speaks of: their names, times and the verdict of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from airproof.printable import one_line
from airproof.record.join import Member, worst
from airproof.record.report import Report
from airproof.renderers.parts.verdict import verdict_line
from airproof.renderers.text.dates import when
from airproof.renderers.text.wording import SEPARATOR, Wording
from airproof.words import Lang

MOST_DAYS = 6
"""Earlier records that the line of a host lists; the latest of them."""


def site_name(report: Report, lang: Lang) -> str:
    """Its URL, or the folder that was rehearsed; a rehearsal of airproof's own sample has neither."""
    return one_line(report.site.wheelhouse or report.site.url or Wording(lang).kind(report.site.kind), 200)


def sites_line(reports: Sequence[Report], lang: Lang) -> str:
    """The worst verdict of several sites."""
    say = Wording(lang)
    code = worst(report.exit_code for report in reports)
    verdict = next(report.verdict for report in reports if report.exit_code == code)
    return say("sites-line", verdict=say.verdict(verdict), sites=say.count("sites", len(reports)))


def host_verdict(host: Member, lang: Lang) -> str:
    """Its own verdict line; which machine "this machine" is says its name."""
    scope = msgspec.structs.replace(host.report.scope, here=())
    return verdict_line(msgspec.structs.replace(host.report, scope=scope), lang)


def host_times(host: Member, lang: Lang) -> str:
    """When its record was made, and what its earlier ones said."""
    say = Wording(lang)
    before = say("is", what=say("host-before"), verdict=past(host, lang))
    return SEPARATOR.join([when(host.report.run.started, lang), before])


def past(host: Member, lang: Lang) -> str:
    """Return the earlier records of a site, the newest first."""
    say = Wording(lang)
    if not host.history:
        return say("history-none")
    shown = list(reversed(host.history))
    return say.some(
        (f"{when(past_record.started, lang)} {say.verdict(past_record.verdict)}" for past_record in shown), MOST_DAYS
    )
