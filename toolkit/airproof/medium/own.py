"""airproof itself as a wheel, for the medium: the one that is given, or the running installation packed again.

No index is asked for it: the closed side is to judge with this very airproof, and on an index the name may be a
stranger's. What pip has installed can be packed again, since RECORD names every file with its hash (PEP 376, 427).
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
import io
import json
import zipfile
from pathlib import Path, PurePosixPath

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion

import airproof
from airproof.errors import BadInput
from airproof.probes.files.archive import read_wheel

PROJECT = "airproof"
INSTALLERS_OWN = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""Files of `.dist-info` that the installer writes: they are not packed again, and RECORD is written anew."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: the same installation makes the same bytes."""


def own_wheel(given: Path | None, folder: Path) -> Path:
    """The wheel to carry; one that is packed again lies in `folder`.

    Raises BadInput for one that is not airproof's, and for an installation that is not what was installed.
    """
    if given is not None:
        return _checked(given)
    try:
        installed = importlib.metadata.distribution(PROJECT)
    except importlib.metadata.PackageNotFoundError:
        raise BadInput("own-not-installed") from None
    if _is_editable(installed):
        raise BadInput("own-editable")
    module, place = Path(airproof.__file__), Path(str(installed.locate_file(f"{PROJECT}/__init__.py")))
    if not (place.is_file() and module.samefile(place)):
        raise BadInput("own-elsewhere", path=module.parent)
    return pack_again(installed, folder)


def pack_again(installed: importlib.metadata.Distribution, folder: Path) -> Path:
    """The wheel that was installed: its members and their bytes, under a RECORD of their own.

    Raises BadInput where a file is not the one that was installed.
    """
    told = (installed.read_text("WHEEL") or "").splitlines()
    tags = [line.partition(":")[2].strip() for line in told if line.startswith("Tag:")]
    name = installed.metadata["Name"]
    if len(tags) != 1:
        raise BadInput("own-changed", file="WHEEL")
    members: dict[str, bytes] = {}
    for name_inside, hash in _recorded(installed).items():
        one = PurePosixPath(name_inside)
        is_info = one.parent.name.endswith(".dist-info")
        outside = one.is_absolute() or ".." in one.parts
        if outside or one.suffix == ".pyc" or (is_info and one.name in INSTALLERS_OWN):
            continue  # a script that the installer made, what Python compiled, the installer's own notes
        members[name_inside] = _bytes_of(installed, name_inside, hash)
    info = next((member.partition("/")[0] for member in members if member.endswith(".dist-info/METADATA")), None)
    if info is None:
        raise BadInput("own-changed", file="METADATA")
    members[f"{info}/RECORD"] = _record(members, f"{info}/RECORD")
    path = folder / f"{name.replace('-', '_')}-{installed.version}-{tags[0]}.whl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for member, content in members.items():
            about = zipfile.ZipInfo(member, EPOCH)
            about.external_attr = 0o100644 << 16
            wheel.writestr(about, content, zipfile.ZIP_DEFLATED)
    return path


def _checked(path: Path) -> Path:
    """A wheel that was given: airproof's by its name and inside, whole, and true to its RECORD."""
    try:
        is_ours = parse_wheel_filename(path.name)[0] == PROJECT
    except (InvalidWheelFilename, InvalidVersion):
        is_ours = False
    if not is_ours:
        raise BadInput("own-given", path=path, reason="it is not called airproof-VERSION-py3-none-any.whl")
    inside = read_wheel(path)
    if not inside.readable or inside.name != PROJECT:
        raise BadInput("own-given", path=path, reason=inside.problem or f"it contains {inside.name}")
    if inside.record_untrue:
        raise BadInput("own-given", path=path, reason=f"RECORD is not true of {', '.join(inside.record_untrue[:3])}")
    return path.resolve()


def _is_editable(installed: importlib.metadata.Distribution) -> bool:
    """By what pip noted (PEP 610), else by a path file in place of the package."""
    try:
        noted = json.loads(installed.read_text("direct_url.json") or "{}")
    except ValueError:
        noted = {}
    about = noted.get("dir_info", {}) if isinstance(noted, dict) else {}
    return bool(about.get("editable")) or any(path.endswith(".pth") for path in _recorded(installed))


def _recorded(installed: importlib.metadata.Distribution) -> dict[str, str]:
    """Path to hash, as RECORD has it: `Distribution.files` passes over what is gone (Python 3.12)."""
    rows = csv.reader((installed.read_text("RECORD") or "").splitlines())
    return {row[0].replace("\\", "/"): row[1] for row in rows if len(row) > 1}


def _bytes_of(installed: importlib.metadata.Distribution, path: str, hash: str) -> bytes:
    """A file's bytes, which must have the hash of RECORD: else it is not what was installed."""
    try:
        content = Path(str(installed.locate_file(path))).read_bytes()
    except OSError as error:
        raise BadInput("own-changed", file=path) from error
    if hash != f"sha256={_digest(content)}":
        raise BadInput("own-changed", file=path)
    return content


def _record(members: dict[str, bytes], own: str) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerows((member, f"sha256={_digest(content)}", len(content)) for member, content in members.items())
    rows.writerow((own, "", ""))
    return text.getvalue().encode()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
