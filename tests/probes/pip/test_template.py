"""How the site's pip is called, taken apart and filled in."""

from __future__ import annotations

import pytest

from airproof.errors import BadInput
from airproof.probes.pip.template import OPEN_EDITION, index_settings, parse_template
from airproof.site.site import COMMERCIAL


def filled(template: str, *requirements: str, url: str = "http://10.0.0.5:3141/root/local/") -> list[str]:
    return parse_template(template).fill(python=("PY",), url=url, host="10.0.0.5", requirements=requirements)


def test_the_commercial_line_is_filled_in() -> None:
    """Each requirement is an argument of its own, whatever is in it."""
    words = [
        "PY",
        "-m",
        "pip",
        "install",
        "--index-url",
        "http://10.0.0.5:3141/root/local/",
        "--trusted-host",
        "10.0.0.5",
    ]

    assert [*words, "one", "two; python_version < '4'"] == filled(COMMERCIAL, "one", "two; python_version < '4'")


def test_a_placeholder_may_stand_inside_a_word_and_a_value_is_not_filled_again() -> None:
    """An option joined to its value; a URL that looks like a placeholder stays as it is."""
    template = "{python} -m pip install --index-url={url} {requirement} --pre"

    assert "--index-url=http://x/{host}/" in filled(template, "one", url="http://x/{host}/")


def test_quotes_join_words_and_backslashes_stay() -> None:
    """Windows paths are written as they are."""
    template = r'{python} -m pip install --cert "C:\my certs\ca.pem" {requirement}'

    assert filled(template, "one")[-2:] == [r"C:\my certs\ca.pem", "one"]


def test_whether_the_line_names_the_index_is_told() -> None:
    """The open edition leaves it to pip's own configuration."""
    assert (parse_template(COMMERCIAL).names_index, parse_template(OPEN_EDITION).names_index) == (True, False)


@pytest.mark.parametrize(
    "option", ["--target /opt/omflow", "--target=/opt/omflow", "-t /opt/omflow", "--prefix /x", "--root /x", "--user"]
)
def test_where_to_install_is_left_out(option: str) -> None:
    """An environment of airproof's own is the only place that is installed into."""
    command = parse_template(f"{{python}} -m pip install {option} --pre {{requirement}}")

    assert command.words == ("{python}", "-m", "pip", "install", "--pre", "{requirement}")
    assert tuple(option.split()) == command.dropped


@pytest.mark.parametrize(
    "template",
    [
        "",
        "pip install {requirement}",
        "{python} -m pip download {requirement}",
        "{python} -m pip install",
        "{python} -m pip install {requirement} {requirement}",
        "{python} -m pip install --x={requirement}",
        "{python} -m pip install {requirement} {proxy}",
        "{python} -m pip install {requirement} {",
        "{python} -m pip install {requirement} {}",
        "{python} -m pip install {requirement} 'open",
        "sh -c {python} -m pip install {requirement}",
    ],
)
def test_a_line_that_cannot_be_used_is_refused(template: str) -> None:
    """With the line, and what is wrong with it, in both languages."""
    with pytest.raises(BadInput) as caught:
        parse_template(template)

    assert ("pip-command", template) == (caught.value.key, caught.value.values["template"])
    assert template in caught.value.text.zh_tw


def test_the_settings_of_the_index_are_read_from_pips_own_list() -> None:
    """The environment goes before the command's section, and that before the global one; all else is left out."""
    listed = """\
:env:.trusted-host='a.example b.example'
global.extra-index-url='http://a.example/x\\nhttp://b.example/y'
global.index-url='http://global.example/'
global.proxy='http://proxy.example'
install.index-url='http://install.example/'
"""

    wanted = {
        "PIP_INDEX_URL": "http://install.example/",
        "PIP_EXTRA_INDEX_URL": "http://a.example/x http://b.example/y",
        "PIP_TRUSTED_HOST": "a.example b.example",
    }
    assert wanted == index_settings(listed)


@pytest.mark.parametrize(
    ("option", "only"),
    [
        ("--only-binary :all:", True),
        ("--only-binary=:all:", True),
        ("--only-binary psutil", False),
        ("--no-binary :all:", False),
        ("", False),
    ],
)
def test_whether_only_wheels_are_taken_is_read_off_the_line(option: str, only: bool) -> None:
    """In both spellings; a list of names is not read as all of them."""
    template = f"{{python}} -m pip install {option} {{requirement}}"

    assert only is parse_template(template).choosing.wheels_only("other")
