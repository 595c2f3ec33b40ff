"""Other hosts, asked through the backends of pytest-testinfra."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from airproof.errors import BadInput
from airproof.fleet import TROUBLE, HostSpec, ask_fleet
from airproof.probes.carried import read_carried
from airproof.site import Group, Site
from pytest_airproof.wheels import Wheel
from tests.probes.indexserver import StaticIndex

HERE = f"local://?python={quote(sys.executable)}"
PLAIN = "{python} -m pip install --index-url {url} {requirement}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssh://root@192.0.2.20", HostSpec("ssh://root@192.0.2.20", "192.0.2.20", "python3", False)),
        (
            "ssh://192.0.2.20:2222?timeout=5&python=/opt/omflow/python/bin/python&collector=1&name=far",
            HostSpec("ssh://192.0.2.20:2222?timeout=5", "far", "/opt/omflow/python/bin/python", True),
        ),
    ],
)
def test_a_host_is_taken_apart(text: str, expected: HostSpec) -> None:
    """What is airproof's own is not handed on."""
    assert expected == HostSpec.of(text)


@pytest.mark.parametrize("text", ["192.0.2.20", "", "ssh:192.0.2.20", "ssh://[::1"])
def test_what_is_no_host_is_refused(text: str) -> None:
    """With the right form."""
    with pytest.raises(BadInput) as caught:
        HostSpec.of(text)

    assert "hosts-spec" == caught.value.key


def test_without_testinfra_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no requirement of airproof's own."""
    monkeypatch.setitem(sys.modules, "testinfra", None)

    with pytest.raises(BadInput) as caught:
        ask_fleet(Site("http://192.0.2.1/"), (HERE,), tmp_path)

    assert "hosts-extra" == caught.value.key


@pytest.mark.skipif(sys.platform == "win32", reason="its local backend speaks to a POSIX shell")
@pytest.mark.skipif(importlib.util.find_spec("testinfra") is None, reason="absent: pytest-testinfra")
def test_one_silent_host_is_not_the_end(tmp_path: Path) -> None:
    """Two answer, each under a label of its own; the third leaves its reason."""
    specs = (f"{HERE},{HERE}&collector=1", "local://?python=/no/such/python&name=gone")
    with StaticIndex({"demo": [Wheel("demo")]}) as index:
        site = Site(index.url, groups=(Group("demo", ("demo",)),), pip_command=PLAIN, timeout=5.0)
        found = ask_fleet(site, specs, tmp_path)

    facts = [read_carried(Path(one.facts or "")) for one in found[:2]]
    assert [("local", False), ("local-2", True), ("gone", False)] == [(one.label, one.collector) for one in found]
    assert [(0, "demo"), (0, "demo")] == [(one.runs[0].exit_code, one.runs[0].installed[0].name) for one in facts]
    assert "no/such/python" in Path(f"{found[2].facts}{TROUBLE}").read_text(encoding="utf-8")
    assert not Path(found[2].facts or "").exists()
