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
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])

from tests.bench import (
    advisories,
    drilled,
    engine,
    failing,
    installing,
    large,
    loading,
    manual,
    reports,
    servers,
    start_up,
)
from tests.bench.measure import Part, Row, Timed
from tests.bench.wheelhouse import Size

ROWS = ("servers", "engine", "rehearse", "pip", "check", "drill", "report", "start", "advisories", "load", "large")
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
    rows, parts, curve = measure(options.rows or ROWS, options.runs, sizes)
    text = table(rows, options.runs) + "\n" + costs(parts) + curve
    print(text)
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        head, _, rest = page.partition(BEGIN)
        tail = rest.partition(END)[2]
        options.write.write_text(f"{head}{BEGIN}\n{text}{END}{tail}", encoding="utf-8")
    return 0 if all(row.reached for row in rows) else 1


def measure(asked: list[str] | tuple[str, ...], runs: int, sizes: Sequence[int]) -> tuple[list[Row], list[Part], str]:
    """The rows that are asked for, in the order of the table, each in a folder of its own."""
    rows: list[Row] = []
    parts: list[Part] = []
    curve = ""
    with tempfile.TemporaryDirectory(prefix="airproof-bench-") as root:

        def fresh(name: str) -> Path:
            folder = Path(root) / name
            folder.mkdir()
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            return folder

        if "servers" in asked:
            rows += servers.servers(fresh("servers"), runs)
        own = 0.0
        if "engine" in asked or "rehearse" in asked:
            row, found = engine.engine(fresh("engine"), runs)
            own = row.airproof.median
            rows.append(row)
            parts += found
        if "rehearse" in asked:
            for of in Size:
                row, found = manual.rehearsal(fresh(f"rehearse-{of.name}"), runs, own, of)
                rows.append(row)
                parts += found
        if "pip" in asked:
            row, found = installing.through_pip(fresh("pip"), runs)
            rows.append(row)
            parts += found
        if "check" in asked:
            for of in Size:
                rows += failing.failing(fresh(f"check-{of.name}"), runs, of)
        if "drill" in asked:
            row, found = drilled.drilled(runs)
            rows.append(row)
            parts += found
        if "report" in asked:
            rows += reports.reports(fresh("report"), runs)
        if "start" in asked:
            rows += [start_up.version(fresh("version"), 3 * runs), start_up.plugin(fresh("plugin"), 3 * runs)]
        alone: dict[str, Callable[[Path], Row]] = {
            "advisories": lambda folder: advisories.advised(folder, min(runs, 3)),
            "load": lambda folder: loading.loaded(folder, runs),
        }
        rows += [row(fresh(name)) for name, row in alone.items() if name in asked]
        if "large" in asked:
            found_rows, found, drawn = large.large(fresh("large"), min(runs, 3), sizes)
            rows += found_rows
            parts += found
            curve = f"\n{drawn}"
    return rows, parts, curve


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
