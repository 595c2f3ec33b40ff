"""Compares real pips with airproof over many random indexes.

`python -m tests.differential.compare FIRST COUNT [PYTHON ...]`: so many indexes from that seed on.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from packaging.version import InvalidVersion, Version

from airproof.net.http import Http
from airproof.probes.interpreters.host import Host
from airproof.system.processes import run
from tests.differential.judged import Judged, judge
from tests.differential.made import STRANGER, Case, make_case
from tests.differential.served import Served
from tests.probes.pythons import found_pythons, host_of

DRIVER = Path(__file__).with_name("piprun.py")
TIME = 3_600.0
ORDERS = range(1, 9)
"""Values of PYTHONHASHSEED with which a pip is asked again where it and airproof differ."""
AT_ONCE = 500
"""Cases that one pip process answers."""


class Answered(msgspec.Struct, frozen=True):
    """Result of one pip for one case."""

    installed: dict[str, str] | None
    """Project to version; None where it failed."""
    said: str
    """The end of its output."""


class Compared(msgspec.Struct, frozen=True):
    """All cases of one pip."""

    cases: int
    accepted: int
    unsure: int
    differing: tuple[str, ...]


def compare(executable: str, seeds: Sequence[int], folder: Path) -> Compared:
    """Asks that interpreter's pip and airproof about the same indexes."""
    host = host_of(executable)
    cases = [make_case(seed, tags_for(host)) for seed in seeds]
    with Served(cases) as served, Http(10) as http:
        answers = _by_pip(executable, cases, served, folder)
        ours = [judge(case, served.index(number), host, http, folder) for number, case in enumerate(cases)]
        for number, judged in enumerate(ours):
            if not agree(answers[number].installed, judged):
                answers[number] = _in_any_order(executable, cases, number, served, folder)
    together = list(zip(cases, answers, ours, strict=True))
    return Compared(
        len(cases),
        sum(answer.installed is not None for answer in answers),
        sum(our.unsure for our in ours),
        tuple(_told(*package, host=host) for package in together if not agree(package[1].installed, package[2])),
    )


def agree(installed: dict[str, str] | None, ours: Judged) -> bool:
    """An answer that airproof itself calls uncertain contradicts nobody."""
    if ours.unsure:
        return True
    if installed is not None and STRANGER in installed:  # what was asked for is not there: that is no success
        installed = None
    if installed is None:
        return not ours.accepted
    return ours.accepted and _plain(installed) == _plain(ours.installed)


def tags_for(host: Host) -> list[str]:
    """Mostly such as fit, some that do not."""
    own = host.tags[0]
    python, _, platform = own.split("-")
    older, newer = f"cp3{int(python[3:]) - 1}", f"cp3{int(python[3:]) + 1}"
    fits = ["py3-none-any"] * 8 + ["py2.py3-none-any", own, f"{older}-abi3-{platform}"]
    return [*fits, "cp37-cp37m-win32", f"{newer}-{newer}-{platform}", "py2-none-any"]


def _in_any_order(executable: str, cases: Sequence[Case], number: int, served: Served, folder: Path) -> Answered:
    """Ask a pip about one case with several orders of its sets; an answer of failure counts as the pip's answer.

    pip 20.3.4 takes the requirements of a wheel from a frozenset (`_compute_dependencies` of its pkg_resources). So it
    comes to a source distribution that does not build in some of its runs only (measured, seed 730197).
    """
    answers = [
        _by_pip(executable, cases[number : number + 1], served, folder, first=number, order=order)[0]
        for order in ORDERS
    ]
    return next((answer for answer in answers if answer.installed is None), answers[0])


def _by_pip(
    executable: str, cases: Sequence[Case], served: Served, folder: Path, *, first: int = 0, order: int | None = None
) -> list[Answered]:
    """`first`: the number of the first case; `order`: a PYTHONHASHSEED."""
    answers: list[Answered] = []
    seed = {} if order is None else {"PYTHONHASHSEED": str(order)}
    for start in range(0, len(cases), AT_ONCE):
        asked = [
            {
                "index": served.index(number),
                "requirements": case.requirements,
                "constraints": case.constraints,
                "binary": case.binary,
            }
            for number, case in enumerate(cases[start : start + AT_ONCE], first + start)
        ]
        (folder / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
        ran = run(
            [executable, DRIVER, folder / "cases.json", folder / "answers.json"],
            timeout=TIME,
            env={**os.environ, **seed},
        )
        if not ran.ok:
            raise RuntimeError(ran.stderr)
        answers += msgspec.json.decode((folder / "answers.json").read_bytes(), type=list[Answered])
    return answers


def _plain(versions: dict[str, str]) -> dict[str, str]:
    return {name: _version(version) for name, version in versions.items()}


def _version(text: str) -> str:
    try:
        return str(Version(text.replace("_", "-")))
    except InvalidVersion:
        return text


def _told(case: Case, answer: Answered, ours: Judged, *, host: Host) -> str:
    said = "\n      ".join(answer.said.splitlines()[-8:])
    return (
        f"seed {case.seed}, pip {host.pip}: {case.requirements} {case.constraints}\n"
        f"  pip: {answer.installed}\n      {said}\n"
        f"  airproof: {ours.accepted} {ours.installed} {ours.why}\n  planted: {case.told}\n"
    )


def main() -> int:
    """Prints every difference; the exit code is 1 where there is one."""
    first, count, *pythons = sys.argv[1:]
    seeds = range(int(first), int(first) + int(count))
    differing = 0
    for executable in pythons or found_pythons().values():
        with tempfile.TemporaryDirectory() as folder:
            found = compare(executable, seeds, Path(folder))
        for line in found.differing:
            print(line)
        differing += len(found.differing)
        print(
            f"{host_of(executable).label} pip {host_of(executable).pip}: {found.cases} indexes, pip installs from "
            f"{found.accepted}, airproof is unsure of {found.unsure}, {len(found.differing)} differ",
            flush=True,
        )
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
