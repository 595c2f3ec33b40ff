"""A remedy: sentences for people, and commands to paste."""

from __future__ import annotations

from html import unescape

import pytest

from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.renderers import RENDERERS
from airproof.renderers.parts.remedy import Remedy
from airproof.words import LANGS, Lang
from tests.renderers.records import entry, finding, report, text

COMMANDS = ("pip download 'x y' -d WHEELS", "devpi upload --from-dir WHEELS")


def failing(prose: str, *commands: str) -> Report:
    found = (finding("c", text("It is missing."), text(prose), commands=commands),)
    return report(entry("PIP02", text("It installs"), Outcome.FAILED, findings=found))


def test_prose_is_one_printable_line() -> None:
    """Line ends and unseen characters of a record do not reach the reader."""
    assert Remedy(text("Do\n it\x1b.", "做\n它。")).prose("en") == "Do it\\x1b."
    assert Remedy(text("Do\n it\x1b.", "做\n它。")).prose("zh-TW") == "做 它。"


def test_a_command_is_one_printable_line() -> None:
    """A record that was tampered with cannot add a second command, nor hide one."""
    assert Remedy(text("x"), ("a\nrm -rf b", "c\u202ed")).pasted == ["a\\x0arm -rf b", "c\\u202ed"]


def test_a_command_is_never_cut() -> None:
    """Half a command is another one."""
    assert Remedy(text("x"), ("echo " + "x" * 3000,)).pasted == ["echo " + "x" * 3000]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("terminal", "\n    ", "\n"),
        ("markdown", "\n", "\n"),
        ("junit", "\n  ", "\n"),
        ("html", "\n", "\n"),
    ],
)
def test_every_rendering_has_each_command_on_a_line_of_its_own(name: str, before: str, after: str, lang: Lang) -> None:
    """A person can copy a command as a whole line, in the order of the record."""
    rendered = RENDERERS[name](failing("Carry it in.", *COMMANDS), lang)
    shown = unescape(rendered.replace("<code>", "<code>\n").replace("</code>", "\n</code>"))

    assert list(COMMANDS) == [command for command in COMMANDS if f"{before}{command}{after}" in shown]
    assert shown.index(COMMANDS[0]) < shown.index(COMMANDS[1])


def test_an_annotation_has_the_commands_too() -> None:
    """Line ends are escaped there."""
    shown = RENDERERS["github"](failing("Carry it in.", *COMMANDS), "en")

    assert f"Remedy: Carry it in.%0A  {COMMANDS[0]}%0A  {COMMANDS[1]}\n" in shown


@pytest.mark.parametrize("name", ["terminal", "markdown", "junit", "html", "github"])
def test_a_remedy_without_commands_is_its_sentence(name: str) -> None:
    """If nothing can be pasted, nothing looks as if it could."""
    shown = RENDERERS[name](failing("Ask whoever runs the proxy."), "en")

    assert "Ask whoever runs the proxy." in shown
    assert "```" not in shown
    assert "<pre><code>" not in shown
