"""A real closure: 42 well-known requirements, with all that they lead to, from a devpi on loopback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pytest_airproof.servers.devpi import DevpiServer
from tests.bench.failing import check_seconds
from tests.bench.installing import bare
from tests.bench.measure import Row, Timed, by_turns, ratio, spread

REACH = 1.1
REQUIREMENTS = (
    *("jupyterlab", "ipywidgets", "pandas", "matplotlib", "scikit-learn", "plotly", "dask[complete]", "openpyxl"),
    *("flask", "django", "fastapi", "celery", "sqlalchemy", "alembic", "requests", "httpx", "lxml", "beautifulsoup4"),
    *("paramiko", "fabric", "ansible-core", "docker", "kubernetes", "boto3", "scrapy", "python-docx", "python-pptx"),
    *("sphinx", "mkdocs", "pytest", "tox", "black", "mypy", "poetry", "twine", "tqdm", "tenacity", "psutil", "pyyaml"),
    *("pyserial", "pymodbus", "paho-mqtt"),
)
"""Data, web, administration, documents, tools, and what talks to machines. Every one of them is a wheel."""
DOWNLOAD = 1800.0
"""Seconds for the download, which is not measured."""


def real(folder: Path, runs: int) -> Row:
    """The whole command, its engine, canary and imports with it, against one bare pip of the same file."""
    what = f"`check` of a real closure: {len(REQUIREMENTS)} requirements"
    wheels, file = folder / "wheels", folder / "requirements.txt"
    file.write_text("\n".join(REQUIREMENTS) + "\n", encoding="utf-8")
    download = ["download", "--quiet", "--only-binary", ":all:", "--dest", str(wheels), "-r", str(file)]
    ran = subprocess.run([sys.executable, "-m", "pip", *download], check=False, capture_output=True, timeout=DOWNLOAD)
    if ran.returncode:
        return Row(what, Timed((0.0,)), None, "≤ 1.1 ×", True, "not to be had here")
    files = sorted(wheels.iterdir())
    with DevpiServer(folder / "serverdir", rundir=folder / "run", password="of-the-benchmark-only") as server:
        server.client.create_index("root/local")
        for path in files:
            server.client.upload("root/local", path)
        url = f"{server.url}/root/local/"
        words = ("-r", str(file))
        taken = by_turns(runs, {"own": lambda: check_seconds(folder, url, words, 0), "bare": lambda: bare(folder, url)})
    size = sum(path.stat().st_size for path in files) >> 20
    return Row(
        f"{what}, {len(files)} distributions, {size} MB / one bare `pip install -r`",
        taken["own"],
        taken["bare"],
        "≤ 1.1 ×",
        ratio(taken["own"], taken["bare"]) <= REACH,
        spread(taken["own"], taken["bare"]),
    )
