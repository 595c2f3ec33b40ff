"""The open edition's flows on another host: by what the host says that it has, and by what the index's wheels hold."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest

from airproof.diagnosis.endings import hold_told
from airproof.errors import CannotLook
from airproof.net.http import Http
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.code.bringing import may_bring
from airproof.probes.code.imports import import_text, line_imports
from airproof.probes.code.running import certain_imports, imports_behind
from airproof.probes.installs import openpaper
from airproof.probes.installs.openends import FlowWalk, ItemWalk, Walks
from airproof.probes.installs.openpaper import walks_of_carried, walks_of_target
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import had_of, target_of
from airproof.probes.omflow.items import items_of
from airproof.probes.remote.carried import CarriedFacts, parse_carried, pip_of_carried
from airproof.probes.remote.standalone import standalone
from airproof.site.flows import Flow, Item
from airproof.site.group import Group
from airproof.site.hosts import InstalledDistribution
from airproof.site.indexurl import IndexUrl
from airproof.site.site import Edition, Site
from airproof.system.processes import run
from pytest_airproof.packages import Package
from pytest_airproof.packages.sdists import Sdist
from pytest_airproof.packages.wheels import Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import PLAIN
from tests.probes.pythons import host_of

VM = Wheel("pyvmomi", modules=["pyVmomi.vim", "pyVim.connect"], files={"pyVim/connect.py": b"SmartConnect = 1\n"})
PROJECTS: dict[str, list[Package]] = {
    "pyvmomi": [VM],
    "alpha": [Wheel("alpha", requires=("beta",))],
    "beta": [Wheel("beta")],
    "pyvim": [Wheel("pyvim")],
    "pathed": [Wheel("pathed", modules=[], files={"pathed.pth": b"within\n", "within/pathed.py": b""})],
    "built": [Sdist("built")],
}


def flow(*codes: str, autoinstall: bool = True) -> Flow:
    items = (
        Item(
            "fetch",
            "python",
            text=import_text(code),
            lines=line_imports(code),
            certain=tuple(imported for imported in certain_imports(code) if imported not in line_imports(code)),
            behind=tuple(
                module_import for module_import in imports_behind(code) if module_import not in line_imports(code)
            ),
            brings=may_bring(code),
            autoinstall=autoinstall,
        )
        for code in codes
    )
    return Flow("Demo / f", "e.omf", tuple(items))


def there(**changes: object) -> Host:
    """Another host, with nothing but Python and what is said of it."""
    known = {"installed": {}, "requires": {}, "modules": (), "library": {"xml.airsub": "xml.airsub"}}
    return Host(**{**{name: getattr(host_of(), name) for name in Host.__struct_fields__}, **known, **changes})


def walk(folder: Path, code: str, *names: str, host: Host | None = None, autoinstall: bool = True) -> ItemWalk:
    """The item's end, with the projects of these names on the index."""
    host = host or there()
    with StaticIndex({name: PROJECTS[name] for name in names}) as index, Http(5.0) as http:
        source = IndexSource(http, index.url, folder / "files")
        had = TargetMatcher.of(host, had_of(host))
        walks = walks_of_carried(host, [flow(code, autoinstall=autoinstall)], source, had, folder / "paper")
    return walks.flows[0].items[0]


FIRST = "from pyVmomi import vim\nfrom pyVim.connect import SmartConnect\n"
SECOND = "from pyVim.connect import SmartConnect\nfrom pyVmomi import vim\n"


@pytest.mark.parametrize(
    ("code", "names", "ending", "asked"),
    [
        (FIRST, ("pyvmomi",), "well", ("pyVmomi",)),
        (SECOND, ("pyvmomi",), "not-installed", ("pyVim",)),
        (SECOND, ("pyvmomi", "pyvim"), "still-missing", ("pyVim",)),
        ("import pathed", ("pathed",), "after-restart", ("pathed",)),
        ("import alpha; import beta", ("alpha", "beta"), "well", ("alpha",)),
        ("import alpha", ("alpha",), "not-installed", ("alpha",)),
        ("from alpha import nothere", ("alpha", "beta"), "import-raises", ("alpha",)),
        ("import alpha.nothere", ("alpha", "beta"), "name-refused", ("alpha",)),
        ("import json, os.path, omflow.syscom.common", (), "well", ()),
        ("import xml.airsub", (), "not-installed", ("xml.airsub",)),
        ("import openpyxl", (), "not-installed", ("openpyxl",)),
        ("x = 1; import beta", ("beta",), "code-imports", ()),
        ("import alpha; raise ValueError(1)", ("alpha", "beta"), "line-raises", ("alpha",)),
    ],
)
def test_flows_end_there_as_they_would_here(
    tmp_path: Path, code: str, names: tuple[str, ...], ending: str, asked: tuple[str, ...]
) -> None:
    """By the order of the lines, and by what the wheels hold; nothing is taken to be installed that is not."""
    found = walk(tmp_path, code, *names)

    assert (ending, asked, "") == (found.ending, found.asked, found.untold)


