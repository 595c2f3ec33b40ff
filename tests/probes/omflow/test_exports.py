"""Every form of an export becomes the same flows, and whatever is none is refused in one sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from airproof.errors import BadInput
from airproof.probes.omflow import exports
from airproof.probes.omflow import items as flow_items
from airproof.probes.omflow.exports import read_exports
from airproof.probes.omflow.groups import flow_groups
from airproof.site.flows import Flow
from tests.probes.exported import application, flow, item, write

PYTHON = item("FITEM_2", text="fetch", packages=["demo-a"], code="import demo_a")
NESTED = {"items": [item("FITEM_9", packages=["demo-c"])], "subflow": [{"items": [item("F", packages=["demo-d"])]}]}
SECRET = "hunter2-of-a-test"


def read(path: Path, document: Any) -> tuple[Flow, ...]:
    return read_exports((str(write(path / "export.omf", document)),))


def declared(flows: tuple[Flow, ...]) -> dict[str, list[str]]:
    return {played.title: [package for package, _ in played.declared()] for played in flows}


def refusal(path: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read_exports((str(path),))
    return caught.value


LIST = [application("Demo", flow("nightly", PYTHON))]
FORMS = {
    "list": LIST,
    "one application": LIST[0],
    "reply": {"status": 200, "message": "", "result": LIST},
    "reply with a text as status": {"status": "200", "message": "", "result": LIST},
    "reply around a text": {"status": 200, "message": "", "result": json.dumps(LIST)},
    "text": json.dumps(LIST),
    "mapping": {"Demo": [flow("nightly", PYTHON)]},
    "text in flowobject": [application("Demo", flow("nightly", flowobject=json.dumps({"items": [PYTHON]})))],
    "text in config": [application("Demo", flow("nightly", {**PYTHON, "config": json.dumps(PYTHON["config"])}))],
    "text in items": [application("Demo", flow("nightly", flowobject={"items": json.dumps([PYTHON])}))],
    "flows": [flow("nightly", PYTHON, flow_app_id__app_name="Demo")],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(tmp_path: Path, form: str) -> None:
    """Application, flow, item, package and import are the same, whichever edition wrote the file."""
    flows = read(tmp_path, FORMS[form])

    assert {"Demo / nightly": ["demo-a"]} == declared(flows)
    assert [("fetch", "python", ["demo_a"])] == [
        (entry.name, entry.type, [found.module for found in entry.imports]) for entry in flows[0].items
    ]


def test_sub_flows_count_to_any_depth(tmp_path: Path) -> None:
    """In the order of the file, the items before what lies in sub-flows."""
    flows = read(tmp_path, [application("Demo", flow("f", PYTHON, subflow=(NESTED,)))])

    assert {"Demo / f": ["demo-a", "demo-c", "demo-d"]} == declared(flows)


@pytest.mark.parametrize("texts", [False, True])
def test_parts_of_a_flow_may_be_texts_that_hold_json(tmp_path: Path, texts: bool) -> None:
    """Configurations and sub-flows count as if they were objects, and so do the lines that order the items."""

    def held(value: Any) -> Any:
        return json.dumps(value) if texts else value

    inner = {"uid": "2", "items": [{"id": "FITEM_1", "type": "python", "config": held({"code": "import inner\n"})}]}
    boxes = [
        {"id": "FITEM_1", "type": "start", "config": held({})},
        {"id": "FITEM_2", "type": "python", "config": held({"code": "import later\n"})},
        {"id": "FITEM_3", "type": "python", "config": held({"code": "import first\n", "autoinstall": True})},
        {"id": "L1", "type": "line", "config": held({"source_item": "FITEM_1", "target_item": "FITEM_3"})},
        {"id": "L2", "type": "line", "config": held({"source_item": "FITEM_3", "target_item": "FITEM_2"})},
    ]
    flowobject = {"uid": "1", "items": boxes, "subflow": held([held(inner)])}
    flows = read(tmp_path, [application("Demo", {"flow_name": "f", "flowobject": held(flowobject)})])

    assert [("later", (1,)), ("first", ()), ("inner", None)] == [
        (entry.lines[0], entry.ahead) for entry in flows[0].items
    ]


def test_packages_count_wherever_they_stand(tmp_path: Path) -> None:
    """A form's field, also inside of a JSON text, has no documented place; it belongs to the item around it."""
    form = {"items": [{"fields": [{"query": {"packages": ["demo-q"]}}]}]}
    boxes = (
        item("FITEM_1", type="start", packages=["demo-b"]),
        item("FITEM_4", type="form", packages=[], form_object=form),
        item("FITEM_5", type="form", form_object=json.dumps(form)),
    )

    found = read(tmp_path, [application("Demo", flow("f", *boxes))])

    assert [("FITEM_1", ("demo-b",)), ("FITEM_4", ("demo-q",)), ("FITEM_5", ("demo-q",))] == [
        (entry.name, entry.packages) for entry in found[0].items
    ]


