"""Bad input about OMFlow and hosts: one sentence, exit code 2, no secret, nothing left."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from airproof.probes.omflow.database import read_database
from airproof.words import LANGS
from pytest_airproof.servers.faulty import CERTIFICATE
from tests.commands.test_bad_input import told
from tests.probes.exported import application, flow, item
from tests.probes.omflowserver import OPEN_ROWS, SECRET, OMFlowServer, write_database

URL = "http://192.0.2.10:3141/root/local/"
EXPORT = json.dumps([application("Demo", flow("夜間", item("A", text="擷取", packages=["demo"])))], ensure_ascii=False)
PARAMETERS = json.dumps([{"name": "db", "value": SECRET, "type": "text", "shadow": True}])
FACTS = json.dumps({"schema": "airproof.facts/1", "name": "far"})
Prepare = Callable[[Path, ExitStack], list[str]]


def database(content: bytes) -> Prepare:
    def prepare(at: Path, _: ExitStack) -> list[str]:
        (at / "db.omflow").write_bytes(content)
        return ["check", "--omflow", "db.omflow"]

    return prepare


def rows(**settings: str) -> Prepare:
    def prepare(at: Path, _: ExitStack) -> list[str]:
        write_database(at / "db.omflow", {**OPEN_ROWS, **settings})
        return ["check", "--omflow", "db.omflow"]

    return prepare


def strange(at: Path, _: ExitStack) -> list[str]:
    with closing(sqlite3.connect(at / "db.omflow")) as other:
        other.execute("CREATE TABLE notes (text)")
        other.commit()
    return ["check", "--omflow", "db.omflow"]


def export(content: bytes) -> Prepare:
    def prepare(at: Path, _: ExitStack) -> list[str]:
        (at / "e.omf").write_bytes(content)
        return ["check", URL, "--flow", "e.omf"]

    return prepare


def huge(at: Path, _: ExitStack) -> list[str]:
    with (at / "e.omf").open("wb") as file:
        file.truncate(200 << 20)
    return ["check", URL, "--flow", "e.omf"]


def facts(content: bytes) -> Prepare:
    def prepare(at: Path, _: ExitStack) -> list[str]:
        (at / "facts.json").write_bytes(content)
        return ["check", URL, "--facts", "facts.json"]

    return prepare


def rest(credentials: str = f"admin:{SECRET}", body: bytes | None = None, certificate: Path | None = None) -> Prepare:
    def prepare(_: Path, stack: ExitStack) -> list[str]:
        server = OMFlowServer({"pip": URL}, credentials=credentials)
        if body is not None:
            server = server.answering("/accounts/api/security/get/", body, "text/html")
        if certificate is not None:
            server = server.behind(certificate)
        return ["check", "--omflow", stack.enter_context(server).url]

    return prepare


CASES = [
    # What is prepared, and words of the sentence.
    pytest.param(database(b""), ["db.omflow"], id="an empty database"),
    pytest.param(database(b"SQLite format 3\0" + b"x" * 500), ["db.omflow"], id="a cut database"),
    pytest.param(strange, ["db.omflow"], id="another program's database"),
    pytest.param(rows(pip="", other="x"), ["db.omflow"], id="a database without the setting"),
    pytest.param(rows(a=URL, b=URL), ["--omflow-setting", "a, b"], id="several settings"),
    pytest.param(export(EXPORT.encode()[:-9]), ["e.omf"], id="a cut export"),
    pytest.param(huge, ["e.omf", "200 MB"], id="a huge export"),
    pytest.param(export(b'[{"flow_list":' * 100_000), ["e.omf"], id="an export nested without end"),
    pytest.param(export(EXPORT.encode("utf-16")), ["e.omf", "UTF-8"], id="an export in UTF-16"),
    pytest.param(export(EXPORT.encode("cp950")), ["e.omf", "UTF-8"], id="an export in Big5"),
    pytest.param(export(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), ["e.omf"], id="a picture"),
    pytest.param(export(PARAMETERS.encode()), ["e.omf"], id="parameters"),
    pytest.param(facts(FACTS.encode()), ["facts.json"], id="facts that are cut"),
    pytest.param(
        facts(FACTS.replace("/1", "/9").encode("utf-16")), ["airproof.facts/9"], id="facts of another version"
    ),
    pytest.param(facts(b"Python 3.7.9\n>>> "), ["facts.json"], id="no facts"),
    pytest.param(rest("admin:another"), ["403"], id="a wrong password"),
    pytest.param(rest(body=b"<html>login</html>"), ["text/html"], id="a login page"),
    pytest.param(rest(certificate=CERTIFICATE), ["--ca"], id="a certificate of its own"),
]


@pytest.mark.parametrize(("prepare", "names"), CASES)
def test_what_cannot_be_used_is_told_in_one_sentence(
    prepare: Prepare,
    names: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """It names the input, in both languages; what lay there is as it was, and nothing lies beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AIRPROOF_OMFLOW_USER", "admin")
    monkeypatch.setenv("AIRPROOF_OMFLOW_PASSWORD", SECRET)
    with ExitStack() as stack:
        words = prepare(tmp_path, stack)
        before = lying(tmp_path)
        for lang in LANGS:
            code, out, err = told([*words, "--timeout", "5", "--lang", lang], capfd)

            assert (2, "", 1) == (code, out, err.count("\n")), err
            assert [] == [name for name in names if name not in err], err
            assert SECRET not in err
        after = lying(tmp_path)

    assert before == after


def test_a_locked_database_is_read_and_left_alone(tmp_path: Path) -> None:
    """In the middle of somebody's change: what was committed counts, and neither lock nor journal is touched."""
    path = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip": URL})
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("UPDATE omflow_systemsetting SET value = 'http://192.0.2.99/half/' WHERE name = 'pip'")
        before = lying(tmp_path)

        stored, after = read_database(path), lying(tmp_path)

    assert (URL, before) == (stored.value, after)


def lying(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Size and start of each file; a huge one is not read whole."""
    return {
        path.name: (path.stat().st_size, path.read_bytes() if path.stat().st_size < 1 << 20 else b"")
        for path in folder.iterdir()
        if not path.is_dir()
    }