def test_what_the_host_has_is_asked_of_no_index(tmp_path: Path) -> None:
    """Its own modules are there; of a part that no file shows nobody knows."""
    has = there(modules=("alpha", "six"), parts={"alpha.one": "", "six.moves": "six.moves"})

    plain, part, unseen, never_asked = (
        walk(tmp_path / str(at), code, host=has)
        for at, code in enumerate(("import alpha", "import alpha.one", "import six.moves", "import alpha.two"))
    )

    assert [("well", "")] * 2 == [(item.ending, item.untold) for item in (plain, part)]
    assert [("well", "import six.moves"), ("well", "import alpha.two")] == [
        (item.ending, item.untold) for item in (unseen, never_asked)
    ]


def test_of_omflows_own_modules_another_host_has_what_the_release_has(tmp_path: Path) -> None:
    """Any other part of another host is unknown here."""
    own, other = (walk(tmp_path / part, f"import omflow.{part}") for part in ("views", "airnone"))

    assert [("well", ""), ("well", "import omflow.airnone")] == [(item.ending, item.untold) for item in (own, other)]


def test_of_an_import_behind_code_that_may_bring_the_module_nobody_knows(tmp_path: Path) -> None:
    """If the module is there anyway, the import works; otherwise only the code shows it."""
    code = "x = 1; import sys; sys.path.append('/opt/scripts'); import beta"
    has = there(modules=("beta",))

    missing, there_already = walk(tmp_path / "a", code), walk(tmp_path / "b", code, host=has)

    assert ("well", "import beta", "behind") == (missing.ending, missing.untold, missing.doubt)
    assert ("well", "") == (there_already.ending, there_already.untold)
    assert "code-imports" == walk(tmp_path / "c", f"x = 1; import alpha\n{code}").ending


def test_an_item_that_installs_nothing_ends(tmp_path: Path) -> None:
    """Whatever the index has."""
    assert "may-not-install" == walk(tmp_path, "import beta", "beta", autoinstall=False).ending


def test_nothing_is_built_for_another_host(tmp_path: Path) -> None:
    """A build on another host cannot be tried from here."""
    with pytest.raises(CannotLook) as caught:
        walk(tmp_path, "import built", "built")

    assert "sdist-elsewhere" == caught.value.key


def walk_target(folder: Path, code: str, *names: str, had: dict[str, InstalledDistribution] | None = None) -> ItemWalk:
    """The same for a target that is known by its name."""
    target = TargetMatcher.by(msgspec.structs.replace(target_of("cp37-win32"), had=had or {}))
    with StaticIndex({name: PROJECTS[name] for name in names}) as index, Http(5.0) as http:
        source = IndexSource(http, index.url, folder / "files")
        walks = walks_of_target(target, [flow(code)], source, folder / "paper")
    return walks.flows[0].items[0]


@pytest.mark.parametrize(
    ("code", "names", "ending", "asked"),
    [
        (FIRST, ("pyvmomi",), "well", ("pyVmomi",)),
        (SECOND, ("pyvmomi", "pyvim"), "still-missing", ("pyVim",)),
        ("import openpyxl, django.db, distutils.core, omuser", (), "well", ()),
        ("import gamma", (), "not-installed", ("gamma",)),
        ("import winreg, dataclasses, asyncore, cgi", (), "well", ()),
        ("import fcntl", (), "not-installed", ("fcntl",)),
        ("import zoneinfo", (), "not-installed", ("zoneinfo",)),
    ],
)
def test_flows_are_played_for_a_target_as_well(
    tmp_path: Path, code: str, names: tuple[str, ...], ending: str, asked: tuple[str, ...]
) -> None:
    """It is taken to have what OMFlow's interpreter normally has, and the library of its Python on its system."""
    found = walk_target(tmp_path, code, *names)

    assert (ending, asked) == (found.ending, found.asked)


@pytest.mark.parametrize(
    ("code", "untold"),
    [
        ("from django.db.models import Q", ""),
        ("import django.airsub", "import django.airsub"),
        ("from ldap3.airsub import x", "from ldap3.airsub import x"),
        ("import xml.dom.minidom", ""),
        ("from omflow.syscom.common import getModel", ""),
        ("import omflow.airnone", "import omflow.airnone"),
    ],
)
def test_of_a_part_of_what_a_target_is_taken_to_have_nobody_knows(tmp_path: Path, code: str, untold: str) -> None:
    """But for the parts that each Django has."""
    found = walk_target(tmp_path, code)

    assert ("well", untold) == (found.ending, found.untold)


