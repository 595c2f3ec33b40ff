"""Source distributions on a medium: what their builds need, proven by a rehearsal, and wheels that are built here."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.cli import main
from airproof.medium.builds import is_like
from airproof.probes.interpreters.host import probe_host
from airproof.probes.interpreters.targets import data_of, target_of
from airproof.record.file import read_report
from airproof.site.manifest import BuiltHere
from pytest_airproof.packages import Package, Sdist, Wheel
from pytest_airproof.packages.sdists import BACKEND
from tests.medium.connected import Carry, manifest_in
from tests.probes.indexserver import StaticIndex
from tests.thorough import variant

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the target of these tests is named by its glibc")

WINDOWS = "cp37-win32"
HOST = probe_host(sys.executable)
HERE = f"cp{sys.version_info[0]}{sys.version_info[1]}-" + next(
    (tag.rpartition("-")[2] for tag in HOST.tags if "manylinux" in tag), "none"
)
"""A target like this machine."""
OLDER = f"{HERE.partition('-')[0]}-manylinux_2_17_x86_64"
"""The same with an older C library: this machine stands for it in a rehearsal, and compiles nothing that runs there."""


def backend(stem: str, *, asks: tuple[str, ...] = (), begins: str = "", tag: str = "py3-none-any") -> str:
    """The backend of an sdist: `asks` is what it says when it is asked, `begins` runs as a build begins."""
    text = BACKEND.format(stem=stem, phone_home=None).replace("    return []\n", f"    return {list(asks)!r}\n")
    text = text.replace("    rows = []\n", f"    rows = []\n    {begins or 'pass'}\n")
    return text.replace("py3-none-any", tag)


SILENT = """
import os, zipfile

def get_requires_for_build_wheel(config_settings=None):
    return []

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open("PKG-INFO", encoding="utf-8") as source:
        stated = source.read().partition("\\n\\n")[0].rstrip("\\n") + "\\nRequires-Dist: {needs}\\n"
    stem = "-".join(line.partition(": ")[2] for name in ("Name", "Version")
                    for line in stated.splitlines() if line.startswith(name + ":"))
    with zipfile.ZipFile(os.path.join(wheel_directory, stem + "-py3-none-any.whl"), "w") as wheel:
        info = stem + ".dist-info/"
        wheel.writestr(stem.partition("-")[0] + ".py", "")
        wheel.writestr(info + "METADATA", stated)
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return stem + "-py3-none-any.whl"
"""
"""A backend as that of a `setup.py`: what the package needs stands in the wheel, and not in the sdist's PKG-INFO."""

INDEX: dict[str, list[Package]] = {
    "app": [Wheel("app", requires=("deep",))],
    "deep": [
        Sdist(
            "deep",
            backend_requires=("maker>=2", 'never; python_version < "3"'),
            backend_source=backend("deep-1.0", asks=("scm>=1",), begins="import maker, part, scm"),
        )
    ],
    "maker": [Wheel("maker"), Wheel("maker", "2.0", requires=("part",))],
    "part": [Wheel("part")],
    "scm": [Wheel("scm")],
    "unasked": [
        Sdist("unasked", backend_source=backend("unasked-1.0", asks=("scm",), begins="raise OSError('no compiler')"))
    ],
    "caller": [
        Sdist(
            "caller",
            backend_source=backend(
                "caller-1.0", begins="socket.create_connection(('files.example.invalid', 443), timeout=2)"
            ),
        )
    ],
    "quiet": [Sdist("quiet", phone_home=("192.0.2.7", 443))],
    "lost": [Sdist("lost", backend_source=backend("lost-1.0", asks=("nowhere",)))],
    "pinned": [Sdist("pinned", backend_requires=("later==3",))],
    "later": [Wheel("later", "3", requires_python=">=3.99")],
    "egg": [Sdist("egg", backend_requires=("hen",))],
    "hen": [Sdist("hen", backend_requires=("egg",))],
    "twofold": [Sdist("twofold"), Wheel("twofold", tag="cp37-cp37m-win32")],
    "unread": [Sdist("unread", backend_source=backend("unread-1.0", asks=("no requirement !!",)))],
    "unreadable": [
        Sdist("unreadable", backend_requires=("no requirement !!",), backend_source=backend("unreadable-1.0"))
    ],
    "leading": [Wheel("leading", requires=("part @ http://192.0.2.7/part-1.0-py3-none-any.whl",))],
    "silent": [Sdist("silent", backend_source=SILENT.format(needs="part"))],
    "silenter": [Sdist("silenter", backend_source=SILENT.format(needs="nowhere"))],
    "norec": [Sdist("norec", backend_source=SILENT.format(needs="part").replace('"RECORD"', '"OTHER"'))],
    "outside": [
        Sdist("outside", backend_source=SILENT.format(needs="part").replace('".py", ""', '"/../../evil.py", ""'))
    ],
    "compiled": [Sdist("compiled", backend_source=backend("compiled-1.0", tag=HOST.tags[0]))],
}


