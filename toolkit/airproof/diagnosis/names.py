"""A requirement that the index does not have, because it is asked for under a name that is no distribution's."""

from __future__ import annotations

import difflib
import sys
from functools import cache
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from airproof.probes.simple import Roots

IMPORTS = Path(__file__).with_name("imports.toml")
NEAR = 0.85
"""How alike two names must be to be taken for a misspelling, from 0 to 1."""


class _Imports(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    distribution: dict[str, str]
    """Module to distribution."""


def misnamed(name: str, known: Roots) -> tuple[str, str | None]:
    """The cause of an absent requirement, as it is written, and the name that was meant, if it can be told.

    `standard-library`: it comes with Python; `import-name`: a module's name; `close-name`: nearly one of the index's
    names; else `absent`.
    """
    if name in sys.stdlib_module_names:
        return "standard-library", None
    if name in _distributions():
        return "import-name", _distributions()[name]
    near = difflib.get_close_matches(canonicalize_name(name), known.configured.names, n=1, cutoff=NEAR)
    return ("close-name", near[0]) if near else ("absent", None)


@cache
def _distributions() -> dict[str, str]:
    return msgspec.toml.decode(IMPORTS.read_bytes(), type=_Imports).distribution
