"""A lone surrogate is written as its escape, or refused in one sentence; it never ends a run."""

from __future__ import annotations

import base64
from pathlib import Path

import msgspec
import pytest

from airproof.ask.site_of import build_site
from airproof.ask.typedoptions import TypedOptions
from airproof.cli import main
from airproof.engine.plan import Plan, write_plan
from airproof.errors import BadInput
from airproof.facts.store import Fact, FactStore
from airproof.net.request import Ask, request_of
from airproof.record.redact import Redactor
from airproof.site.site import Site

HALF = "\ud800"


class Odd(msgspec.Struct):
    said: str
    named: dict[str, list[str]]


def test_half_a_character_in_a_fact_is_kept_as_its_escape(tmp_path: Path) -> None:
    """Texts and keys, wherever they stand; the first who asks gets the same as everybody later."""
    store = FactStore(tmp_path)
    kept = [store.get(Fact("odd", Odd), lambda: Odd(f"a{HALF}", {HALF: [HALF, "密"]})) for _ in range(2)]

    assert [Odd("a\\ud800", {"\\ud800": ["\\ud800", "密"]})] * 2 == kept


def test_an_argument_that_is_no_text_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, exit code 2, and no password of a URL in it."""
    code = main(["check", f"http://user:geheim{HALF}@127.0.0.1:9/root/local/", "-p", "demo", "--lang", "en"])
    said = capsys.readouterr().err

    assert (2, 1, False) == (code, said.count("is no text"), "geheim" in said)


def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A folder that was not named by an argument, such as the current one."""
    with pytest.raises(BadInput, match="is no text"):
        write_plan(Plan(Site(""), "check", "airproof", Path(f"/{HALF}"), tmp_path))


def test_a_password_goes_out_as_pip_sends_it() -> None:
    """In Latin-1, percent-encoded or not; both of its forms are masked."""
    for password in ("p\u00e4ss-wort", "p%C3%A4ss-wort"):
        url = f"http://user:{password}@127.0.0.1:9/root/local/"
        sent = request_of(Ask("GET", url, {}, None)).headers["authorization"]
        mask = Redactor(Site(url).secrets)

        assert "user:p\u00e4ss-wort".encode("latin-1") == base64.b64decode(sent.removeprefix("Basic "))
        assert "*** ***" == mask.text("p\u00e4ss-wort p%C3%A4ss-wort")


def test_a_password_that_pip_cannot_send_is_refused() -> None:
    """pip would end with a traceback: it is told before, without the password."""
    with pytest.raises(BadInput) as caught:
        build_site(TypedOptions(url="http://user:\u5bc6\u78bc@127.0.0.1:9/root/local/"))

    assert ("url-credentials", False) == (caught.value.key, "\u5bc6" in str(caught.value))
