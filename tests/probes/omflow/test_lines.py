"""Which items of a flow have surely run when another one begins."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from airproof.probes.omflow.items import items_of


def python(number: int) -> dict[str, Any]:
    return {"id": f"P{number}", "type": "python", "text": str(number), "config": {"code": f"import m{number}\n"}}


def line(source: str, target: str) -> dict[str, Any]:
    return {"id": f"{source}-{target}", "type": "line", "config": {"source_item": source, "target_item": target}}


def ahead(*lines: tuple[str, str]) -> dict[str, tuple[str, ...] | None]:
    items = [python(3), python(2), python(1), {"id": "S", "type": "start", "config": {}}]
    found = items_of({"items": [*items, *(line(*text) for text in lines)]}, collector=False)
    return {
        item.name: None if item.ahead is None else tuple(sorted(found[at].name for at in item.ahead)) for item in found
    }


def test_items_in_a_row_run_one_after_the_other() -> None:
    """However they lie in the file."""
    assert {"1": (), "2": ("1",), "3": ("1", "2")} == ahead(("S", "P1"), ("P1", "P2"), ("P2", "P3"))


def test_what_lies_on_one_of_two_ways_has_not_surely_run() -> None:
    """Behind a switch only what lies before it is sure, also where the ways meet again or go back."""
    assert {"1": (), "2": ("1",), "3": ("1",)} == ahead(("S", "P1"), ("P1", "P2"), ("P1", "P3"), ("P2", "P3"))
    assert {"1": (), "2": ("1",), "3": ("1", "2")} == ahead(("S", "P1"), ("P1", "P2"), ("P2", "P3"), ("P3", "P1"))


def test_a_flow_without_lines_goes_by_the_order_of_its_items() -> None:
    """None: all that stand before."""
    assert {"1": None, "2": None, "3": None} == ahead()


def drawing(uid: int, *items: dict[str, Any], subflow: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """Items that run one after the other and lie in the file the other way round; ids as each drawing counts them."""
    drawn = [{"type": "start"}, *items, {"type": "end"}]
    drawn = [{"config": {}, **one, "id": f"FITEM_{number}"} for number, one in enumerate(drawn)]
    lines = [line(first["id"], second["id"]) for first, second in pairwise(drawn)]
    return {"uid": uid, "items": [*reversed(drawn), *lines], "subflow": list(subflow)}


def call(uid: int) -> dict[str, Any]:
    return {"type": "subflow", "config": {"subflow_id": str(uid)}}


def names_ahead(flowobject: dict[str, Any]) -> dict[str, list[str] | None]:
    found = items_of(flowobject, collector=False)
    return {item.name: None if item.ahead is None else sorted(found[at].name for at in item.ahead) for item in found}


def test_a_sub_flow_has_ids_of_its_own() -> None:
    """The same ids in both say nothing: seen with OMFlow, a main flow's items run in the order of its own lines."""
    sub = drawing(2, python(9))

    assert names_ahead(drawing(1, python(1), python(2), subflow=(sub,))) == {"1": [], "2": ["1"], "9": []}


def test_a_sub_flow_runs_where_it_is_called() -> None:
    """The lines before the call run before it, and the lines within run before those that follow the call."""
    subs = (drawing(2, python(8), call(3)), drawing(3, python(9)))

    found = names_ahead(drawing(1, python(1), call(2), python(2), subflow=subs))

    assert found == {"1": [], "2": ["1", "8", "9"], "8": ["1"], "9": ["1", "8"]}


def test_a_sub_flow_that_is_called_twice_is_sure_of_what_lies_before_both_calls() -> None:
    """And what follows the first call is sure of what lies before that."""
    found = names_ahead(drawing(1, python(1), call(2), python(2), call(2), python(3), subflow=(drawing(2, python(9)),)))

    assert found == {"1": [], "2": ["1", "9"], "3": ["1", "2", "9"], "9": ["1"]}


def runs(flowobject: dict[str, Any]) -> dict[str, bool]:
    return {item.name: item.runs for item in items_of(flowobject, collector=False)}


def test_an_item_that_no_line_leads_to_never_runs() -> None:
    """Measured with the open edition: such an item is deployed, and nothing ever runs it."""
    drawn = drawing(1, python(1))
    drawn["items"] += [{**python(2), "id": "APART"}, line("APART", "FITEM_2")]

    assert runs(drawn) == {"1": True, "2": False}


def test_without_a_line_from_a_start_nobody_knows() -> None:
    assert runs({"items": [python(1), python(2)]}) == {"1": True, "2": True}
    assert runs({"items": [python(1), python(2), line("P1", "P2")]}) == {"1": True, "2": True}


def test_a_switch_goes_by_its_rules() -> None:
    """Also where no line is drawn to the item that a rule names."""
    switch = {"type": "switch", "config": {"rules": [{"target": "RULED", "value1": "1", "value2": "1", "rule": "="}]}}
    drawn = drawing(1, switch)
    drawn["items"].append({**python(2), "id": "RULED"})

    assert runs(drawn) == {"2": True}


def test_a_sub_flow_that_no_item_names_never_runs() -> None:
    """An item that is never reached itself names none; a form may name one that looks at its input."""
    form = {"type": "form", "config": {"subflow_id": "3"}}
    subs = (drawing(2, python(8)), drawing(3, python(9)))

    assert runs(drawing(1, python(1), subflow=subs)) == {"1": True, "8": False, "9": False}
    assert runs(drawing(1, form, subflow=subs)) == {"8": False, "9": True}
    assert runs(drawing(1, call(2), subflow=(drawing(2, call(3)), drawing(3, python(9))))) == {"9": True}


def test_the_open_edition_runs_the_code_of_python_items_alone() -> None:
    assert runs(drawing(1, {**python(1), "type": "sleep"})) == {"1": False}