@pytest.fixture(scope="module")
def index() -> Iterator[StaticIndex]:
    """In place of the index of the other tests: one with source distributions."""
    with StaticIndex(INDEX, hashed=True) as server:
        yield server


@pytest.fixture
def carry(carry: Carry) -> Carry:
    """The same as elsewhere, without the tools."""
    return lambda *words: carry("--no-tools", *words)


def rehearsed(folder: Path, *words: str) -> tuple[int, set[str]]:
    """The exit code of a rehearsal of the medium, and the checks of packages that failed."""
    out = folder / "rehearsal"
    code = main(["rehearse", str(folder / "medium"), "--report-dir", str(out), "--quiet", "--lang", "en", *words])
    failed = {check.id for check in read_report(out / "record.json").checks if check.outcome == "failed"}
    return code, failed - {"PIP08"}  # how OMFlow calls pip there is known on a real site alone


def names_in(folder: Path) -> set[str]:
    return {path.name for path in (folder / "medium" / "wheels").iterdir()}


@pytest.mark.parametrize("target", [variant(HERE, daily=True), variant(OLDER, daily=False)])
def test_what_is_complete_is_accepted_by_a_rehearsal(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    """An sdist deep in the closure, whose backend asks for more once it is asked: pip builds it from the medium alone.
    Without that one file, pip does not.
    """
    code = carry("--sdists", "-p", "app", "--target", target)

    said = capsys.readouterr().out
    assert (0, True) == (code, f"COMPLETE for {target}. " in said), said
    assert 'Its build asks for: maker>=2, never; python_version < "3", scm>=1. This machine stands for' in said
    assert {
        "app-1.0-py3-none-any.whl",
        "deep-1.0.tar.gz",
        "maker-2.0-py3-none-any.whl",
        "part-1.0-py3-none-any.whl",
        "scm-1.0-py3-none-any.whl",
    } == names_in(tmp_path)
    assert (0, set()) == rehearsed(tmp_path)
    (tmp_path / "medium" / "wheels" / "scm-1.0-py3-none-any.whl").unlink()
    assert 1 == rehearsed(tmp_path)[0]


def test_what_only_the_target_can_try_is_not_called_complete(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For another Python the same files are carried, and the last line says what nobody knows yet."""
    code = carry("--sdists", "-p", "app", "--target", WINDOWS)

    last = capsys.readouterr().out.splitlines()[-1]
    assert (0, True, False) == (code, last.startswith(f"CARRIED for {WINDOWS}"), "COMPLETE" in last)
    assert "scm-1.0-py3-none-any.whl" in names_in(tmp_path)


def test_a_wheel_is_built_here_for_every_target_that_it_fits(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The manifest says of which sdist, by which Python and with which files; the index gets no sdist and no build
    tool. A second filling takes the same wheel.
    """
    code = carry("--build-wheels", "-p", "app", "--target", HERE, "--target", WINDOWS)

    said = capsys.readouterr().out
    (built,) = (file for file in manifest_in(tmp_path).payload if file.built)
    digest = hashlib.sha256(INDEX["deep"][0].content()).hexdigest()
    used = ("maker-2.0-py3-none-any.whl", "part-1.0-py3-none-any.whl", "scm-1.0-py3-none-any.whl")
    origin = BuiltHere("deep-1.0.tar.gz", digest, f"{HOST.label} {HOST.python}", HOST.pip or "", used)
    assert (0, "deep-1.0-py3-none-any.whl", origin) == (code, built.filename, built.built)
    assert {HERE, WINDOWS} == set(built.targets)
    assert {"app-1.0-py3-none-any.whl", "deep-1.0-py3-none-any.whl"} == names_in(tmp_path)
    assert "Built here: deep-1.0-py3-none-any.whl, of deep-1.0.tar.gz" in said
    assert f"COMPLETE for {HERE}, {WINDOWS}. " in said
    assert (0, set()) == rehearsed(tmp_path)
    again = carry("--build-wheels")
    (kept,) = (file for file in manifest_in(tmp_path).payload if file.built)
    assert (0, built) == (again, kept)
    assert "0 file(s) fetched" in capsys.readouterr().out


def test_a_wheel_of_this_machine_is_never_carried_for_another(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wheel that was compiled here goes to a target like it; the others lack it, and the line says why."""
    code = carry("--build-wheels", "-p", "compiled", "--target", HERE, "--target", WINDOWS)

    said, manifest = capsys.readouterr().out, manifest_in(tmp_path)
    wheel = f"compiled-1.0-{HOST.tags[0]}.whl"
    assert (1, [(wheel, {HERE})]) == (code, [(file.filename, set(file.targets)) for file in manifest.payload])
    assert [(WINDOWS, "sdist-only")] == [(gap.target, gap.cause) for gap in manifest.lacking]
    assert f"{wheel} was built here and does not run on {WINDOWS}" in said


def test_only_the_same_python_system_processor_and_c_library_are_like_this_machine() -> None:
    """An older C library is not: what is compiled here asks for the newer one."""
    here = data_of(HOST)

    assert is_like(here, target_of(HERE))
    assert [False] * 4 == [
        is_like(here, target_of(name)) for name in (WINDOWS, OLDER, "cp312-win32", "cp39-macosx_11_0_arm64")
    ]


def test_what_a_backend_asks_for_and_nobody_has_is_told(carry: Carry, tmp_path: Path) -> None:
    """As if its pyproject.toml named it, and once: that the build fails for it is not told besides."""
    code = carry("--sdists", "-p", "lost", "--target", HERE)

    lacking = [(gap.requirement, gap.cause) for gap in manifest_in(tmp_path).lacking]
    assert (1, [("nowhere", "build-backend-absent")]) == (code, lacking)


@pytest.mark.thorough
def test_what_the_wheel_of_a_source_needs_is_carried(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An sdist whose PKG-INFO states no requirements, as those of old setuptools: pip installs what its wheel needs
    (measured, 26.3), and a medium without that is not complete.
    """
    code = carry("--sdists", "-p", "silent", "--target", HERE, "--target", WINDOWS)

    assert 0 == code, capsys.readouterr().out
    assert {"silent-1.0.tar.gz", "part-1.0-py3-none-any.whl"} == names_in(tmp_path)
    part = next(file for file in manifest_in(tmp_path).payload if file.project == "part")
    assert {HERE, WINDOWS} == set(part.targets)
    assert (0, set()) == rehearsed(tmp_path, "--target", HERE)


def test_what_the_wheel_of_a_source_needs_and_nobody_has_is_told(carry: Carry, tmp_path: Path) -> None:
    """It is lacking as if the sdist had stated it."""
    code = carry("--sdists", "-p", "silenter", "--target", HERE)

    assert (1, ["nowhere"]) == (code, [gap.requirement for gap in manifest_in(tmp_path).lacking])


def test_a_dependency_with_a_url_of_its_own_is_lacking(carry: Carry, tmp_path: Path) -> None:
    """pip leaves the medium for it, and a rehearsal rejects that."""
    code = carry("-p", "leading", "--target", HERE)

    assert (1, ["direct-url"]) == (code, [gap.cause for gap in manifest_in(tmp_path).lacking])


@pytest.mark.parametrize(
    "case",
    [
        variant(("--build-wheels", "unread", "Expected "), daily=False),
        variant(("--sdists", "unreadable", "Did not build here"), daily=True),
        variant(("--sdists", "unread", "Did not build here"), daily=False),
        variant(("--build-wheels", "unasked", "no compiler"), daily=False),
        variant(("--build-wheels", "caller", "Its build wants to connect to files.example.invalid"), daily=False),
        variant(("--build-wheels", "quiet", "Its build wants to connect to 192.0.2.7:443"), daily=True),
        variant(("--build-wheels", "lost", "No matching distribution found for nowhere"), daily=False),
        variant(("--build-wheels", "pinned", "No matching distribution found for later==3"), daily=False),
        variant(("--sdists", "unasked", "no compiler"), daily=False),
        variant(("--sdists", "norec", "a wheel that pip does not install"), daily=False),
        variant(("--sdists", "outside", "a wheel that pip does not install"), daily=False),
        variant(("--build-wheels", "outside", "a wheel that pip does not install"), daily=False),
        variant(
            (
                "--build-wheels",
                "silent",
                "RECORD is untrue: silent-1.0-py3-none-any.whl: silent-1.0.dist-info",
            ),
            daily=True,
        ),
    ],
)
def test_a_build_that_fails_leaves_the_medium_incomplete(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: tuple[str, str, str]
) -> None:
    """pip's decisive line is told, and all other packages are carried."""
    how, project, told = case
    code = carry(how, "-p", project, "-p", "app", "--target", HERE)

    said = capsys.readouterr().out
    lacking = {(gap.cause, gap.requirement) for gap in manifest_in(tmp_path).lacking if gap.target == HERE}
    assert (1, True, True) == (code, f"Did not build here: {project}-1.0.tar.gz. " in said, told in said), said
    assert f"{project}-1.0.tar.gz has to be built" not in said
    assert ("sdist-build-failed", f"{project}==1.0") in lacking
    assert "INCOMPLETE" in said.splitlines()[-1]
    assert "app-1.0-py3-none-any.whl" in names_in(tmp_path)


def test_one_target_has_a_wheel_and_the_other_gets_one_that_is_built(carry: Carry, tmp_path: Path) -> None:
    """Each of them gets its own."""
    code = carry("--build-wheels", "-p", "twofold", "--target", HERE, "--target", WINDOWS)

    found = {file.filename: (set(file.targets), file.built is not None) for file in manifest_in(tmp_path).payload}
    assert (
        0,
        {
            "twofold-1.0-py3-none-any.whl": ({HERE}, True),
            "twofold-1.0-cp37-cp37m-win32.whl": ({WINDOWS}, False),
        },
    ) == (code, found)


def test_a_file_that_forbids_wheels_gets_the_source(carry: Carry, tmp_path: Path) -> None:
    """`--no-binary` holds for the site's pip too: a wheel that was built here would not be taken."""
    (tmp_path / "wanted.txt").write_text("--no-binary deep\napp\n", encoding="utf-8")

    code = carry("--build-wheels", "-r", "wanted.txt", "--target", HERE)

    assert 0 == code
    assert {"deep-1.0.tar.gz", "scm-1.0-py3-none-any.whl"} <= names_in(tmp_path)
    assert not [file for file in manifest_in(tmp_path).payload if file.built]


@pytest.mark.thorough
def test_builds_that_need_each_other_end(carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither can begin; pip says so, and nothing waits."""
    code = carry("--sdists", "-p", "egg", "--target", HERE)

    said = capsys.readouterr().out
    assert (1, True) == (code, "Did not build here: egg-1.0.tar.gz. " in said), said
