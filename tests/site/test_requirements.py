"""Requirements files as pip reads them, and what is refused before any pip runs."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airproof.errors import BadInput
from airproof.site.choosing import PLAIN
from airproof.site.group import OptionLine, TextFile
from airproof.site.indexurl import IndexUrl
from airproof.site.requirements import leads_away, parse_requirement, read_requirements

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return make


def refusal(path: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read_requirements(path)
    return caught.value


def test_comments_continuations_and_blank_lines_are_read_as_pip_does(write: Write) -> None:
    """Six lines of a file are three requirements, in order."""
    path = write("all.txt", "# head\n\nflask >= 2  # web\npip-\\\naudit\nattrs[a,b]==1; python_version < '3'\n")

    group = read_requirements(path)

    assert group.requirements == ("flask >= 2", "pip-audit", "attrs[a,b]==1; python_version < '3'")


def test_a_comment_line_ends_a_continuation(write: Write) -> None:
    """The line after the comment is a requirement of its own."""
    path = write("all.txt", "one>=1,\\\n# no more\ntwo\n")

    assert read_requirements(path).requirements == ("one>=1,", "two")


def test_the_group_is_named_after_the_file(write: Write) -> None:
    """The path as it was given, or the name that was asked for."""
    path = write("all.txt", "one\n")

    assert [str(path), "flow 7"] == [read_requirements(path).name, read_requirements(path, name="flow 7").name]


def test_included_files_and_constraints_are_found_beside_their_file(write: Write) -> None:
    """`-r` and `-c` in each of their spellings; relative to the file that holds them, not to the current folder."""
    path = write("all.txt", "-r sub/more.txt\n-csub/limits.txt\none\n--requirement=sub/again.txt\n")
    write("sub/more.txt", "-r deep.txt\ntwo\n--constraint limits.txt")
    write("sub/deep.txt", "three")
    write("sub/again.txt", "four")
    write("sub/limits.txt", "two<3\n")

    group = read_requirements(path)

    assert group.requirements == ("three", "two", "one", "four")
    assert group.constraints == ("two<3", "two<3")


def test_a_file_that_includes_itself_is_refused(write: Write) -> None:
    """A circle over two files: pip does not come to an end with it."""
    path = write("all.txt", "-r other.txt\n")
    write("other.txt", "-r all.txt\n")

    assert refusal(path).key == "requirements-cycle"


def test_a_file_that_is_included_twice_is_read_twice(write: Write) -> None:
    """Two ways to the same file are no circle."""
    path = write("all.txt", "-r a.txt\n-r b.txt\n")
    write("a.txt", "-r base.txt\n")
    write("b.txt", "-r base.txt\n")
    write("base.txt", "one\n")

    assert read_requirements(path).requirements == ("one", "one")


@pytest.mark.parametrize(
    "line",
    [
        "-i https://other.example/simple",
        "-ihttps://other.example/simple",
        "--index-url=https://other.example/simple",
        "--extra-index-url https://other.example/simple",
        "--no-index",
        "-f wheels",
        "--find-links ./wheels",
        "--trusted-host other.example",
        "--pypi-url https://other.example/simple",
    ],
)
def test_a_line_that_changes_the_index_is_kept_and_not_followed(write: Write, line: str) -> None:
    """Its file, number and text are a fact; the requirements around it are read."""
    path = write("all.txt", f"one\n{line}\ntwo\n")

    group = read_requirements(path)

    assert group.requirements == ("one", "two")
    assert (OptionLine(str(path), 2, line),) == group.option_lines


def test_an_option_line_of_an_included_file_is_found_and_its_password_masked(write: Write, tmp_path: Path) -> None:
    """The line is named by the file in which it stands."""
    path = write("all.txt", "-r sub/more.txt\n")
    write("sub/more.txt", "\n--extra-index-url https://ann:s3cret@other.example/simple\n")

    group = read_requirements(path)

    text = "--extra-index-url https://***@other.example/simple"
    assert (OptionLine(str(tmp_path / "sub" / "more.txt"), 2, text),) == group.option_lines


def test_hashes_stand_beside_the_requirement(write: Write) -> None:
    """The requirement stays as it is, and its project has all the hashes of its lines."""
    path = write("all.txt", "--require-hashes\nOne==1 \\\n  --hash=sha256:AA \\\n  --hash=sha256:bb\ntwo\n")

    group = read_requirements(path)

    assert (("One==1", "two"), {"one": ("sha256:aa", "sha256:bb")}) == (group.requirements, group.hashes)


def test_a_hash_that_no_index_publishes_is_refused(write: Write) -> None:
    """It cannot be held against what is served, so it is not passed over."""
    with pytest.raises(BadInput, match=r"all\.txt:1 has the hash md5:aa"):
        read_requirements(write("all.txt", "one==1 --hash=md5:aa\n"))


@pytest.mark.parametrize(
    "line", ["--pep517", "--process-dependency-links", "one --global-option=x", "one --index-url x", "-x"]
)
def test_another_option_is_refused_by_name(write: Write, line: str) -> None:
    """To leave it out in silence would judge something else than what the site's pip does."""
    path = write("all.txt", f"{line}\n")

    reason = refusal(path)

    assert ("requirements-option", f"{path}:1") == (reason.key, reason.values["where"])


