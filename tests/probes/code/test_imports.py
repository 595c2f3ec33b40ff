"""Which modules code imports, without running it."""

from __future__ import annotations

import pytest

from airproof.probes.code.bringing import may_bring
from airproof.probes.code.grammar import oldest_python
from airproof.probes.code.imports import broken_lines, line_imports, syntax_imports
from airproof.probes.code.running import certain_imports, imports_behind

SAMPLE = '''
"""A text.
from the first line of a text it looks like an import
"""
import os, requests as r
import xml.etree.ElementTree
from . import beside
from PIL import (
    Image,
)
try:
    import ujson
except ImportError:
    import json
def later():
    import paramiko; import late
importlib.import_module("dyn.amic")
__import__("called")
if TYPE_CHECKING:
    import typed
'''


def test_imports_are_told_by_grammar() -> None:
    """All absolute ones, also inside of functions and by call; those that may fail are optional."""
    found = {imported.module: imported.optional for imported in syntax_imports(SAMPLE)}

    assert found == {
        "os": False,
        "requests": False,
        "xml.etree.ElementTree": False,
        "PIL": False,
        "ujson": True,
        "json": False,
        "paramiko": False,
        "late": False,
        "dyn.amic": False,
        "called": False,
        "typed": True,
    }


def test_what_is_needed_once_is_not_optional() -> None:
    """An import that may fail in one place and not in another is needed."""
    found = syntax_imports("try:\n    import a\nexcept (KeyError, ImportError):\n    pass\nimport a\n")

    assert [("a", False)] == [(imported.module, imported.optional) for imported in found]


def test_a_handler_for_something_else_spares_nothing() -> None:
    """Only what catches a missing module makes an import optional."""
    found = syntax_imports("try:\n    import a\nexcept KeyError:\n    pass\n")

    assert [("a", False)] == [(imported.module, imported.optional) for imported in found]


def test_the_open_editions_rule_goes_by_lines() -> None:
    """Lines that do not compile together: the modules are told from the starts of the lines."""
    assert line_imports(SAMPLE) == (
        "the",
        "os",
        "requests",
        "xml.etree.ElementTree",
        "PIL",
        "ujson",
        "json",
        "paramiko",
        "typed",
    )


@pytest.mark.parametrize("code", ["import (", "print 'x'", "x = \0", "(" * 5000, "a" + ".b" * 50_000])
def test_code_that_cannot_be_parsed_is_told(code: str) -> None:
    """A reason, whatever is wrong with it, and never a crash; what is only long is parsed."""
    try:
        found = syntax_imports(code)
    except ValueError as error:
        assert str(error)
    else:
        assert code.startswith("a.b")
        assert found == ()


def test_code_is_never_run(capsys: pytest.CaptureFixture[str]) -> None:
    """It is read only."""
    found = syntax_imports("import os\nprint('run')\nraise SystemExit(7)\n")

    assert (("os",), "") == (tuple(imported.module for imported in found), capsys.readouterr().out)


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("import os\nfrom a import b, c\n", ()),
        ("from a import (\n    b,\n)\n", ("from a import (",)),
        ('"""Copies rows\n    from one table to another.\n"""\n', ("from one table to another.",)),
        ("import a, \\\n    b\n", ("import a, \\",)),
        ("important = 1\nfrom_here = 2\n", ()),
    ],
)
def test_lines_that_the_open_edition_would_run_alone_and_cannot(code: str, lines: tuple[str, ...]) -> None:
    """Each by itself, whatever it stands in."""
    assert lines == broken_lines(code)


