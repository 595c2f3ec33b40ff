"""What lies beside the packages: a PEP 751 lock file for each target, install scripts, and a page on what to do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from airproof.medium.manifest import TOOL_GROUP, Carried, Manifest, write_whole

SCRIPTS = Path(__file__).with_name("scripts")


def write_lists(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Writes a lock file for each target, the install scripts and what to do with them; path to sha256.

    Raises OSError.
    """
    found = {f"pylock.{one.label}.toml": pylock(manifest, one.label).encode() for one in manifest.targets}
    values = {"made": manifest.made, "targets": ", ".join(one.label for one in manifest.targets)}
    found["READ-ME.txt"] = _windows((SCRIPTS / "READ-ME.txt").read_text(encoding="utf-8").format_map(values))
    if manifest.tools:
        for name in ("install.sh", "install.cmd"):
            text = (SCRIPTS / name).read_text(encoding="utf-8").replace("{tools}", " ".join(tool_names(manifest)))
            found[name] = _windows(text) if name.endswith(".cmd") else text.encode()
    for name, raw in found.items():
        write_whole(folder / name, raw)
    if manifest.tools:
        with suppress(OSError):  # many a stick has a file system without rights: `sh install.sh` needs none
            (folder / "install.sh").chmod(0o755)
    return {name: hashlib.sha256(raw).hexdigest() for name, raw in found.items()}


def _windows(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def tool_names(manifest: Manifest) -> list[str]:
    """What the install scripts install by name."""
    return [one for one in TOOL_GROUP.requirements if any(tool.project == one for tool in manifest.tools)]


def pylock(manifest: Manifest, target: str) -> str:
    """PEP 751: the files of one target, by their paths on the medium."""
    markers = next(one.markers for one in manifest.targets if one.label == target)
    where = " and ".join(f"{name} == '{markers[name]}'" for name in ("sys_platform", "platform_machine"))
    lines = ['lock-version = "1.0"', 'created-by = "airproof"', f'requires-python = "~={markers["python_version"]}.0"']
    lines += [f"environments = [{_quoted(where)}]", ""]
    mine = sorted((one for one in manifest.payload if target in one.targets), key=lambda one: one.project)
    for one in mine:
        lines += _package(one)
    return "\n".join(lines) if mine else "\n".join([*lines, "packages = []", ""])


def _package(one: Carried) -> Iterator[str]:
    yield "[[packages]]"
    yield f"name = {_quoted(one.project)}"
    yield f"version = {_quoted(one.version)}"
    size = "" if one.there else f"size = {one.size}, "  # what was left out was not measured
    place = f"path = {_quoted(one.path)}, {size}hashes = {{ sha256 = {_quoted(one.sha256)} }}"
    if one.filename.endswith(".whl"):
        yield f"wheels = [{{ name = {_quoted(one.filename)}, {place} }}]"
    else:
        yield f"sdist = {{ name = {_quoted(one.filename)}, {place} }}"
    yield ""


def _quoted(text: str) -> str:
    """A TOML string: JSON's are such."""
    return json.dumps(text)
