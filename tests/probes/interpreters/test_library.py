"""Facts of an interpreter's standard library, found without importing it."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from airproof.errors import CannotLook
from airproof.facts.complete import ensure_complete_library
from airproof.probes.interpreters import library as libraries
from airproof.probes.interpreters.library import Library, imported_by, library_of_carried, probe_library
from airproof.probes.onhost.hostlibrary import missing_of
from airproof.site.flows import Flow, Import, Item
from tests.probes.pythons import each_python, host_of

EVERYWHERE = (
    "os.path",
    "xml.etree.ElementTree",
    "concurrent.futures",
    "email.mime.text",
    "__future__",
    "_thread",
    "json",
)
NOWHERE = {"xml.airsub.deep": "xml.airsub", "json.tool.deep": "json.tool.deep", "os.airsub": "os.airsub"}


def importing(*modules: str) -> Flow:
    return Flow("Demo / f", "e.omf", (Item("fetch", "python", lines=modules),))


@pytest.mark.parametrize("executable", each_python())
def test_every_python_says_what_it_has(executable: str) -> None:
    """Modules that exist, that do not exist and from which version on, and that came with a later version."""
    host = host_of(executable)
    has_metadata = tuple(map(int, host.python.split(".")[:2])) >= (3, 8)

    found = probe_library(host, [importing(*EVERYWHERE, *NOWHERE, "importlib.metadata", "alpha.beta")])

    wanted = {"importlib.metadata": "" if has_metadata else "importlib.metadata"}
    assert {**dict.fromkeys(EVERYWHERE, ""), **NOWHERE, **wanted} == found.modules


def test_a_line_and_an_import_are_asked_for_once() -> None:
    """By the rule of the open edition and by Python's grammar."""
    item = Item("fetch", "python", lines=("xml.dom", "os"), imports=(Import("xml.dom"), Import("late.part")))

    assert ("xml.dom", "os", "late.part") == imported_by([Flow("Demo / f", "e.omf", (item,))])


def test_what_is_no_package_is_not_imported() -> None:
    """It holds nothing, and some modules do more than define names."""
    sys.modules.pop("antigravity", None)

    assert "antigravity.part" == missing_of("antigravity.part")
    assert "" == missing_of("antigravity")
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    ("source", "missing"),
    [("", ""), ("import _never_built", "_never_built"), ("raise RuntimeError('no display')", "airparent.part")],
)
def test_a_package_that_cannot_be_imported_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, missing: str
) -> None:
    """By what it lacks itself, where it says so: that is what its import names."""
    (tmp_path / "airparent").mkdir()
    (tmp_path / "airparent" / "__init__.py").write_text(source, encoding="utf-8")
    (tmp_path / "airparent" / "part.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "airparent", raising=False)

    assert missing == missing_of("airparent.part")
    sys.modules.pop("airparent", None)


def test_nobody_is_started_where_there_is_nothing_to_ask() -> None:
    """Flows that import nothing of the standard library."""
    nobody = msgspec.structs.replace(host_of(), executable="/no/such/python")

    assert Library(nobody.label) == probe_library(nobody, [importing("alpha.beta")])
    with pytest.raises(CannotLook):
        probe_library(nobody, [importing("xml.dom")])


def test_an_answer_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It proves nothing, and its last words are told."""
    stand_in = tmp_path / "stand_in.py"
    stand_in.write_text("raise SystemExit('no library today')", encoding="utf-8")
    monkeypatch.setattr(libraries, "HOSTLIBRARY", stand_in)

    with pytest.raises(CannotLook) as caught:
        probe_library(host_of(), [importing("xml.dom")])

    assert ("interpreter-not-python", "no library today") == (caught.value.key, caught.value.values["reason"])


def test_an_answer_that_leaves_a_module_out_is_none() -> None:
    """It would pass for a module that is there."""
    found = Library("cp311-linux", {"xml.dom": ""})

    assert found is ensure_complete_library(found, ["xml.dom"])
    with pytest.raises(CannotLook) as caught:
        ensure_complete_library(found, ["xml.dom", "xml.airsub"])
    assert ("probe-failed", "its own answer lacks xml.airsub") == (caught.value.key, caught.value.values["error"])


def test_another_host_answers_for_what_it_was_asked() -> None:
    """A module that it was not asked for is no absence, and no presence either."""
    far = msgspec.structs.replace(host_of(), library={"xml.dom": "", "xml.airsub": "xml.airsub"})

    assert {"xml.airsub": "xml.airsub"} == library_of_carried(far, [importing("xml.airsub", "alpha")]).modules
    with pytest.raises(CannotLook) as caught:
        library_of_carried(far, [importing("xml.dom", "xml.sax")])
    assert ("facts-not-asked", "xml.sax") == (caught.value.key, caught.value.values["groups"])
