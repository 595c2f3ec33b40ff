"""A command's temporary folder: nothing of it stays, also where the command was killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from airproof.system import workdir
from airproof.system.workdir import LOCK, free_in, remove_abandoned, work_dir

HOLDS = """
from airproof.system.workdir import work_dir
with work_dir() as folder:
    (folder / "plan.json").write_text("a password")
    print(folder, flush=True)
    input()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files, of this process and its children."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR" if os.name == "posix" else "TEMP", str(tmp_path))
    return tmp_path


def test_what_a_killed_command_left_is_removed(temporary: Path) -> None:
    """By the next command, whichever it is; the folder of a command that still runs, and others' folders, stay."""
    (temporary / "airproof-of-somebody").mkdir()
    running, killed = (
        subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in "ab"
    )
    folders = [Path(os.fsdecode(process.stdout.readline().strip())) for process in (running, killed) if process.stdout]
    killed.kill()
    killed.communicate()
    before = [folder.exists() for folder in folders]
    remove_abandoned()
    after = [folder.exists() for folder in folders]
    running.communicate(b"\n")

    assert ([True, True], [True, False]) == (before, after)
    assert ["airproof-of-somebody"] == [path.name for path in temporary.iterdir()]


def test_an_interrupted_command_does_not_wait_for_its_folder(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that takes long to remove is left to the next command; the plan, with its password, is not."""
    monkeypatch.setattr(workdir, "INTERRUPTED_TIME", 0.05)
    hold = threading.Event()
    with monkeypatch.context() as slow:
        slow.setattr(shutil, "rmtree", lambda *_, **__: hold.wait(60))
        with pytest.raises(KeyboardInterrupt), work_dir() as folder:
            (folder / "plan.json").touch()
            raise KeyboardInterrupt
    hold.set()
    left = [path.name for path in folder.iterdir()]
    remove_abandoned()

    assert ([LOCK], False) == (left, folder.exists())


def test_a_folder_is_removed_at_the_end(temporary: Path) -> None:
    """Also after an error."""
    with pytest.raises(ZeroDivisionError), work_dir() as folder:
        raise ZeroDivisionError

    assert (True, []) == (folder.parent == temporary.resolve(), list(temporary.iterdir()))


def test_the_fuller_disk_of_a_serverdir_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads lie in `+files`, which may be a disk of its own; a new serverdir has no such folder yet."""
    free = {tmp_path: 9, tmp_path / "+files": 4}
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free[folder]))

    assert (None, None, 9) == (free_in(None), free_in(str(tmp_path / "gone")), free_in(str(tmp_path)))
    (tmp_path / "+files").mkdir()
    assert 4 == free_in(str(tmp_path))
