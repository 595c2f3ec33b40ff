"""A load in each format: the curve, the table, the sentences and the metrics."""

from __future__ import annotations

import ast
from dataclasses import replace as replaced
from itertools import pairwise

import pytest
from msgspec.structs import replace

from airproof.record.summary import LoadErrors, LoadSummary, Summary
from airproof.renderers import RENDERERS
from airproof.renderers.html.curve import BOTTOM, HEIGHT, TOP, Curve, curve_of
from airproof.renderers.locust import TEMPLATE
from airproof.renderers.text.loaded import load_line, load_sentences
from airproof.renderers.text.wording import Wording
from airproof.words import LANGS, Lang
from tests.renderers.loads import held, overloaded, step
from tests.renderers.parsed import Parsed
from tests.renderers.records import NAME, accepted, report, slow_under_load


def drawn(load: LoadSummary) -> Curve:
    curve = curve_of(load)
    assert curve is not None
    return curve


def test_the_curve_has_a_point_for_each_number_of_hosts() -> None:
    """From left to right; more seconds lie higher, and nothing leaves the picture."""
    curve = drawn(overloaded())

    assert ["1", "2", "4", "8", "16"] == [mark.text for mark in curve.hosts]
    for line in curve.lines:
        xs, ys = zip(*line.points, strict=True)
        assert sorted(xs) == list(xs)
        assert sorted(ys, reverse=True) == list(ys)
        assert all(TOP <= y <= HEIGHT - BOTTOM for y in ys)


def test_what_never_ended_is_drawn_at_the_end_of_the_wait() -> None:
    """No line stops without a word: the seconds of the step are the least that it took."""
    p50, p95, p99 = drawn(overloaded()).lines

    assert p95.points[-1] == p99.points[-1]
    assert p50.points[-1][1] > p95.points[-1][1]


def test_names_of_lines_do_not_cover_each_other() -> None:
    """Where lines end close together, their names stand one above the other."""
    curve = drawn(held())
    places = [line.name_at for line in curve.lines]

    assert all(lower - upper >= 13 for lower, upper in pairwise(places))


@pytest.mark.parametrize(("allowed", "shown"), [(0.0, False), (20.0, True), (10_000.0, False)])
def test_the_limit_is_drawn_where_it_has_room(allowed: float, shown: bool) -> None:
    """One far above would press all lines to the ground; none was given."""
    curve = drawn(replace(held(), activation_time=allowed))

    assert shown == (curve.limit is not None)


def test_one_number_of_hosts_is_no_curve() -> None:
    """The table says it alone."""
    assert curve_of(replace(held(), steps=held().steps[:1])) is None
    assert curve_of(replace(held(), steps=())) is None


def test_a_step_without_an_end_has_no_point() -> None:
    """Nothing is drawn where nothing was measured, but for a mark that says so."""
    steps = (*held().steps, step(8, 30.0, activation=None, activations=0, unfinished=8))

    curve = drawn(replace(held(), steps=steps))

    assert ["1", "2", "4", "8"] == [mark.text for mark in curve.hosts]
    assert ([3], (curve.hosts[-1].at,)) == (sorted({len(line.points) for line in curve.lines}), curve.none_ended)


def test_a_curve_is_plain_data() -> None:
    """Its size can be changed by whoever draws it."""
    assert 100 == replaced(drawn(held()), width=100).width


@pytest.mark.parametrize("lang", LANGS)
def test_the_picture_has_a_name_and_a_description(lang: Lang) -> None:
    """Who does not see it is told the same; the ids of both languages differ."""
    page = Parsed(RENDERERS["html"](slow_under_load(), lang))
    pictures = [tag for tag in page.all("svg") if tag.get("class") == "curve"]
    ids = {held_["id"] for _, held_ in page.elements if "id" in held_}

    assert 2 == len(pictures)
    assert {"img"} == {picture["role"] for picture in pictures}
    assert {name for picture in pictures for name in picture["aria-labelledby"].split()} <= ids
    assert "16 hosts: 95 in 100 after &gt; 120 s" in page.text or "16 hosts: 95 in 100 after > 120 s" in page.text


@pytest.mark.parametrize("name", ["html", "markdown", "terminal"])
@pytest.mark.parametrize("lang", LANGS)
def test_a_report_without_a_load_says_nothing_of_it(name: str, lang: Lang) -> None:
    """No heading without content."""
    assert Wording(lang)("load") not in RENDERERS[name](accepted(), lang)


