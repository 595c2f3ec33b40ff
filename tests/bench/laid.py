"""A synthetic index laid on the disk, where devpi would keep it: real wheels of many sizes, pages, planted faults.

`FOLDER/+files/root/local/+f/...` is what a serverdir holds; `FOLDER/pages/` is what `tests/bench/static.py` serves.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pytest_airproof.packages.wheels import Wheel
from tests.bench.synthetic import Synthetic

STAGE = "root/local"
SIZES = {2: 20, 8: 30, 30: 25, 90: 15, 250: 8, 800: 2}
"""Kilobytes of a wheel's modules, compressed about one to three, and how many in a hundred have them."""
MEMBER = 24 * 1024
"""Bytes of one module at most."""
DAMAGES = ("swapped", "cut", "gone")


@dataclass(frozen=True)
class Laid:
    """An index that was laid on the disk."""

    folder: Path
    projects: tuple[str, ...]
    files: int
    bytes: int
    damaged: tuple[str, ...]
    """Names of the files that an audit must find."""


def lay(folder: Path, index: Synthetic, *, damaged: int = 0, largest: int = max(SIZES)) -> Laid:
    """Writes the index. One file of each of the last `damaged` projects, which nobody before needs, is damaged.

    `largest`: kilobytes of the largest wheels.
    """
    dice = random.Random(index.seed)  # noqa: S311 - a bench's own dice
    pages = folder / "pages"
    (pages / "simple").mkdir(parents=True)
    whole, size = set(index.names[: len(index.names) - damaged]), 0
    hurt: list[str] = []
    for project, page in index.pages.items():
        entries = []
        for link in page.links:
            content = _wheel(link.filename, index.needs[link.url].requires, dice, largest)
            digest = hashlib.sha256(content).hexdigest()
            below = f"{STAGE}/+f/{digest[:3]}/{digest[3:16]}/{link.filename}"
            if project not in whole:
                whole.add(project)
                kind = DAMAGES[len(hurt) % len(DAMAGES)]
                content = {"swapped": b"x" * len(content), "cut": content[: len(content) // 2], "gone": b""}[kind]
                hurt.append(link.filename)
            path = folder / "+files" / below
            path.parent.mkdir(parents=True, exist_ok=True)
            if content:
                path.write_bytes(content)
            entries.append({"filename": link.filename, "url": f"/{below}", "hashes": {"sha256": digest}})
            size += len(content)
        _page(pages / "simple" / f"{project}.json", {"name": project, "files": entries})
    _page(pages / "index.json", {"projects": [{"name": name} for name in index.names]})
    return Laid(folder, index.names, index.files, size, tuple(hurt))


def _page(path: Path, said: Mapping[str, object]) -> None:
    path.write_text(json.dumps({"meta": {"api-version": "1.0"}, **said}), encoding="utf-8")


def _wheel(filename: str, requires: tuple[str, ...], dice: random.Random, largest: int) -> bytes:
    """The wheel of that name: modules from a few that are compressed once, metadata of its own."""
    name, version, tag = filename.removesuffix(".whl").split("-", 2)
    sizes = {size: share for size, share in SIZES.items() if size <= largest}
    kilobytes = dice.choices([*sizes], [*sizes.values()])[0]
    content, rows = _modules(kilobytes)
    members = Wheel(name, version, requires=requires, tag=tag, modules=()).members()
    record = next(member for member in members if member.endswith("/RECORD"))
    members[record] += rows
    archive = io.BytesIO()
    archive.write(content)
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:
        for path, body in members.items():
            wheel.writestr(path, body)
    return archive.getvalue()


@cache
def _modules(kilobytes: int) -> tuple[bytes, bytes]:
    """An archive of modules, and their lines of RECORD."""
    dice = random.Random(kilobytes)  # noqa: S311 - a bench's own dice
    words = [f"{dice.randrange(10**12):x}" for _ in range(4000)]
    left = kilobytes * 1024 * 3
    modules: dict[str, bytes] = {}
    while left > 0:
        text = " = ".join(dice.choices(words, k=min(left, MEMBER) // 13 + 1)).encode()
        modules[f"bench_modules/m{len(modules)}.py"] = text
        left -= len(text)
    made = Wheel("bench_modules", modules=(), files=modules).members()
    rows = [line for line in made["bench_modules-1.0.dist-info/RECORD"].splitlines() if line.startswith(b"bench_mod")]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, body in modules.items():
            wheel.writestr(path, body)
    return archive.getvalue(), b"".join(row + b"\n" for row in rows if b".dist-info" not in row)
