"""Files beside the packages: PEP 751 lock files for each target, install scripts, and a page of instructions."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from airproof.custody import sbom
from airproof.custody.advisories import CARRIED
from airproof.medium.sizes import BODY_SIZE, megabytes
from airproof.probes.closure.sources.folder import sha256_of
from airproof.site.hosts import Target
from airproof.site.manifest import (
    DOCS,
    OF_ACCOUNTS,
    OF_SYSTEMS,
    SIGNATURE,
    SUMS,
    TOOL_GROUP,
    WITH_SBOM,
    CarriedFile,
    Manifest,
    write_whole,
)

Marked = list[tuple[CarriedFile, str]]
"""The files of one project, each with its marker."""


def _without_dollar(name: str) -> str:
    """A literal of Python that no shell expands."""
    return f"chr(36) + {name[1:]!r}" if name.startswith("$") else repr(name)


OWN_PATH = "import sys; sys.path = [place for place in sys.path if place]"
"""Begins what Python is given by `-c`: without the current folder, where somebody may have put a module."""
PIP = f"{OWN_PATH}; import runpy; runpy.run_module('pip', run_name='__main__', alter_sys=True)"
SUMS_HOLD = "; ".join(
    (
        f"{OWN_PATH}; import hashlib, os; top = sys.argv[1]; at = lambda name: os.path.join(top, *name.split('/'))",
        "told = dict(reversed(line.rstrip().split('  ', 1)) for line in open(at('SHA256SUMS'), encoding='utf-8'))",
        "walk = [(where, names + [link for link in inner if os.path.islink(os.path.join(where, link))])"
        " for where, inner, names in os.walk(top)]",
        "lying = {os.path.relpath(os.path.join(where, name), top).replace(os.sep, '/')"
        " for where, names in walk for name in names}",
        f"others = ({', '.join(_without_dollar(name) for name in OF_SYSTEMS)})",
        f"beside = [name for name in lying - set(told) - {{{SUMS!r}, {SIGNATURE!r}}}"
        f" if '/' not in name or not (name.split('/')[0] in others or name.startswith({OF_ACCOUNTS!r}))]",
        "parts = lambda file: iter(lambda: file.read(1048576), b'')",
        "read = lambda file, sha: ([sha.update(part) for part in parts(file)], sha.hexdigest())[1]",
        "wrong = [name for name in told"
        " if not os.path.isfile(at(name)) or read(open(at(name), 'rb'), hashlib.sha256()) != told[name]]",
        "sys.exit('not as it was signed: ' + ', '.join(sorted(wrong + beside)[:10]) if wrong + beside else 0)",
    )
)
"""Says with Python's own library whether all that lies on the medium is in its sums. It stands in double quotation
marks of two shells, so it has none itself, nor a dollar, a backslash or a percent sign.
"""
INSTALLERS = ("install.sh", "install.cmd")
SCRIPTS = Path(__file__).with_name("scripts")


def write_lists(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Writes the lock files of each target, the install scripts and what to do with them; path to sha256.

    Lock files and install scripts of an earlier filling that are no more are taken away. Raises OSError.
    """
    found = {name: text.encode() for target in manifest.targets for name, text in pylocks(manifest, target).items()}
    for stale in set(folder.glob("pylock.*.toml")) - {folder / name for name in found}:
        stale.unlink()
    for name in () if manifest.tools else INSTALLERS:
        (folder / name).unlink(missing_ok=True)
    needs = manifest.needs
    option = f"{BODY_SIZE}={needs.body_size}" if needs.body_size else "-"
    values = {
        "made": manifest.made,
        "targets": ", ".join(target.label for target in manifest.targets),
        "files": needs.files,
        "room": megabytes(needs.room),
        "temporary": megabytes(needs.temporary),
        "largest": megabytes(max((file.size for file in manifest.payload), default=0)),
        "option": option,
    }
    found["READ-ME.txt"] = _windows((SCRIPTS / "READ-ME.txt").read_text(encoding="utf-8").format_map(values))
    if manifest.tools:
        for name in INSTALLERS:
            text = (SCRIPTS / name).read_text(encoding="utf-8").replace("{tools}", " ".join(tool_names(manifest)))
            text = text.replace("{pip}", PIP).replace("{sums}", SUMS_HOLD)
            found[name] = _windows(text) if name.endswith(".cmd") else text.encode()
    for name, raw in found.items():
        write_whole(folder / name, raw)
    if manifest.tools:
        with suppress(OSError):  # many a stick has a file system without rights: `sh install.sh` needs none
            (folder / "install.sh").chmod(0o755)
    return {name: hashlib.sha256(raw).hexdigest() for name, raw in found.items()}


def write_docs(folder: Path, docs: Path | None, before: Manifest | None) -> dict[str, str]:
    """Copy the documentation site in place of the one that an earlier filling copied, which else stays; path to sha256.

    Raises OSError.
    """
    lists = before.lists if before is not None else {}
    earlier = {name: digest for name, digest in lists.items() if name.startswith(f"{DOCS}/")}
    if docs is None:
        return {name: digest for name, digest in earlier.items() if (folder / name).is_file()}
    found = {}
    for path in sorted(path for path in docs.rglob("*") if path.is_file()):
        name, raw = f"{DOCS}/{path.relative_to(docs).as_posix()}", path.read_bytes()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(folder / name, raw)
        found[name] = hashlib.sha256(raw).hexdigest()
    for stale in earlier.keys() - found.keys():
        (folder / stale).unlink(missing_ok=True)
    return found


