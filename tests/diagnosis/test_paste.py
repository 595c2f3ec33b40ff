"""Commands filled with values from outside."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airproof.diagnosis.remedies.paste import filled

QUOTED = [
    "demo>=2,!=2.1",
    "requests[socks]~=2.31",
    "demo===1.0",
    "it's here",
    "a&b|c<d>e^f",
    "{x} (y); #z @{u} *?",
    "~root",
    "::1",
    "C:\\Python311\\it",
    "套件-1.0.whl",
]
REFUSED = [
    "",
    'a"b',
    "a`b",
    "$HOME",
    "%PATH%",
    "!reboot",
    "a\nreboot",
    "a\tb",
    "a\x1b[2J",
    "-r",
    "--index-url=http://192.0.2.66/",
    "ends in\\",
    "\\\\server\\share",
    "\u201cx\u201d",
    "\uff02x",
    "\u02bax",
    "a\u202eb",
    "a\u3000b",
    "caf\udce9",
    "x" * 401,
]


@pytest.mark.parametrize(
    "value",
    [
        "root/local",
        "3.11",
        "demo-1.0-py3-none-any.whl",
        "192.0.2.10",
        "manylinux2014_x86_64",
        "global.find-links",
        "1+a",
    ],
)
def test_a_harmless_value_stands_bare(value: str) -> None:
    """Names, versions, addresses and paths need no quotes in any shell."""
    assert f"devpi upload {value}" == filled("devpi upload {it}", {"it": value})


@pytest.mark.parametrize("value", QUOTED)
def test_another_value_is_quoted(value: str) -> None:
    """Marks that a shell would act on stand between double quotes, which all shells know."""
    assert f'pip download "{value}" -d WHEELS' == filled("pip download {it} -d WHEELS", {"it": value})


@pytest.mark.parametrize("value", REFUSED)
def test_a_hostile_value_makes_no_command(value: str) -> None:
    """A value that a shell would expand, end the quotes by, or take for an option is never offered for pasting."""
    assert filled("pip download {it} -d WHEELS", {"it": value}) is None
    assert filled("{it} -m ensurepip", {"it": value}) is None


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("/usr/bin/python3.11", "/usr/bin/python3.11 -m ensurepip"),
        ("C:\\OMFlow\\python\\python.exe", "C:\\OMFlow\\python\\python.exe -m ensurepip"),
        ("C:\\Program Files\\Python\\python.exe", None),
        ("/opt/my python/bin/python", None),
    ],
)
def test_a_program_is_never_quoted(program: str, command: str | None) -> None:
    """PowerShell takes a quoted first word for a text; where quotes are needed there is no command."""
    assert command == filled("{program} -m ensurepip", {"program": program})


def test_numbers_and_several_values_are_filled() -> None:
    """Each placeholder gets its value, inside of a word as well."""
    command = filled("devpi-server --port={port} --host={host}", {"port": 3141, "host": "192.0.2.10", "other": "$"})

    assert command == "devpi-server --port=3141 --host=192.0.2.10"


def test_a_missing_value_is_a_fault_of_ours() -> None:
    """No command goes out half filled."""
    with pytest.raises(KeyError):
        filled("devpi upload {it}", {})


@given(st.text(max_size=30) | st.text(alphabet="ab\\\"'`$%!=&|<>;- \n", max_size=12))
def test_what_is_filled_is_read_back_as_one_word(value: str) -> None:
    """Nothing of a value becomes a word, an option or a character of its own."""
    command = filled("devpi upload {it}", {"it": value})

    if command is not None:
        word = command.removeprefix("devpi upload ")
        assert command.isprintable()
        assert [value] == shlex.split(word)
        assert not set("$`%") & set(word)
        assert word.count('"') in (0, 2)


POSIX = [shell for shell in ("sh", "bash", "dash", "zsh") if shutil.which(shell)]
WINDOWS = [shell for shell in ("cmd", "powershell", "pwsh") if shutil.which(shell)]


@pytest.mark.parametrize("shell", WINDOWS if sys.platform == "win32" else POSIX)
def test_a_shell_reads_the_values_back(shell: str, tmp_path: Path) -> None:
    """Every shell of this machine hands the program exactly the values that were filled in."""
    ascii_only = [value for value in (*QUOTED, "root/local", "3.11") if value.isascii()]
    show = tmp_path / "show.py"
    show.write_text("import json, sys; print(json.dumps(sys.argv[1:]))", encoding="ascii")
    words = [filled("x {it}", {"it": value}) for value in ascii_only]
    line = " ".join([f'"{sys.executable}" "{show}"', *(word.removeprefix("x ") for word in words if word)])
    script = tmp_path / {"cmd": "run.cmd", "powershell": "run.ps1", "pwsh": "run.ps1"}.get(shell, "run.sh")
    script.write_text(
        {"cmd": "@", "run": ""}.get(shell, "& " if script.suffix == ".ps1" else "") + line, encoding="ascii"
    )
    start = {"cmd": ["cmd", "/c"], "powershell": ["powershell", "-ExecutionPolicy", "Bypass", "-File"]}.get(
        shell, [shell]
    )

    ran = subprocess.run([*start, str(script)], capture_output=True, check=True, timeout=60)

    assert ascii_only == json.loads(ran.stdout)