@pytest.mark.parametrize(
    "text", ["two words", "--index-url http://192.0.2.9/", "-r file", "a @ http://192.0.2.9/a.whl", "a.whl", "./a"]
)
def test_what_pip_cannot_read_is_marked(tmp_path: Path, text: str) -> None:
    """Options, places and prose; a name, a version and an extra are read."""
    found = read(tmp_path, [application("Demo", flow("f", item(packages=["a", text, "b[x]==1.0"])))])

    assert (("a", text, "b[x]==1.0"), (text,)) == (found[0].items[0].packages, found[0].items[0].unreadable)


def test_values_that_are_no_text_are_told(tmp_path: Path) -> None:
    """They are no package and not forgotten either; null and an empty list declare nothing."""
    boxes = (item("A", packages=["demo-a", 7, {"name": "x"}, None]), item("B", packages="demo-b"))
    silent = (item("C", packages=None), item("D", packages=[]), item("E"))

    found = read(tmp_path, [application("Demo", flow("f", *boxes, *silent))])

    assert [("A", ("demo-a",), ("number", "object", "null")), ("B", (), ("text",))] == [
        (entry.name, entry.packages, entry.strange) for entry in found[0].items
    ]


@pytest.mark.parametrize(
    ("document", "away"),
    [
        ([application("Demo", flow("f", PYTHON))], False),
        ([application("Demo", flow("f", PYTHON), app_attr="sch")], True),
        ([application("Demo", flow("f", item(packages=["demo-a"], collector="c1")))], True),
        ([application("Demo", flow("f", item(packages=["demo-a"], collector="")))], False),
        ([application("Demo", flow("f", item(packages=["demo-a"], load_balance=True)))], True),
    ],
)
def test_a_collectors_items_are_told_apart(tmp_path: Path, document: Any, away: bool) -> None:
    """A policy's, one with a Collector, and one whose load is balanced."""
    assert [away] == [entry.collector for entry in read(tmp_path, document)[0].items]


def test_flows_of_one_name_stay_two(tmp_path: Path) -> None:
    """The second gets a number; the same file named twice counts once."""
    first = write(tmp_path / "a.omf", LIST)
    write(tmp_path / "b.omf", LIST)

    flows = read_exports((str(tmp_path), str(first)))

    assert ["Demo / nightly", "Demo / nightly (2)"] == [played.title for played in flows]


def test_parameters_are_left_alone(tmp_path: Path) -> None:
    """The other kind of export is refused where it is named, skipped in a folder, and its content is in no output."""
    parameters = write(tmp_path / "p.omf", [{"name": "db", "value": SECRET, "type": "text", "shadow": True}])
    write(tmp_path / "a.omf", [application("Demo", flow("nightly", PYTHON), application_param=json.dumps(SECRET))])

    refused = refusal(parameters)
    flows = read_exports((str(tmp_path),))

    assert "flow-parameters" == refused.key
    assert ["Demo / nightly"] == [played.title for played in flows]
    assert SECRET not in str(refused) + repr(flows)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "flow-not-json"),
        (json.dumps(LIST).encode()[:-9], "flow-not-json"),
        (json.dumps([application("D", flow("f", flowobject="{cut"))]).encode(), "flow-not-json"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "flow-encoding"),
        ('[{"flow_name": "夜間"}]'.encode("cp950"), "flow-encoding"),
        (json.dumps(LIST).encode("utf-16"), "flow-encoding"),
        (b"[" * 200_000, "flow-too-deep"),
        (b"[]", "flow-not-export"),
        (b"{}", "flow-not-export"),
        (b"7", "flow-not-export"),
        (b'{"a": [{"b": 1}]}', "flow-not-export"),
        (b'[{"flow_list": [7]}]', "flow-not-export"),
        (b'[{"flow_list": []}]', "flow-none"),
        (b'{"status": "404", "message": "no", "result": null}', "flow-error-reply"),
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes, key: str) -> None:
    """Cut, a picture, another encoding, nested without end, another document: one sentence each that names the file."""
    path = tmp_path / "export.omf"
    path.write_bytes(content)

    refused = refusal(path)

    assert (key, path) == (refused.key, Path(str(refused.values["path"])))


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size alone is asked."""
    monkeypatch.setattr(exports, "LARGEST", 10)
    path = write(tmp_path / "export.omf", LIST)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))

    assert "flow-too-big" == refusal(path).key


def test_a_missing_file_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    """Each with its own sentence."""
    assert ("flow-unreadable", "flow-none") == (refusal(tmp_path / "none.omf").key, refusal(tmp_path).key)


def test_half_a_character_can_be_written(tmp_path: Path) -> None:
    """A lone surrogate in a name, as a careless cut leaves it, does not stop the run later."""
    path = tmp_path / "export.omf"
    path.write_text('[{"app_name": "D\\ud800", "flow_list": [{"flow_name": "f", "flowobject": {}}]}]', encoding="utf-8")

    assert "D? / f" == read_exports((str(path),))[0].title


def test_a_flow_that_nobody_has_drawn_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence, before its items are looked at one by one."""
    monkeypatch.setattr(flow_items, "MOST_ITEMS", 10)
    monkeypatch.setattr(exports, "MOST_ITEMS", 10)
    items = [item(f"F{number}", packages=["demo"]) for number in range(11)]
    few = read(tmp_path, [application("Demo", flow("few", *items[:9]))])
    path = write(tmp_path / "many.omf", [application("Demo", flow("many", *items))])

    assert 1 == len(few)
    assert "flow-too-many" == refusal(path).key


