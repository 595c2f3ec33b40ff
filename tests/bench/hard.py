"""Indexes that are hard to resolve: deep backtracking, thousands of versions, long chains that end in a conflict."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_airproof.packages.wheels import Wheel
from tests.bench.laid import STAGE

Releases = Mapping[str, Sequence[str]]
"""Version to the requirements of that release."""


@dataclass(frozen=True)
class Hard:
    """An index, and what is asked of it."""

    name: str
    projects: Mapping[str, Releases]
    asked: Sequence[str]
    resolves: bool


def corpus(*, part: int = 1) -> tuple[Hard, ...]:
    """Return the indexes, each with a part (a half, a third ...) of what makes it hard."""
    return (
        _versions(3_000 // part),
        _falling_back(100 // part),
        _opposed(40 // part),
        _chain(8 // part),
        _layers(10 // part),
        _absent(100 // part),
    )


def lay(folder: Path, hard: Hard) -> None:
    """Write the index as `tests.bench.static` serves it."""
    for project, releases in hard.projects.items():
        files = []
        for version, requires in releases.items():
            wheel = Wheel(project, version, requires=tuple(requires), modules=())
            content = wheel.content()
            digest = hashlib.sha256(content).hexdigest()
            below = f"{STAGE}/+f/{digest[:3]}/{digest[3:16]}/{wheel.filename}"
            path = folder / "+files" / below
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            files.append({"filename": wheel.filename, "url": f"/{below}", "hashes": {"sha256": digest}})
        page = folder / "pages" / "simple" / f"{project}.json"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(json.dumps({"meta": {"api-version": "1.0"}, "name": project, "files": files}), encoding="utf-8")


def _versions(count: int) -> Hard:
    """Thousands of versions of two projects, of which a third admits only the oldest."""
    many: Releases = {f"1.{number}": () for number in range(count)}
    return Hard(
        f"{count:,} versions",
        {"a": many, "b": dict.fromkeys(many, ("a",)), "c": {"1.0": ("a<1.5", "b<1.5")}},
        ("a", "b", "c"),
        True,
    )


def _falling_back(count: int) -> Hard:
    """Only the oldest release of a project requires what is there: all others are tried before."""
    needy: Releases = {f"1.{number}": (f"b=={number}",) for number in range(count)}
    return Hard("deep backtracking", {"a": needy, "b": {"0": ("c",)}, "c": {"1": ()}}, ("a",), True)


def _opposed(count: int) -> Hard:
    """Two projects agree on one release of a third, which is that of the newest of one and the oldest of the other."""
    return Hard(
        "opposed versions",
        {
            "a": {f"1.{number}": (f"c=={number}",) for number in range(count)},
            "b": {f"1.{number}": (f"c=={2 * count - 2 - number}",) for number in range(count)},
            "c": {str(number): () for number in range(2 * count)},
        },
        ("a", "b"),
        True,
    )


def _chain(length: int) -> Hard:
    """A long chain whose last project contradicts what is asked for, whatever releases are taken on the way."""
    links: dict[str, Releases] = {
        f"link{number}": dict.fromkeys(("1.0", "1.1", "1.2"), (f"link{number + 1}",)) for number in range(length)
    }
    end: Releases = {"1.0": ("z<2",), "1.1": ("z<2",)}
    return Hard(
        "long chain of conflict",
        {**links, f"link{length}": end, "z": {"1.0": (), "2.0": ()}},
        ("link0", "z>=2"),
        False,
    )


def _layers(count: int) -> Hard:
    """Layers of projects with exact pins: only the oldest releases of all of them agree."""
    projects: dict[str, Releases] = {
        f"p{number}": {
            str(version): (f"p{number + 1}=={max(version - 1, 0)}", f"shared<={5 - version}") for version in range(5)
        }
        for number in range(count)
    }
    projects[f"p{count}"] = {str(version): () for version in range(5)}
    projects["shared"] = {str(version): () for version in range(6)}
    return Hard("layers of pins", projects, ("p0", "shared>=5"), True)


def _absent(count: int) -> Hard:
    """All releases but the oldest require a project that nobody carried, three steps below."""
    return Hard(
        "absent below",
        {
            "a": {f"1.{number}": (f"b=={number}",) for number in range(count)},
            "b": {str(number): (f"c=={number}",) for number in range(count)},
            "c": {str(number): ("absent",) if number else () for number in range(count)},
        },
        ("a", "b", "c"),
        True,
    )
