"""Credentials in a URL open the index, and stand in nothing that a run leaves behind or says."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

from airproof.record.outcome import Verdict
from airproof.renderers import RENDERERS
from tests.engine.running import DEMO, airproof, own_pytest, record, static_index

USER, PASSWORD = "operator", "s3cr@t/pa:ss w+rd%41"
FORMS = {
    PASSWORD,
    quote(PASSWORD, safe=""),
    quote(PASSWORD),
    base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
}


def with_credentials(url: str, password: str = PASSWORD) -> str:
    return url.replace("http://", f"http://{USER}:{quote(password, safe='')}@")


def leaks(folder: Path, *said: str) -> list[str]:
    """Return the places that hold a form of the password: names of files, or "output"."""
    texts = {str(path): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}
    texts |= dict(enumerate(said))  # type: ignore[arg-type] # a number is as good a name
    return [str(name) for name, text in texts.items() if any(form in text for form in FORMS)]


def test_credentials_open_the_index_and_are_masked(tmp_path: Path) -> None:
    """The index wants a login: with it the site is accepted, and no report, no rendering and no output shows it."""
    with static_index(*DEMO, credentials=f"{USER}:{PASSWORD}") as index:
        ran = airproof("check", with_credentials(index.url), "-p", "demo", "--verbose", cwd=tmp_path)
        came = set(index.authorizations)

    report = record(tmp_path)
    drawn = [
        airproof("report", "airproof-report/record.json", "--format", renderer, cwd=tmp_path).stdout
        for renderer in RENDERERS
    ]
    assert (0, Verdict.ACCEPTED) == (ran.returncode, report.verdict), ran.stdout + ran.stderr
    assert {f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"} == came
    assert [] == leaks(tmp_path, ran.stdout, ran.stderr, *drawn)
    assert len(drawn) == len([text for text in drawn if text])


def test_a_refused_login_is_a_finding_without_the_password(tmp_path: Path) -> None:
    """A wrong password is the site's failure under either engine, and stands in no output, pytest's own included."""
    with static_index(*DEMO, credentials=f"{USER}:another") as index:
        url = with_credentials(index.url)
        ours = airproof("check", url, "-p", "demo", "--verbose", cwd=tmp_path)
        causes = {finding.cause for entry in record(tmp_path).checks for finding in entry.findings}
        theirs = own_pytest(url, "--airproof-package", "demo", "-p", "no:cacheprovider", cwd=tmp_path)

    assert (1, 1) == (ours.returncode, theirs.returncode)
    assert {"login-wanted"} == causes
    assert [] == leaks(tmp_path, ours.stdout, ours.stderr, theirs.stdout, theirs.stderr)
    assert "Remedy" in ours.stdout


def test_a_url_that_cannot_be_used_is_named_without_its_password(tmp_path: Path) -> None:
    """The complaint about a URL leaves the credentials out."""
    ran = airproof("check", with_credentials("http://10.0.0.5:port/root/local/"), cwd=tmp_path)

    assert (2, True) == (ran.returncode, "10.0.0.5:port/root/local/" in ran.stderr)
    assert [] == leaks(tmp_path, ran.stdout, ran.stderr)
