"""A wheelhouse of which each third wheel needs the one after it: tiny wheels, or wheels of an ordinary size."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from pytest_airproof.packages import Wheel

FUNCTION = (
    b"def function_%d(value, other=None):\n    if value is None:\n        return other\n    return [value, %d]\n\n\n"
)


class Size(Enum):
    """How many modules a wheel has, their bytes together, and the bytes of what else lies in it."""

    TINY = (1, 0, 0)
    """What airproof itself costs shows most."""
    ORDINARY = (18, 254_000, 28_000)
    """The medians of the 89 wheels that 50 well-known requirements for CPython 3.11 on Linux led to, in November 2026:
    from requests, psutil, paramiko and PyYAML to lxml, pandas and boto3.
    """


def make_wheelhouse(folder: Path, size: int, of: Size = Size.TINY) -> list[str]:
    """Writes `size` wheels into `folder` and returns the names of their projects."""
    names = [f"bench-{number:02}" for number in range(size)]
    for number, name in enumerate(names):
        needs = names[number + 1 : number + 2] if number % 3 == 0 else []
        Wheel(name, requires=tuple(needs), files=_files(name.replace("-", "_"), of)).write(folder)
    return names


def _files(package: str, of: Size) -> dict[str, bytes]:
    modules, source, data = of.value
    if modules == 1:
        return {}
    wanted = source // modules
    code = b"".join(FUNCTION % (number, number) for number in range(wanted // len(FUNCTION)))
    found = {f"{package}/part_{number:02}.py": code for number in range(modules - 1)}
    return found | {f"{package}/__init__.py": code, f"{package}/data.txt": b"\n" * data}
