"""carry asks what pip is configured to: more indexes, pages of links, folders, and the way through a proxy."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.medium.pip_config import pip_settings
from pytest_airproof.packages import Wheel
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from tests.medium.connected import WINDOWS, Carry, configure_pip, manifest_in
from tests.probes.indexserver import StaticIndex


@pytest.fixture(scope="module")
def more() -> Iterator[StaticIndex]:
    """A second index."""
    with StaticIndex({"extra": [Wheel("extra", requires=("linked",))]}) as server:
        yield server


def test_every_source_of_pips_configuration_is_asked(
    carry_by_pip: Carry, index: StaticIndex, more: StaticIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An extra index, a page of links on a server, one on the disk that leads elsewhere, and a folder."""
    folder = tmp_path / "folder"
    Wheel("lying", requires=("app",)).write(folder)
    Wheel("hidden").write(folder / "below")
    served = Wheel("served")
    with StaticIndex({"links": [Wheel("linked", requires=("served",))], "files": [served]}) as links:
        digest = hashlib.sha256(served.content()).hexdigest()
        page = tmp_path / "page.html"
        page.write_text(f'<a href="{links.file(served.filename)}#sha256={digest}">{served.filename}</a>')
        found = f"\n  {links.url}links/\n  {page}\n  {folder}"
        configure_pip(
            monkeypatch, tmp_path, **{"index-url": index.url, "extra-index-url": more.url, "find-links": found}
        )

        code = carry_by_pip("-p", "extra", "-p", "lying", "-p", "hidden", "--target", WINDOWS, "--no-tools")

    assert 1 == code
    assert {"extra", "linked", "served", "lying", "app", "native", "backport"} == {
        file.project for file in manifest_in(tmp_path).payload
    }
    assert [("hidden", "absent")] == [(gap.requirement, gap.cause) for gap in manifest_in(tmp_path).lacking]


def test_a_page_of_links_that_does_not_answer_is_told(
    carry_by_pip: Carry,
    index: StaticIndex,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It may have had the better file: nothing is chosen as if it did not exist, the medium is not whole, and what it
    held before is neither forgotten nor called surplus.
    """
    carry_by_pip("-p", "app", "--target", WINDOWS, "--no-tools")
    before = manifest_in(tmp_path)
    configure_pip(monkeypatch, tmp_path, **{"index-url": index.url, "find-links": "http://127.0.0.1:9/links.html"})

    code = carry_by_pip("--no-tools")

    after = manifest_in(tmp_path)
    assert (3, False, before.files) == (code, after.whole, after.files)
    assert "Surplus" not in capsys.readouterr().out
    assert ["page-not-served"] == [gap.cause for gap in after.lacking]


@pytest.mark.parametrize("by", ["setting", "environment"])
def test_pages_and_files_come_through_pips_proxy(
    carry_by_pip: Carry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """pip's own setting or the surroundings' variable: the index's name is known to the proxy only."""
    rule = Rule(strip="http://index.invalid")
    with (
        StaticIndex({"behind": [Wheel("behind")]}) as hidden,
        FaultyProxy(f"http://{hidden.destination}", rule) as proxy,
    ):
        settings = {"index-url": "http://index.invalid/simple/"}
        configure_pip(monkeypatch, tmp_path, **settings | ({"proxy": proxy.url} if by == "setting" else {}))
        if by == "environment":
            monkeypatch.setenv("http_proxy", proxy.url)

        code = carry_by_pip("-p", "behind", "--target", WINDOWS, "--no-tools")

        assert (0, ["behind"]) == (code, [file.project for file in manifest_in(tmp_path).payload])
        assert "/files/behind-1.0-py3-none-any.whl" in hidden.asked


def test_a_proxy_that_cannot_be_asked_is_named_without_its_password(
    carry_by_pip: Carry,
    index: StaticIndex,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Another scheme than http and https is refused with the mend."""
    configure_pip(monkeypatch, tmp_path, **{"index-url": index.url, "proxy": "ftp://me:secret@proxy.invalid:21"})

    assert 2 == carry_by_pip("-p", "app", "--target", WINDOWS, "--no-tools")
    said = capsys.readouterr().err
    assert ("proxy.invalid" in said, "secret" in said) == (True, False)


def test_no_proxy_is_heeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts that the surroundings except are asked directly, the others through the proxy."""
    url = "http://127.0.0.1:1/simple/"
    configure_pip(monkeypatch, tmp_path, **{"index-url": url, "extra-index-url": "http://far.invalid/simple/"})
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    found = pip_settings(sys.executable)

    assert {url: None, "http://far.invalid/simple/": "http://proxy.invalid:3128"} == found.proxies
