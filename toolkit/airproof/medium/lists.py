"""What lies beside the packages: PEP 751 lock files for each target, install scripts, and a page on what to do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from airproof.medium.manifest import TOOL_GROUP, Carried, Manifest, write_whole
from airproof.site import TargetData

SCRIPTS = Path(__file__).with_name("scripts")


def write_lists(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Writes the lock files of each target, the install scripts and what to do with them; path to sha256.

    Lock files of an earlier filling that are no more are taken away. Raises OSError.
    """
    found = {name: text.encode() for one in manifest.targets for name, text in pylocks(manifest, one).items()}
    for stale in set(folder.glob("pylock.*.toml")) - {folder / name for name in found}:
        stale.unlink()
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


def pylocks(manifest: Manifest, target: TargetData) -> dict[str, str]:
    """File name to lock file of one target. A lock file is installed whole, so it has one version of each project:
    groups that exclude each other get a file each, which names them in `[tool.airproof]`.
    """
    label = target.label
    mine = sorted((one for one in manifest.payload if _is_installed(one, label)), key=lambda one: one.project)
    sets = _together(mine, label)
    if len(sets) < 2:
        return {f"pylock.{label}.toml": pylock(mine, target)}
    return {
        f"pylock.{label}-{number}.toml": pylock([one for one in mine if one in files.values()], target, groups)
        for number, (groups, files) in enumerate(sets, start=1)
    }


def _is_installed(one: Carried, label: str) -> bool:
    """What only a build is made with is not installed, and two builds may want different versions of it."""
    return label in one.targets and (label in one.groups or label not in one.builds)


def _together(mine: Sequence[Carried], label: str) -> list[tuple[list[str], dict[str, Carried]]]:
    """As few sets of groups as come by taking each into the first where no other file of a project is: group names,
    and project to file.
    """
    by_group: dict[str, dict[str, Carried]] = {}
    for one in mine:
        for group in one.groups.get(label, ("",)):  # a medium of an older airproof does not tell
            by_group.setdefault(group, {})[one.project] = one
    sets: list[tuple[list[str], dict[str, Carried]]] = []
    for group, files in sorted(by_group.items()):
        for groups, taken in sets:
            if all(taken.get(project, one) == one for project, one in files.items()):
                groups.append(group)
                taken.update(files)
                break
        else:
            sets.append(([group], dict(files)))
    return sets


def pylock(files: Sequence[Carried], target: TargetData, groups: Sequence[str] = ()) -> str:
    """PEP 751: files of one target, by their paths on the medium. `groups`: for whom, where that is not everybody."""
    markers = target.markers
    where = " and ".join(f"{name} == '{markers[name]}'" for name in ("sys_platform", "platform_machine"))
    lines = ['lock-version = "1.0"', 'created-by = "airproof"', f"requires-python = {_quoted(_pythons(target))}"]
    lines += [f"environments = [{_quoted(where)}]", *([] if files else ["packages = []"]), ""]
    for one in files:
        lines += _package(one)
    if groups:
        lines += ["[tool.airproof]", f"groups = [{', '.join(map(_quoted, groups))}]", ""]
    return "\n".join(lines)


def _pythons(target: TargetData) -> str:
    """The releases for which the files were chosen: all of a short name's, else the one that is known."""
    if target.patches is None:
        return f"=={target.markers['python_full_version']}"
    return f"~={target.markers['python_version']}.0"


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
