"""Secrets are masked as they are recorded."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airproof.record.redact import MASK, Redactor

SECRET = "Tr0ub/4dor&3"
LONG = st.text(min_size=4, max_size=30).filter(lambda text: set(text) - set("*"))


@pytest.mark.parametrize(
    "shown",
    [
        f"password {SECRET} was refused",
        f"?p={quote(SECRET, safe='')}",
        json.dumps({"x": SECRET}),
        f"Basic {base64.b64encode(f'root:{SECRET}'.encode()).decode()}",
        base64.urlsafe_b64encode(f"ro:{SECRET}".encode()).decode(),
        base64.b64encode(f"r:{SECRET}:more".encode()).decode(),
    ],
)
def test_a_given_secret_is_masked_in_every_form(shown: str) -> None:
    """As it is, URL-quoted, in JSON, or inside base64 with a user before it."""
    masked = Redactor([SECRET]).text(shown)

    assert MASK in masked
    assert SECRET not in masked and quote(SECRET, safe="") not in masked
    assert base64.b64encode(SECRET.encode()).decode()[:-4] not in masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://root:abc@192.0.2.10:3141/root/", "http://***@192.0.2.10:3141/root/"),
        ("https://token@host/x?y=a@b", "https://***@host/x?y=a@b"),
        ("git+ssh://u:p@ss@host/r", "git+ssh://***@host/r"),
        ("HTTP://u:p@H and ftp://v:q@h2", "HTTP://***@H and ftp://***@h2"),
        ("http://u:@host/", "http://***@host/"),
        ("http://host/a@b", "http://host/a@b"),
        ("mail root@host", "mail root@host"),
        ('["http://host","root@other"]', '["http://host","root@other"]'),
    ],
)
def test_credentials_of_any_url_are_masked(text: str, masked: str) -> None:
    """Also those that nobody told the redactor about; an @ elsewhere is left alone."""
    assert masked == Redactor().text(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://h/a.whl?token=abc&x=1", "http://h/a.whl?token=***&x=1"),
        ("http://h/a?X-Amz-Signature=0f0&X-Amz-Date=1", "http://h/a?X-Amz-Signature=***&X-Amz-Date=1"),
        ('GET "/a?x=1&sig=a%2Fb" and more', 'GET "/a?x=1&sig=***" and more'),
        ("http://h/a?access_token=abc#sha256=0f", "http://h/a?access_token=***#sha256=0f"),
        ("http://h/a?monkey=1&design=2&author=me", "http://h/a?monkey=1&design=2&author=me"),
        ("token=abc is no URL", "token=abc is no URL"),
    ],
)
def test_tokens_in_a_query_are_masked(text: str, masked: str) -> None:
    """The holder of such a URL may fetch the file; other parameters stay in sight."""
    assert masked == Redactor().text(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("X-Devpi-Auth: cm9vdDp4", "X-Devpi-Auth: ***"),
        ("authorization: Basic cm9vdDp4\nHost: h", "authorization: ***\nHost: h"),
        ('{"Authorization": "Bearer a b", "x": 1}', '{"Authorization": "***", "x": 1}'),
        ("{'proxy-authorization': 'Basic x'}", "{'proxy-authorization': '***'}"),
        ("no authorization needed", "no authorization needed"),
        ('{"authorization": ""}', '{"authorization": ""}'),
    ],
)
def test_authentication_headers_are_masked(text: str, masked: str) -> None:
    """The value of such a header goes, its name and everything around it stay."""
    assert masked == Redactor().text(text)


def test_a_quoted_secret_is_masked_with_and_without_its_slashes() -> None:
    """Programs differ in which characters they quote."""
    shown = [quote("pass / word", safe=""), quote("pass / word"), quote_plus("pass / word")]

    assert len(set(shown)) == 3
    assert [Redactor(["pass / word"]).text(text) for text in shown] == [MASK] * 3


def test_short_secrets_do_not_eat_the_report() -> None:
    """A secret like "12" is masked where its place shows it, and nowhere else."""
    redactor = Redactor(["12", "a", ""])

    assert redactor.text("pip 23.2.12 at http://root:12@h/") == "pip 23.2.12 at http://***@h/"


def test_the_empty_password_stays_in_sight() -> None:
    """That a password is empty is what a check has found; a filled one goes."""
    found = Redactor([""]).value({"password": "", "Password": "x", "empty_password_works": True})

    assert found == {"password": "", "Password": MASK, "empty_password_works": True}


def test_values_are_masked_all_the_way_down() -> None:
    """Keys, lists, tuples and bytes too; numbers and None stay what they are."""
    value: Any = {SECRET: [SECRET, (SECRET, 1)], "n": None, "b": SECRET.encode(), "d": {"x-devpi-auth": "zz"}}

    assert {MASK: [MASK, (MASK, 1)], "n": None, "b": MASK.encode(), "d": {"x-devpi-auth": MASK}} == Redactor(
        [SECRET]
    ).value(value)


def test_keys_that_become_the_same_stay_two() -> None:
    """No fact is lost by masking."""
    assert {MASK: 1, f"{MASK}-2": 2} == Redactor(["secret-a", "secret-b"]).value({"secret-a": 1, "secret-b": 2})


@given(LONG, st.text(), st.text())
def test_no_secret_is_left(secret: str, before: str, after: str) -> None:
    """Whatever stands around a secret, it is gone."""
    assert secret not in Redactor([secret]).text(before + secret + after)


@given(st.text(min_size=6, max_size=30), st.text(alphabet="abcdefgh", max_size=9), st.binary(max_size=5))
def test_no_secret_is_left_in_base64(secret: str, user: str, after: bytes) -> None:
    """A secret that base64 hides is found however long the user's name is."""
    raw = secret.encode()
    hidden = base64.b64encode(user.encode() + b":" + raw + after).decode()
    masked = Redactor([secret]).text(f"Token {hidden}.")

    assert masked == "Token ***."


