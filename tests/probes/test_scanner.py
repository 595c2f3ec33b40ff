"""The site's scanner: its command is split without a shell, its words are kept, its secrets are not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from airproof.check import Failed
from airproof.checks.custody.scanned import check_the_scanner_finds_nothing
from airproof.errors import BadInput, CannotLook
from airproof.probes import scanner
from airproof.probes.scanner import Scanned, probe_scanned, secrets_of, split_command


def command(code: str) -> str:
    return f'"{sys.executable}" -c "{code}" {{folder}}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clamscan --recursive {folder}", ("clamscan", "--recursive", "{folder}")),
        ('"C:\\Program Files\\AV\\scan.exe" /dir:{folder}', ("C:\\Program Files\\AV\\scan.exe", "/dir:{folder}")),
        ("scan '{folder}' --note 'two words'", ("scan", "{folder}", "--note", "two words")),
        ("scan {folder} ; rm -rf /", ("scan", "{folder}", ";", "rm", "-rf", "/")),
    ],
)
def test_a_command_is_split_by_quotation_marks_alone(text: str, words: tuple[str, ...]) -> None:
    """A backslash stays, and no shell reads what looks like one's."""
    assert words == split_command(text)


@pytest.mark.parametrize("text", ["", "   ", "clamscan", "{folder}", 'clamscan "{folder}', "a\0b {folder}", '"" '])
def test_a_command_that_scans_nothing_is_refused(text: str) -> None:
    """It needs a program, and the place of the folder."""
    with pytest.raises(BadInput):
        split_command(text)


def test_secrets_of_a_command_are_known() -> None:
    """Values of options that are called like them, in both ways of giving one."""
    words = split_command("scan --password hunter22 --api-key=abcd1234 /token:wxyz --user me {folder}")

    assert ["hunter22", "abcd1234", "wxyz"] == [secret for secret in secrets_of(words) if secret]


def test_the_words_of_a_scanner_that_passes_are_evidence(tmp_path: Path) -> None:
    """Its last line, and how long it took; a program that has no version has none."""
    found = probe_scanned(command("import sys; print('one'); print('Infected files: 0', sys.argv[1])"), [tmp_path])

    seen = check_the_scanner_finds_nothing(found).values
    assert (1, f"Infected files: 0 {tmp_path}") == (seen["folders"], seen["last"])
    assert seen["version"].startswith("Python 3")


def test_a_scanner_that_finds_something_rejects(tmp_path: Path) -> None:
    """Whatever its code is, and with its last lines, at most twenty."""
    code = "import sys; [print('line', n) for n in range(1000)]; print('FOUND', file=sys.stderr); sys.exit(7)"
    found = probe_scanned(command(code), [tmp_path, tmp_path])

    with pytest.raises(Failed) as caught:
        check_the_scanner_finds_nothing(found)

    first, _ = caught.value.findings
    assert (7, 20, True) == (
        first.found,
        len(first.values["output"].splitlines()),
        "line 999" in first.values["output"],
    )


def test_a_scanner_that_is_not_there_or_does_not_end_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows what it would have found: the check is broken, and never passed."""
    monkeypatch.setattr(scanner, "SCAN_TIME", 0.5)

    for text in ("no-such-scanner {folder}", command("import time; time.sleep(60)")):
        with pytest.raises(CannotLook):
            probe_scanned(text, [tmp_path])


def test_without_a_folder_nothing_was_scanned(tmp_path: Path) -> None:
    """No folder, no scan: the check finds nothing, so it must not be asked so."""
    with pytest.raises(CannotLook):
        check_the_scanner_finds_nothing(Scanned("scan", "", ()))