@pytest.mark.parametrize(
    ("code", "lines", "certain"),
    [
        ("import a; import b\n", ("a", "b"), ("a", "b")),
        ("from a import value;import b\n", ("a", "b"), ("a", "b")),
        ("x = 1; import y\n", (), ("y",)),
        ("import a; \\\nimport b\n", ("a", "b"), ("a", "b")),
        ("def later():\n    import a\n", ("a",), ()),
        ("if ready:\n    x = 1; import a\n", (), ()),
        ("import importlib\ny = importlib.import_module('y')\n", ("importlib",), ("importlib", "y")),
        ("from . import x\nimport b\n", ("b",), ("b",)),
        ("# import a\r\nimport b\r\n", ("b",), ("b",)),
        ("if True: import y\n", (), ("y",)),
        ("if ready: import y\n", (), ()),
        ("x = __import__('y').value + 1\n", (), ("y",)),
        ("x = ready and __import__('y')\n", (), ()),
        ("x = __import__('y') if ready else None\n", (), ()),
        ("x = [__import__('y') for _ in rows]\n", (), ()),
        ("for row in rows: __import__('y')\n", (), ()),
        ("with open('f') as f: __import__('y')\n", (), ("y",)),
        ("with open('f') as f, open('g') as g: __import__('y')\n", (), ("y",)),
        ("with open('f') as f, suppress(ImportError): __import__('y')\n", (), ()),
        ("with suppress(ImportError): __import__('y')\n", (), ()),
        ("exec('import y')\n", (), ("y",)),
        ("exec('x = 1\\nimport y', {})\n", (), ("y",)),
        ("exec(compile('import y', 'text', 'exec'))\n", (), ("y",)),
        ("TEXT = 'import y'\nexec(TEXT)\n", (), ("y",)),
        ("x = eval(\"__import__('y').value\")\n", (), ("y",)),
        ("exec('exec(\"import y\")')\n", (), ("y",)),
        ("if ready: exec('import y')\n", (), ()),
        ("exec('try: import y\\nexcept ImportError: pass')\n", (), ()),
        ("exec('this is no python')\n", (), ()),
        ("exec = print\nexec('import y')\n", (), ()),
        ("from tools import *\nexec('import y')\n", ("tools",), ("tools",)),
        ("y = __import__(name='y')\n", (), ("y",)),
        ("import importlib\nimportlib.import_module(name='y')\n", ("importlib",), ("importlib", "y")),
        ("import builtins as b\nb.__import__('y')\n", ("builtins",), ("builtins", "y")),
        ("NAME = 'y'\n__import__(NAME)\n", (), ("y",)),
        ("NAME = 'y'\nNAME = 'z'\n__import__(NAME)\n", (), ()),
        ("NAME = 'y'\nfor NAME in rows: pass\n__import__(NAME)\n", (), ()),
        ("try: __import__('y')\nexcept KeyError: pass\n", (), ("y",)),
        ("try:\n    go()\n    __import__('y')\nexcept KeyError: pass\n", (), ()),
        ("def f():\n    go()\n    __import__('y')\ntry: f()\nexcept KeyError: pass\n", (), ()),
        ("try:\n    x = rows[0], __import__('y')\nexcept IndexError: pass\n", (), ()),
        ("try:\n    go()\n    __import__('y')\nfinally: pass\n", (), ("y",)),
        ("try: __import__('y')\nexcept ImportError: pass\n", (), ()),
        ("try: __import__('y')\nexcept Own: pass\n", (), ()),
        ("def f():\n    return __import__('y')\nf()\n", (), ("y",)),
        ("def f():\n    x = 1; import y\nprint(f())\n", (), ("y",)),
        ("def f():\n    return __import__('y')\n", (), ()),
        ("def f():\n    if ready: return\n    __import__('y')\nf()\n", (), ()),
        ("def f():\n    yield __import__('y')\nf()\n", (), ()),
        ("def f():\n    __import__('y')\nf = print\nf()\n", (), ()),
        ("def f():\n    f()\n    __import__('y')\nif ready: f()\n", (), ()),
        ("@cached\ndef f():\n    __import__('y')\nf()\n", (), ()),
        ("async def f():\n    __import__('y')\nf()\n", (), ()),
        ("class A:\n    y = __import__('y')\n", (), ("y",)),
    ],
)
def test_what_is_imported_before_the_code_and_by_it(
    code: str, lines: tuple[str, ...], certain: tuple[str, ...]
) -> None:
    """Every statement of a line that begins as an import; and what the code imports whenever it runs."""
    assert (lines, certain) == (line_imports(code), certain_imports(code))


