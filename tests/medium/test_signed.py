"""A medium that is signed, and each way in which it is not as it was signed: nothing of it is installed then."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from airproof.cli import main
from airproof.medium.lists import PIP, SUMS_HOLD
from airproof.probes.media import probe_medium, probe_vouched
from airproof.record.file import read_report
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.site.manifest import NAME, OF_SYSTEMS, SIGNATURE, read_manifest, write_manifest
from tests.custody.keys import NEEDS_KEYGEN, SIGNER, Keys, verified_by_hand
from tests.medium.connected import OWN, WINDOWS, Carry

POSIX = os.name == "posix"
TIME = 120.0


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys")


@pytest.fixture
def medium(carry: Carry, keys: Keys, tmp_path: Path) -> Path:
    """A signed one, with tools."""
    own = OWN.write(tmp_path / "own")
    server = f"cp{sys.version_info[0]}{sys.version_info[1]}-manylinux2014_x86_64"
    tools = ("--airproof", str(own), "--server", server)
    assert 0 == carry("-p", "backport", "--target", WINDOWS, "--sign", keys.private(), *tools)
    return tmp_path / "medium"


def installed(medium: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the medium's own script into a folder beside it."""
    command = ["sh", str(medium / "install.sh"), *words, "--quiet", "--target", str(medium.parent / "place")]
    environment = {**os.environ, "PYTHON": sys.executable, "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        command, cwd=medium, env=environment, capture_output=True, text=True, check=False, timeout=TIME
    )


@NEEDS_KEYGEN
def test_a_signed_medium_is_verified_by_plain_ssh_keygen(medium: Path, keys: Keys) -> None:
    """Nothing lies beside the sums, and its signer vouches for it."""
    vouched = probe_vouched([str(medium)], keys.signers())

    assert verified_by_hand(medium / "SHA256SUMS", keys.signers())
    assert () == probe_medium(medium).surplus
    assert vouched.holds(probe_medium(medium))


