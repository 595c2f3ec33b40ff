"""Requirements files that an interpreter's pip cannot decode.

A byte order mark or a coding comment in the first two lines decides for every pip. Without them pips before 25.0 read a
file in the encoding of their locale, and later ones as UTF-8 first and in that encoding after it (measured, 20.3.4 to
26.3, under zh_TW.BIG5, C.UTF-8 and C).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.version import Version

from airproof.check import Finding
from airproof.errors import CannotLook
from airproof.probes.interpreters.host import Host
from airproof.site.site import Group, TextFile

UTF8_FIRST = Version("25.0")


def files_not_read(groups: Iterable[Group], host: Host) -> Iterator[Finding]:
    """One finding for each file. Raises CannotLook where the host's answer does not tell its encoding."""
    for file in dict.fromkeys(file for group in groups for file in group.files):
        encodings = [host.encoding]
        if Version(host.pip or "0") >= UTF8_FIRST:
            encodings.insert(0, "utf-8")
        if any(encoding and _decodes(file, encoding) for encoding in encodings):
            continue
        if not host.encoding:
            raise CannotLook("encoding-unknown", target=host.label, file=file.path)
        values = {"file": file.path, "line": file.line, "pip": host.pip or "?", "encoding": host.encoding}
        yield Finding("file-not-read", host.encoding, "a coding comment", (), values | {"label": host.label})


def _decodes(file: TextFile, encoding: str) -> bool:
    try:
        file.odd.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True
