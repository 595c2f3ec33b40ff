"""`airproof carry`, from the command line, against an index on loopback that pip is configured to."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import msgspec
import pytest
from packaging.pylock import Pylock

from airproof.probes.media import probe_medium
from pytest_airproof.packages import Wheel
from tests.medium.connected import FAR, INDEX, LINUX, OWN, WINDOWS, Carry, configure_pip, manifest_in
from tests.probes.indexserver import StaticIndex


def test_each_target_gets_its_files_and_its_lists(carry_by_pip: Carry, tmp_path: Path) -> None:
    """Wheels for each target, a lock file for each, sums that hold, and for each file who asked for it."""
    code = carry_by_pip("-p", "app", "--target", WINDOWS, "--target", LINUX, "--no-tools")

    assert 0 == code
    manifest = manifest_in(tmp_path)
    by_name = {file.filename: file.targets for file in manifest.payload}
    assert {
        "app-1.0-py3-none-any.whl": {WINDOWS: ("app",), LINUX: ("app",)},
        "backport-1.0-py3-none-any.whl": {WINDOWS: ("app",)},
        "native-1.5-cp37-cp37m-win32.whl": {WINDOWS: ("app",)},
        "native-2.0-cp311-cp311-manylinux_2_17_x86_64.whl": {LINUX: ("app",)},
    } == by_name
    assert manifest.whole
    for line in (tmp_path / "medium" / "SHA256SUMS").read_text().splitlines():
        digest, path = line.split("  ")

        assert digest == hashlib.sha256((tmp_path / "medium" / path).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (("--target", LINUX, "-p", "far"), f"other Pythons only, not for {LINUX}: far-1.0-{FAR[2]}.whl. "),
        (("--target", WINDOWS, "-p", "far"), f"far-1.0-{FAR[1]}.whl, "),
        (("--target", LINUX, "-p", "mixed"), f"instead: mixed-1.0.tar.gz; wheels for {FAR[2]}, "),
        (("--target", WINDOWS, "-p", "mixed"), f"instead: mixed-1.0.tar.gz; wheels for {FAR[1]}, "),
    ],
)
def test_the_best_rejected_file_is_the_reason_and_comes_first(
    carry: Carry, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], first: str
) -> None:
    """An sdist, which a build would make usable, before wheels for others; of these the one for the target's system,
    machine and nearly its Python, however the page orders them.
    """
    code = carry(*words, "--no-tools")

    said = capsys.readouterr().out
    assert (1, True) == (code, first in said), said
    assert said.index(first) <= min(said.index(tag) for tag in FAR if tag in said)


def test_the_lock_files_are_pep_751(carry: Carry, tmp_path: Path) -> None:
    """The field's own reader takes them."""
    carry("-p", "app", "--target", WINDOWS, "--no-tools")

    found = Pylock.from_dict(msgspec.toml.decode((tmp_path / "medium" / f"pylock.{WINDOWS}.toml").read_bytes()))

    paths = [wheel.path for wheel in found.packages[2].wheels or ()]

    assert ["app", "backport", "native"] == [package.name for package in found.packages]
    assert ["wheels/native-1.5-cp37-cp37m-win32.whl"] == paths


def test_a_lock_file_tells_patch_levels_apart_by_markers(carry: Carry, tmp_path: Path) -> None:
    """If a marker changes within a target's Python, each version is for the releases that take it; a file that only an
    old pip takes is carried, and is in no lock file.
    """
    code = carry("-p", "lib", "-p", "early", "--target", LINUX, "--no-tools")

    lock = msgspec.toml.decode((tmp_path / "medium" / f"pylock.{LINUX}.toml").read_bytes())
    taken = {"lib 1.0", "slow 1.0", "slow 2.0", "early 2.0", "beta 1.1b1"}
    assert (0, taken | {"early 1.0"}) == (
        code,
        {f"{file.project} {file.version}" for file in manifest_in(tmp_path).files},
    )
    markers = {f"{package['name']} {package['version']}": package.get("marker") for package in lock["packages"]}
    assert taken == set(markers)
    assert {
        "slow 1.0": "python_full_version < '3.11.3'",
        "slow 2.0": "python_full_version >= '3.11.3'",
    } == {name: marker for name, marker in markers.items() if marker}


