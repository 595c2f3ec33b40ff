"""The medium's lists in the field's own formats: SHA256SUMS, and one PEP 751 lock file for each target."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from airproof.medium.manifest import TOOL_GROUP, Carried, Manifest, write_whole

SCRIPTS = Path(__file__).with_name("scripts")


def write_lists(folder: Path, manifest: Manifest) -> None:
    """Writes all of them, and the install scripts. Raises OSError."""
    for target in manifest.targets:
        write_whole(folder / f"pylock.{target.label}.toml", pylock(manifest, target.label).encode())
    if manifest.tools:
        for name in ("install.sh", "install.cmd"):
            text = (SCRIPTS / name).read_text(encoding="utf-8").replace("{tools}", " ".join(tool_names(manifest)))
            write_whole(folder / name, (text.replace("\n", "\r\n") if name.endswith(".cmd") else text).encode())
        (folder / "install.sh").chmod(0o755)
    write_whole(folder / "SHA256SUMS", sums(manifest).encode())


def sums(manifest: Manifest) -> str:
    """As `sha256sum -c SHA256SUMS` takes it."""
    here = sorted((one for one in manifest.files if not one.there), key=lambda one: one.path)
    return "".join(f"{one.sha256}  {one.path}\n" for one in here)


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
    place = f"path = {_quoted(one.path)}, size = {one.size}, hashes = {{ sha256 = {_quoted(one.sha256)} }}"
    if one.filename.endswith(".whl"):
        yield f"wheels = [{{ name = {_quoted(one.filename)}, {place} }}]"
    else:
        yield f"sdist = {{ name = {_quoted(one.filename)}, {place} }}"
    yield ""


def _quoted(text: str) -> str:
    """A TOML string: JSON's are such."""
    return json.dumps(text)
