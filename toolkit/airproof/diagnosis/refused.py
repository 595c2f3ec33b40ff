"""Commands, requirements and requirements files that a pip refuses as they are written, before it asks any index.

A byte order mark or a coding comment in the first two lines decides for every pip how a file is read. Without them pips
before 25.0 read it in the encoding of their locale, and later ones as UTF-8 first and in that encoding after it
(measured, 20.3.4 to 26.3, under zh_TW.BIG5, C.UTF-8 and C).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.version import Version

from airproof.check import Finding
from airproof.errors import CannotLook
from airproof.probes.closure.oldrequires import ends_old_pip
from airproof.probes.interpreters.host import Host
from airproof.probes.pip.template import parse_template
from airproof.site.group import Group, TextFile

UTF8_FIRST = Version("25.0")
REFUSED_TEXTS = ("command-refused", "requirement-refused")
READS_COMMAS = Version("24.1")
"""The first pip that takes `a>=1,` for a requirement (measured, 20.3.4 to 26.3); older ones refuse the whole call."""

SINCE = {
    "--root-user-action": "22.1",
    "--config-settings": "22.1",
    "--report": "22.2",
    "--check-build-dependencies": "22.2",
    "--break-system-packages": "23.0.1",
    "-C": "23.1",
    "--keyring-provider": "23.1",
    "--group": "25.1",
    "--resume-retries": "25.1",
    "--build-constraint": "25.3",
    **dict.fromkeys(("--all-releases", "--only-final", "--uploaded-prior-to", "--requirements-from-script"), "26.0"),
}
"""The first pip that knows an option, of those that are younger than 20.3 (measured, 20.3.4 to 26.1)."""
UNTIL = {"--build": "21.3", "--install-option": "23.1", "--no-use-pep517": "25.3", "--global-option": "25.3"}
"""The first pip that no longer knows it (measured as well)."""


def options_refused(command: str, pips: Iterable[str], label: str) -> Iterator[Finding]:
    """Yield a finding for the first option of the site's command that one of a target's pips does not know."""
    versions = sorted(map(Version, pips))
    for option in parse_template(command).options:
        name = option.partition("=")[0] if option.startswith("--") else option[:2]
        refusing = [
            pip for pip in versions if not Version(SINCE.get(name, "0")) <= pip < Version(UNTIL.get(name, "9999"))
        ]
        if refusing:
            values = {"label": label, "pip": str(refusing[0]), "command": command, "said": f"no such option: {name}"}
            yield Finding("command-refused", name, "an option that pip knows", (label,), values)
            return


def texts_refused(groups: Iterable[Group], pips: Iterable[str], label: str) -> Iterator[Finding]:
    """Yield a finding for each requirement that one of the pips cannot read; the oldest is named."""
    oldest = min(map(Version, pips), default=READS_COMMAS)
    if oldest >= READS_COMMAS:
        return
    for group in groups:
        for text in group.requirements:
            written = text.partition(";")[0]  # pip splits the marker off first.
            if "@" not in written and ends_old_pip(written):
                values = {"requirement": text, "pip": str(oldest), "label": label}
                yield Finding("requirement-refused", text, f"pip {READS_COMMAS}", (text,), values)


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