@NEEDS_KEYGEN
def test_filling_again_drops_a_signature_that_is_of_other_sums(
    medium: Path, carry: Carry, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --sign the medium is not signed any more; with it, it is, and the fingerprint is told."""
    carry("--no-tools")
    before = (medium / SIGNATURE).exists()
    carry("--no-tools", "--sign", keys.private())

    said = capsys.readouterr().out
    assert (False, True) == (before, verified_by_hand(medium / "SHA256SUMS", keys.signers()))
    assert (True, True) == ("Signed: SHA256SUMS.sig, by the key SHA256:" in said, "COMPLETE" in said)


@NEEDS_KEYGEN
def test_a_key_that_does_not_sign_is_refused_before_anything_is_fetched(
    carry: Carry, keys: Keys, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And no folder is made."""
    code = carry("-p", "backport", "--target", WINDOWS, "--no-tools", "--sign", keys.private("locked", "a passphrase"))

    assert (2, False) == (code, (tmp_path / "medium").exists())
    assert "ssh-add" in capsys.readouterr().err


def added(name: str) -> Callable[[Path], None]:
    def add(medium: Path) -> None:
        (medium / name).parent.mkdir(parents=True, exist_ok=True)
        (medium / name).write_bytes(b"x")

    return add


def rewritten(medium: Path) -> None:
    """All that vouch for each other without a signature: a script, the manifest and the sums."""
    text = (medium / "SHA256SUMS").read_text(encoding="utf-8")
    (medium / "SHA256SUMS").write_text(text.replace(text[:8], "00000000", 1), encoding="utf-8")


def unfinished(medium: Path) -> None:
    """The manifest does not agree with the sums any more, and says that filling goes on, so that nobody compares."""
    path = medium / NAME
    path.write_text(path.read_text(encoding="utf-8").replace('"whole": true', '"whole": false'), encoding="utf-8")


def linked(medium: Path) -> None:
    (medium / "pip").symlink_to(medium / "tools")


CHANGES: dict[str, Callable[[Path], object]] = {
    "file-changed": lambda medium: (medium / "wheels" / "backport-1.0-py3-none-any.whl").write_bytes(b""),
    "file-absent": lambda medium: (medium / "READ-ME.txt").unlink(),
    "tool-added": added("tools/devpi_server-99.0-py3-none-any.whl"),
    "file-in-root": added("pip.py"),
    "folder-in-root": added("pip/__main__.py"),
    "link-in-root": linked,
    "sums-rewritten": rewritten,
    "manifest-says-unfinished": unfinished,
    "signature-absent": lambda medium: (medium / SIGNATURE).unlink(),
}


@NEEDS_KEYGEN
@pytest.mark.skipif(not POSIX, reason="absent: sh, and links for everybody")
@pytest.mark.parametrize("change", CHANGES)
def test_a_medium_that_was_changed_is_refused(medium: Path, keys: Keys, change: str) -> None:
    """By the judgement that a rehearsal waits for, and by the medium's own script."""
    CHANGES[change](medium)

    ran = installed(medium, "--signers", keys.signers())

    assert not probe_vouched([str(medium)], keys.signers()).holds(probe_medium(medium))
    assert (1, True, False) == (
        ran.returncode,
        "Nothing was installed." in ran.stderr,
        (medium.parent / "place").exists(),
    )


def test_what_python_is_given_stands_in_the_quotation_marks_of_two_shells() -> None:
    """Neither sh nor cmd expands any of it, and it is a program."""
    assert set() == set('"$`%\\\n') & set(PIP + SUMS_HOLD)
    for program in (PIP, SUMS_HOLD):
        compile(program, "-c", "exec")


@NEEDS_KEYGEN
@pytest.mark.skipif(not POSIX, reason="absent: sh")
def test_the_script_of_a_medium_that_is_as_it_was_signed_installs(medium: Path, keys: Keys) -> None:
    """The signers may be named in either way; a stranger's medium, or a list that is not there, installs nothing."""
    for words in (("--signers", keys.signers()), (f"--signers={keys.signers()}",), ()):
        ran = installed(medium, *words)
        assert (0, True) == (ran.returncode, (medium.parent / "place" / "devpi_server-1.0.dist-info").exists()), ran
        shutil.rmtree(medium.parent / "place")

    refused = [installed(medium, "--signers", word) for word in (keys.signers(name="other"), "absent", "")]
    refused.append(installed(medium, "--signers="))

    assert [1, 1, 1, 1] == [ran.returncode for ran in refused]
    assert not (medium.parent / "place").exists()


@pytest.mark.skipif(not POSIX, reason="absent: sh")
def test_the_script_takes_no_module_of_the_folder_that_it_is_started_in(carry: Carry, tmp_path: Path) -> None:
    """`python -m pip` would import a pip.py that lies on the medium."""
    carry("-p", "backport", "--target", WINDOWS, "--airproof", str(OWN.write(tmp_path / "own")))
    for name in ("pip.py", "runpy.py", "hashlib.py"):
        (tmp_path / "medium" / name).write_text("raise SystemExit(9)\n", encoding="utf-8")

    assert 0 == installed(tmp_path / "medium").returncode


def test_what_lies_in_the_root_is_surplus(carry: Carry, tmp_path: Path) -> None:
    """A folder is named once; what a system makes on a drive, and a report, is nothing of the medium's."""
    carry("-p", "backport", "--target", WINDOWS, "--no-tools")
    medium = tmp_path / "medium"
    own = [f"{name}/inner" for name in (*OF_SYSTEMS, ".Trash-1000")]
    alien = ("airproof-reporter/x.py", "lost+found-not/x", "notes.txt", "x.part", "wheels/a/b.whl", "wheels/evil.part")
    for name in (*own, "ENV/bin/one", "ENV/bin/two", *alien):
        added(name)(medium)

    folders = ("ENV/", "airproof-reporter/", "lost+found-not/")
    assert {*folders, *alien[2:]} == set(probe_medium(medium).surplus)


def test_a_file_that_was_left_out_and_lies_there_all_the_same_is_read(carry: Carry, tmp_path: Path) -> None:
    """The manifest names it, so that it is no surplus: without its bytes anybody could put another one there."""
    assert 0 == carry("-p", "backport", "--target", WINDOWS, "--no-tools")
    medium = tmp_path / "medium"
    manifest = read_manifest(medium)
    assert manifest is not None
    files = tuple(msgspec.structs.replace(file, there=True) for file in manifest.files)
    write_manifest(medium, msgspec.structs.replace(manifest, files=files))
    as_it_was = probe_medium(medium).changed
    path = next(file.path for file in files)
    (medium / path).write_bytes(b"another")

    assert ((), (path,)) == (as_it_was, probe_medium(medium).changed)


def rehearsed(medium: Path, *words: str) -> tuple[int, Report]:
    folder = medium.parent / "report"
    code = main(["rehearse", str(medium), "--report-dir", str(folder), "--quiet", "--lang", "en", *words])
    return code, read_report(folder / "record.json")


def outcomes(report: Report, *wanted: Outcome) -> set[str]:
    return {check.id for check in report.checks if check.outcome in wanted}


@NEEDS_KEYGEN
def test_a_rehearsal_runs_nothing_of_a_medium_that_nobody_allowed_vouches_for(medium: Path, keys: Keys) -> None:
    """No step of the manual is walked, no script is run, and exactly MED06 has failed."""
    code, report = rehearsed(medium, "--signers", keys.signers(name="other"))

    assert (1, (), {"MED06"}) == (code, report.steps, outcomes(report, Outcome.FAILED))
    assert {"MAN01", "MED03", "MAN09", "MAN10"} <= outcomes(report, Outcome.BLOCKED)
    assert {"transcript", "tools-0"}.isdisjoint(report.facts)


def test_a_rehearsal_runs_nothing_that_the_scanner_did_not_let_pass(carry: Carry, tmp_path: Path) -> None:
    """Nor does it where the scanner is not there; that is no verdict. A password of its command is in no report."""
    carry("-p", "backport", "--target", WINDOWS, "--no-tools")
    scanner = f'"{sys.executable}" -c "import sys; print(sys.argv); sys.exit(4)" --password geheim77 {{folder}}'

    code, report = rehearsed(tmp_path / "medium", "--scanner", scanner)
    absent, judged = rehearsed(tmp_path / "medium", "--scanner", "no-such-scanner {folder}")

    assert (1, (), {"SEC05"}) == (code, report.steps, outcomes(report, Outcome.FAILED))
    assert (3, (), True) == (absent, judged.steps, "SEC05" in outcomes(judged, Outcome.BROKEN))
    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "report").rglob("*") if path.is_file()]
    assert not any("geheim77" in text for text in texts)
    assert any("***" in text for text in texts)


