"""`airproof report`, as its user types it: exit codes, last lines, files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airproof.cli import main
from airproof.medium.returned import there_of
from airproof.renderers import RENDERERS

RECORDS = Path(__file__).parents[1] / "data" / "records" / "0.1.0"
MONDAY, TUESDAY, OTHER, FLOWS, REHEARSED = (
    str(RECORDS / f"{name}.json")
    for name in (
        "fleet-server-monday",
        "fleet-server-tuesday",
        "fleet-collector-tuesday",
        "rejected-flows-and-hosts",
        "accepted-rehearsal",
    )
)
OUTSIDE = ("../../outside.txt", "/outside.txt", "C:\\outside.txt", "..\\outside.txt", "file:///outside.txt")
FREE = {"filename", "path", "file", "files", "folder", "wheelhouse", "python", "executable", "url", "source", "named"}
"""Keys of a record whose texts name places; the renderers may read none of them."""


def told(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    """Exit code and lines; nothing is complained."""
    code = main(["report", *words, "--lang", "en"])
    out, err = capfd.readouterr()

    assert "" == err
    return code, out.splitlines()


@pytest.fixture
def worse(tmp_path: Path) -> str:
    """The accepted record of Tuesday, made on Wednesday, on which one check has failed."""
    record = json.loads(Path(TUESDAY).read_text(encoding="utf-8"))
    broken = json.loads(Path(MONDAY).read_text(encoding="utf-8"))
    record["checks"] = [
        next(item for item in broken["checks"] if item["id"] == "SRV03") if entry["id"] == "SRV03" else entry
        for entry in record["checks"]
    ]
    record["run"]["started"] = "2099-01-01T08:00:00Z"
    record |= {"verdict": "rejected", "exit_code": 1}
    path = tmp_path / "worse.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("words", "code", "last"),
    [
        ([TUESDAY, "--baseline", MONDAY], 0, "Next:"),
        ([TUESDAY, "--baseline", MONDAY, "--only-new"], 0, "NO REGRESSION since"),
        ([MONDAY, "--baseline", MONDAY], 1, "Next:"),
        ([MONDAY, "--baseline", MONDAY, "--only-new"], 0, "NO REGRESSION since"),
        ([MONDAY, TUESDAY], 0, "Next:"),
        ([MONDAY, TUESDAY, OTHER], 1, "Next:"),
        ([REHEARSED, FLOWS], 1, "REJECTED, the worst of 2 sites"),
        ([REHEARSED, TUESDAY], 0, "ACCEPTED, the worst of 2 sites"),
    ],
)
def test_the_exit_code_is_what_the_last_lines_say(
    words: list[str], code: int, last: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The exit code of one record, compared, joined, and of several sites; --quiet changes none of it."""
    for more in ([], ["--quiet"]):
        ended, lines = told(capfd, *words, *more)

        assert (code, True) == (ended, any(line.startswith(last) for line in lines[-3:])), lines[-3:]


def test_each_of_several_sites_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    """A rehearsal of the built-in sample has neither a folder nor a URL, and is named all the same."""
    code, lines = told(capfd, FLOWS, REHEARSED, "--quiet")

    assert (1, ["== http://192.0.2.10:3141/root/local/", "== rehearsal"]) == (
        code,
        [line for line in lines if line.startswith("==")],
    )