def test_groups_that_exclude_each_other_get_a_lock_file_each(carry: Carry, tmp_path: Path) -> None:
    """One version of each project in each file; who agrees with both stands in the first. The old file is gone."""
    medium = tmp_path / "medium"
    carry("-p", "twin", "--target", LINUX, "--no-tools")
    before = [path.name for path in medium.glob("pylock.*")]
    code = carry("-p", "twin<2", "-p", "app", "--no-tools")

    found = {path.name: msgspec.toml.decode(path.read_bytes()) for path in sorted(medium.glob("pylock.*"))}
    versions = {
        name: [(package["name"], package["version"]) for package in lock["packages"]] for name, lock in found.items()
    }
    assert ([f"pylock.{LINUX}.toml"], 0) == (before, code)
    assert {
        f"pylock.{LINUX}-1.toml": [("app", "1.0"), ("native", "2.0"), ("twin", "2.0")],
        f"pylock.{LINUX}-2.toml": [("twin", "1.0")],
    } == versions
    assert [["app", "twin"], ["twin<2"]] == [lock["tool"]["airproof"]["groups"] for lock in found.values()]
    assert set(found) == {entry for entry in manifest_in(tmp_path).lists if entry.startswith("pylock")}


def test_groups_that_agree_share_one_lock_file(carry: Carry, tmp_path: Path) -> None:
    """Two that want the same version are no clash, and nobody is named."""
    carry("-p", "twin<2", "-p", "twin==1.0", "--target", LINUX, "--no-tools")

    (lock,) = (tmp_path / "medium").glob("pylock.*")
    found = msgspec.toml.decode(lock.read_bytes())

    assert (f"pylock.{LINUX}.toml", ["1.0"]) == (lock.name, [package["version"] for package in found["packages"]])
    assert "tool" not in found


def test_the_server_gets_its_tools_and_scripts(carry: Carry, tmp_path: Path) -> None:
    """devpi lies apart from what the index will serve, with a script for each kind of shell."""
    own = OWN.write(tmp_path)
    carry("-p", "backport", "--target", WINDOWS, "--airproof", str(own))

    medium = tmp_path / "medium"
    assert {"devpi-server", "devpi-client", "airproof"} == {tool.project for tool in manifest_in(tmp_path).tools}
    assert ["backport-1.0-py3-none-any.whl"] == [path.name for path in (medium / "wheels").iterdir()]
    assert "devpi-server devpi-client airproof" in (medium / "install.sh").read_text()
    assert b'"%~dp0tools" %* devpi-server devpi-client airproof\r\n' in (medium / "install.cmd").read_bytes()