@NEEDS_KEYGEN
@pytest.mark.thorough
def test_a_signed_medium_is_rehearsed_to_the_end(medium: Path, keys: Keys) -> None:
    """Its signer stands in the record, with the digest of what was signed."""
    code, report = rehearsed(medium, "--signers", keys.signers())

    (held,) = report.summary.media
    assert {"MED01", "MED02", "MED06"} <= outcomes(report, Outcome.PASSED), report.verdict
    page = (medium.parent / "report" / "report.html").read_text(encoding="utf-8")
    assert f"signed by {SIGNER} ({held.key})" in html.unescape(re.sub("<[^>]*>", "", page))
    assert (SIGNER, 64, True) == (held.signer, len(held.sums), held.key.startswith("SHA256:"))
    assert (True, set()) == (bool(report.steps), outcomes(report, Outcome.BLOCKED)), code


@pytest.mark.parametrize(
    "words",
    [
        ("rehearse", "--signers", "signers"),
        ("check", "http://127.0.0.1:9/", "--signers", "signers"),
        ("check", "http://127.0.0.1:9/", "--scanner", "clamscan {folder}"),
        ("rehearse", "--scanner", "clamscan"),
        ("rehearse", "--scanner", 'clamscan "{folder}'),
        ("rehearse", "--signers", "absent"),
    ],
)
def test_options_without_what_they_judge_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """In one sentence, before anybody is asked."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "signers").write_text(f"{SIGNER} ssh-ed25519 AAAA\n", encoding="utf-8")

    code = main([*words, "--lang", "en"])

    said = capsys.readouterr().err
    assert (2, 1, False) == (code, len(said.splitlines()), "Traceback" in said)
