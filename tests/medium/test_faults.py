"""A medium that is full, read-only or pulled out while it is filled: nothing is overwritten, the next run goes on."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from pytest_airproof.packages import Wheel
from tests.medium.connected import WINDOWS, Carry, configure_pip, manifest_in
from tests.probes.indexserver import StaticIndex

SECOND = "native-1.5-cp37-cp37m-win32.whl.part"
"""The file at which it happens."""


def at_second(patch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Calls `happens` when the second file is about to be written: after its first bytes, as a device fails."""
    plain = Path.open

    def opened(path: Path, mode: str = "r", *rest: Any, **more: Any) -> IO[Any]:
        file = plain(path, mode, *rest, **more)
        if path.name == SECOND and "w" in mode:
            file.write(b"PK")
            file.close()
            happens()
            return plain(path, mode, *rest, **more)
        return file

    patch.setattr(Path, "open", opened)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "has no space left"),
        (errno.EIO, "cannot be written"),
        (errno.EROFS, "cannot be written"),
    ],
    ids=["full", "pulled-out", "read-only"],
)
def test_a_device_that_fails_in_the_middle_loses_nothing(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int, said: str
) -> None:
    """One sentence with the reason; what lay there before is untouched, and the same command fetches only the rest."""

    def fail() -> None:
        raise OSError(number, os.strerror(number))

    medium = tmp_path / "medium"
    carry("-p", "backport", "--target", WINDOWS, "--no-tools")
    before = (medium / "wheels" / "backport-1.0-py3-none-any.whl").read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        at_second(patch, fail)
        code = carry("-p", "app", "--no-tools")
    told = capsys.readouterr().err

    assert (2, True) == (code, said in told)
    assert before == (medium / "wheels" / "backport-1.0-py3-none-any.whl").read_bytes()
    assert not manifest_in(tmp_path).whole
    assert 0 == carry("-p", "app", "--no-tools")
    assert "1 file(s) fetched" in capsys.readouterr().out
    assert (manifest_in(tmp_path).whole, []) == (True, list(medium.rglob("*.part")))


def test_a_filling_that_was_killed_goes_on(carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Power off, with nobody left to tidy up: half a file lies there, and the whole ones are known by their hashes."""

    def fail() -> None:
        raise OSError(errno.EIO, "power off")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("airproof.medium.fill._leave", lambda *_: None)
        at_second(patch, fail)
        carry("-p", "app", "--target", WINDOWS, "--no-tools")
    left = [path.name for path in (tmp_path / "medium").rglob("*.part")]

    code = carry("-p", "app", "--target", WINDOWS, "--no-tools")

    said = capsys.readouterr()
    assert (True, 0) == (SECOND in left, code)
    assert "1 file(s) fetched (0.0 MB), 2 were there already" in said.out
    assert "1 of 1 files, " in said.err
    assert (manifest_in(tmp_path).whole, []) == (True, list((tmp_path / "medium").rglob("*.part")))


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder with an open file in it")
def test_a_medium_that_is_pulled_out_goes_on_where_it_was(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its folder goes away in the middle: nothing is put in its place, and plugged in again it is filled to the end."""
    medium, drawer = tmp_path / "medium", tmp_path / "drawer"

    def pull() -> None:
        medium.rename(drawer)

    with pytest.MonkeyPatch.context() as patch:
        at_second(patch, pull)
        code = carry("-p", "app", "--target", WINDOWS, "--no-tools")

    assert (2, False) == (code, medium.exists())
    assert "what was fetched stays" in capsys.readouterr().err
    drawer.rename(medium)
    assert 0 == carry("-p", "app", "--target", WINDOWS, "--no-tools")
    assert manifest_in(tmp_path).whole


SCRIPT = """
set -u
carry() { {python} -m airproof carry medium -p {project} --target cp37-win32 --no-tools --quiet --lang en; }
mkdir -p medium
mount -t tmpfs -o size=200k none medium
carry; echo "full $? $(ls medium/wheels)"
mount -o remount,size=4m medium
carry; echo "room $? $(ls medium/wheels | tr '\\n' ' ')"
mount -o remount,ro medium
carry; echo "read-only $?"
"""


def test_a_real_device_is_full_and_then_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 200 KB the second wheel does not fit; with more room it does; write-protected, it is said at once."""
    unshare = shutil.which("unshare")
    alone = [unshare or "unshare", "--user", "--map-root-user", "--mount"]
    if unshare is None or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a file system in a namespace of one's own")
    big = Wheel("big", files={"big.bin": bytes(300_000)})
    with StaticIndex({"big": [big], "small": [Wheel("small", requires=("big",))]}) as server:
        configure_pip(monkeypatch, tmp_path, **{"index-url": server.url})
        script = SCRIPT.replace("{python}", shlex.quote(sys.executable)).replace("{project}", "small")
        ran = subprocess.run(
            [*alone, "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
        )
    lines, complaints = ran.stdout.splitlines(), ran.stderr.splitlines()
    told = [line for line in lines if not line.startswith("COMPLETE")]

    both = "big-1.0-py3-none-any.whl small-1.0-py3-none-any.whl "
    assert told[0] in ("full 2 small-1.0-py3-none-any.whl", "full 2 ")  # it may have come before the other failed
    assert [f"room 0 {both}", "read-only 2"] == told[1:]
    assert [True, True] == ["no space left" in complaints[0], "Read-only" in complaints[1]]
