"""Small indexes in which much can go wrong, made by the hundred: the same seed gives the same ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

VERSIONS = ("1.0", "1.1", "2.0", "2.1rc1", "3.0", "3.1.dev1")
HERE = "py3-none-any"


@dataclass
class Made:
    """One file of a case."""

    project: str
    version: str
    tag: str = HERE
    requires: list[str] = field(default_factory=list)
    extras: dict[str, list[str]] = field(default_factory=dict)
    requires_python: str | None = None
    yanked: bool = False


@dataclass
class Case:
    """An index and what is asked of it."""

    files: list[Made]
    requirements: list[str]
    constraints: list[str] = field(default_factory=list)


def make_case(seed: int, prefix: str, tags: Sequence[str]) -> Case:
    """`prefix`: makes the names of this case its own. `tags`: of wheels, those that fit here and those that do not."""
    dice = random.Random(seed)  # noqa: S311 - a test's own dice
    projects = [f"{prefix}-{letter}" for letter in "abcdef"[: dice.randint(2, 6)]]
    files: dict[str, Made] = {}
    for project in projects:
        for version in sorted(dice.sample(VERSIONS, dice.randint(1, 3))):
            for tag in dice.sample(list(tags), dice.choice((1, 1, 1, 2))):
                made = Made(project, version, tag, yanked=dice.random() < 0.08)
                made.requires_python = dice.choice((None,) * 8 + (">=3.6", ">=3.99", "<3.0"))
                around = dice.random() < 0.2  # dependencies may go round in a circle
                later = [entry for entry in projects if entry != project and (around or entry > project)]
                made.requires = [
                    _wanted(dice, item) for item in dice.sample(later, min(len(later), dice.randint(0, 2)))
                ]
                if later and dice.random() < 0.3:
                    made.extras = {"more": [_wanted(dice, dice.choice(later))]}
                files[f"{project}-{version}-{tag}"] = made
    asked = [_wanted(dice, name) for name in dice.sample(projects, dice.randint(1, min(3, len(projects))))]
    limits = [f"{dice.choice(projects)}{dice.choice(('<3', '!=2.0', '>=1.1'))}"] if dice.random() < 0.2 else []
    return Case(list(files.values()), asked, limits)


def _wanted(dice: random.Random, project: str) -> str:
    extra = dice.choice(("",) * 5 + ("[more]", "[none]"))
    bound = dice.choice(
        ("",) * 6 + (">=1.0", ">=2", "<2", "==1.0", "==2.*", "~=1.0", "!=2.0", ">=2.1rc1", "==2.1rc1", ">3", ">=1,<3")
    )
    marker = dice.choice(
        ("",) * 8
        + ('; python_version < "3"', '; python_version >= "3.6"', '; sys_platform == "nowhere"', '; extra == "x"')
    )
    return f"{project}{extra}{bound}{marker}"
