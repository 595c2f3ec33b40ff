"""A scenario reuses facts of earlier ones, only if nothing is planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.engine.plan import Plan, new_run_dir
from airproof.site.site import Site
from pytest_airproof.servers.world import World


def plan_of(world: World, folder: Path) -> Plan:
    site = Site("http://127.0.0.1:9/", interpreters=(world.interpreter,))
    return Plan(site, "check", "airproof", new_run_dir(folder / "report"), folder)


@pytest.mark.parametrize("planted", [{}, {"PIP_EXTRA_INDEX_URL": "http://pip-server.invalid/"}])
def test_an_interpreter_in_planted_surroundings_is_asked_anew(
    world: World, planted: dict[str, str], tmp_path: Path
) -> None:
    """Its answer is handed over in the world's own surroundings alone."""
    plan = plan_of(world, tmp_path)

    world.remembered.hand_over(plan, world.surroundings() | planted)

    known = f"host-{world.interpreter.label}" in plan.facts.everything()
    assert known == (not planted)
