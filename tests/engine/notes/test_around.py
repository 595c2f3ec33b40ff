"""Notes of a record beside its checks: departures from the manual and from the site's own call are named."""

from __future__ import annotations

import msgspec

from airproof.engine.notes.around import around
from airproof.probes.pip.facts import PipFacts
from airproof.probes.transcript import Transcript
from airproof.site.site import Site
from pytest_airproof.rehearsal.walk import DEPARTURES

SITE = Site("http://192.0.2.10:3141/root/local/")


def test_each_departure_is_named_in_both_languages() -> None:
    """Those of the rehearsal, and each option of the site's pip command that was left out, once."""
    facts = {
        "transcript": msgspec.to_builtins(Transcript((), {}, (), False, (), departures=DEPARTURES)),
        **{
            f"pip-{label}": msgspec.to_builtins(PipFacts(label, "23.2.1", (), dropped=("--target", "lib")))
            for label in ("cp311-linux", "cp37-linux")
        },
    }
    told = around(SITE, None, facts).departures

    assert ["--no-root-pypi", "secret", "--target lib"] == [
        word for word, text in zip(("--no-root-pypi", "secret", "--target lib"), told, strict=True) if word in text.en
    ]
    assert [] == [text for text in told if text.en == text.zh_tw]


def test_a_run_without_departures_names_none() -> None:
    """Nothing is said where nothing is to be said."""
    assert () == around(SITE, None, {}).departures
