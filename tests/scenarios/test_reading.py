"""Reading scenarios: nothing that is misspelt, contradictory or unknown goes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.errors import BadInput
from airproof.words import LANGS
from pytest_airproof.drill.corpus import chosen, read_scenario, read_scenarios

PLAIN = """
story = "A site."
ask = ["alpha"]
package = [{ name = "alpha" }]

[title]
en = "A site"
zh-TW = "場域"

[expect]
verdict = "accepted"
"""


def written(folder: Path, text: str, name: str = "accepted-plain") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_has_the_name_of_its_file(tmp_path: Path) -> None:
    """The stem is the name, and what begins with accepted- is a healthy site."""
    found = read_scenario(written(tmp_path, PLAIN))

    assert ("accepted-plain", True) == (found.name, found.is_healthy)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("story", "stroy = 1\nstory"),
        PLAIN.replace('name = "alpha"', 'name = "alpha", requirez = ["beta"]'),
        PLAIN.replace('verdict = "accepted"', 'verdict = "accepted"\nfails = ["PIP02"]'),
        PLAIN.replace('verdict = "accepted"', 'verdict = "fine"'),
        PLAIN.replace('zh-TW = "場域"', ""),
        PLAIN.replace("story", 'name = "other"\nstory'),
        PLAIN.replace('name = "alpha"', 'name = "alpha", index = "nowhere"'),
        "story = ",
    ],
)
def test_what_nobody_knows_is_refused(text: str, tmp_path: Path) -> None:
    """An unknown key or value at any depth, a missing text, or a file that is no TOML is no scenario."""
    with pytest.raises(BadInput) as caught:
        read_scenario(written(tmp_path, text))

    assert "scenario" == caught.value.key


def test_a_healthy_site_with_a_finding_is_refused(tmp_path: Path) -> None:
    """A scenario that is called accepted- expects nothing to fail."""
    text = PLAIN.replace('verdict = "accepted"', 'verdict = "accepted"\nfailed = { HOST02 = ["extra-index"] }')

    with pytest.raises(BadInput, match="without any finding"):
        read_scenario(written(tmp_path, text))


def test_a_fault_without_a_finding_is_refused(tmp_path: Path) -> None:
    """A scenario that expects nothing to fail proves nothing under the name of a fault."""
    with pytest.raises(BadInput, match="accepted-"):
        read_scenario(written(tmp_path, PLAIN, "server-down"))


def test_scenarios_are_chosen_by_family_and_by_name() -> None:
    """A family stands for all that it must catch, in either case; a name for one."""
    every = read_scenarios()

    chosen_net = chosen(every, ["net"])

    assert {"NET"} == {family for scenario in chosen_net for family in scenario.families}
    assert ["server-down"] == [named.name for named in chosen(every, ["server-down"])]
    assert every == chosen(every, [])


def test_an_unknown_choice_is_refused_with_what_there_is() -> None:
    """A misspelt name is answered with the nearest ones."""
    with pytest.raises(BadInput, match="server-down"):
        chosen(read_scenarios(), ["server-dwn"])


def test_every_scenario_tells_its_story_in_both_languages() -> None:
    """A title in each language, no two alike, and a paragraph."""
    every = read_scenarios()

    titles = [scenario.title.of(lang) for scenario in every for lang in LANGS]

    assert len(titles) == len(set(titles))
    assert [] == [scenario.name for scenario in every if len(scenario.story.split()) < 8]


def test_an_absent_project_is_in_no_other_scenarios_index() -> None:
    """Scenarios share servers: what one of them misses would be found in another's index, which is another cause."""
    live = [scenario for scenario in read_scenarios() if not scenario.rehearsal]
    taken = [
        (scenario.name, other.name, victim)
        for scenario in live
        if {"absent", "close-name", "index-empty"} & set(scenario.expect.failed.get("PIP02", ()))
        for victim in scenario.expect.victims.get("PIP02", ())
        for other in live
        if other is not scenario and victim in {package.name for package in other.package}
    ]

    assert [] == taken
