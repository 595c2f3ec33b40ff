"""Providers of a module, among the wheels of an index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from airproof.net.http import Http
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.needed import probe_needed
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import target_of
from airproof.probes.omflow.providers import (
    HOST,
    Provided,
    import_uses,
    modules_of,
    probe_provided,
    provided_for_target,
)
from airproof.probes.pip.facts import PipFacts, PipRun
from airproof.probes.pip.installed import Installed
from airproof.site.flows import Flow, Import, Item
from airproof.site.group import Group
from airproof.system.processes import Ran
from pytest_airproof.packages import Package
from pytest_airproof.packages.sdists import Sdist
from pytest_airproof.packages.wheels import Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.pythons import host_of

HERE = msgspec.structs.replace(host_of(), executable="/another/python", modules=("inhost",), stdlib=("os", "json"))
YAML = Wheel("PyYAML", "6.0", modules=("yaml",))
PROJECTS: dict[str, list[Package]] = {
    "pyyaml": [YAML],
    "odd-name": [Wheel("odd-name", modules=("unguessable",))],
    "plain": [Wheel("plain")],
    "built": [Sdist("built")],
}


def flow(*modules: str, optional: bool = False) -> Flow:
    return Flow(
        "Demo / f", "e.omf", (Item("fetch", "python", imports=tuple(Import(module, optional) for module in modules)),)
    )


def ask(
    tmp_path: Path, flows: Sequence[Flow], *, requirements: tuple[str, ...] = (), installed: tuple[Installed, ...] = ()
) -> Provided:
    with StaticIndex(PROJECTS) as index, Http(5.0) as http:
        source = IndexSource(http, index.url, tmp_path / "files")
        reading = read_closure(source, TargetMatcher.of(HERE), requirements)
        readings = Readings("cp311-linux", "23", (GroupReading("Demo / f", requirements, False, reading),))
        pip = PipFacts("cp311-linux", "23", (PipRun(("Demo / f",), requirements, Ran((), 1, 0.0, "", ""), installed),))
        return probe_provided(flows, HERE, pip, readings, source, tuple(PROJECTS))


def test_a_wheel_of_the_index_says_what_it_provides(tmp_path: Path) -> None:
    """Also where neither its name nor the list would lead there."""
    found = ask(tmp_path, [flow("yaml", "unguessable.sub", "gone")])

    assert {"yaml": ("pyyaml",), "unguessable": ("odd-name",), "gone": ()} == {
        name: one.in_index for name, one in found.providers.items()
    }


def test_what_is_there_already_is_not_looked_for(tmp_path: Path) -> None:
    """Installed for the flows, in the interpreter, in Python, in OMFlow."""
    installed = (Installed("plain", "1.0", (), ("plain",)),)

    found = ask(tmp_path, [flow("plain", "inhost", "os.path", "omflow.syscom.tools", "django.db")], installed=installed)

    assert {"plain": "plain", "inhost": HOST} == {imported.module: imported.provided_by for imported in found.imports}
    assert {} == found.providers


def test_a_declared_package_provides_also_where_its_flow_does_not_resolve(tmp_path: Path) -> None:
    """Another package of the flow is missing: that is told elsewhere, once."""
    found = ask(tmp_path, [flow("yaml")], requirements=("PyYAML", "gone"))

    assert ["pyyaml"] == [imported.provided_by for imported in found.imports]


def test_a_source_distribution_is_taken_at_its_name(tmp_path: Path) -> None:
    """It has no wheel that says what it provides; declared by the module's name it is no finding."""
    found = ask(tmp_path, [flow("built", "plaiN")], requirements=("built", "plain"))

    assert [("built", "built"), ("plaiN", "")] == [
        (imported.module, imported.provided_by) for imported in found.imports
    ]


def test_an_absent_requirement_is_looked_up_by_its_name(tmp_path: Path) -> None:
    """The index's wheel first; a name of the list is kept as well."""
    found = ask(tmp_path, [], requirements=("yaml", "cv2"))

    assert ("cv2", "yaml") == found.absent
    assert ("PyYAML", "opencv-python") == (found.provider("yaml").best, found.provider("cv2").best)


def test_a_targets_wheels_say_what_they_bring(tmp_path: Path) -> None:
    """A distribution of the module's name may have no module at all; a source distribution is taken at its name."""
    projects: dict[str, list[Package]] = {
        "mysql": [Wheel("mysql", modules=(), requires=("mysqlclient",))],
        "mysqlclient": [Wheel("mysqlclient", modules=("MySQLdb",))],
        "built": [Sdist("built")],
    }
    target = TargetMatcher.by(target_of("cp37-win32"))
    flows = [flow("mysql", "MySQLdb", "built", "openpyxl", "telnetlib", "gone")]
    with StaticIndex(projects) as index, Http(5.0) as http:
        source = IndexSource(http, index.url, tmp_path / "files")
        readings = probe_needed(source, target, (Group("Demo / f", ("mysql", "built")),)).readings
        found = provided_for_target(flows, target, readings, source, tuple(projects))

    assert {"MySQLdb": "mysqlclient", "built": "built", "gone": "", "mysql": "", "openpyxl": HOST} == {
        imported.module: imported.provided_by for imported in found.imports
    }


def test_an_import_is_optional_only_where_all_are() -> None:
    """One place that needs it is enough."""
    uses = import_uses([flow("a", "b", optional=True), flow("a")], HERE.stdlib)

    assert [("a", False), ("b", True)] == [(use.module, use.optional) for use in uses]


@pytest.mark.parametrize("content", [b"", b"no wheel", YAML.content()[:60]])
def test_a_broken_wheel_provides_nothing(tmp_path: Path, content: bytes) -> None:
    """It is no reason to stop."""
    path = tmp_path / "broken.whl"
    path.write_bytes(content)

    assert modules_of(path) is None
