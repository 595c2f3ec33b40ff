"""The processors and the memory that a process may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from airproof.system import processors as module
from airproof.system.processors import free_memory, processors, side_by_side

MB = 1 << 20


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Linux with eight processors and 8,000 MB, in a cgroup without limits."""
    own = tmp_path / "sys" / "app.slice" / "run.scope"
    own.mkdir(parents=True)
    (tmp_path / "cgroup").write_text("0::/app.slice/run.scope\n")
    (tmp_path / "meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable: {8_000 * 1024} kB\n")
    monkeypatch.setattr(module, "CGROUPS", tmp_path / "sys")
    monkeypatch.setattr(module, "OWN", tmp_path / "cgroup")
    monkeypatch.setattr(module, "MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    return own


def test_each_processor_has_a_job(machine: Path) -> None:
    """Without a limit, as many jobs as processors."""
    del machine

    assert (8, 8_000 * MB, 8) == (processors(), free_memory(), side_by_side(0, 300 * MB))


@pytest.mark.parametrize(
    ("where", "quota", "count"),
    [
        (".", "200000 100000", 2),
        ("..", "250000 100000", 3),
        (".", "50000 100000", 1),
        (".", "max 100000", 8),
        (".", "nonsense", 8),
        (".", "1600000 100000", 8),
    ],
)
def test_a_quota_of_any_cgroup_above_counts(machine: Path, where: str, quota: str, count: int) -> None:
    """A container has such a quota; half a processor counts as one."""
    (machine / where / "cpu.max").write_text(quota)

    assert count == processors()


def test_free_memory_bounds_the_jobs(machine: Path) -> None:
    """The machine and the cgroup both bound it: 1,000 MB are room for three jobs of 300 MB."""
    (machine / "memory.max").write_text(str(1_500 * MB))
    (machine / "memory.current").write_text(str(500 * MB))

    assert (1_000 * MB, 3) == (free_memory(), side_by_side(0, 300 * MB))
    (machine / "memory.current").write_text(str(1_499 * MB))
    assert 1 == side_by_side(0, 300 * MB)


def test_what_is_asked_for_is_done(machine: Path) -> None:
    """A number that is named is taken as it is: its user knows the machine."""
    (machine / "cpu.max").write_text("100000 100000")

    assert (1, 5, 2) == (side_by_side(1, MB), side_by_side(5, MB), side_by_side(0, MB))


def test_a_system_that_tells_nothing_has_its_processors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and macOS have neither file."""
    for name in ("CGROUPS", "OWN", "MEMORY"):
        monkeypatch.setattr(module, name, tmp_path / "absent")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)

    assert (4, None, 4) == (processors(), free_memory(), side_by_side(0, MB))
