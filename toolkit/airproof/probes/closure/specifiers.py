"""Version specifiers by themselves, whatever versions an index has."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version


def can_be_met(specifier: SpecifierSet) -> bool:
    """Say whether some version could meet it, tried at its bounds and right beside them."""
    bounds = {one.version.removesuffix(".*") for one in specifier if one.operator != "==="}
    if len(bounds) < len({one.version.removesuffix(".*") for one in specifier}):
        return True  # a text that is compared letter for letter
    tried = {"0", *bounds, *(f"{one}.0.0.1" for one in bounds), *(f"{one}.dev0" for one in bounds if one.isdigit())}
    tried |= {f"{one}.post1" for one in bounds} | {
        f"{int(one.partition('.')[0]) + 1}" for one in bounds if one[:1].isdigit()
    }
    return any(specifier.contains(one, prereleases=True) for one in tried if is_version(one))


def is_version(text: str) -> bool:
    """Say whether a text is a version (PEP 440)."""
    try:
        return bool(Version(text))
    except InvalidVersion:
        return False