def test_a_regression_is_red_and_alone_counts(worse: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Though the site was accepted in the baseline, or was as red in another way."""
    code, lines = told(capfd, worse, "--baseline", TUESDAY, "--only-new")

    assert (1, True) == (code, lines[-1].startswith("REGRESSION since"))
    assert "1 newly broken" in lines[-1]
    assert (1, 0) == (
        told(capfd, worse, "--baseline", worse)[0],
        told(capfd, worse, "--baseline", MONDAY, "--only-new")[0],
    )


@pytest.mark.parametrize("name", RENDERERS)
def test_every_format_is_written_to_a_file(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A fleet, compared days and several sites; nothing on standard output, and the same bytes twice."""
    for number, words in enumerate(([MONDAY, OTHER], [TUESDAY, "--baseline", MONDAY], [FLOWS, REHEARSED])):
        files = [tmp_path / f"{number}-{copy}" for copy in "ab"]
        for file in files:
            assert [] == told(capfd, *words, "--format", name, "--output", str(file))[1]

        assert files[0].read_bytes() == files[1].read_bytes()
        assert len(files[0].read_bytes()) > 60


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Collect the paths that are opened while the test runs, by whatever function. An audit hook cannot be taken away
    again, so it stops collecting.
    """
    seen: list[str] = []
    watching = [True]

    def watch(event: str, about: tuple[Any, ...]) -> None:
        if watching[0] and event in ("open", "os.listdir", "os.scandir", "subprocess.Popen"):
            seen.append(str(about[0]))

    sys.addaudithook(watch)
    yield seen
    watching[0] = False


def moved(node: Any, place: str, key: str = "") -> Any:
    """Return the record with every text that names a place replaced."""
    if isinstance(node, dict):
        return {name: moved(value, place, name) for name, value in node.items()}
    if isinstance(node, list):
        return [moved(value, place, key) for value in node]
    return place if isinstance(node, str) and (key in FREE or node.endswith((".whl", ".txt", ".omf"))) else node


@pytest.mark.parametrize("place", OUTSIDE)
@pytest.mark.parametrize("name", RENDERERS)
def test_a_place_named_in_a_record_is_never_opened(
    name: str, place: str, tmp_path: Path, opened: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """A record may come from anybody. Whatever paths it names, `report` and `carry --have` open the record alone."""
    for number, source in enumerate((FLOWS, MONDAY)):
        path = tmp_path / f"{number}.json"
        record = json.loads(Path(source).read_text(encoding="utf-8"))
        path.write_text(json.dumps(moved(record, place)), encoding="utf-8")

        told(capfd, str(path), "--format", name)
        there_of(path)

        assert str(path) in opened
        assert [] == [text for text in opened if "outside" in text]


def test_nagios_has_codes_of_its_own(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """0 OK, 2 CRITICAL, 3 UNKNOWN: no record is no trouble of the site."""
    codes = [told(capfd, record, "--format", "nagios")[0] for record in (TUESDAY, MONDAY)]
    code, lines = told(capfd, str(tmp_path / "none.json"), "--format", "nagios")

    assert [0, 2] == codes
    assert (3, True) == (code, lines[0].startswith("AIRPROOF UNKNOWN - The record"))


@pytest.mark.parametrize(("name", "there"), [("nagios", "AIRPROOF UNKNOWN - The record of"), ("openmetrics", "# EOF")])
def test_an_old_record_proves_nothing(
    name: str, there: str, worse: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """However it ended; one that is young enough counts as it is."""
    code = main(["report", TUESDAY, "--format", name, "--max-age", "0.001", "--lang", "en"])
    out, err = capfd.readouterr()

    assert (3, True, True) == (code, there in out, "more than 0.001: it proves nothing any more. Then: ACCEPTED" in err)
    assert 1 == main(["report", worse, "--format", "json", "--max-age", "26"])


def test_a_record_of_a_time_to_come_proves_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It would be young for years."""
    path = tmp_path / "record.json"
    path.write_text(Path(TUESDAY).read_text(encoding="utf-8").replace('"started": "2026', '"started": "2096'))

    assert 3 == main(["report", str(path), "--format", "json", "--max-age", "26", "--lang", "en"])
    assert "is of a time to come" in capfd.readouterr().err


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "1e400"])
def test_an_age_is_above_nothing(given: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Every record is older than no time at all."""
    assert 2 == main(["report", TUESDAY, "--max-age", given, "--lang", "en"])
    assert "is no age" in capfd.readouterr().err
