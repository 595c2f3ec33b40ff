"""The templates of the HTML report, and their environment."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, UndefinedError
from markupsafe import escape

from airproof.record.file import encode
from airproof.renderers.html import templating
from airproof.renderers.html.templating import BesideTemplates, Room, environment
from tests.renderers.records import rejected

SOURCES = {path.name: path.read_text(encoding="utf-8") for path in templating.TEMPLATES.glob("*.html")}
CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TAG = re.compile(r"<[^<>]*>")


def drawn(source: str, **values: object) -> str:
    return environment().from_string(source).render(values)


@pytest.mark.parametrize("name", SOURCES)
def test_a_template_has_no_words_of_its_own(name: str) -> None:
    """Both languages stand in the tables of words; a template has marks and markup only."""
    text = TAG.sub("", CODE.sub("", SOURCES[name]))

    assert [] == re.findall(r"\w+", text)


@pytest.mark.parametrize("name", SOURCES)
def test_no_template_turns_escaping_off(name: str) -> None:
    """Nothing is marked as safe, and nothing is made a template at run time."""
    assert not re.search(r"\bsafe\b|\bautoescape\b|\bxmlattr\b|\btojson\b|Markup", SOURCES[name])


@pytest.mark.parametrize("expression", ["text", "text|line", "text|block", "text ~ 'x'"])
def test_a_value_is_made_printable_and_escaped(expression: str) -> None:
    """Whichever filter it goes through; a control character is seen as its escape."""
    assert drawn(f"{{{{ {expression} }}}}", text="<b a=\"'&\x1b").startswith("&lt;b a=&#34;&#39;&amp;\\x1b")


def test_text_in_backticks_is_told_apart_and_escaped() -> None:
    """Code is an element of ours; an element in it is text."""
    source = '{% from "common.html" import rich %}{{ rich(text) }}'

    assert "a <code>&lt;i&gt;</code> b` &lt;u&gt;" == drawn(source, text="a `<i>` b` <u>")


def test_a_name_that_is_not_there_is_an_error() -> None:
    """A renamed field is noticed: it does not become an empty line."""
    with pytest.raises(UndefinedError):
        drawn("{{ page.nmae }}", page=rejected())


def test_line_ends_of_a_template_are_for_its_reader() -> None:
    """Blanks inside of a line stay."""
    assert "<p>a b</p><p>" == drawn("<p>\n  a b\n</p>\n\n  <p>")


def test_a_list_ends_where_its_room_ends() -> None:
    """Items that fit are drawn, and counted; lists that follow have the rest of the room."""
    room = Room(7)
    first, second = room.fit(escape, ["ab", "&", "c"]), room.fit(escape, ["long", ""])

    assert ("ab&amp;", 2) == (first.markup, first.count)
    assert ("", 0) == (second.markup, second.count)


def test_other_formats_do_not_load_the_templates(tmp_path: Path) -> None:
    """Only the report that is made of templates pays for their library."""
    record = tmp_path / "record.json"
    record.write_bytes(encode(rejected()))
    code = (
        "import sys\nfrom airproof.cli import main\n"
        "main(['report', sys.argv[1], '--format', sys.argv[2]])\n"
        "print('jinja2' in sys.modules, file=sys.stderr)\n"
    )
    loaded = [
        subprocess.run(
            [sys.executable, "-c", code, record, name], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
        ).stderr.split()[-1]
        for name in ("terminal", "html")
    ]

    assert ["False", "True"] == loaded


def from_folder(folder: Path) -> str:
    """Draw `page.html` of a folder in a new environment, as a new process does."""
    made = Environment(loader=FileSystemLoader(folder), bytecode_cache=BesideTemplates(folder), autoescape=True)
    return made.get_template("page.html").render()


def test_a_compiled_template_serves_its_own_text_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template that changed is compiled anew; so is one whose kept code is damaged."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "page.html").write_text("one")
    assert "one" == from_folder(tmp_path)
    (kept,) = (tmp_path / "__pycache__").iterdir()
    code = kept.read_bytes()

    assert "one" == from_folder(tmp_path)
    assert code == kept.read_bytes()
    (tmp_path / "page.html").write_text("two")
    assert "two" == from_folder(tmp_path)
    kept.write_bytes(kept.read_bytes()[:-9])
    assert "two" == from_folder(tmp_path)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_page_is_drawn_where_nothing_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, wanted: bool
) -> None:
    """A folder that takes no file, and a Python that is told to write none, draw the same page."""
    monkeypatch.setattr(sys, "dont_write_bytecode", not wanted)
    (tmp_path / "page.html").write_text("one")
    if wanted:
        (tmp_path / "__pycache__").write_text("a file in the folder's place")

    assert "one" == from_folder(tmp_path)
    assert wanted == (tmp_path / "__pycache__").exists()