def test_a_line_that_only_stands_in_the_wrong_place_is_broken() -> None:
    """All lines are compiled together: `from __future__` must be the first of them."""
    assert ("from __future__ import annotations",) == broken_lines("import os\nfrom __future__ import annotations\n")
    assert () == broken_lines("from __future__ import annotations\nimport os\n")


@pytest.mark.parametrize("code", ["return 1\n", "import alpha\nnonlocal x\n", "def f(a, a): pass\n", "await x\n"])
def test_what_parses_and_does_not_compile_is_no_python(code: str) -> None:
    """The open edition compiles the item; seen with a `return` outside of a function."""
    with pytest.raises(ValueError, match="line"):
        syntax_imports(code)


@pytest.mark.parametrize(
    ("code", "oldest"),
    [
        ("x = 1\n", (3, 0)),
        ("print(x := 1)\n", (3, 8)),
        ("match 1:\n    case 1: pass\n", (3, 10)),
        ("try:\n    pass\nexcept* ValueError:\n    pass\n", (3, 11)),
        ("this is no python\n", (3, 0)),
    ],
)
def test_code_is_as_old_as_its_grammar(code: str, oldest: tuple[int, int]) -> None:
    """OMFlow under Python 3.8 ended an item with `match` with "invalid syntax"."""
    assert oldest == oldest_python(code)


@pytest.mark.parametrize(
    "statement",
    [
        "sys.path.append('/opt/scripts')",
        "sys.path[:0] = ['/opt/scripts']",
        "subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'later'])",
        "if True:\n    os.system('pip install later')",
        "from sys import path",
    ],
)
def test_code_that_brings_modules_itself_may_find_them(statement: str) -> None:
    """Seen with OMFlow: such items work, whether or not the module is there beforehand."""
    later = "importlib.import_module('later')\n"

    first = "import importlib; importlib.import_module('first')\n"

    assert certain_imports(f"{first}{statement}\n{later}") == ("importlib", "first")
    assert imports_behind(f"{first}{statement}\n{later}{first}")[-1:] == ("later",)
    assert imports_behind(f"{first}x = sys.version\n{later}") == ()
    assert certain_imports(f"{first}x = sys.version\n{later}") == ("importlib", "first", "later")


@pytest.mark.parametrize(
    ("before", "call", "found"),
    [
        ("import importlib as i", "i.import_module('a')", ("importlib", "a")),
        ("from importlib import import_module", "x = import_module('a')", ("importlib", "a")),
        ("from loader import import_module", "x = import_module('a')", ("loader",)),
        ("import importlib", "x = Loader().import_module('a')", ("importlib",)),
    ],
)
def test_a_function_of_that_name_may_import_nothing(before: str, call: str, found: tuple[str, ...]) -> None:
    """Only Python's own surely imports the module."""
    assert found == certain_imports(f"{before}\n{call}\n")


@pytest.mark.parametrize(
    ("code", "brings"),
    [
        ("def late():\n    sys.path.insert(0, '/opt')\n", True),
        ("import sys as s\ns.path.append('/opt')\n", True),
        ("import subprocess as s\ns.getoutput('pip install a')\n", True),
        ("from os import system as run\nrun('pip install a')\n", True),
        ("import pip\npip.main(['install', 'a'])\n", True),
        ("spec.loader.exec_module(module)\n", True),
        ("import sys\nprint(sys.version)\n", False),
        ("import os\nos.path.join('a', 'b')\n", False),
        ("this is no python\n", False),
    ],
)
def test_code_may_bring_modules_for_whatever_runs_later(code: str, *, brings: bool) -> None:
    """Anywhere in it, and by whatever name the code knows the module."""
    assert brings is may_bring(code)