def test_what_has_no_wheel_is_told_with_what_exists(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code says so, the sentence names the target, the sdist and the other wheels; --sdists carries it."""
    code = carry("-p", "source", "-p", "backport", "--target", WINDOWS, "--no-tools")

    said = capsys.readouterr().out
    assert 1 == code
    assert "no wheel for cp37-win32" in said
    assert "source-3.0.tar.gz" in said
    assert [("cp37-win32", "sdist-only")] == [(gap.target, gap.cause) for gap in manifest_in(tmp_path).lacking]
    assert 0 == carry("--sdists", "--no-tools")
    assert "wheels/source-3.0.tar.gz" in {file.path for file in manifest_in(tmp_path).files}


def test_what_an_sdist_is_built_with_is_carried_for_each_target(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its backend, what that needs, what of that is an sdist again, and `wheel`, which an old setuptools asks for while
    it builds. None of it is installed, so no lock file has it.
    """
    code = carry("--sdists", "-p", "built", "--target", WINDOWS, "--target", LINUX, "--no-tools")

    said = capsys.readouterr().out
    found = {file.filename: set(file.targets) for file in manifest_in(tmp_path).payload}
    both = {WINDOWS, LINUX}
    assert 0 == code
    assert {
        "built-1.0.tar.gz": both,
        "maker-2.0-py3-none-any.whl": both,
        "part-1.0.tar.gz": both,
        "setuptools-68.0.0-py3-none-any.whl": {WINDOWS},
        "wheel-0.42.0-py3-none-any.whl": {WINDOWS},
        "setuptools-75.0.0-cp311-none-any.whl": {LINUX},
    } == found
    assert "built-1.0.tar.gz has to be built on cp37-win32. Its build asks for: maker>=2." in said
    lock = msgspec.toml.decode((tmp_path / "medium" / f"pylock.{WINDOWS}.toml").read_bytes())
    assert ["built"] == [package["name"] for package in lock["packages"]]


def test_an_sdist_whose_build_lacks_something_is_never_complete(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The backend is there, and what the backend needs is not: pip would fail in the middle of the build."""
    code = carry("--sdists", "-p", "stuck", "--target", LINUX, "--no-tools")

    said = capsys.readouterr().out
    lacking = [(gap.requirement, gap.cause) for gap in manifest_in(tmp_path).lacking]
    assert (1, [("nowhere>=1", "build-backend-absent")]) == (code, lacking)
    assert "stuck-1.0.tar.gz is a source distribution, and nowhere>=1, which builds it, is not in the index" in said
    assert "COMPLETE for" not in said.replace("INCOMPLETE", "")


def test_a_mistyped_target_does_not_spoil_the_folder(carry: Carry, tmp_path: Path) -> None:
    """Nothing was fetched: the mended command is taken. A folder with anything in it still is not."""
    mistyped = carry("-p", "backport", "--target", "cp37-wind", "--no-tools")
    (tmp_path / "medium").mkdir()
    (tmp_path / "medium" / "private.txt").touch()
    not_ours = carry("-p", "backport", "--target", WINDOWS, "--no-tools")
    (tmp_path / "medium" / "private.txt").unlink()

    assert (2, 2, 0) == (mistyped, not_ours, carry("-p", "backport", "--target", WINDOWS, "--no-tools"))


def test_again_adds_what_is_new_and_names_what_is_surplus(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is right is not fetched again; a damaged file is; a stranger is named and left alone."""
    carry("-p", "backport", "--target", WINDOWS, "--no-tools")
    wheels = tmp_path / "medium" / "wheels"
    for name in ("stranger", *(f"zz{number}" for number in range(10))):
        (wheels / f"{name}-1.0-py3-none-any.whl").write_bytes(b"x")
    (wheels / "backport-1.0-py3-none-any.whl").write_bytes(b"damaged")

    code = carry("-p", "app", "--no-tools")

    said = capsys.readouterr().out
    assert 0 == code
    assert {"app", "backport", "native"} == {file.project for file in manifest_in(tmp_path).payload}
    assert "stranger-1.0-py3-none-any.whl" in said
    assert "... and 1 more files that nothing asks for" in said
    assert (wheels / "stranger-1.0-py3-none-any.whl").exists()
    assert Wheel("backport").content() == (wheels / "backport-1.0-py3-none-any.whl").read_bytes()
    assert 0 == carry("--no-tools")
    assert "0 file(s) fetched" in capsys.readouterr().out


def test_a_list_of_what_is_missing_is_fed_back(carry: Carry, tmp_path: Path) -> None:
    """Each section is fetched for its own target."""
    (tmp_path / "missing.txt").write_text(
        f"# head\n\n# target: {WINDOWS}\n# pip ...\nbackport\n\n# target: {LINUX}\nnative\n"
    )

    code = carry("-r", str(tmp_path / "missing.txt"), "--no-tools")

    assert 0 == code
    assert {"backport": {WINDOWS}, "native": {LINUX}} == {
        file.project: set(file.targets) for file in manifest_in(tmp_path).payload
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-p", "app"), "carry needs a target"),
        (("--target", WINDOWS), "carry needs something"),
        (("-p", "app", "--target", "win95"), "is not known"),
        (("-p", "app @ http://elsewhere/app.whl", "--target", WINDOWS), "no package index can serve that"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    carry: Carry, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    """Exit code 2, one sentence, and the mend."""
    assert 2 == carry(*words)
    assert said in capsys.readouterr().err


def test_a_folder_of_somebody_else_is_left_alone(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is overwritten, and nothing is put beside it."""
    (tmp_path / "medium").mkdir()
    (tmp_path / "medium" / "thesis.txt").write_text("mine")

    assert 2 == carry("-p", "app", "--target", WINDOWS)
    assert "did not put there" in capsys.readouterr().err
    assert ["thesis.txt"] == [path.name for path in (tmp_path / "medium").iterdir()]


def test_a_broken_manifest_is_told(carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A medium that was pulled out while its manifest was copied."""
    carry("-p", "backport", "--target", WINDOWS, "--no-tools")
    path = tmp_path / "medium" / "airproof-medium.json"
    path.write_bytes(path.read_bytes()[:100])

    assert 2 == carry("-p", "app")
    assert "cannot be used" in capsys.readouterr().err


def test_a_file_that_does_not_arrive_leaves_the_rest(
    carry_by_pip: Carry,
    index: StaticIndex,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit code 3, the file by name, the medium marked as not whole; the same command again goes on."""
    listed = INDEX["native"]
    links = {"native": [f"/files/{file.filename}" for file in listed]}
    with StaticIndex({**INDEX, "native": []}, links=links) as server:
        configure_pip(monkeypatch, tmp_path, **{"index-url": server.url})
        code = carry_by_pip("-p", "app", "--target", WINDOWS, "--no-tools")

    configure_pip(monkeypatch, tmp_path, **{"index-url": index.url})
    assert 3 == code
    said = capsys.readouterr().out
    assert "Did not arrive: native-1.5-cp37-cp37m-win32.whl" in said
    assert "no strong hash of it: app-1.0-py3-none-any.whl" in said
    assert not manifest_in(tmp_path).whole
    assert 0 == carry_by_pip("--no-tools")
    assert manifest_in(tmp_path).whole
    shutil.rmtree(tmp_path / "medium")


def site_of(folder: Path, **pages: str) -> Path:
    """A small documentation site."""
    (folder / "checks").mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text("index", encoding="utf-8")
    for name, text in pages.items():
        (folder / "checks" / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


def test_the_documentation_goes_along(carry: Carry, tmp_path: Path) -> None:
    """It is listed with its sums, is neither surplus nor a package, and stays when the medium is filled further."""
    site, medium = site_of(tmp_path / "site", PIP02="two", PIP03="three"), tmp_path / "medium"
    words = ("-p", "twin", "--target", LINUX, "--no-tools")

    codes = [carry(*words, "--docs", str(site)), carry("-p", "app", "--no-tools")]

    held = probe_medium(medium)
    listed = {line.split("  ")[1] for line in (medium / "SHA256SUMS").read_text(encoding="utf-8").splitlines()}
    assert ([0, 0], (), (), ()) == (codes, held.absent, held.changed, held.surplus)
    assert {"docs/index.html", "docs/checks/PIP02.html", "docs/checks/PIP03.html"} <= listed
    assert not any(file.path.startswith("docs") for file in held.manifest.payload)
    (medium / "docs" / "checks" / "PIP02.html").write_text("other", encoding="utf-8")
    assert ("docs/checks/PIP02.html",) == probe_medium(medium).changed


def test_a_newer_documentation_replaces_the_one_that_was_carried(carry: Carry, tmp_path: Path) -> None:
    """Pages that are no more are taken away; a file that somebody put there is left alone."""
    words, medium = ("-p", "twin", "--target", LINUX, "--no-tools", "--docs"), tmp_path / "medium"
    carry(*words, str(site_of(tmp_path / "old", PIP02="two")))
    (medium / "docs" / "note.txt").write_text("mine", encoding="utf-8")

    carry(*words, str(site_of(tmp_path / "new", PIP03="three")))

    found = {path.relative_to(medium).as_posix() for path in (medium / "docs").rglob("*") if path.is_file()}
    assert {"docs/index.html", "docs/checks/PIP03.html", "docs/note.txt"} == found
    assert () == probe_medium(medium).absent


def test_a_folder_that_is_no_site_is_refused(carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is fetched, and without a folder left behind."""
    code = carry("-p", "twin", "--target", LINUX, "--docs", str(tmp_path / "nowhere"))

    assert (2, False) == (code, (tmp_path / "medium").exists())
    assert "noxfile.py -s site" in capsys.readouterr().err
