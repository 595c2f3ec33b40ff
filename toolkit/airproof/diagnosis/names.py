"""A requirement that the index does not have, because it is asked for under a name that is no distribution's."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from packaging.utils import canonicalize_name

from airproof.probes.index.simple import Roots
from airproof.probes.omflow.modules import load_names, owner_of
from airproof.probes.omflow.providers import NameFindings, Provided

NEAR = 0.85
"""How alike two names must be to be taken for a misspelling, from 0 to 1."""
NEAR_INDEX = 0.75
"""The same for the name of an index, which is told beside all others."""
OWNERS = {"python": "standard-library", "omflow": "omflow-module"}
"""Owner of a module that no package has to bring -> the cause."""
NOT_THERE = "not-in-standard-library"
MISNAMED = (*OWNERS.values(), NOT_THERE, "import-name")
"""The causes of a name that is no package's at all."""


def cause_of_absent_name(
    name: str, known: Roots, stdlib: Collection[str], provided: Provided | None, *, missing: Collection[str] = ()
) -> tuple[str, str | None]:
    """The cause of an absent requirement, as it is written, and the name that was meant, if it can be told.

    `not-in-standard-library`: it is one of `missing`, modules that the Python that is asked should have and has not;
    `standard-library`: it comes with that Python, whose module names are `stdlib`; `omflow-module`: OMFlow itself has
    it; `import-name`: a module's name, told by a wheel of the index or else by the list; `close-name`: nearly one of
    the index's names; else `absent`. `provided`: what the index's wheels say, where they were asked.
    """
    if name in missing:
        return NOT_THERE, None
    top = name.partition(".")[0]
    owner = owner_of(top, stdlib)
    if owner:
        return OWNERS[owner], None
    provider = provided.provider(name) if provided else NameFindings(name, (), load_names().distributions_of(top))
    if provider.best and canonicalize_name(provider.best) != canonicalize_name(name):
        return "import-name", provider.best
    near = _nearest(canonicalize_name(name), known.configured.names)
    return ("close-name", near) if near else ("absent", None)


def nearest_index(stage: str, known: Sequence[str]) -> str:
    """The index that was probably meant: the only one with that spelling but for upper case, with user and index
    swapped, or that looks much alike; empty where none does.
    """
    swapped = "/".join(reversed(stage.split("/")))
    for meant in (stage, swapped):
        alike = [name for name in known if name.casefold() == meant.casefold() != ""]
        if len(alike) == 1:
            return alike[0]
    return next(iter(difflib.get_close_matches(stage.casefold(), known, n=1, cutoff=NEAR_INDEX)), "")


def _nearest(name: str, names: Sequence[str]) -> str | None:
    """A name that looks much alike, or that two letters beside each other would turn into this one: in a short name
    that counts for more than a likeness. Whoever is told to fetch `plian` may be given somebody else's package.
    """
    near = difflib.get_close_matches(name, names, n=1, cutoff=NEAR)
    if near:
        return near[0]
    swapped = {name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1)} - {name}
    return next((word for word in names if word in swapped), None)