@pytest.mark.parametrize(
    "line",
    [
        "https://other.example/one-1.0-py3-none-any.whl",
        "one @ https://other.example/one-1.0-py3-none-any.whl",
        "git+https://other.example/one.git",
        "./one",
        "one-1.0-py3-none-any.whl",
        "wheels/one-1.0.tar.gz",
        "C:\\wheels\\one",
        "~/one",
        "-e .",
        "--editable=./one",
        "file:one",
    ],
)
def test_what_no_index_can_serve_is_refused_with_its_line(write: Write, line: str) -> None:
    """A URL, a path, a file, a checkout."""
    path = write("all.txt", f"# head\n{line}\n")

    reason = refusal(path)

    assert ("requirement-not-by-index", f"{path}:2") == (reason.key, reason.values["where"])


@pytest.mark.parametrize("line", ["one==", "=1", "one; python > '3'", "one>=1.0.*", "-r 'one"])
def test_an_unreadable_requirement_is_refused_with_its_line(write: Write, line: str) -> None:
    """The file, the line and the reason are named."""
    path = write("all.txt", f"{line}\n")

    reason = refusal(path)

    assert ("requirement-unreadable", f"{path}:1") == (reason.key, reason.values["where"])


@pytest.mark.parametrize(
    ("line", "key", "right"),
    [("one two", "requirement-several", "one, two"), ("one=1", "requirement-one-equals", "one==1")],
)
def test_a_slip_is_refused_with_its_line_and_what_would_be_right(write: Write, line: str, key: str, right: str) -> None:
    """Two words on one line, and one equals sign."""
    path = write("all.txt", f"{line}\n")

    reason = refusal(path)

    assert (key, f"{path}:1", right) == (reason.key, reason.values["where"], reason.values["right"])


def test_a_password_in_a_refused_line_is_masked(write: Write) -> None:
    """The sentence that goes to the screen does not hold it."""
    path = write("all.txt", "one @ https://ann:s3cret@other.example/one.zip\n")

    assert refusal(path).values["requirement"] == "one @ https://***@other.example/one.zip"


