"""A remedy taken apart."""

from __future__ import annotations

import pytest

from airproof.renderers.remedy import parts_of, script_of


def commands(remedy: str) -> list[str]:
    return [part.text for part in parts_of(remedy) if part.is_command]


@pytest.mark.parametrize(
    ("remedy", "command"),
    [
        ("devpi index root/local bases-=root/pypi", "devpi index root/local bases-=root/pypi"),
        ("Take the mirror out: devpi index a/b bases-=c/d", "devpi index a/b bases-=c/d"),
        ("將鏡像自 bases 移除：devpi index a/b bases-=c/d", "devpi index a/b bases-=c/d"),
        ("devpi login root --password= && devpi passwd root", "devpi login root --password= && devpi passwd root"),
        ("Fetch it:\n  make wheels", "make wheels"),
        ("Fetch it:\n$ make wheels", "make wheels"),
        ("Upload again: /opt/x/bin/devpi upload --from-dir .", "/opt/x/bin/devpi upload --from-dir ."),
        ("Ask the name service: nslookup index.example", "nslookup index.example"),
    ],
)
def test_a_command_is_found(remedy: str, command: str) -> None:
    """A command stands on a line of its own, is indented, or follows a colon."""
    assert [command] == commands(remedy)


@pytest.mark.parametrize(
    "remedy",
    [
        "devpi itself speaks http; https comes only from a reverse proxy.",
        "Change the scheme: devpi itself speaks http",
        "pip does not trust http on an IP.",
        "Start devpi with its URL: devpi-server --outside-url=URL (or correct the proxy).",
        "更改通訊協定：devpi 本身使用 http",
        "",
    ],
)
def test_a_sentence_is_no_command(remedy: str) -> None:
    """Prose about a program is not offered for pasting."""
    assert commands(remedy) == []


def test_two_commands_on_one_line_are_parted() -> None:
    """Three blanks part what a remedy says on one line."""
    remedy = "List what there is with: devpi use -l    Then create the index: devpi index -c root/local"

    assert commands(remedy) == ["devpi use -l", "devpi index -c root/local"]


def test_a_script_comments_what_is_no_command() -> None:
    """Pasting the script runs the commands and nothing else."""
    steps = [("first\nrm -rf x", ["Do it:\n  devpi use -l", "Look at `devpi index -l`, or at `that`."]), ("second", [])]

    assert list(script_of(steps)) == [
        "# 1. first rm -rf x",
        "#    Do it:",
        "devpi use -l",
        "#    Look at `devpi index -l`, or at `that`.",
        "devpi index -l",
        "# 2. second",
    ]
