"""Synthetic indexes in the shape of the real ones: few projects that everybody needs, many leaves, wheels per platform.

The same seed gives the same index. Faults are planted by share: a dependency that nobody carried, a platform left out.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from airproof.probes.closure.resolution import Metadata
from airproof.probes.index.simple import Link, Page

PLATFORMS = ("win32", "win_amd64", "manylinux_2_17_x86_64")
PYTHONS = ("cp37-cp37m", "cp311-cp311")
MARKERS = ("", "", "", ' ; python_version < "3.8"', ' ; sys_platform == "win32"')


@dataclass
class Synthetic:
    """A source of closures in memory; about two files for each project."""

    projects: int
    seed: int = 1
    faults: float = 0.02
    """Share of projects that lack something."""
    pages: dict[str, Page] = field(default_factory=dict)
    needs: dict[str, Metadata] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dice = random.Random(self.seed)  # noqa: S311 - a bench's own dice
        for number in range(self.projects):
            name = f"p{number}"
            links = [self._link(name, tail, dice, number) for tail in self._files(dice)]
            self.pages[name] = Page(name, f"http://index/{name}/", 200, None, 0.0, tuple(links))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.pages)

    @property
    def files(self) -> int:
        return len(self.needs)

    def page(self, project: str) -> Page:
        return self.pages.get(project) or Page(project, "", 404, None, 0.0)

    def metadata(self, project: str, link: Link) -> Metadata:
        return self.needs[link.url]

    def fetch_pages(self, projects: Sequence[str]) -> None:
        """All is here already."""

    def fetch_metadata(self, links: Iterable[Link]) -> None:
        """All is here already."""

    def _files(self, dice: random.Random) -> Iterator[str]:
        """Version and tag of each file of one project."""
        versions = dice.sample(("1.0", "1.5", "2.0"), dice.choice((1, 1, 2, 3)))
        native = dice.random() < 0.2
        for version in sorted(versions):
            if not native:
                yield f"{version}-py3-none-any"
                continue
            left_out = dice.random() < self.faults
            yield from (f"{version}-{python}-{platform}" for python in PYTHONS for platform in PLATFORMS[left_out:])

    def _link(self, name: str, tail: str, dice: random.Random, number: int) -> Link:
        filename = f"{name}-{tail}.whl"
        link = Link(filename, f"http://index/f/{filename}", {"sha256": f"{number:064x}"})
        # Towards the low numbers, which many need: a chain has an end, and some are in every closure.
        known = [f"p{int(number * dice.random() ** 3)}" for _ in range(dice.choice((0, 0, 1, 2, 4)))] if number else []
        wanted = [
            f"{project}{dice.choice(('', '', '>=1.0', '<3'))}{dice.choice(MARKERS)}"
            for project in known
            if project != name
        ]
        if dice.random() < self.faults:
            wanted.append("carried-by-nobody")
        self.needs[link.url] = Metadata(tuple(wanted))
        return link