def test_what_is_installed_on_a_target_is_there(tmp_path: Path) -> None:
    """A module is taken to be there if the distribution of its name is."""
    found = walk_target(tmp_path, "import gamma", had={"gamma": InstalledDistribution("1.0", ())})

    assert ("well", ()) == (found.ending, found.asked)


def answered(url: str, folder: Path, code: str) -> CarriedFacts:
    """Return the probe's output after it was asked for such a flow."""
    groups = (Group("Demo / f", ("pyVmomi", "pyVim"), items={"pyVmomi": ("fetch",), "pyVim": ("fetch",)}),)
    site = Site(url, groups=groups, flows=(flow(code),), edition=Edition.OPEN, pip_command=PLAIN, timeout=5.0)
    (folder / "probe.py").write_text(standalone(site), encoding="utf-8")
    ran = run(
        [sys.executable, "-B", folder / "probe.py"],
        timeout=120,
        cwd=folder,
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull},
    )
    return parse_carried(ran.stdout, "answer")


def test_that_hosts_pip_is_asked_for_each_name_by_itself(tmp_path: Path) -> None:
    """A name that is not asked for in the end takes none of the others with it, and the usual modules are asked for."""
    with StaticIndex({"pyvmomi": PROJECTS["pyvmomi"]}) as index:
        found = answered(index.url, tmp_path, FIRST + "import openpyxl")
        asked = (Group("Demo / f", ("pyVmomi",)), Group("other", ("pyVmomi", "pyVim")))
        facts = pip_of_carried(found, "far", asked, IndexUrl.of(index.url))

    assert {("pyVmomi",): 0, ("pyVim",): 1, ("openpyxl",): 1} == {run.requirements: run.exit_code for run in found.runs}
    assert [(("Demo / f",), True), (("other",), False)] == [(run.groups, run.ok) for run in facts.runs]
    assert ["pyvmomi"] == [dist.name for dist in facts.runs[0].installed]


