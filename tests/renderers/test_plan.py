"""What to do, by place."""

from __future__ import annotations

import msgspec

from airproof.record.outcome import Outcome
from airproof.record.report import RecordedFinding, Report
from airproof.renderers.parts.causes import causes_of
from airproof.renderers.plan import CARRIED, CONNECTED, FETCH, HERE, blocks_of, merged
from tests.renderers.records import USE, entry, finding, report, text

UPLOAD = (*USE, "devpi upload --from-dir MEDIUM/wheels")
OPEN, CLOSE = "devpi index root/local volatile=True", "devpi index root/local volatile=False"


def site_with(*remedies: dict[str, object]) -> Report:
    """A live index with one failed check for each remedy; the run can be asked again."""
    failed = [
        entry(f"PIP{number:02}", text("x"), Outcome.FAILED, findings=(_found(number, remedy),))
        for number, remedy in enumerate(remedies, 1)
    ]
    made = report(*failed)
    return msgspec.structs.replace(made, run=msgspec.structs.replace(made.run, again="airproof check URL"))


def _found(number: int, remedy: dict[str, object]) -> RecordedFinding:
    return msgspec.structs.replace(finding("c", text(f"{number}"), text("r")), **remedy)


def test_there_is_one_fetch_one_upload_and_one_check() -> None:
    """However many packages are missing."""
    made = site_with({"fetch": "a", "inside": UPLOAD}, {"fetch": "b", "inside": UPLOAD})

    assert [(CONNECTED, (FETCH,)), (CARRIED, (*UPLOAD, "airproof check URL"))] == [
        (block.place, block.commands) for block in blocks_of(made)
    ]


def test_what_is_mended_here_is_checked_here() -> None:
    """Nobody is sent over the gap where nothing has to be fetched."""
    made = site_with({"commands": (*USE, "devpi index root/local acl_upload=root")})

    assert [(HERE, (*USE, "devpi index root/local acl_upload=root", "airproof check URL"))] == [
        (block.place, block.commands) for block in blocks_of(made)
    ]


def test_a_remedy_without_commands_has_no_block() -> None:
    """The check alone is no plan."""
    assert [] == blocks_of(site_with({}))


def test_the_order_of_each_remedy_is_kept() -> None:
    """An index that is opened for several uploads is closed after the last."""
    first, second = (*USE, OPEN, "devpi upload a", CLOSE), (*USE, OPEN, "devpi upload b", CLOSE)

    assert [*USE, OPEN, "devpi upload a", "devpi upload b", CLOSE] == merged([first, second])


def test_remedies_that_contradict_each_other_stand_one_behind_the_other() -> None:
    """Nothing is lost."""
    assert ["a", "b", "c"] == merged([("a", "b"), ("b", "a", "c")])


def test_a_rehearsed_folder_is_filled_and_rehearsed_again() -> None:
    """Its index is gone: nothing is uploaded to it."""
    made = site_with({"fetch": "a", "inside": UPLOAD})
    site = msgspec.structs.replace(made.site, wheelhouse="/media/wheel house")
    run = msgspec.structs.replace(made.run, command="rehearse")

    blocks = blocks_of(msgspec.structs.replace(made, site=site, run=run))

    assert ('pip download -d "/media/wheel house" "a"',) == blocks[0].commands
    assert [CONNECTED, CARRIED] == [block.place for block in blocks]


def test_one_project_for_three_targets_is_one_cause() -> None:
    """With a line for each target of which something else is said."""
    made = report(
        *(
            entry("DEP01", text("x"), Outcome.FAILED, subject=f"cp{number}", findings=(finding(
                "other-python", text(f"not for cp{number}"), text("r"), about="numpy", victims=("numpy",)),))
            for number in (37, 38, 39)
        )
    )  # fmt: skip

    (cause,) = causes_of(made).counting

    assert ["cp38", "cp39"] == [*cause.also]
    assert 3 == len(cause.entries)


def test_the_medium_that_is_carried_in_is_named_beside_the_first() -> None:
    """Else the check that is repeated would call its files surplus; what a variable named is typed then."""
    made = site_with({"fetch": "a", "inside": UPLOAD})
    site = msgspec.structs.replace(made.site, media=("/media/first one",))
    by_variable = msgspec.structs.replace(made, site=site)
    again = "airproof check URL --manifest first"
    typed = msgspec.structs.replace(by_variable, run=msgspec.structs.replace(made.run, again=again))

    assert [
        'airproof check URL --manifest "/media/first one" --manifest MEDIUM',
        "airproof check URL --manifest first --manifest MEDIUM",
    ] == [blocks_of(each)[-1].commands[-1] for each in (by_variable, typed)]


def test_an_option_that_a_remedy_asks_for_is_typed_in_the_check() -> None:
    """pip alone was told of the certificate by the command."""
    made = site_with({"commands": ("pip config set global.cert FILE",), "again": "--ca FILE"})

    assert ("pip config set global.cert FILE", "airproof check URL --ca FILE") == blocks_of(made)[0].commands
