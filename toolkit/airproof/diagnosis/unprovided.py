"""Modules that flows import and that nothing brings."""

from __future__ import annotations

from collections.abc import Iterator

from airproof.check import Finding
from airproof.probes.omflow.providers import ImportUse, Provided

UNPROVIDED = ("import-not-declared", "import-unprovided", "import-inside-missing")


def needed_imports(provided: Provided) -> list[ImportUse]:
    """Those that may not fail."""
    return [imported for imported in provided.imports if not imported.optional]


def unprovided(provided: Provided, *, is_open: bool) -> Iterator[Finding]:
    """Each module that is needed and that neither a declared package nor the interpreter has.

    `is_open`: of the open edition, where nothing is declared.
    """
    for imported in needed_imports(provided):
        provider = provided.provider(imported.module)
        if not imported.provided_by and imported.module not in provided.absent:  # declared by that name: OMF06 tells
            cause = "import-not-declared" if provider.in_index else "import-unprovided"
            if is_open:
                cause = "import-inside-missing"
            values = {
                "module": imported.module,
                "places": ", ".join(imported.places),
                "distribution": provider.best or imported.module,
            }
            yield Finding(cause, None, provider.best or "a package", imported.places, values)
