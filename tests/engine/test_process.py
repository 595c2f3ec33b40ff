"""The engine's process is begun before there is a plan, and leaves nothing behind where there is none."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from airproof.engine.plan import Plan, new_run_dir
from airproof.engine.process import EngineProcess
from airproof.engine.run import run_engine
from airproof.errors import BadInput, CannotLook
from airproof.site.site import Site
from airproof.system.workdir import work_dir

WAIT = 60.0


def ended(engine: EngineProcess) -> int | None:
    """Return the exit code of a process that ends by itself."""
    bound = time.monotonic() + WAIT
    while engine.exit_code is None and time.monotonic() < bound:
        time.sleep(0.02)
    return engine.exit_code


def test_it_waits_for_its_plan_and_ends_without_one() -> None:
    """As where the command was typed wrongly: nobody waits until its modules are loaded."""
    with EngineProcess() as engine:
        assert engine.exit_code is None

    assert engine.exit_code is not None


@pytest.mark.parametrize("name", ["pytest", "json", "airproof"])
def test_nothing_in_the_folder_of_its_parent_shadows_a_module(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes as far as its plan, which is absent."""
    (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    with EngineProcess() as engine:
        engine.give(tmp_path / "absent.json", "key")
        code = ended(engine)
        words = engine.words()

    assert code == 1
    assert "absent.json" in words.rpartition("FileNotFoundError")[2]


def test_its_key_is_seen_by_nobody(tmp_path: Path) -> None:
    """Neither in the words of a process that fails, nor in the command."""
    with EngineProcess() as engine:
        engine.give(tmp_path / "absent.json", "of-this-test-alone")
        ended(engine)

        assert "of-this-test-alone" not in engine.words()


def test_no_room_for_a_temporary_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", none)

    with pytest.raises(BadInput, match="No space left on device"):
        EngineProcess()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_an_engine_that_is_killed_before_it_began_is_told_as_that(tmp_path: Path) -> None:
    """As by a system that is short of memory: nothing is to be installed anew."""
    site = Site("http://127.0.0.1:9/root/local/")
    with work_dir() as work, EngineProcess() as engine:
        engine._process.kill()
        plan = Plan(site, "check", "airproof", new_run_dir(tmp_path), work)
        with pytest.raises(CannotLook) as caught:
            run_engine(plan, lambda _: None, "en", engine)

    assert ("engine-killed", 9) == (caught.value.key, caught.value.values["signal"])
