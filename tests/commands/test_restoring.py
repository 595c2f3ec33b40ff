"""`rehearse --restore`: what is refused before anything is copied, and a run from the command line to the verdict."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from airproof.cli import main
from airproof.record.outcome import Outcome, Verdict
from pytest_airproof.packages.wheels import Wheel
from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.faulty import FaultyProxy


def a_backup(folder: Path, name: str = ".nodeinfo") -> Path:
    folder.mkdir()
    (folder / name).write_text("{}", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--restore", "gone", "--against", "http://192.0.2.1/root/local/"], "There is no folder gone"),
        (["--restore", "backup.zip", "--against", "x"], "backup.zip is an archive"),
        (["--restore", "empty", "--against", "x"], "empty is no backup of devpi"),
        (["--restore", "backup"], "Add --against"),
        (["--against", "record.json"], "no backup was named"),
        (["wheels", "--restore", "backup", "--against", "x"], "Leave one of them out"),
        (["--restore", "backup", "--against", "gone.json"], "gone.json"),
        (["--restore", "backup", "--against", "http://127.0.0.1:9/root/local/"], "does not tell what it holds"),
    ],
)
def test_what_cannot_be_restored_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    """Each in one sentence that names the input; nothing is written."""
    monkeypatch.chdir(tmp_path)
    a_backup(tmp_path / "backup")
    (tmp_path / "empty").mkdir()
    (tmp_path / "wheels").mkdir()
    Wheel("alpha").write(tmp_path / "wheels")
    (tmp_path / "backup.zip").write_bytes(b"PK")

    code = main(["rehearse", *options])

    assert (2, True) == (code, said in " ".join(capsys.readouterr().err.split()))
    assert not (tmp_path / "airproof-report").exists()


def test_a_copy_is_held_against_the_server_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its serverdir is copied while it is stopped, and the copy brings everything back. The server speaks https, with a
    certificate of the site's own.
    """
    monkeypatch.chdir(tmp_path)
    server = DevpiServer(tmp_path / "serverdir", rundir=tmp_path / "run", password="secret")
    with server:
        server.client.create_index("root/local", acl_upload=["root"])
        server.client.upload("root/local", Wheel("alpha").write(tmp_path))
    shutil.copytree(tmp_path / "serverdir", tmp_path / "backup")
    with server, FaultyProxy(server.url, tls=True) as front:
        words = ["rehearse", "--restore", "backup", "--against", f"{front.url}/root/local/", "--quiet"]
        unknown = main(words), "certificate" in capsys.readouterr().err.lower()
        code = main([*words, "--ca", front.ca])
    record = json.loads((tmp_path / "airproof-report" / "record.json").read_bytes())
    outcomes = {check["id"]: check["outcome"] for check in record["checks"]}

    assert (2, True) == unknown
    assert (0, Verdict.ACCEPTED.value) == (code, record["verdict"])
    assert [Outcome.PASSED.value] * 4 == [outcomes[id] for id in ("RES01", "RES02", "RES03", "PIP02")]
    assert outcomes["MAN03"] == Outcome.NOT_APPLICABLE.value
