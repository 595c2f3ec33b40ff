"""The generator and the parts of the large benchmark, at a size that costs nothing: they measure what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.probes.closure.needed import probe_each_project
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import target_of
from tests.bench.fetching import TARGETS, Took, main
from tests.bench.laid import lay
from tests.bench.large import table
from tests.bench.static import serving
from tests.bench.synthetic import Synthetic

PROJECTS = 12
DAMAGED = 4


def test_each_way_reads_every_file_and_finds_what_was_planted(tmp_path: Path) -> None:
    """The bare download, the hashes, both audits and the closure, from the server of the benchmark."""
    laid = lay(tmp_path / "index", Synthetic(PROJECTS), damaged=DAMAGED)
    with serving(laid.folder) as url:
        took = {way: main(way, url, str(laid.folder)) for way in ("bare", "hashed", "audit", "stored", "closure")}

    assert {laid.files} == {run.files for run in took.values()}
    assert [0, DAMAGED, DAMAGED, DAMAGED] == [took[way].troubled for way in ("bare", "hashed", "audit", "stored")]
    assert DAMAGED == len(laid.damaged)


def test_a_laid_index_resolves_as_the_one_in_memory(tmp_path: Path) -> None:
    """Over HTTP the same projects fail: what was generated is what is served."""
    index = Synthetic(PROJECTS, faults=0.3)
    lay(tmp_path / "index", index)
    each = [probe_each_project(index, TargetMatcher.by(target_of(target)), index.names) for target in TARGETS]
    failing_there = {reading.group for reading in each[-1].failed}
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("\n".join(name for name in index.names if name not in failing_there))
    with serving(tmp_path / "index") as url:
        closure, together = main("closure", url), main("together", url, str(requirements))

    failing = sum(result.projects - result.resolved for result in each)
    assert (failing, 0) == (closure.troubled, together.troubled)
    assert failing > 0 < together.files


@pytest.mark.parametrize("faults", [0.0, 0.5])
def test_the_same_seed_gives_the_same_index(faults: float) -> None:
    """Two runs of the benchmark measure the same thing."""
    one, other = Synthetic(PROJECTS, faults=faults), Synthetic(PROJECTS, faults=faults)

    assert one.needs == other.needs
    assert one.needs != Synthetic(PROJECTS, seed=2, faults=faults).needs


def test_the_curve_has_a_line_for_each_size() -> None:
    """Medians of time, and the most memory that any round took."""
    measured = {way: [Took(10, number, number, 3 << 20) for number in (1.0, 2.0, 9.0)] for way in ("bare", "hashed")}

    assert "| 10 | 2.00 s, cpu 2.00 s, 3 MB | 2.00 s, cpu 2.00 s, 3 MB |" == table({10: measured}).splitlines()[-1]
