"""Lock files and dependency groups are read; what is no requirements file is told by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.errors import BadInput
from airproof.site.otherfiles import read_wanted

LOCK = """
lock-version = "1.0"
created-by = "test"
environments = ["sys_platform == 'linux'"]

[[packages]]
name = "alpha"
version = "1.0"
wheels = [{ name = "alpha-1.0-py3-none-any.whl", path = "alpha-1.0-py3-none-any.whl", hashes = { sha256 = "AA" } }]
sdist = { name = "alpha-1.0.tar.gz", path = "alpha-1.0.tar.gz", hashes = { sha256 = "bb" } }

[[packages]]
name = "beta"
version = "2.0"
marker = "python_version < '3.9'"
wheels = [{ name = "beta-2.0-py3-none-any.whl", path = "beta-2.0-py3-none-any.whl", hashes = { sha512 = "cc" } }]
"""
PROJECT = """
[project]
name = "own"
dependencies = ["alpha>=1"]

[dependency-groups]
test = ["beta", { include-group = "Docs.Tools" }]
docs-tools = ["gamma"]
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["pylock.toml", "pylock.cp311-linux.toml"])
def test_a_lock_file_pins_each_package_with_the_hashes_of_its_files(tmp_path: Path, name: str) -> None:
    """PEP 751; markers and environments stay markers. pip is given it as lines with hashes."""
    (group,) = read_wanted(written(tmp_path, name, LOCK))

    where = '(sys_platform == "linux")'
    assert (f"alpha==1.0; ({where})", f'beta==2.0; (python_version < "3.9") and ({where})') == group.requirements
    assert {"alpha": ("sha256:aa", "sha256:bb"), "beta": ("sha512:cc",)} == group.hashes
    assert f"alpha==1.0; ({where}) --hash=sha256:aa --hash=sha256:bb" == group.pip_lines[0]


def test_each_dependency_group_stands_for_itself(tmp_path: Path) -> None:
    """PEP 735, with those that it includes; so do the project's own dependencies."""
    path = written(tmp_path, "pyproject.toml", PROJECT)

    found = {group.name: group.requirements for group in read_wanted(path)}

    groups = {f"{path}:test": ("beta", "gamma"), f"{path}:docs-tools": ("gamma",)}
    assert {str(path): ("alpha>=1",), **groups} == found


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("Pipfile.lock", "{}", "requirements-other-kind"),
        ("poetry.lock", "", "requirements-other-kind"),
        ("environment.yml", "name: x", "requirements-other-kind"),
        ("pyproject.toml", "[tool.x]", "requirements-no-groups"),
        ("pyproject.toml", "[dependency-groups]\na = [{ include-group = 'a' }]", "requirements-toml"),
        ("pylock.toml", "no toml", "requirements-toml"),
        ("pylock.toml", "[[packages]]\nname = 'a'\nversion = '1'", "requirements-toml"),
        (
            "pylock.toml",
            "lock-version = '1.0'\ncreated-by = 'x'\n[[packages]]\nname = 'a'\n"
            "vcs = { type = 'git', url = 'x', commit-id = '0' }",
            "requirement-not-by-index",
        ),
    ],
)
def test_what_cannot_be_read_is_told_by_its_kind(tmp_path: Path, name: str, text: str, key: str) -> None:
    """With the file's name, and what to do."""
    with pytest.raises(BadInput) as caught:
        read_wanted(written(tmp_path, name, text))

    assert key == caught.value.key


def test_anything_else_is_a_requirements_file(tmp_path: Path) -> None:
    """Whatever it is called."""
    (group,) = read_wanted(written(tmp_path, "wanted.in", "alpha\n"))

    assert ("alpha",) == group.requirements
