"""A software bill of materials in CycloneDX 1.6, as JSON: the files of a closure with their licences and their needs.

The same parts give the same bytes: the serial number is derived from the content, and the time is that of the run.
Measured with cyclonedx-python-lib 11.12.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from airproof.custody.licences import Licence
from airproof.errors import BadInput
from airproof.printable import one_line

if TYPE_CHECKING:
    from cyclonedx.model.component import Component
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression

LIBRARY = "cyclonedx"
PROJECT = "cyclonedx-python-lib"
"""The project that has it."""
FILES = "sbom.*.cdx.json"
"""Names of the documents in a folder, one for each target."""
LONGEST_NAME = 100
SHA256 = re.compile(r"[0-9a-f]{64}")
SUBJECT = "subject"
"""The reference of what the document describes."""


class SbomFile(msgspec.Struct, frozen=True):
    """A file, as a component of the document."""

    project: str
    version: str
    filename: str
    sha256: str
    """Empty if nobody published or computed one."""
    source: str
    """The index or folder that has the file; empty if that is not said."""
    licence: Licence = Licence()
    sboms: tuple[str, ...] = ()
    """SBOMs inside the file (PEP 770), by their paths in it."""
    targets: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """References of the parts that it needs."""

    @property
    def reference(self) -> str:
        return f"{self.project}@{self.version}/{self.filename}"

    def needing(self, references: tuple[str, ...]) -> SbomFile:
        return msgspec.structs.replace(self, needs=references)

    def joined(self, other: SbomFile | None) -> SbomFile:
        """Return the part with the targets and needs of another one of the same file."""
        if other is None:
            return self
        targets, needs = (*other.targets, *self.targets), (*other.needs, *self.needs)
        return msgspec.structs.replace(self, targets=tuple(sorted(set(targets))), needs=tuple(sorted(set(needs))))


def file_names(targets: Iterable[str]) -> dict[str, str]:
    """Map each target onto the file name of its document, as every file system takes it."""
    names: dict[str, str] = {}
    for target in targets:
        safe = re.sub(r"[^A-Za-z0-9._+-]+", "_", target)[:LONGEST_NAME]
        name, number = FILES.replace("*", safe), 1
        while name.casefold() in {taken.casefold() for taken in names.values()}:
            number += 1
            name = FILES.replace("*", f"{safe}-{number}")
        names[target] = name
    return names


def ensure_library() -> None:
    """Raise BadInput if the library that writes the documents is not installed."""
    if importlib.util.find_spec(LIBRARY) is None:
        raise BadInput("sbom-extra")


def document(
    subject: str, parts: Sequence[SbomFile], *, made: str, tool: str, notes: Sequence[tuple[str, str]] = ()
) -> str:
    """Return the document of the parts. `subject`: what they are of, such as a target. `made`: UTC, as in a record.

    `notes`: names and values about the whole.

    Raises BadInput if the library is not installed.
    """
    ensure_library()
    # Loading the library takes 0.1 s, and only those who want an SBOM have it.
    from cyclonedx.model import Property  # noqa: PLC0415
    from cyclonedx.model.bom import Bom, BomMetaData  # noqa: PLC0415
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from cyclonedx.model.tool import ToolRepository  # noqa: PLC0415
    from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415

    unique: dict[str, SbomFile] = {}
    for part in parts:
        unique[part.reference] = part.joined(unique.get(part.reference))
    components = {reference: _component(part) for reference, part in unique.items()}
    root = Component(name=one_line(subject), type=ComponentType.APPLICATION, bom_ref=SUBJECT)
    bom = Bom(
        components=components.values(),
        serial_number=_serial(subject, unique.values(), (made, tool, *notes)),
        metadata=BomMetaData(
            component=root,
            properties=[Property(name=name, value=one_line(value)) for name, value in notes],
            timestamp=_time_of(made),
            tools=ToolRepository(
                components=[Component(name="airproof", type=ComponentType.APPLICATION, version=tool, bom_ref="tool")]
            ),
        ),
    )
    needed = {reference for part in unique.values() for reference in part.needs if reference != part.reference}
    tops = [component for reference, component in components.items() if reference not in needed]
    bom.register_dependency(root, tops or components.values())
    for reference, part in unique.items():
        bom.register_dependency(
            components[reference], [components[other] for other in part.needs if other in components]
        )
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _component(part: SbomFile) -> Component:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri  # noqa: PLC0415  # noqa: PLC0415
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from packageurl import PackageURL  # noqa: PLC0415

    properties = [("airproof:filename", part.filename), ("airproof:source", part.source)]
    properties += [("airproof:target", target) for target in part.targets]
    inside = one_line(f"inside {part.filename}")
    return Component(
        name=one_line(part.project),
        version=one_line(part.version),
        type=ComponentType.LIBRARY,
        bom_ref=part.reference,
        purl=PackageURL("pypi", name=part.project, version=part.version),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=part.sha256)] if SHA256.fullmatch(part.sha256) else [],
        licenses=list(_licences(part.licence)),
        external_references=[
            ExternalReference(type=ExternalReferenceType.BOM, url=XsUri(quote(path)), comment=inside)
            for path in part.sboms
        ],
        properties=[Property(name=name, value=one_line(value)) for name, value in properties if value],
    )


def _licences(licence: Licence) -> Iterable[DisjunctiveLicense | LicenseExpression]:
    """Yield the licences: one expression, or any number of licences by their ids and names (CycloneDX has no both)."""
    from cyclonedx.model.license import DisjunctiveLicense, LicenseAcknowledgement, LicenseExpression  # noqa: PLC0415
    from cyclonedx.spdx import is_supported_id  # noqa: PLC0415

    declared = LicenseAcknowledgement.DECLARED
    if len(licence.spdx) == 1 and licence.known and not is_supported_id(licence.spdx[0]):
        yield LicenseExpression(licence.spdx[0], acknowledgement=declared)
        return
    for text in (*licence.spdx, *filter(None, [licence.text])):
        if is_supported_id(text):
            yield DisjunctiveLicense(id=text, acknowledgement=declared)
        else:
            yield DisjunctiveLicense(name=text, acknowledgement=declared)


def _serial(subject: str, parts: Iterable[SbomFile], about: tuple[object, ...]) -> uuid.UUID:
    raw = msgspec.json.encode((subject, sorted(parts, key=lambda part: part.reference), about))
    return uuid.uuid5(uuid.NAMESPACE_URL, f"airproof:{hashlib.sha256(raw).hexdigest()}")


def _time_of(made: str) -> datetime:
    """Return the time; that of the epoch for a text that is none."""
    try:
        return datetime.strptime(made, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return datetime.fromtimestamp(0, timezone.utc)
