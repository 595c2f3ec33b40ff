"""The curve of a load: how long an activation takes, by the number of hosts that activate at once.

The table beside it says the same in numbers, and its description in words.
"""

from __future__ import annotations

from dataclasses import dataclass

from airproof.record.summary import LoadStepSummary, LoadSummary

WIDTH, HEIGHT = 640.0, 276.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 72.0, 30.0, 44.0
"""Room around the curve, in pixels: for the seconds, the names of the lines, and the numbers of hosts."""
TICKS = 4
ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Steps between two ticks, times a power of ten."""
NAMES_APART = 13.0
"""Pixels between two names of lines, so that they do not cover each other."""


@dataclass(frozen=True)
class Mark:
    """A tick of an axis: its place in pixels, and its number."""

    at: float
    text: str


@dataclass(frozen=True)
class CurveLine:
    """One line of the picture."""

    name: str
    """`p50`, `p95` or `p99`."""
    points: tuple[tuple[float, float], ...]
    name_at: float
    """Height of the name at the line's end."""

    @property
    def path(self) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


@dataclass(frozen=True)
class Curve:
    """Sizes in pixels."""

    lines: tuple[CurveLine, ...]
    seconds: tuple[Mark, ...]
    hosts: tuple[Mark, ...]
    limit: float | None
    """Height of the line of the allowed seconds; None: nobody said, or it lies far above."""
    none_ended: tuple[float, ...] = ()
    """Places of the numbers of hosts of which no activation came to a good end."""
    top: float = TOP
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    bottom: float = HEIGHT - BOTTOM


def curve_of(load: LoadSummary) -> Curve | None:
    """Return the picture; None where fewer than two numbers of hosts were measured, or no activation ended. A time that
    is longer than was waited is drawn at the end of the wait.
    """
    steps = [step for step in load.steps if step.activation is not None]
    if not steps or len(load.steps) < 2:
        return None
    highest = max(_seconds(step, "p99") for step in steps)
    shows_limit = 0 < load.activation_time <= 2.5 * highest
    ticks = _ticks(max(highest, load.activation_time if shows_limit else 0.0))
    top = ticks[-1]

    def y(seconds: float) -> float:
        return TOP + (HEIGHT - BOTTOM - TOP) * (1 - seconds / top)

    width = (WIDTH - RIGHT - LEFT) / len(load.steps)
    all_places = [(LEFT + width * (number + 0.5), step) for number, step in enumerate(load.steps)]
    places = [x for x, step in all_places if step.activation is not None]
    lines, free = [], HEIGHT
    for name in ("p50", "p95", "p99"):  # from the lowest up, so that each name finds its place above the one before
        points = tuple((x, y(_seconds(step, name))) for x, step in zip(places, steps, strict=True))
        free = min(points[-1][1], free - NAMES_APART)
        lines.append(CurveLine(name, points, free))
    return Curve(
        tuple(lines),
        tuple(Mark(y(tick), f"{tick:g}") for tick in ticks),
        tuple(Mark(x, f"{step.hosts:,}") for x, step in all_places),
        y(load.activation_time) if shows_limit else None,
        tuple(x for x, step in all_places if step.activation is None),
    )


def _seconds(step: LoadStepSummary, name: str) -> float:
    value = getattr(step.activation, name)
    return step.seconds if value is None else float(value)


def _ticks(highest: float) -> list[float]:
    """Return round numbers from 0 to at least `highest`."""
    power = 10.0**-4
    while True:
        for factor in ROUND:
            if factor * power * TICKS >= highest:
                return [factor * power * number for number in range(TICKS + 1)]
        power *= 10