@pytest.mark.parametrize("name", ["html", "markdown", "terminal"])
@pytest.mark.parametrize("lang", LANGS)
def test_each_number_of_hosts_is_told(name: str, lang: Lang) -> None:
    """With who is in time, and who is not."""
    text = " ".join(RENDERERS[name](slow_under_load(), lang).split())

    assert Wording(lang)("load") in text
    assert "88.00 / &gt; 120" in text or "88.00 / > 120" in text or "88.00 / \\> 120" in text


@pytest.mark.parametrize(
    ("load", "told"),
    [
        (held(), "Up to 4 hosts at once are served within 60 s (4 are wanted); no number of them that was tried took"),
        (overloaded(), "Up to 8 hosts at once are served within 60 s (50 are wanted); 16 are not."),
        (replace(overloaded(), held=0, too_slow=1), "No number of hosts that was tried is served within 60 s"),
    ],
    ids=["in-time", "up-to", "never"],
)
def test_who_is_in_time_is_one_sentence(load: LoadSummary, told: str) -> None:
    """Nobody has to read it off the curve."""
    assert any(told in sentence for sentence in load_sentences(load, Wording("en"), brief=True))


def test_limits_of_the_numbers_are_told() -> None:
    """A busy airproof, a shared machine, a second try, an interrupted step and files elsewhere."""
    last = replace(overloaded().steps[-1], stopped=True)
    profile = replace(held().profiles[0], elsewhere=3)
    load = replace(overloaded(), profiles=(profile,), steps=(*overloaded().steps[:-1], last))
    text = " ".join(load_sentences(load, Wording("en")))

    for words in ("airproof itself was at its limit", "shared its processors", "Measured twice", "was interrupted"):
        assert words in text
    for words in (
        "3 more files lie on other hosts",
        "status 503 after all repetitions (1)",
        "12 requests had to be repeated",
        "57 threads",
    ):
        assert words in text


def test_a_step_without_files_is_told() -> None:
    """Where nothing ended, and METADATA was asked for."""
    times = held().steps[0].pages
    made = step(2, 30.0, activation=None, files=None, metadata=times, failed=2)

    assert "ready after none ended" in load_line(made, Wording("en"))
    assert "METADATA 4 / 12 / 20 ms" in load_line(made, Wording("en"))


def test_metrics_have_each_number_of_hosts() -> None:
    """A time that is longer than was waited is infinite; without a load there is no such metric."""
    lines = RENDERERS["openmetrics"](slow_under_load(), "en").splitlines()

    assert any('at_once="16",quantile="0.95"} +Inf' in line for line in lines)
    assert any(line.startswith("airproof_load_hosts_in_time{") and line.endswith(" 8") for line in lines)
    assert any(line.startswith("airproof_load_activations_failed{") and line.endswith(" 7") for line in lines)
    assert "airproof_load" not in RENDERERS["openmetrics"](accepted(), "en")


def test_a_locustfile_holds_the_requests() -> None:
    """As a Python literal of texts, whatever is in them."""
    odd = 'evil"""\\n@PROFILES@ \u2028 }'
    profile = replace(held().profiles[0], label=odd, pips=((("page", f"/{odd}/"),),))
    text = RENDERERS["locust"](report(NAME, summary=Summary(load=replace(held(), profiles=(profile,)))), "en")

    tree = ast.parse(text)
    (value,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PROFILES"
    ]
    assert (odd, [[["page", f"/{odd}/"]]]) == (value[0]["label"], value[0]["pips"])


def test_a_locustfile_without_a_load_says_what_is_missing() -> None:
    """It is whole Python, and ends with a sentence."""
    text = RENDERERS["locust"](accepted(), "zh-TW")

    ast.parse(text)
    assert "PROFILES = []" in text
    assert "--load N" in text
    assert "@" not in "".join(line for line in text.splitlines() if line.startswith(("PROFILES", "    sys.exit")))
    assert TEMPLATE.is_file()


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("repeated", "after all repetitions"),
        ("at-once", "for good"),
        ("open", "the step ended before the last repetition"),
    ],
)
def test_a_trouble_says_how_it_ended(ending: str, words: str) -> None:
    """A status that pip never repeats had no repetitions."""
    trouble = LoadErrors("status 404", 1, "GET /a: Not Found", ending)
    load = replace(held(), steps=(step(1, 4.0, failed=1, troubles=(trouble,)),))

    assert any(words in sentence for sentence in load_sentences(load, Wording("en")))


def test_an_interrupt_in_the_first_step_judges_no_number_of_hosts() -> None:
    """Nothing is known of any."""
    load = replace(held(), held=0, steps=(step(1, 4.0, activation=None, activations=0, stopped=True),))

    assert not any("are served" in sentence for sentence in load_sentences(load, Wording("en")))