@pytest.mark.parametrize(
    ("app_attr", "flow_config", "config", "place"),
    [
        ("user", {}, {}, ""),
        ("user", {}, {"collector": "c1"}, "c1"),
        ("user", {}, {"collector": "c1", "load_balance": True}, None),
        ("user", {"collector": "c2"}, {"collector": "c1"}, "c1"),
        ("user", {"collector": "c2"}, {}, "c2"),
        ("sch", {}, {}, "(policy)"),
    ],
)
def test_each_item_has_a_place(
    tmp_path: Path, app_attr: str, flow_config: dict[str, Any], config: dict[str, Any], place: str | None
) -> None:
    """The nearest configuration names it."""
    exported = application("Demo", flow("f", item(code="import a\n", **config)), app_attr=app_attr)
    exported["flow_list"][0]["config"] = flow_config
    file = tmp_path / "e.omf"
    file.write_text(json.dumps([exported]), encoding="utf-8")

    (found,) = read_exports((str(file),))[0].items

    assert (place, place != "") == (found.place, found.collector)


def in_a_row(count: int) -> list[dict[str, Any]]:
    """Items, each of which a line leads to from the one before."""
    names = ["S", *(f"P{number}" for number in range(count))]
    items = [{"id": name, "type": "python", "config": {"code": f"import m_{name}"}} for name in names[1:]]
    lines = [{"id": f"L{source}", "type": "line", "config": line_of(source, to)} for source, to in pairwise(names)]
    return [{"id": "S", "type": "start", "config": {}}, *items, *lines]


def line_of(source: str, target: str) -> dict[str, str]:
    return {"source_item": source, "target_item": target}


def sub_flows(count: int) -> dict[str, Any]:
    """A flow that runs each of its sub-flows."""
    calls = [{"id": f"C{number}", "type": "subflow", "config": {"subflow_id": f"U{number}"}} for number in range(count)]
    lines = [{"id": f"L{number}", "type": "line", "config": line_of("S", f"C{number}")} for number in range(count)]
    main = [{"id": "S", "type": "start", "config": {}}, *calls, *lines]
    return {"items": main, "subflow": [{"uid": f"U{number}", "items": in_a_row(2)} for number in range(count)]}


def work(job: Callable[[], object]) -> int:
    """Count the calls of functions, of built-in ones too: unlike seconds, they are the same on every machine."""
    calls = [0]

    def count(*_: object) -> None:
        calls[0] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        job()
    finally:
        sys.setprofile(before)
    return calls[0]


@pytest.mark.parametrize(
    "flowobject",
    [
        pytest.param(lambda count: [item(f"F{number}", packages=["demo"]) for number in range(count)], id="packages"),
        pytest.param(sub_flows, id="sub-flows"),
    ],
)
def test_the_work_grows_as_the_flow_does(flowobject: Callable[[int], Any]) -> None:
    """Ten times the items, ten times the work, and not a hundred times; also where the packages become groups."""

    def read_all(count: int) -> None:
        held = {"items": flowobject(count)} if isinstance(flowobject(1), list) else flowobject(count)
        flow_groups([Flow("f", "f.omf", flow_items.items_of(held, collector=False))])

    read_all(1)  # what is loaded once is loaded
    assert work(lambda: read_all(1_000)) < 13 * work(lambda: read_all(100))


@pytest.mark.thorough
def test_a_row_of_thousands_is_refused(tmp_path: Path) -> None:
    """Each item would keep the list of all items before it: 10,000 in a row once took 4 GB."""
    path = write(tmp_path / "long.omf", [application("Demo", flow("long", *in_a_row(10_000)))])

    assert 500 == len(flow_items.items_of({"items": in_a_row(500)}, collector=False))
    assert "flow-too-long" == refusal(path).key
