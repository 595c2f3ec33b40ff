"""How the index is asked depends on the pips in question."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.facts.index import accept_of_pips
from airproof.facts.store import FactStore
from airproof.net.http import HTML_ACCEPT, SIMPLE_ACCEPT
from airproof.probes.interpreters.targets import target_of
from airproof.site.site import Site


@pytest.mark.parametrize(
    ("targets", "accept"),
    [
        (("cp38-win_amd64-pip20.3.4", "cp36-win32"), HTML_ACCEPT),
        (("cp38-win_amd64-pip20.3.4", "cp312-win_amd64"), SIMPLE_ACCEPT),
        (("cp38-win_amd64",), SIMPLE_ACCEPT),
        ((), SIMPLE_ACCEPT),
    ],
)
def test_an_index_is_asked_for_json_only_where_some_pip_asks_for_it(
    targets: tuple[str, ...], accept: str, tmp_path: Path
) -> None:
    """pip reads JSON from 22.2 on; a page in JSON that fails is no fault of a site whose pips are all older."""
    site = Site("http://127.0.0.1/simple/", targets=tuple(map(target_of, targets)))

    assert accept == accept_of_pips(site, FactStore(tmp_path))
