"""The oldest Python that can compile a piece of code, whichever Python airproof runs under."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest

from airproof.probes.code.grammar import ANY, oldest_python
from tests.probes.pythons import two_pythons

AGES = [
    ("x = 1\n", ANY),
    ("print(x := 1)\n", (3, 8)),
    ("def f(a, /): pass\n", (3, 8)),
    ("x = 1\nf'{x=}'\n", (3, 8)),
    ("f'{x = !r:>{2}}'\n", (3, 8)),
    ("f'{f(a=1)}'\n", ANY),
    ("f'{(lambda a=1: a)(2)}'\n", ANY),
    ("def f(a):\n    return *a, 1\n", (3, 8)),
    ("def f(a):\n    return (*a, 1)\n", ANY),
    ("def f(a):\n    yield *a, 1\n", (3, 8)),
    ("x: tuple = 1, 2\n", (3, 8)),
    ("x: tuple = (1, 2)\n", ANY),
    ("for a in []:\n    try: pass\n    finally: continue\n", (3, 8)),
    ("try: pass\nfinally:\n    for a in []: continue\n", ANY),
    ("for a in []:\n    try: pass\n    finally:\n        while 0: pass\n        else: continue\n", (3, 8)),
    ("@x[0].y\ndef f(): pass\n", (3, 9)),
    ("@(a := b)\nclass C: pass\n", (3, 9)),
    ("@a.b.c(1)\n@d\nasync def f(): pass\n", ANY),
    ("for a in *b, *c: pass\n", (3, 9)),
    ("for a in (*b, *c): pass\n", ANY),
    ("{a := 1}\n", (3, 9)),
    ("{(a := 1)}\n", (3, 8)),
    ("with (open('a') as f, open('b') as g): pass\n", (3, 9)),
    ("with (\n    open('a') as f,\n): pass\n", (3, 9)),
    ("with (a) as f, (b) as g: pass\n", ANY),
    ("with (a): pass\n", ANY),
    ("with (a):\n    match 1:\n        case 1: pass\n", (3, 10)),
    ("with (a): b = (c := 1)\n", (3, 8)),
    ("with (a)(b, c): pass\n", ANY),
    ("with f((a, b)): pass\n", ANY),
    ("a[b := 1]\n", (3, 10)),
    ("a[(b := 1)]\n", (3, 8)),
    ("match 1:\n    case 1: pass\n", (3, 10)),
    ("a[*b]\n", (3, 11)),
    ("a[(*b, 1)]\n", ANY),
    ("def f(*a: *b): pass\n", (3, 11)),
    ("try: pass\nexcept* E: pass\n", (3, 11)),
    ("async def f():\n    return [[a async for a in b] for b in c]\n", (3, 11)),
    ("async def f():\n    return [a async for a in b]\n", ANY),
    ("f'{a[\"b\"]}'\n", ANY),
    ("f'''{a['b']} {f'{c}'}'''\n", ANY),
    ("f'\\n{a}\\N{DIGIT ONE}'\n", ANY),
    ("rf'\\d{a:{b}}' '\\n'\n", ANY),
    ("f'{\"#\"}'\n", ANY),
    ("變數 = [1]\n", ANY),
]
SINCE_TWELVE = [
    *("f'{a['b']}'\n", "f'{f'{a}'}'\n", "f'{chr(10).join(\"\\n\")}'\n", "f'{\na}'\n", "f'''{\na # why\n}'''\n"),
    *("f'''{f\"\\n{a}\"}'''\n", "def f[T](a): pass\n", "type X = int\n"),
]


@pytest.mark.parametrize(("code", "oldest"), AGES)
def test_code_is_as_old_as_its_newest_grammar(code: str, oldest: tuple[int, int]) -> None:
    """The parser's own `feature_version` lets half of them pass for an older Python."""
    if sys.version_info < oldest:
        pytest.skip("this Python cannot parse it")

    assert oldest == oldest_python(code)


@pytest.mark.parametrize("code", SINCE_TWELVE)
def test_what_came_with_python_3_12_is_told_there(code: str) -> None:
    """An older airproof cannot parse it, and says that instead."""
    assert oldest_python(code) == ((3, 12) if sys.version_info >= (3, 12) else ANY)


@pytest.mark.parametrize("python", two_pythons())
def test_compilers_agree(python: str) -> None:
    """Each of these Pythons compiles exactly what is no newer than it is."""
    told = "import sys; print(*sys.version_info[:2]); compile(sys.argv[1], '', 'exec')"
    for code, oldest in AGES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ran = subprocess.run([python, "-c", told, code], capture_output=True, text=True, check=False, timeout=60)
        version = tuple(map(int, ran.stdout.split()))

        assert (version >= oldest) == (ran.returncode == 0), (python, code, ran.stderr)


def test_a_text_that_nobody_can_read_has_no_age() -> None:
    """Then airproof says that the code is no Python."""
    assert [ANY, ANY] == [oldest_python("this is no python\n"), oldest_python("x = '\n")]
