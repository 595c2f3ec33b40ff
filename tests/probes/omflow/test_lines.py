"""Which items of a flow have surely run when another one begins."""

from __future__ import annotations

from typing import Any

from airproof.probes.omflow.items import items_of


def python(number: int) -> dict[str, Any]:
    return {"id": f"P{number}", "type": "python", "text": str(number), "config": {"code": f"import m{number}\n"}}


def line(source: str, target: str) -> dict[str, Any]:
    return {"id": f"{source}-{target}", "type": "line", "config": {"source_item": source, "target_item": target}}


def ahead(*lines: tuple[str, str]) -> dict[str, tuple[str, ...] | None]:
    items = [python(3), python(2), python(1), {"id": "S", "type": "start", "config": {}}]
    found = items_of({"items": [*items, *(line(*one) for one in lines)]}, collector=False)
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
