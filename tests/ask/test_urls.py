"""Each slip in a URL is named for what it is, with the URL that would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.ask.urls import read_url
from airproof.errors import BadInput
from airproof.site.requirements import parse_requirement

RIGHT = "http://192.0.2.10:3141/root/local/"


@pytest.mark.parametrize(
    ("typed", "key", "right"),
    [
        ("http://192.0.2.10：3141/root/local/", "url-full-width", RIGHT),
        ("http：//192.0.2.10:3141/root/local/", "url-full-width", RIGHT),
        ("http:\\\\192.0.2.10:3141\\root\\local", "url-backslash", RIGHT),
        ("http://192.0.2.10:3l4l/root/local/", "url-port", RIGHT),
        ("http://192.0.2.10:PORT/root/local/", "url-port", RIGHT),
        ("http://192.0.2.10:31410000/root/local/", "url-port-large", RIGHT),
        ("192.0.2.10:3141/root/local", "url-scheme", RIGHT),
        ("htp://192.0.2.10:3141/root/local/", "url-scheme", RIGHT),
        ("htp://index:3141/root/local/", "url-scheme", "http://index:3141/root/local/"),
        ("http:/index:3141/root/local/", "url-scheme", "http://index:3141/root/local/"),
        ("http//index:3141/root/local/", "url-scheme", "http://index:3141/root/local/"),
        ("https:index:3141/root/local/", "url-scheme", "https://index:3141/root/local/"),
        ("http://HOST:3141/root/local/", "url-placeholder", None),
        ("root/local", "url-scheme", "http://root/local/"),
        ("root", "url", None),
    ],
)
def test_a_slip_is_named_with_what_would_be_right(typed: str, key: str, right: str | None) -> None:
    """A letter in the port, a full-width colon, back slashes, a scheme that is none, a word of the documentation."""
    with pytest.raises(BadInput) as caught:
        read_url(typed)

    assert (key, right) == (caught.value.key, caught.value.values.get("right"))


def test_a_password_is_not_told() -> None:
    """Only what stands behind the credentials is shown, and mended."""
    with pytest.raises(BadInput) as caught:
        read_url("http://ann:s3cret@192.0.2.10:3l41/root/local/")

    assert RIGHT == caught.value.values["right"]
    assert "s3cret" not in str(caught.value.values)


@pytest.mark.parametrize("typed", [RIGHT, "http://host:3141/root/local", "https://user:p%40ss@index/root/dev/+simple/"])
def test_a_url_without_a_slip_is_left_alone(typed: str) -> None:
    """Also one with a host that is called host, and one with a password."""
    assert read_url(typed).rstrip("/") == typed.rstrip("/")


def test_a_folder_in_place_of_a_url_is_sent_to_rehearse(tmp_path: Path) -> None:
    """The commands point at each other."""
    with pytest.raises(BadInput, match="airproof rehearse"):
        read_url(str(tmp_path))


@pytest.mark.parametrize(
    ("typed", "right"),
    [("psutil=7.2.2", "psutil==7.2.2"), ("a,b", "-p a -p b"), ("flask click>=8", "-p flask -p click>=8")],
)
def test_a_slip_in_a_requirement_is_named(typed: str, right: str) -> None:
    """One equals sign, and several packages in one word."""
    with pytest.raises(BadInput) as caught:
        parse_requirement(typed, "-p")

    assert right == caught.value.values["right"]
