import os
import subprocess
import sys
from pathlib import Path

from pytest_airproof import Index, Wheel


def test_my_program_installs_from_the_index(airproof_index: Index, tmp_path: Path) -> None:
    airproof_index.upload(Wheel("demo"))
    program = [sys.executable, "-m", "pip", "install", "--target", str(tmp_path), "demo"]  # yours stands here

    subprocess.run(program, env={**os.environ, **airproof_index.env}, check=True)

    assert (tmp_path / "demo.py").is_file()
