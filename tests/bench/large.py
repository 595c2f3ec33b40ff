"""The large index: the deep audit against a bare download, its memory, and the curve over sizes.

A server in a process of its own serves real wheels from the disk; whatever is measured is another process.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.closures import SOUND, against_pip
from tests.bench.fetching import TARGETS, Took, run
from tests.bench.laid import Laid, lay
from tests.bench.measure import Part, Row, Timed, ratio
from tests.bench.static import serving
from tests.bench.synthetic import Synthetic

SIZES, LARGE = (500, 5_000), (500, 5_000, 50_000)
"""Files, about. The largest needs 6 GB of disk."""
COMPARED = 5_000
"""Above this size everything is measured once, for the curve; the rows come from the size below."""
FILES_EACH = 3.5
"""Files of a synthetic project."""
RATE, MEMORY, BENT = 0.9, 200 << 20, 2.0
"""What is to be reached; `BENT`: how much more processor time a file may take in the largest index."""
WAYS = {
    "bare": "bare download",
    "hashed": "GET + sha256",
    "audit": "deep audit",
    "stored": "the same with `--serverdir`",
    "closure": f"each project × {len(TARGETS)} targets",
}
Measured = Mapping[str, Sequence[Took]]


def large(folder: Path, runs: int, sizes: Sequence[int]) -> tuple[list[Row], list[Part], str]:
    """The rows, what they consist of, and the curve as a table."""
    rows: list[Row] = []
    parts: list[Part] = []
    curve: dict[int, Measured] = {}
    for size in sizes:
        index = Synthetic(max(2, round(size / FILES_EACH)))
        laid = lay(folder / str(size), index, damaged=min(size // 100, 12))
        with serving(laid.folder) as url:
            measured = by_rounds(laid, url, runs if size <= COMPARED else 1)
            if size == max(number for number in sizes if number <= COMPARED):
                rows += [_audit(laid, measured)]
                parts += _audit_parts(measured)
                sound = lay(folder / "sound", Synthetic(SOUND, faults=0))
                with serving(sound.folder) as sound_url:
                    rows += [against_pip(folder, sound_url, laid.projects, measured["closure"])]
        curve[laid.files] = measured
    return [*rows, *_bounds(curve)], parts, table(curve)


def by_rounds(laid: Laid, url: str, runs: int) -> Measured:
    """Each way once in each round, in a process of its own. Raises SystemExit where an audit missed a planted fault."""
    measured: dict[str, list[Took]] = {way: [] for way in WAYS}
    for _ in range(runs):
        for way, took in measured.items():
            took.append(run(way, url, laid.folder if way == "stored" else ""))
            if way in ("hashed", "audit", "stored") and took[-1].troubled != len(laid.damaged):
                raise SystemExit(f"{way} found {took[-1].troubled} of {len(laid.damaged)} damaged files")
    return measured


def table(curve: Mapping[int, Measured]) -> str:
    """Wall, processor and most memory of each way at each size, in Markdown; medians."""
    lines = [f"| files | {' | '.join(WAYS.values())} |", "|---" * (len(WAYS) + 1) + "|"]
    for files, measured in curve.items():
        cells = [
            f"{_median(took, 'seconds'):.2f} s, cpu {_median(took, 'processor'):.2f} s, {_peak(took)}"
            for took in measured.values()
        ]
        lines.append(f"| {files:,} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _audit(laid: Laid, measured: Measured) -> Row:
    own, bare = _times(measured["hashed"]), _times(measured["bare"])
    rates = [b / a for a, b in zip(own.seconds, bare.seconds, strict=True)]
    processor = _median(measured["bare"], "processor") / _median(measured["hashed"], "processor")
    return Row(
        f"deep audit, GET + sha256 of {laid.files:,} files, {laid.bytes >> 20} MB / bare parallel download",
        own,
        bare,
        "≥ 0.9 × the rate",
        (rate := 1 / ratio(own, bare)) >= RATE,
        f"{rate:.2f} × ({min(rates):.2f} to {max(rates):.2f})",
        f"by processor time {processor:.2f} ×",
    )


def _audit_parts(measured: Measured) -> list[Part]:
    return [Part("audit", f"{WAYS[way]}, processor", _median(took, "processor")) for way, took in measured.items()]


def _bounds(curve: Mapping[int, Measured]) -> list[Row]:
    least, most = min(curve), max(curve)
    audit = curve[most]["audit"]
    peak = max(item.peak for item in (*audit, *curve[most]["closure"], *curve[most]["stored"]))
    each = {size: _median(curve[size]["closure"], "processor") / size for size in (least, most)}
    bent = each[most] / each[least]
    return [
        Row(
            f"most memory of any of them at {most:,} files",
            _times(audit),
            None,
            "≤ 200 MB",
            peak <= MEMORY,
            _mega(peak),
        ),
        Row(
            f"closure: processor time of a file at {most:,} files / at {least:,}",
            _times(curve[most]["closure"]),
            None,
            "≤ 2 × (linear)",
            bent <= BENT,
            f"{bent:.2f} ×",
        ),
    ]


def _times(took: Sequence[Took]) -> Timed:
    return Timed(tuple(seconds.seconds for seconds in took))


def _median(took: Sequence[Took], of: str) -> float:
    return statistics.median(float(getattr(seconds, of)) for seconds in took)


def _peak(took: Sequence[Took]) -> str:
    return _mega(max(seconds.peak for seconds in took))


def _mega(size: int) -> str:
    return f"{size >> 20} MB" if size else "memory unknown"