def test_a_wheel_is_unpacked_below_its_folder_and_up_to_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members that would lead elsewhere, on Windows too, are left out; a wheel that swells is damaged."""
    wheel, place = tmp_path / "w.whl", tmp_path / "place"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("good.py", "../up.py", "/top.py", "C:drive.py", "..\\back.py"):
            archive.writestr(name, "x = 1")

    openpaper._unpack(wheel, place)

    assert ["good.py"] == [path.relative_to(place).as_posix() for path in place.rglob("*")]
    monkeypatch.setattr(openpaper, "MOST_SOURCE", 10)
    with pytest.raises(ValueError, match="25 bytes"):
        openpaper._unpack(wheel, place)


def played(folder: Path, *items: Item, host: Host | None = None) -> list[ItemWalk]:
    """The ends of flows of one item each."""
    host = host or there()
    with StaticIndex({}) as index, Http(5.0) as http:
        source = IndexSource(http, index.url, folder / "files")
        flows = [Flow(f"Demo / {number}", "e.omf", (item,)) for number, item in enumerate(items)]
        walks = walks_of_carried(host, flows, source, TargetMatcher.of(host, had_of(host)), folder / "paper")
    return [entry.items[0] for entry in walks.flows]


def test_flows_with_the_same_imports_end_each_in_its_own_way(tmp_path: Path) -> None:
    """Their code behind the imports differs: the order in which they are named makes no difference."""
    fine = Item("a", "python", text="import json\n", lines=("json",))
    broken = msgspec.structs.replace(fine, unparsed="line 2: invalid syntax")

    assert ["well", "code-broken"] == [item.ending for item in played(tmp_path, fine, broken)]
    assert ["code-broken", "well"] == [item.ending for item in played(tmp_path, broken, fine)]


@pytest.mark.parametrize("text", ["", "import json\n"])
@pytest.mark.parametrize(("python", "ending"), [("3.9.1", "code-broken"), ("3.10.0", "well"), ("3.11.7", "well")])
def test_code_for_a_newer_python_does_not_compile(tmp_path: Path, text: str, python: str, ending: str) -> None:
    """Code with `match`, also without any import. OMFlow under Python 3.8: "invalid syntax"."""
    item = Item("a", "python", text=text, python=(3, 10))

    assert [ending] == [entry.ending for entry in played(tmp_path, item, host=there(python=python))]


@pytest.mark.parametrize(("target", "ending"), [("cp38-win_amd64", "code-broken"), ("cp311-win_amd64", "well")])
def test_code_for_a_newer_python_does_not_compile_on_a_target(tmp_path: Path, target: str, ending: str) -> None:
    """`for x in *a, *b` is Python 3.9's; the parser's `feature_version` lets it pass for 3.8."""
    code = "import json\nfor x in *json.a, *json.b: pass\n"
    items = items_of({"items": [{"id": "F", "type": "python", "config": {"code": code}}]}, collector=False)
    with StaticIndex({}) as index, Http(5.0) as http:
        source = IndexSource(http, index.url, tmp_path / "files")
        walks = walks_of_target(
            TargetMatcher.by(target_of(target)), [Flow("Demo / f", "e.omf", items)], source, tmp_path / "paper"
        )

    assert [ending] == [entry.ending for entry in walks.flows[0].items]


def test_code_that_airproofs_python_is_too_old_to_read_is_not_judged(tmp_path: Path) -> None:
    """A newer Python on the host may take what this one does not."""
    item = Item("a", "python", unparsed="line 1: invalid syntax")
    newer = f"3.{sys.version_info.minor + 1}.0"

    found = played(tmp_path, item, host=there(python=newer))

    assert [("well", "line 1: invalid syntax", "newer")] == [
        (entry.ending, entry.untold, entry.doubt) for entry in found
    ]
    with pytest.raises(CannotLook, match="newer Python"):
        hold_told(Walks("cp399", (FlowWalk("Demo / 0", tuple(found)),)))


PATHS = "sys.path.append('/opt/scripts')\n"


@pytest.mark.parametrize("autoinstall", [True, False])
@pytest.mark.parametrize("bringing", [PATHS, f"import sys; {PATHS}", "import subprocess as s\ns.getoutput('make')\n"])
def test_an_earlier_items_code_may_bring_a_module(tmp_path: Path, bringing: str, *, autoinstall: bool) -> None:
    """All items of a flow run in one process. An item that begins before that code is not helped by it."""
    later = "import later, alpha\n"
    orders = [flow(bringing, later, autoinstall=autoinstall), flow(later, bringing, autoinstall=autoinstall)]

    with StaticIndex({name: PROJECTS[name] for name in ("alpha", "beta")}) as index, Http(5.0) as http:
        source = IndexSource(http, index.url, tmp_path / "files")
        host = there()
        here = walks_of_carried(host, orders, source, TargetMatcher.of(host, had_of(host)), tmp_path / "paper")
        target = walks_of_target(TargetMatcher.by(target_of("cp37-win32")), orders, source, tmp_path / "paper")

    missing = "not-installed" if autoinstall else "may-not-install"
    for walks in (here, target):
        behind, before = walks.flows[0].items[1], walks.flows[1].items[0]
        assert ("well", "behind", ()) == (behind.ending, behind.doubt, tuple(set(behind.asked) - {"alpha"}))
        assert behind.untold.startswith("import later")
        assert missing == before.ending


@pytest.mark.parametrize(
    ("later", "ending"),
    [
        ("import json; raise ValueError(1)\n", "line-raises"),
        ("from . import views\n", "import-raises"),
        ("import alpha\n", "well"),
    ],
)
def test_such_code_does_not_save_what_fails_for_another_reason(tmp_path: Path, later: str, ending: str) -> None:
    """Nor does it leave open what works in any case."""
    with StaticIndex({name: PROJECTS[name] for name in ("alpha", "beta")}) as index, Http(5.0) as http:
        source, host = IndexSource(http, index.url, tmp_path / "files"), there()
        had = TargetMatcher.of(host, had_of(host))
        walks = walks_of_carried(host, [flow(PATHS, later)], source, had, tmp_path / "paper")

    assert (ending, "code") == (walks.flows[0].items[1].ending, walks.flows[0].items[1].doubt)


@pytest.mark.parametrize(
    ("places", "ending"),
    [
        (("", ""), "well"),
        (("c1", "c1"), "well"),
        (("c1", ""), "may-not-install"),
        (("", "c1"), "may-not-install"),
        (("c1", "c2"), "may-not-install"),
        ((None, None), "may-not-install"),
    ],
)
def test_only_items_in_the_same_place_bring_modules(
    tmp_path: Path, places: tuple[str | None, str | None], ending: str
) -> None:
    """The server and each Collector have an interpreter of their own, and of a group any Collector may run an item."""
    brings, needs = (
        Item("a", "python", text="import beta\n", lines=("beta",), autoinstall=autoinstall, place=place)
        for autoinstall, place in zip((True, False), places, strict=True)
    )
    with StaticIndex({"beta": PROJECTS["beta"]}) as index, Http(5.0) as http:
        source, host = IndexSource(http, index.url, tmp_path / "files"), there()
        flows = [Flow("Demo / f", "e.omf", (brings, needs))]
        walks = walks_of_carried(host, flows, source, TargetMatcher.of(host, had_of(host)), tmp_path / "paper")

    assert ["well", ending] == [item.ending for item in walks.flows[0].items]
