"""An absent requirement that is a module's name gets the cause that says so."""

from __future__ import annotations

import msgspec
import pytest

from airproof.catalog import load_catalog
from airproof.check import Finding
from airproof.diagnosis.gaps.findings import findings_of
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.index.others import Indexes, OtherIndex
from airproof.probes.index.simple import IndexRoot, Roots
from airproof.probes.interpreters.host import Host
from airproof.probes.omflow.providers import NameFindings, Provided
from tests.probes.pythons import host_of
from tests.probes.tables import LINUX_311, Table

ROOT = IndexRoot("http://index/", 200, None, "", 0.0, "text/html", True, 1, (), ("pyyaml",))
CATALOG = load_catalog()
ROOTS = Roots(ROOT, None, None, None)


def host() -> Host:
    """It was asked for two parts of its library, and has one of them."""
    library = {"xml.dom": "", "xml.airsub.deep": "xml.airsub", "importlib.metadata": "importlib.metadata"}
    markers = {"python_version": "3.7"}
    return msgspec.structs.replace(host_of(), stdlib=("asyncio", "importlib", "xml"), library=library, markers=markers)


def found(
    *requirements: str, files: Table | None = None, providers: dict[str, NameFindings] | None = None
) -> list[Finding]:
    reading = read_closure(files or Table({"pyyaml-6.0-py3-none-any.whl": ()}), LINUX_311, requirements)
    items: dict[str, tuple[str, ...]] = dict.fromkeys(requirements, ("fetch",))
    readings = Readings("cp311-linux", "23.2", (GroupReading("Demo / f", requirements, False, reading, items),))
    provided = Provided("cp311-linux", (), providers or {}, ())
    return findings_of(readings, known=ROOTS, host=host(), provided=provided)


@pytest.mark.parametrize(
    ("requirement", "cause"),
    [
        ("asyncio", "standard-library"),
        ("xml.dom", "standard-library"),
        ("xml.airsub", "not-in-standard-library"),
        ("omflow", "omflow-module"),
        ("yaml", "import-name"),
        ("PIL>=9", "import-name"),
        ("strange", "absent"),
        ("pyyamll", "close-name"),
    ],
)
def test_an_absent_name_is_told_by_whose_it_is(requirement: str, cause: str) -> None:
    """Python's, OMFlow's, what a wheel of the index provides, what the list knows, or nobody's."""
    providers = {"yaml": NameFindings("yaml", ("pyyaml",)), "PIL": NameFindings("PIL", (), ("Pillow",))}

    assert [cause] == [finding.cause for finding in found(requirement, providers=providers)]


def test_what_helps_is_told_where_it_is_known() -> None:
    """The Pythons that have it, and what is imported in its place; for a misspelling nothing is guessed."""
    helps = {item.values["requirement"]: item.values["helps"] for item in found("importlib.metadata", "xml.airsub")}

    assert "-" == helps["xml.airsub"]
    assert "Python 3.8+; import importlib_metadata (importlib-metadata)" == helps["importlib.metadata"]


def test_the_place_is_named_down_to_the_item() -> None:
    """Application, flow and item."""
    assert ["Demo / f / fetch"] == [finding.values["path"] for finding in found("asyncio")]


def test_a_name_that_the_index_has_is_no_finding() -> None:
    """Somebody carried a project of that name: it resolves."""
    assert [] == found("asyncio", files=Table({"asyncio-3.4.3-py3-none-any.whl": ()}))


def test_a_name_that_provides_itself_is_absent() -> None:
    """If the distribution is called as the module is, the name is right and the package missing."""
    assert ["absent"] == [
        finding.cause for finding in found("serial", providers={"serial": NameFindings("serial", (), ("Serial",))})
    ]


def test_a_dependencys_name_is_its_authors_business() -> None:
    """Only what was asked for is judged by its name."""
    files = Table({"app-1.0-py3-none-any.whl": ("asyncio",)})

    assert ["dependency-missing"] == [finding.cause for finding in found("app", files=files)]


def test_what_the_index_has_under_its_own_name_is_not_fetched() -> None:
    """`yaml` is asked for, and PyYAML lies there: the name is mended, and nothing is carried."""
    (finding,) = found("yaml", providers={"yaml": NameFindings("yaml", ("pyyaml",), ())})

    assert ("import-name", "pyyaml", "") == (finding.cause, finding.values["close"], finding.values["fetched"])
    assert "" == CATALOG.steps(finding).fetch


def test_a_project_of_another_index_is_told_with_it() -> None:
    """Even where a like name lies in the tested one; the URL that would be right is told too."""
    indexes = Indexes(True, (OtherIndex("team/prod", ("telemetry",)),))
    root = msgspec.structs.replace(ROOT, url="http://index:3141/root/local/")
    reading = read_closure(Table({"pyyaml-6.0-py3-none-any.whl": ()}), LINUX_311, ("Telemetry",))
    readings = Readings("cp311-linux", "23.2", (GroupReading("-p", ("Telemetry",), False, reading),))

    (finding,) = findings_of(readings, known=Roots(root, None, None, "6.20", indexes=indexes), host=host())

    assert ("in-other-index", "root/local", "team/prod") == (
        finding.cause,
        finding.values["stage"],
        finding.values["other"],
    )
    assert "http://index:3141/team/prod/" == finding.values["right"]


def test_an_empty_index_is_one_cause() -> None:
    """Whatever was asked for: all of it is about the index."""
    root = msgspec.structs.replace(ROOT, url="http://index:3141/root/local/", projects=0, names=())
    groups = tuple(
        GroupReading(name, (name,), False, read_closure(Table({}), LINUX_311, (name,))) for name in ("alpha", "beta")
    )

    findings = findings_of(
        Readings("here", "23.2", groups), known=Roots(root, None, None, "6.20", indexes=Indexes(True)), host=host()
    )

    assert {("index-empty", "root/local")} == {(finding.cause, finding.about) for finding in findings}