def test_a_file_over_the_network_is_refused(write: Write) -> None:
    """`-r URL` would be fetched by pip, from elsewhere."""
    path = write("all.txt", "-r https://other.example/all.txt\n")

    assert refusal(path).key == "requirements-remote"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Also one that is a folder."""
    assert refusal(tmp_path / "nothing.txt").key == "requirements-missing"
    assert refusal(tmp_path).key == "requirements-missing"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_read(tmp_path: Path, encoding: str) -> None:
    """Notepad writes one."""
    path = tmp_path / "all.txt"
    path.write_bytes("one  # 上架\n".encode(encoding))

    assert read_requirements(path).requirements == ("one",)


def test_a_coding_comment_is_believed(tmp_path: Path) -> None:
    """As in Python source; a file of code page 950 that says so is read."""
    path = tmp_path / "all.txt"
    path.write_bytes("# -*- coding: cp950 -*-\none  # 上架\n".encode("cp950"))

    assert read_requirements(path).requirements == ("one",)


def test_a_file_of_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    """Code page 950 that does not say so: never guessed."""
    path = tmp_path / "all.txt"
    path.write_bytes("one\ntwo  # 上架\n".encode("cp950"))

    reason = refusal(path)

    assert ("requirements-encoding", f"{path}:2", "utf-8") == (
        reason.key,
        reason.values["where"],
        reason.values["encoding"],
    )


def test_variables_are_expanded_as_pip_does(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """`${NAME}` of the environment; an unset one stays, and is then no requirement."""
    monkeypatch.setenv("LIMIT", "2")
    path = write("all.txt", "one<${LIMIT}\n")
    other = write("other.txt", "one<${NOT_SET_ANYWHERE}\n")

    assert read_requirements(path).requirements == ("one<2",)
    assert refusal(other).key == "requirement-unreadable"


def test_an_empty_file_is_an_empty_group(write: Write) -> None:
    """Another place decides whether nothing to judge is enough."""
    assert read_requirements(write("all.txt", "# nothing\n")).requirements == ()


def test_a_single_requirement_keeps_its_words() -> None:
    """As given on the command line, without the space around it."""
    assert parse_requirement("  One.Two [x] >= 1 ", "-p") == "One.Two [x] >= 1"


def test_an_option_in_place_of_a_requirement_is_refused() -> None:
    """It would reach pip as an option."""
    with pytest.raises(BadInput) as caught:
        parse_requirement("--index-url=https://other.example", "-p")

    assert (caught.value.key, caught.value.values["where"]) == ("requirement-not-by-index", "-p")


LINES = st.lists(st.text(st.sampled_from(string.printable + "上\ufeff\x85"), max_size=30), max_size=6)


@given(LINES)
def test_any_text_is_read_or_refused_in_words(lines: list[str]) -> None:
    """Nothing else escapes, whatever stands in a file; and no requirement can be taken for an option."""
    try:
        found = [parse_requirement(line, "-p") for line in lines]
    except BadInput as error:
        assert error.text.zh_tw
    else:
        assert not [text for text in found if text.startswith("-")]


def test_options_that_choose_files_are_handed_to_pip_as_lines(write: Write) -> None:
    """Also those of an included file; the requirements stand between them, for pip takes one file."""
    path = write("all.txt", "--pre\n-r more.txt\ntwo --hash=sha512:AA\n")
    write("more.txt", "--only-binary one\none\n--no-binary=two\n")

    group = read_requirements(path)

    assert ("--pre", "--only-binary one", "one", "--no-binary two", "two --hash=sha512:AA") == group.pip_lines
    told = group.tells(PLAIN)
    assert (True, True, True) == (told.pre, told.wheels_only("one"), told.no_wheels("two"))
    assert group.sets_pip


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('one --config-settings="x=y"', "one --config-settings x=y"),
        (
            "one --config-settings '--build-option=--foo bar' -C k=v",
            "one --config-settings '--build-option=--foo bar' -C k=v",
        ),
        ("one --config-setting --build-option=--foo", "one --config-setting --build-option=--foo"),
        ("-Cx=y", "-C x=y"),
    ],
)
def test_options_of_builds_are_handed_to_pip_as_it_reads_them(write: Write, line: str, told: str) -> None:
    """A value may hold blanks and begin with dashes: pip takes such lines apart as a shell does."""
    group = read_requirements(write("all.txt", f"{line}\ntwo\n"))

    assert (told, "two") == group.pip_lines
    assert "two" == group.requirements[-1]


def test_a_file_of_names_alone_needs_no_file_for_pip(write: Write) -> None:
    """Then several groups can share one call of pip."""
    path = write("all.txt", "one\ntwo==1  # comment\n-c limits.txt\n")
    write("limits.txt", "one<3\n")

    group = read_requirements(path)

    assert ((), (), False) == (group.pip_lines, group.constraint_lines, group.sets_pip)


@pytest.mark.parametrize(
    ("line", "away"),
    [
        ("-i http://127.0.0.1:3141/root/local/", False),
        ("--index-url=http://ann:secret@127.0.0.1:3141/root/local/+simple/", False),
        ("--extra-index-url http://127.0.0.1:3141/root/local", False),
        ("--trusted-host 127.0.0.1", False),
        ("--trusted-host=127.0.0.1:3141", False),
        ("-i http://127.0.0.1:3141/root/local/ --trusted-host 127.0.0.1", False),
        ("-i http://127.0.0.1:3141/root/other/", True),
        ("-i http://127.0.0.1:3141/root/local/ --extra-index-url http://elsewhere/", True),
        ("--trusted-host elsewhere", False),
        ("--no-index", True),
        ("-f wheels", True),
    ],
)
def test_a_line_for_the_tested_index_leads_nowhere_else(write: Write, line: str, away: bool) -> None:
    """It says what the command line says anyway, or trusts a host that nobody asks (measured, 20.3 to 26.3)."""
    group = read_requirements(write("all.txt", f"{line}\none\n"))

    assert [away] == [leads_away(text, IndexUrl.of("http://127.0.0.1:3141/root/local/")) for text in group.option_lines]


def test_the_lines_that_are_no_ascii_are_kept_for_each_host(tmp_path: Path) -> None:
    """Which pip reads them under which locale is judged where the hosts are known."""
    path = tmp_path / "all.txt"
    path.write_bytes("one\ntwo  # 上架\n# 功\nthree\n".encode("cp950"))

    group = read_requirements(path, encodings=("utf-8", "cp950"))

    assert ("one", "two", "three") == group.requirements
    assert (TextFile(str(path), 2, "two  # 上架\n# 功".encode("cp950")),) == group.files


def test_a_constraint_with_extras_is_refused_as_pip_refuses_it(write: Write) -> None:
    """pip says that constraints cannot have extras (measured, 20.3.4 to 26.3)."""
    path = write("all.txt", "one\n-c limits.txt\n")
    write("limits.txt", "one[more]<3\n")

    assert "constraint-extras" == refusal(path).key


@pytest.mark.parametrize("written", ["a;", "a ; ", "a"])
def test_an_empty_marker_is_none(written: str) -> None:
    """pip 20.3 to 26.3 install `a;` (measured)."""
    assert "a" == parse_requirement(written, "-p")
