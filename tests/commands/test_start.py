"""The fastest questions load nothing that they do not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import airproof
from tests.engine.running import environment

HEAVY = ("pytest", "_pytest", "httpx", "msgspec", "devpi", "devpi_server", "pytest_airproof", "packaging")


def test_the_version_is_told_without_loading_anything(tmp_path: Path) -> None:
    """Neither the engine nor the HTTP client nor the reader of texts is imported."""
    code = (
        "import sys\nfrom airproof.cli import main\n"
        f"code = main(['--version'])\n"
        f"print([one for one in {HEAVY!r} if one in sys.modules], code)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )

    assert [f"airproof {airproof.__version__}", "[] 0"] == ran.stdout.splitlines()


def test_help_starts_no_engine(tmp_path: Path) -> None:
    """Help needs the texts, and neither pytest nor the HTTP client."""
    code = (
        "import sys\nfrom airproof.cli import main\n"
        "try:\n    main(['check', '--help'])\nexcept SystemExit as end:\n    code = end.code\n"
        "print([one for one in ('pytest', 'httpx', 'devpi') if one in sys.modules], code)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )

    assert ("[] 0", True) == (ran.stdout.splitlines()[-1], "--pip-command" in ran.stdout)


def test_the_module_runs_as_the_script_does(tmp_path: Path) -> None:
    """`python -m airproof` is the same program."""
    ran = subprocess.run(
        [sys.executable, "-m", "airproof", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert f"airproof {airproof.__version__}\n" == ran.stdout
