"""airproof's own wheel for the medium: the one that is given, or an installation packed again."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from airproof.errors import BadInput
from airproof.medium.own import own_wheel, pack_again
from airproof.probes.files.archive import read_wheel
from pytest_airproof.packages import Wheel
from tests.medium.connected import OWN

DEMO = Wheel(
    "demo-tool",
    "2.1",
    requires=("other>=1",),
    files={
        "demo_tool/__init__.py": b"",
        "demo_tool/words.toml": "詞 = 1\n".encode(),
        "demo_tool-2.1.dist-info/entry_points.txt": b"[console_scripts]\ndemo = demo_tool:main\n",
        "demo_tool-2.1.dist-info/licenses/LICENSE": b"free\n",
    },
)


@pytest.fixture
def installed(tmp_path: Path) -> importlib.metadata.Distribution:
    """The demo, as pip installs it: with a script, with compiled files and pip's own notes."""
    wheel, place = DEMO.write(tmp_path / "built"), tmp_path / "place"
    pip = [sys.executable, "-I", "-m", "pip", "--isolated", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", place, wheel], check=True, timeout=120)
    return next(iter(importlib.metadata.distributions(name="demo-tool", path=[str(place)])))


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("/RECORD")}


def test_an_installation_is_packed_as_it_was_built(installed: importlib.metadata.Distribution, tmp_path: Path) -> None:
    """The same file name, the same members with the same bytes, a true RECORD; and again the very same wheel."""
    again = pack_again(installed, tmp_path / "one")

    assert DEMO.filename == again.name
    assert members(tmp_path / "built" / DEMO.filename) == members(again)
    assert (True, ()) == (read_wheel(again).readable, read_wheel(again).record_untrue)
    assert again.read_bytes() == pack_again(installed, tmp_path / "two").read_bytes()


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_an_installation_that_was_changed_is_not_packed(
    installed: importlib.metadata.Distribution, tmp_path: Path, harm: str
) -> None:
    """A file that is not the one that was installed is named."""
    path = tmp_path / "place" / "demo_tool" / "words.toml"
    path.unlink() if harm == "gone" else path.write_text("edited")

    with pytest.raises(BadInput) as caught:
        pack_again(installed, tmp_path)

    assert ("own-changed", "demo_tool/words.toml") == (caught.value.key, str(caught.value.values["file"]))


@pytest.mark.parametrize(
    ("noted", "recorded"),
    [('{"url": "file:///src", "dir_info": {"editable": true}}', ""), ("{}", "_airproof.pth,sha256=x,1\n")],
    ids=["by-pip's-note", "by-a-path-file"],
)
def test_an_editable_installation_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noted: str, recorded: str
) -> None:
    """Its sources are no wheel, and the sentence says how to get one."""
    info = tmp_path / "airproof-0.1.0.dist-info"
    info.mkdir()
    for name, text in (("METADATA", OWN.metadata), ("direct_url.json", noted), ("RECORD", recorded)):
        (info / name).write_text(text)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _name: importlib.metadata.PathDistribution(info))

    with pytest.raises(BadInput) as caught:
        own_wheel(None, tmp_path)

    assert ("own-editable", True) == (caught.value.key, "--airproof" in caught.value.text.en)


def test_an_airproof_that_runs_from_elsewhere_is_refused(
    installed: importlib.metadata.Distribution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The installed airproof is not the one that runs: packing it would carry something that nobody has tried."""
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _name: installed)

    with pytest.raises(BadInput) as caught:
        own_wheel(None, tmp_path)

    assert "own-elsewhere" == caught.value.key


@pytest.mark.parametrize(
    ("wheel", "said"),
    [
        (Wheel("other"), "not called"),
        (Wheel("airproof", metadata_name="other"), "contains other"),
    ],
)
def test_a_wheel_of_somebody_else_is_refused(tmp_path: Path, wheel: Wheel, said: str) -> None:
    """By its name, and by what it is called inside."""
    with pytest.raises(BadInput) as caught:
        own_wheel(wheel.write(tmp_path), tmp_path)

    assert "own-given" == caught.value.key
    assert said in str(caught.value.values["reason"])


def test_a_given_wheel_is_taken_as_it_is(tmp_path: Path) -> None:
    """Nothing is packed anew."""
    path = OWN.write(tmp_path)

    assert path == own_wheel(path, tmp_path / "work")
