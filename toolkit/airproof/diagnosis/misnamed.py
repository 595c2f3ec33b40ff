"""A requirement that the index does not have because nobody's package is called so: told by whose name it is."""

from __future__ import annotations

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.check import Finding
from airproof.probes.closure import Gap
from airproof.probes.host import Host
from airproof.probes.names import owner_of
from airproof.probes.providers import Provided

DECLARED = {"python": "stdlib-declared", "omflow": "omflow-declared"}
"""Who has the module itself -> the cause."""
MISNAMED = (*DECLARED.values(), "import-name-carried", "import-name-declared")
"""The causes of this module."""


def misnamed(finding: Finding, gap: Gap, host: Host, provided: Provided | None) -> Finding | None:
    """The same finding with the better cause, where the absent name is a module's; None where it is not known to be."""
    if finding.cause not in ("absent", "close-name"):
        return None
    name = Requirement(gap.requirement).name
    owner = owner_of(name.partition(".")[0], host.stdlib)
    if owner:
        return _replaced(finding, DECLARED[owner], {"name": name, "python": host.markers.get("python_version", "")})
    provider = provided.provider(name) if provided else None
    if provider is None or not provider.best or canonicalize_name(provider.best) == canonicalize_name(name):
        return None
    cause = "import-name-carried" if provider.in_index else "import-name-declared"
    return _replaced(finding, cause, {"name": name, "distribution": provider.best})


def _replaced(finding: Finding, cause: str, values: dict[str, str]) -> Finding:
    return Finding(cause, finding.found, finding.wanted, finding.victims, {**finding.values, **values})