@given(st.lists(LONG, max_size=3), st.text())
def test_masking_twice_changes_nothing(secrets: list[str], text: str) -> None:
    """A record that was masked is masked."""
    redactor = Redactor(secrets)
    masked = redactor.text(text)

    assert masked == redactor.text(masked)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="@:=")))
def test_innocent_text_is_untouched(text: str) -> None:
    """Without a secret, a URL or a header nothing changes."""
    assert text == Redactor().text(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("caf\udce9.whl", "caf\\udce9.whl"),
        ("\ud800", "\\ud800"),
        ("http://u:\udcff@h/", "http://***@h/"),
        ("套件\udcff", "套件\\udcff"),
        ("套件", "套件"),
    ],
)
def test_what_is_no_text_is_shown_by_its_escape(text: str, shown: str) -> None:
    """A name that is not UTF-8 can be recorded, and be told apart."""
    assert shown == Redactor().text(text)
    assert {shown: [shown]} == Redactor().value({text: [text]})


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    """Bytes are masked, not decoded."""
    assert Redactor(["secret"]).value(b"\xff secret") == b"\xff ***"


@pytest.mark.parametrize("secret", ["pass\udce9word", "pass\\udce9word"])
def test_a_secret_that_is_no_text_is_masked(secret: str) -> None:
    """Neither the secret nor its escape is left."""
    assert Redactor([secret]).text("login pass\udce9word") == "login ***"


@given(st.text(alphabet=st.characters()), st.text(alphabet=st.characters(categories=["Cs"]), max_size=4))
def test_every_recorded_text_can_be_encoded(text: str, stray: str) -> None:
    """Whatever comes from outside, the record can be written."""
    masked = Redactor(["hunter2"]).text(stray + text + stray)

    assert masked == masked.encode().decode()


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(LONG, JSONS)
def test_no_value_keeps_a_secret(secret: str, value: Any) -> None:
    """The whole of a JSON-like value is free of it, keys included."""
    planted = {secret: value, "list": [secret, {"x": f"a{secret}"}]}
    masked = Redactor([secret]).value(planted)

    assert not [string for string in strings(masked) if secret in string]


def strings(value: Any) -> list[str]:
    """Every string in a JSON-like value, keys too."""
    if isinstance(value, dict):
        return [string for key, held in value.items() for string in (key, *strings(held))]
    if isinstance(value, list):
        return [string for held in value for string in strings(held)]
    return [value] if isinstance(value, str) else []
