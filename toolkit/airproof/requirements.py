"""What is asked for: pip's requirements files read into groups, and single requirements, before any pip runs.

Lines that would change which index pip asks are kept as facts and never followed. What an index cannot serve (a URL, a
path, a checkout) is refused here, with the file and line. Hashes are kept beside the requirements: which bytes the
index serves is judged apart from what can be installed.
Source: pip's documentation, "Requirements File Format".
"""

from __future__ import annotations

import codecs
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from airproof.errors import BadInput
from airproof.site import Group, OptionLine, masked

INDEX_OPTIONS = {
    "-i",
    "--index-url",
    "--pypi-url",
    "--extra-index-url",
    "--no-index",
    "-f",
    "--find-links",
    "--trusted-host",
}
FILE_OPTIONS = {"-r": "requirement", "--requirement": "requirement", "-c": "constraint", "--constraint": "constraint"}
EDITABLE = {"-e", "--editable"}
HASHES = {"--hash", "--require-hashes"}

_ARCHIVE = (".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: it begins with the same bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


def read_requirements(path: Path, *, name: str | None = None) -> Group:
    """One requirements file, with the files that it includes, as one group; `name` defaults to the path as given.

    Raises BadInput, naming file and line, for what cannot be read, and for what no index can serve.
    """
    requirements: list[str] = []
    constraints: list[str] = []
    options: list[OptionLine] = []
    hashes: dict[str, tuple[str, ...]] = {}
    _read(path, requirements, constraints, options, hashes, into=requirements, chain=())
    return Group(name or str(path), tuple(requirements), tuple(constraints), tuple(options), hashes)


def parse_requirement(text: str, where: str) -> str:
    """One PEP 508 requirement, stripped. Raises BadInput where it is none, or where an index cannot serve it.

    `where` names its origin for the reader, such as `-p` or `requirements.txt:3`.
    """
    text = text.strip()
    if _is_place(text):
        raise BadInput("requirement-not-by-index", where=where, requirement=masked(text))
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        reason = str(error).partition("\n")[0]
        raise BadInput("requirement-unreadable", where=where, requirement=masked(text), reason=reason) from error
    if requirement.url is not None:
        raise BadInput("requirement-not-by-index", where=where, requirement=masked(text))
    return text


def is_requirement(text: str) -> bool:
    """Whether pip reads it as one, and an index can serve it."""
    try:
        parse_requirement(text, "?")
    except BadInput:
        return False
    return True


def _read(
    path: Path,
    requirements: list[str],
    constraints: list[str],
    options: list[OptionLine],
    hashes: dict[str, tuple[str, ...]],
    *,
    into: list[str],
    chain: tuple[Path, ...],
) -> None:
    here = Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links, and pip does not
    if here in chain:
        raise BadInput("requirements-cycle", file=path, by=chain[-1])
    for number, line in _logical_lines(_text_of(path)):
        where = f"{path}:{number}"
        text, words = _taken_apart(line, where)
        if text:
            into.append(parse_requirement(text, where))
        elif any(_name_of(word) in INDEX_OPTIONS for word in words):
            options.append(OptionLine(str(path), number, masked(line)))
        for option, value in _pairs(words):
            if option in FILE_OPTIONS and not text:
                target = requirements if FILE_OPTIONS[option] == "requirement" else constraints
                included = _beside(path, value, where)
                _read(included, requirements, constraints, options, hashes, into=target, chain=(*chain, here))
            elif option == "--hash" and text:
                project = canonicalize_name(Requirement(text).name)
                hashes[project] = (*hashes.get(project, ()), _sha256(value, where))
            elif option in EDITABLE and not text:
                raise BadInput("requirement-not-by-index", where=where, requirement=masked(line))
            elif option not in HASHES and (text or option not in INDEX_OPTIONS):
                raise BadInput("requirements-option", where=where, option=option)


def _sha256(text: str, where: str) -> str:
    """The one kind that every index publishes, and that every tool writes. Raises BadInput for any other."""
    kind, _, value = text.partition(":")
    if kind.lower() != "sha256" or not value:
        raise BadInput("requirements-hash", where=where, hash=text)
    return f"sha256:{value.lower()}"


def _text_of(path: Path) -> str:
    """As pip decodes it: a byte order mark, a coding comment in the first two lines, else UTF-8; never guessed."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput("requirements-missing", file=path, reason=error.strerror or error) from error
    encoding = next((encoding for bom, encoding in _BOMS if data.startswith(bom)), None)
    if encoding is None:
        named = next((match for line in data.split(b"\n")[:2] if (match := _CODING.match(line))), None)
        encoding = named[1].decode("ascii", "replace") if named else "utf-8"
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        line = data.count(b"\n", 0, error.start) + 1 if isinstance(error, UnicodeDecodeError) else 1
        raise BadInput("requirements-encoding", where=f"{path}:{line}", encoding=encoding) from error


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments, continuations joined, with the number of their first line; empty ones left out."""
    first, held = 0, ""
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        comment = line.lstrip().startswith("#")
        first = first or number
        if line.endswith("\\") and not comment:
            held += line[:-1]
            continue
        # A comment line ends a continuation, and takes no part in it.
        whole = _COMMENT.sub("", held + (" " + line.lstrip() if comment else line)).strip()
        if whole:
            yield first, _VARIABLE.sub(lambda found: os.environ.get(found[1], found[0]), whole)
        first, held = 0, ""


def _taken_apart(line: str, where: str) -> tuple[str, list[str]]:
    """The requirement and the words of the options behind it. A backslash is no escape: on Windows it is in paths."""
    at = re.search(r"(^|\s)-", line)
    if at is None:
        return line, []
    lexer = shlex.shlex(line[at.start() :], posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.escape, lexer.commenters = True, "", ""
    try:
        return line[: at.start()].strip(), list(lexer)
    except ValueError as error:
        raise BadInput("requirement-unreadable", where=where, requirement=masked(line), reason=error) from error


def _name_of(word: str) -> str:
    """The option that a word begins: `--opt=value` is `--opt`, `-rfile` is `-r`."""
    return word.partition("=")[0] if word.startswith("--") else word[:2]


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name = _name_of(word)
        value = word[len(name) :].removeprefix("=")
        if not value and waiting and not waiting[0].startswith("-"):
            value = waiting.pop(0)
        yield name, value


def _beside(path: Path, value: str, where: str) -> Path:
    if "://" in value:
        raise BadInput("requirements-remote", where=where, file=masked(value))
    return path.parent / value


def _is_place(text: str) -> bool:
    """A URL, a path or a file name: where something lies, not what it is called."""
    name = re.split(r"[;@\s]", text, maxsplit=1)[0].partition("[")[0]
    return (
        re.match(r"[A-Za-z][\w+.-]*:(//|[\\/])", text) is not None
        or text.startswith((".", "/", "\\", "~", "file:"))
        or "/" in name
        or "\\" in name
        or name.lower().endswith(_ARCHIVE)
    )
