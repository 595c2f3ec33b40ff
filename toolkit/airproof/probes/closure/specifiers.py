"""Version specifiers by themselves, independent of the versions that an index has."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.specifiers import SpecifierSet
from packaging.version import Version


def can_be_met(specifier: SpecifierSet) -> bool:
    """Say whether some version can meet the specifier, by trying its bounds and their neighbours.

    A specifier with `===` counts as one that can be met: it compares texts letter by letter.
    """
    if any(clause.operator == "===" for clause in specifier):
        return True
    bounds = [Version(clause.version.removesuffix(".*")) for clause in specifier]
    tried = ["0", *(version for bound in bounds for version in _beside(bound))]
    return any(specifier.contains(version, prereleases=True) for version in tried)


def _beside(bound: Version) -> Iterator[str]:
    """Yield a bound and versions right below and above it."""
    epoch, release = f"{bound.epoch}!", ".".join(map(str, bound.release))
    yield str(bound)
    yield f"{epoch}{release}.dev0"
    if bound.pre is not None:
        yield f"{epoch}{release}{bound.pre[0]}{bound.pre[1] + 1}"
    yield f"{epoch}{release}.post1"
    yield f"{epoch}{release}.0.0.1"
    yield f"{epoch}{bound.release[0] + 1}"
