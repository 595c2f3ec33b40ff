"""The numbers of docs/benchmarks.md: `nox -s bench`, or `python tests/bench/run.py [ROW]...`.

Each row compares two ways in one run, by turns; the table shows medians and their ratio. Nothing is written unless
`--write FILE` names the page whose table is to be replaced.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from importlib.metadata import version
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])

from tests.bench import (
    advisories,
    closures,
    drilled,
    engine,
    failing,
    installing,
    large,
    loading,
    manual,
    peers,
    real,
    reports,
    servers,
    start_up,
)
from tests.bench.measure import Part, Row, Timed
from tests.bench.wheelhouse import Size

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def main() -> int:
    """Prints the table; 1 where a bound is not reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all, if none is named")
    parser.add_argument(
        "--runs", type=int, default=5, help="rounds of each comparison; starts take three times as many"
    )
    parser.add_argument("--large", action="store_true", help="the row `large` also at 50,000 files")
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the table in this page")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    sizes = large.LARGE if options.large else large.SIZES
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each start would compile what it imports
    bench = measure(options.rows or ROWS, options.runs, sizes)
    text = table(bench.rows, options.runs) + "\n" + costs(bench.parts) + bench.curve
    print(text)
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        head, _, rest = page.partition(BEGIN)
        tail = rest.partition(END)[2]
        options.write.write_text(f"{head}{BEGIN}\n{text}{END}{tail}", encoding="utf-8")
    return 0 if all(row.reached for row in bench.rows) else 1


class Bench:
    """One run of the benchmark, and what it has found so far."""

    def __init__(self, root: Path, runs: int, sizes: Sequence[int]) -> None:
        """`sizes`: numbers of files of the large indexes."""
        self.root, self.runs, self.few, self.sizes = root, runs, min(runs, 3), sizes
        self.rows: list[Row] = []
        self.parts: list[Part] = []
        self.curve = ""
        self._own: Timed | None = None

    def fresh(self, name: str) -> Path:
        """A new folder for a row, whose name is told."""
        folder = self.root / name
        folder.mkdir()
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        return folder

    def add(self, *rows: Row, parts: Sequence[Part] = ()) -> None:
        self.rows += rows
        self.parts += parts

    def engine(self) -> None:
        """Measured once, also where only a rehearsal is asked for, from which it is taken off."""
        if self._own is None:
            row, parts = engine.engine(self.fresh("engine"), self.runs)
            self._own = row.airproof
            self.add(row, parts=parts)

    def rehearse(self) -> None:
        self.engine()
        own = self._own.median if self._own else 0.0
        for of in Size:
            row, parts = manual.rehearsal(self.fresh(f"rehearse-{of.name}"), self.runs, own, of)
            self.add(row, parts=parts)

    def pip(self) -> None:
        row, parts = installing.through_pip(self.fresh("pip"), self.runs)
        self.add(row, parts=parts)

    def check(self) -> None:
        for of in Size:
            self.add(*failing.failing(self.fresh(f"check-{of.name}"), self.runs, of))

    def drill(self) -> None:
        row, parts = drilled.drilled(self.runs)
        self.add(row, parts=parts)

    def start(self) -> None:
        self.add(start_up.version(self.fresh("version"), 3 * self.runs))
        self.add(start_up.plugin(self.fresh("plugin"), 3 * self.runs))

    def resolve(self) -> None:
        row, parts = closures.together(self.fresh("resolve"), self.runs)
        self.add(row, closures.hardest(self.fresh("hard"), self.few), parts=parts)

    def large(self) -> None:
        rows, parts, curve = large.large(self.fresh("large"), self.few, self.sizes)
        self.add(*rows, parts=parts)
        self.curve = f"\n{curve}"


ROWS: dict[str, Callable[[Bench], None]] = {
    "servers": lambda bench: bench.add(*servers.servers(bench.fresh("servers"), bench.runs)),
    "engine": Bench.engine,
    "rehearse": Bench.rehearse,
    "pip": Bench.pip,
    "check": Bench.check,
    "real": lambda bench: bench.add(real.real(bench.fresh("real"), bench.few)),
    "drill": Bench.drill,
    "report": lambda bench: bench.add(*reports.reports(bench.fresh("report"), bench.runs)),
    "start": Bench.start,
    "advisories": lambda bench: bench.add(advisories.advised(bench.fresh("advisories"), bench.few)),
    "load": lambda bench: bench.add(loading.loaded(bench.fresh("load"), bench.runs)),
    "resolve": Bench.resolve,
    "carry": lambda bench: bench.add(peers.carried(bench.fresh("carry"), bench.runs)),
    "disk": lambda bench: bench.add(peers.audited(bench.fresh("disk"), bench.few)),
    "large": Bench.large,
}
"""The rows in the order of the table."""


def measure(asked: Collection[str], runs: int, sizes: Sequence[int]) -> Bench:
    """The rows that are asked for, each in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="airproof-bench-") as root:
        bench = Bench(Path(root), runs, sizes)
        for name, way in ROWS.items():
            if name in asked:
                way(bench)
    return bench


def table(rows: list[Row], runs: int) -> str:
    """The rows in Markdown."""
    lines = ["| what | airproof | bare | measured | to reach | |", "|---|---|---|---|---|---|"]
    for row in rows:
        note = f" ({row.note})" if row.note else ""
        times = (_shown(row.airproof), _shown(row.bare) if row.bare else "")
        reached = "yes" if row.reached else "NO"
        lines.append(f"| {row.what}{note} | {times[0]} | {times[1]} | {row.shown} | {row.reach} | {reached} |")
    tools = ", ".join(f"{name} {version(name)}" for name in ("pip", "devpi-server", "devpi-client", "pytest"))
    lines.append(f"\nMedians of {runs} rounds ({3 * runs} for the starts). {_machine()}; {tools}.\n")
    return "\n".join(lines)


def costs(parts: list[Part]) -> str:
    """Return the table of costs, in Markdown."""
    lines = ["| row | part | median |", "|---|---|---|"]
    lines += [f"| {part.row} | {part.name} | {_shown(Timed((part.seconds,)))} |" for part in parts]
    return "\n".join(lines) + "\n"


def _shown(times: Timed) -> str:
    return f"{times.median:.2f} s" if times.median >= 1 else f"{times.median * 1000:.0f} ms"


def _machine() -> str:

    return (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    sys.exit(main())