def write_advisories(folder: Path, database: Path | None, before: Manifest | None) -> dict[str, str]:
    """Copy the database of advisories in place of that of an earlier filling, which else stays; path to sha256.

    A folder is packed. Raises OSError.
    """
    known = before.lists.get(CARRIED, "") if before is not None else ""
    carried = folder / CARRIED
    if database is None:
        return {CARRIED: known} if known and carried.is_file() else {}
    if not carried.exists() or not database.samefile(carried):
        aside = carried.with_name(f"{CARRIED}.part")
        if database.is_dir():
            with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
                for path in sorted(database.rglob("*.json")):
                    if path.is_file() and not path.is_symlink():
                        info = zipfile.ZipInfo(path.relative_to(database).as_posix())
                        packed.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED, 1)
        else:
            shutil.copyfile(database, aside)
        aside.replace(carried)
    return {CARRIED: sha256_of(carried)}


def _windows(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def tool_names(manifest: Manifest) -> list[str]:
    """Return the words that the install scripts install, as every shell reads them."""
    projects = {tool.project for tool in manifest.tools}
    named = zip(TOOL_GROUP.requirements, WITH_SBOM.requirements, strict=True)
    return [
        f'"{with_sbom}"' if requirement != with_sbom and sbom.PROJECT in projects else requirement
        for requirement, with_sbom in named
        if requirement in projects
    ]


def pylocks(manifest: Manifest, target: Target) -> dict[str, str]:
    """File name to lock file of one target. A lock file is installed whole, so it has one version of each project for
    one interpreter, told by markers: groups that exclude each other get a file each, which names them in
    `[tool.airproof]`. It has what the newest pip takes, since old ones read no lock file.
    """
    label = target.label
    mine = sorted((file for file in manifest.payload if _is_installed(file, label)), key=lambda one: one.project)
    sets = _together(mine, label)
    if len(sets) < 2:
        return {f"pylock.{label}.toml": pylock(mine, target)}
    found = {}
    for number, (groups, files) in enumerate(sets, start=1):
        each = [one for marked in files.values() for one, _ in marked]
        found[f"pylock.{label}-{number}.toml"] = pylock(
            [requirement for requirement in mine if requirement in each], target, groups
        )
    return found


def _is_installed(one: CarriedFile, label: str) -> bool:
    """Say whether a file is installed: a build tool is not, and two builds may want different versions of it."""
    only = one.only.get(label, {})
    old_pips = bool(one.groups.get(label)) and all(only.get(name, "").startswith("pip ") for name in one.groups[label])
    return label in one.targets and (label in one.groups or label not in one.builds) and not old_pips


def _together(mine: Sequence[CarriedFile], label: str) -> list[tuple[list[str], dict[str, Marked]]]:
    """As few sets of groups as come by taking each into the first where no other file of a project is: group names,
    and project to its files, which are several where releases of a Python take different ones.
    """
    by_group: dict[str, dict[str, Marked]] = {}
    for requirement in mine:
        for group in requirement.groups.get(label, ("",)):  # a medium of an older airproof does not tell
            marker = requirement.only.get(label, {}).get(group, "")
            if not marker.startswith("pip "):
                by_group.setdefault(group, {}).setdefault(requirement.project, []).append((requirement, marker))
    sets: list[tuple[list[str], dict[str, Marked]]] = []
    for group, files in sorted(by_group.items()):
        for groups, taken in sets:
            if all(_agree(taken.get(project, each), each) for project, each in files.items()):
                groups.append(group)
                taken.update(files)
                break
        else:
            sets.append(([group], dict(files)))
    return sets


def _agree(some: Marked, others: Marked) -> bool:
    """Say whether two groups go together: with the same file of a project, or several with the same markers."""
    return some == others or (len(some) == len(others) == 1 and some[0][0] == others[0][0])


def pylock(files: Sequence[CarriedFile], target: Target, groups: Sequence[str] = ()) -> str:
    """PEP 751: files of one target, by their paths on the medium. `groups`: for whom, where that is not everybody."""
    markers = target.markers
    where = " and ".join(f"{name} == '{markers[name]}'" for name in ("sys_platform", "platform_machine"))
    lines = ['lock-version = "1.0"', 'created-by = "airproof"', f"requires-python = {_quoted(_pythons(target))}"]
    lines += [f"environments = [{_quoted(where)}]", *([] if files else ["packages = []"]), ""]
    for file in files:
        lines += _package(file, _marker(file, target.label, groups))
    if groups:
        lines += ["[tool.airproof]", f"groups = [{', '.join(map(_quoted, groups))}]", ""]
    return "\n".join(lines)


def _pythons(target: Target) -> str:
    """The releases for which the files were chosen: all of a short name's, else the one that is known."""
    if target.patches is None:
        return f"=={target.markers['python_full_version']}"
    return f"~={target.markers['python_version']}.0"


def _marker(one: CarriedFile, label: str, groups: Sequence[str]) -> str:
    """For which interpreters a file is; empty where it is for all. `groups`: of this lock file, none: all."""
    only = one.only.get(label, {})
    mine = [only.get(name, "") for name in one.groups.get(label, ()) if not groups or name in groups]
    markers = list(dict.fromkeys(marker for marker in mine if not marker.startswith("pip ")))
    return "" if "" in markers else " or ".join(markers)


def _package(one: CarriedFile, marker: str) -> Iterator[str]:
    yield "[[packages]]"
    yield f"name = {_quoted(one.project)}"
    yield f"version = {_quoted(one.version)}"
    if marker:
        yield f"marker = {_quoted(marker)}"
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
