"""airproof's closure and pip's own resolution, over hundreds of small indexes with everything that can go wrong."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.resolution import Metadata
from airproof.probes.index.simple import Link, Page
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.target import TargetMatcher
from airproof.system.processes import run
from pytest_airproof.packages.wheels import Wheel
from tests.probes.cases import Case, Made, make_case
from tests.probes.pythons import each_python, host_of

CASES = int(os.environ.get("AIRPROOF_CASES", "200"))
FIRST = int(os.environ.get("AIRPROOF_FIRST_CASE", "0"))


class CaseSource:
    """One case, as a source."""

    def __init__(self, case: Case) -> None:
        self.wheels = {wheel_of(file).filename: (file, wheel_of(file)) for file in case.files}

    def page(self, project: str) -> Page:
        links = tuple(
            Link(name, f"file:///{name}", {}, one.requires_python, "bad" if one.yanked else None)
            for name, (one, _) in self.wheels.items()
            if one.project == project
        )
        return Page(project, "", 200 if links else 404, None, 0.0, links)

    def metadata(self, project: str, link: Link) -> Metadata:
        lines = self.wheels[link.filename][1].metadata.splitlines()
        key = "Requires-Dist: "
        return Metadata(tuple(line[len(key) :] for line in lines if line.startswith(key)))


def wheel_of(one: Made) -> Wheel:
    return Wheel(
        one.project,
        one.version,
        requires=one.requires,
        extras=one.extras,
        requires_python=one.requires_python,
        tag=one.tag,
    )


def write_index(folder: Path, cases: list[Case]) -> None:
    """As PEP 503 pages of files, for pip to read without a server."""
    pages: dict[str, list[str]] = {}
    for case in cases:
        for file in case.files:
            wheel = wheel_of(file)
            wheel.write(folder / "files")
            marks = f' data-requires-python="{file.requires_python}"' if file.requires_python else ""
            marks = marks.replace(">", "&gt;").replace("<", "&lt;") + (' data-yanked="bad"' if file.yanked else "")
            name = wheel.filename
            pages.setdefault(file.project, []).append(f'<a href="../../files/{name}"{marks}>{name}</a>')
    for project, anchors in pages.items():
        page = folder / "simple" / project / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"<!DOCTYPE html><html><body>{''.join(anchors)}</body></html>", encoding="utf-8")


def tags_for(host: Host) -> list[str]:
    """Mostly such as fit, some that do not: another platform, another Python, a stable ABI of the wrong age."""
    own = host.tags[0]
    python, _, platform = own.split("-")
    older, newer = f"cp3{int(python[3:]) - 1}", f"cp3{int(python[3:]) + 1}"
    fits = ["py3-none-any"] * 4 + ["py2.py3-none-any", own, f"{older}-abi3-{platform}"]
    return list(dict.fromkeys([*fits, "cp37-cp37m-win32", f"{newer}-abi3-{platform}", f"{newer}-{newer}-{platform}"]))


EVERY = bool(os.environ.get("AIRPROOF_EVERY_PIP"))
"""The pip of this interpreter is compared; of every interpreter here only when asked: each takes half a minute."""


@pytest.mark.parametrize("executable", each_python() if EVERY else [pytest.param(sys.executable, id="this")])
def test_the_closure_agrees_with_pip(executable: str, tmp_path: Path) -> None:
    """If pip resolves, airproof takes the same files; if pip does not, airproof names the gap."""
    host = host_of(executable)
    cases = [make_case(seed, f"c{seed}", tags_for(host)) for seed in range(FIRST, FIRST + CASES)]
    write_index(tmp_path, cases)
    asked = [{"requirements": sample.requirements, "constraints": sample.constraints} for sample in cases]
    (tmp_path / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
    driver = Path(__file__).with_name("pipcases.py")
    index = (tmp_path / "simple").as_uri()

    ran = run([executable, driver, tmp_path / "cases.json", tmp_path / "answers.json", index], timeout=600)
    assert ran.ok, ran.stderr
    answers = json.loads((tmp_path / "answers.json").read_bytes())
    differing = {}
    for case, answer in zip(cases, answers, strict=True):
        source = CaseSource(case)
        reading = read_closure(source, TargetMatcher.of(host), case.requirements, constraints=case.constraints)
        ours = sorted(pin.link.filename for pin in reading.pins) if reading.resolves else None
        if ours != answer:
            differing[case.files[0].project] = (case, answer, ours)

    assert {} == differing
    assert CASES == len(answers)
    assert 0 < sum(given is None for given in answers) < CASES
