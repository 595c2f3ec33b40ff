"""A manifest is a file from outside: it leads nowhere but to the medium."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from airproof.errors import BadInput
from airproof.site.manifest import NAME, SCHEMA, CarriedFile, Manifest, read_manifest

INSIDE = ("wheels/demo-1.0-py3-none-any.whl", "tools/.hidden", "wheels/a..b.whl")
OUTSIDE = ("wheels/../../etc/passwd", "/etc/passwd", "..", "wheels\\..\\..\\x", "C:\\x", "C:x", "", "wheels//x")


def manifest(path: str) -> Manifest:
    file = CarriedFile(path, "demo", "1.0", 1, "0" * 64, {})
    return Manifest(SCHEMA, "airproof", "2026-01-31T08:00:00Z", True, (), None, (), (file,))


@pytest.mark.parametrize("of", ["files", "lists"])
@pytest.mark.parametrize(
    ("path", "good"), [*((place, True) for place in INSIDE), *((entry, False) for entry in OUTSIDE)]
)
def test_a_path_that_leaves_the_medium_is_refused(path: str, good: bool, of: str, tmp_path: Path) -> None:
    """On every system's spelling, whether a package or a list is named."""
    whole = manifest(path if of == "files" else INSIDE[0])
    whole = msgspec.structs.replace(whole, lists={path: "0" * 64}) if of == "lists" else whole
    (tmp_path / NAME).write_bytes(msgspec.json.encode(whole))

    if good:
        assert whole == read_manifest(tmp_path)
    else:
        with pytest.raises(BadInput) as caught:
            read_manifest(tmp_path)
        assert "medium-path-outside" == caught.value.key
