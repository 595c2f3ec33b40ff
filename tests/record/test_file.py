"""A record in its file: what is alike stands once, and comes back whole."""

from __future__ import annotations

import copy
import json
import re
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airproof.errors import BadInput
from airproof.record.file import encode, read_report
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.system.processes import run
from tests.renderers.records import accepted, entry, report, text

DOCS = Path(__file__).parents[2] / "docs" / "ci.md"
LONG = {f"package-{number}": "1.0" for number in range(30)}
NAMES = st.sampled_from(["$ref", "$$ref", "ref", "installed", ""])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9)
    | st.sampled_from(["#/shared/0", "x" * 300]),
    lambda held: st.lists(held, max_size=4) | st.dictionaries(NAMES, held, max_size=3),
    max_leaves=20,
)


def back(made: Report, folder: Path) -> Report:
    path = folder / "record.json"
    path.write_bytes(encode(made))
    return read_report(path)


def of_hosts(*names: str, failed: tuple[str, ...] = ()) -> Report:
    """One check on each host."""
    entries = [
        entry("HOST01", text("It answers."), Outcome.FAILED if name in failed else Outcome.PASSED, subject=name)
        for name in names
    ]
    return report(*(msgspec.structs.replace(one, seconds=float(at)) for at, one in enumerate(entries)))


def test_two_reports_in_turn_have_their_own_bytes() -> None:
    """The last one is remembered, and no other is taken for it."""
    one = accepted()
    other = msgspec.structs.replace(one, exit_code=1)
    first, second = encode(one), encode(other)

    assert first != second
    assert (first, second) == (encode(one), encode(other))
    assert json.loads(second)["exit_code"] == 1


def test_a_value_that_several_facts_hold_stands_once(tmp_path: Path) -> None:
    """Hosts alike have the same packages: one list, and a reference for each host; small values stay where they are."""
    facts = {f"host-h{number}": {"label": f"h{number}", "installed": copy.deepcopy(LONG)} for number in (1, 2)}
    made = report(facts=facts)

    kept = json.loads(encode(made))

    assert [LONG] == kept["shared"]
    assert {"label": "h2", "installed": {"$ref": "#/shared/0"}} == kept["facts"]["host-h2"]
    assert facts == back(made, tmp_path).facts


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), VALUES)
def test_any_facts_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, facts: Any, twice: Any) -> None:
    """Also a fact that looks like a reference itself."""
    told = {**facts, "one": {"held": twice, "first": True}, "other": {"held": copy.deepcopy(twice), "first": 1}}

    read = back(report(facts=told), tmp_path_factory.mktemp("record"))

    assert json.dumps(told, sort_keys=True) == json.dumps(read.facts, sort_keys=True)


@pytest.mark.parametrize(
    ("shared", "reference"),
    [
        ([], "#/shared/0"),
        ([{"$ref": "#/shared/0"}], "#/shared/0"),
        ([1], "#/shared/-1"),
        ([1], "#/facts/reach"),
        ([1], ["#/shared/0"]),
        (["x" * 1000, *([{"$ref": f"#/shared/{number}"}] * 10 for number in range(9))], "#/shared/9"),
    ],
    ids=["nothing", "itself", "negative", "elsewhere", "no text", "ten to the ninth"],
)
def test_a_reference_that_leads_nowhere_is_a_damaged_record(shared: Any, reference: Any, tmp_path: Path) -> None:
    """A record is a file that anybody can edit: it can neither go round in circles nor fill the memory."""
    record = {**json.loads(encode(accepted())), "facts": {"reach": {"$ref": reference}}, "shared": shared}
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record), encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        read_report(path)

    assert "record-damaged" == caught.value.key


def test_hosts_on_which_a_check_came_to_the_same_are_one_entry(tmp_path: Path) -> None:
    """The further hosts stand in `also`, each with its own seconds; read, every host has its entry, h2 before h10."""
    made = of_hosts("h1", "h2", "h3", "h10", failed=("h2",))

    kept = json.loads(encode(made))["checks"]

    assert [("h1", {"h3": {"seconds": 2.0}, "h10": {"seconds": 3.0}}), ("h2", None)] == [
        (item["subject"], item.get("also")) for item in kept
    ]
    assert made.checks == back(made, tmp_path).checks


def test_what_was_seen_on_each_host_is_kept(tmp_path: Path) -> None:
    """Evidence often names the host: only what is the same as the first one's is left out."""
    seen = {"h1": "h1 answers", "h2": "h2 answers", "h3": "h1 answers", "h4": ""}
    entries = [
        entry("HOST01", text("It answers."), subject=name, evidence=text(one) if one else None)
        for name, one in seen.items()
    ]
    made = report(*entries)

    (kept,) = json.loads(encode(made))["checks"]

    assert ["evidence" in item for item in kept["also"].values()] == [True, False, True]
    assert made.checks == back(made, tmp_path).checks


def test_entries_in_another_order_keep_it(tmp_path: Path) -> None:
    """Only what is in natural order can be put apart again in the same order."""
    made = of_hosts("h10", "h2")

    assert made.checks == back(made, tmp_path).checks


def test_the_filters_of_the_documentation_find_what_is_kept_once(tmp_path: Path) -> None:
    """A reader with jq finds every failed host, and every fact whole."""
    jq = shutil.which("jq")
    if jq is None:
        pytest.skip("no jq here")
    made = of_hosts("h1", "h2", "h10", failed=("h2", "h10"))
    hosts = {f"host-{name}": {"label": name, "installed": dict(LONG)} for name in ("h1", "h2")}
    path = tmp_path / "record.json"
    path.write_bytes(encode(msgspec.structs.replace(made, facts={**hosts, "reach": {}})))
    filters = re.findall(r"```jq\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)

    failed, facts = (json.loads(run([jq, "-c", item, str(path)], timeout=20.0).stdout) for item in filters)

    assert {"id": "HOST01", "on": ["h2", "h10"]} == failed
    assert hosts == facts


def test_a_hundred_hosts_make_a_small_file(tmp_path: Path) -> None:
    """Each host has its own times; what they have in common is kept once."""
    names = [f"h{number}" for number in range(1, 101)]
    why = text("why " * 50, "為何" * 50)
    checks = [
        msgspec.structs.replace(entry(f"HOST{id:02}", why, subject=name), seconds=number / 7)
        for id in range(1, 21)
        for number, name in enumerate(names)
    ]
    facts = {
        f"host-{name}": {"label": name, "free": number, "tags": [f"cp311-abi3-linux_{item}" for item in range(900)]}
        for number, name in enumerate(names)
    }
    whole = report(*checks, facts=facts)

    assert len(encode(whole)) < 200_000
    assert (whole.checks, facts) == ((read := back(whole, tmp_path)).checks, read.facts)
