"""Read pip's requirements files into groups, and single requirements, before any pip runs.

Lines that would change the index that pip asks are kept as facts and never followed. A requirement that an index cannot
serve (a URL, a path, a checkout) is refused here, with the file and line. Hashes and options are kept as lines for pip
itself, which judges them by the rules of its version, and as facts for airproof's own reading. Source: pip's
documentation, "Requirements File Format".
"""

from __future__ import annotations

import codecs
import locale
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from airproof.errors import BadInput
from airproof.site.group import Group, OptionLine, TextFile
from airproof.site.indexurl import IndexUrl, masked

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
NAMING = {"-i", "--index-url", "--pypi-url", "--extra-index-url"}
"""File options that name an index."""
EDITABLE = {"-e", "--editable"}
HEEDED = {"--pre", "--prefer-binary", "--only-binary", "--no-binary", "--require-hashes", "--use-feature"}
"""Option lines that are passed to pip unchanged."""
SETTINGS = {"--config-settings", "--config-setting", "-C"}
"""Options for builds, which are passed to pip: behind a requirement pip heeds them from 23.1 on, and on a line of their
own it passes over them. Older ones know no such option (measured, 20.3.4 to 26.3).
"""
STRONG = ("sha256", "sha384", "sha512")
"""Kinds of hashes that pip accepts; a line with any other kind is an invalid requirement to it (20.3 to 26.3)."""

_ARCHIVE = (".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # UTF-32 comes before UTF-16: its mark begins with the same bytes.
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


@dataclass
class _Lines:
    """The requirements, constraints and options of a file and of the files that it includes."""

    requirements: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    options: list[OptionLine] = field(default_factory=list)
    hashes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pip_lines: list[str] = field(default_factory=list)
    """All lines that pip is to heed, as it reads them."""
    constraint_lines: list[str] = field(default_factory=list)
    files: list[TextFile] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    encodings: tuple[str, ...] = ()


def read_requirements(path: Path, *, name: str | None = None, encodings: Sequence[str] = ()) -> Group:
    """Read one requirements file, with the files that it includes, as one group; `name` defaults to the path as given.

    `encodings`: of the locales of the hosts whose pip is relevant. A file that does not declare its encoding, and is
    not UTF-8, is read in the first of them that can decode it.

    Raises BadInput, naming file and line, for a file that cannot be read, and for a requirement that no index can
    serve.
    """
    collected = _Lines(encodings=(*encodings, locale.getpreferredencoding(False)))
    _read(path, collected, into=collected.requirements, lines=collected.pip_lines, chain=())
    return Group(
        name or str(path),
        tuple(collected.requirements),
        tuple(collected.constraints),
        tuple(collected.options),
        collected.hashes,
        # An option line, or a requirement with options, cannot be given on a command line.
        pip_lines=tuple(collected.pip_lines) if collected.pip_lines != collected.requirements else (),
        constraint_lines=tuple(collected.constraint_lines)
        if collected.constraint_lines != collected.constraints
        else (),
        files=tuple(collected.files),
        places=collected.places,
    )


def with_constraints(group: Group, files: Sequence[Path], encodings: Sequence[str] = ()) -> Group:
    """The group with further constraints files, as `-c` gives them to pip. Raises BadInput."""
    collected = _Lines(encodings=(*encodings, locale.getpreferredencoding(False)))
    for path in files:
        _read(path, collected, into=collected.constraints, lines=collected.constraint_lines, chain=())
    constraints = (*group.constraints, *collected.constraints)
    lines = (*(group.constraint_lines or group.constraints), *collected.constraint_lines)
    hashes = {
        project: (*group.hashes.get(project, ()), *collected.hashes.get(project, ()))
        for project in (*group.hashes, *collected.hashes)
    }
    options = collected.pip_lines
    return structs.replace(
        group,
        constraints=constraints,
        constraint_lines=lines if lines != constraints else (),
        option_lines=(*group.option_lines, *collected.options),
        hashes=hashes,
        pip_lines=(*(group.pip_lines or group.requirements), *options) if options else group.pip_lines,
        files=(*group.files, *collected.files),
        places={**collected.places, **group.places},
    )


def leads_away(line: OptionLine, index: IndexUrl) -> bool:
    """Say whether an option line would make pip ask anything but that index. A host that is trusted is not asked."""
    return any(
        option in INDEX_OPTIONS - {"--trusted-host"} and not _is_index(option, value, index)
        for option, value in _pairs(_taken_apart(line.text, line.file)[1])
    )


def trusts(group: Group, index: IndexUrl) -> bool:
    """Say whether a line of its files makes pip trust the index's host, as `--trusted-host` of a command does."""
    pairs = (pair for line in group.option_lines for pair in _pairs(_taken_apart(line.text, line.file)[1]))
    hosts = (index.host, index.netloc, f"{index.host}:{index.port}")
    return any(option == "--trusted-host" and value in hosts for option, value in pairs)


def _is_index(option: str, value: str, index: IndexUrl) -> bool:
    try:
        return option in NAMING and IndexUrl.of(value).bare == index.bare
    except ValueError:
        return False


def parse_requirement(text: str, where: str) -> str:
    """Parse one PEP 508 requirement, stripped. Raises BadInput if it is invalid, or if an index cannot serve it.

    `where` names its origin for the reader, such as `-p` or `requirements.txt:3`.
    """
    text = text.strip().removesuffix(";").rstrip()  # pip takes an empty marker for none (measured, 20.3 to 26.3).
    if _is_place(text):
        raise BadInput("requirement-not-by-index", where=where, requirement=masked(text))
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        _refuse_slips(text, where)
        reason = str(error).partition("\n")[0]
        raise BadInput("requirement-unreadable", where=where, requirement=masked(text), reason=reason) from error
    if requirement.url is not None:
        raise BadInput("requirement-not-by-index", where=where, requirement=masked(text))
    return text


def _refuse_slips(text: str, where: str) -> None:
    """Raises BadInput for what is a requirement but for one slip, and says what would be right."""
    pinned = re.sub(r"(?<![=!<>~])=(?![=])", "==", text)
    if pinned != text and _is_valid(pinned):
        raise BadInput("requirement-one-equals", where=where, requirement=masked(text), right=pinned)
    parts = [part for part in re.split(r"[,\s]+", text) if part]
    if len(parts) > 1 and all(part[0].isalpha() and _is_valid(part) for part in parts):
        option = "-p " if where == "-p" else ""
        right = (" " if option else ", ").join(f"{option}{part}" for part in parts)
        raise BadInput("requirement-several", where=where, requirement=masked(text), right=right)


def _is_valid(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def is_requirement(text: str) -> bool:
    """Say whether pip reads the text as a requirement, and an index can serve it."""
    try:
        parse_requirement(text, "?")
    except BadInput:
        return False
    return True


def _read(path: Path, collected: _Lines, *, into: list[str], lines: list[str], chain: tuple[Path, ...]) -> None:
    here = Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() would follow links, and pip does not
    if here in chain:
        raise BadInput("requirements-cycle", file=path, by=chain[-1])
    for number, line in _logical_lines(_text_of(path, collected)):
        where = f"{path}:{number}"
        text, words = _taken_apart(line, where)
        if text:
            requirement = parse_requirement(text, where)
            if into is collected.constraints and Requirement(requirement).extras:
                raise BadInput("constraint-extras", where=where, requirement=masked(requirement))
            into.append(requirement)
            collected.places.setdefault(requirement, where)
            lines.append(" ".join((requirement, *_own_options(requirement, words, where, collected))))
            continue
        if any(_name_of(word) in INDEX_OPTIONS for word in words):
            collected.options.append(OptionLine(str(path), number, masked(line)))
        for option, value in _pairs(words):
            if option in FILE_OPTIONS:
                is_requirement_file = FILE_OPTIONS[option] == "requirement"
                target = collected.requirements if is_requirement_file else collected.constraints
                below = collected.pip_lines if is_requirement_file else collected.constraint_lines
                _read(_beside(path, value, where), collected, into=target, lines=below, chain=(*chain, here))
            elif option in EDITABLE:
                raise BadInput("requirement-not-by-index", where=where, requirement=masked(line))
            elif option in HEEDED or option == "--trusted-host":
                collected.pip_lines.append(f"{option} {value}".strip())
            elif option in SETTINGS:
                collected.pip_lines.append(f"{option} {shlex.quote(value)}")
            elif option not in INDEX_OPTIONS:
                raise BadInput("requirements-option", where=where, option=option)


def _own_options(requirement: str, words: list[str], where: str, collected: _Lines) -> Iterator[str]:
    """Yield the options behind a requirement, as they are passed to pip. Raises BadInput for one that is not supported
    here.
    """
    for option, value in _pairs(words):
        if option == "--hash":
            project = canonicalize_name(Requirement(requirement).name)
            collected.hashes[project] = (*collected.hashes.get(project, ()), _hash(value, where))
        elif option not in SETTINGS:
            raise BadInput("requirements-option", where=where, option=option)
        yield f"{option} {shlex.quote(value)}" if option in SETTINGS else f"{option}={value}"


def _hash(text: str, where: str) -> str:
    """Return a hash as `kind:hex`. Raises BadInput for a kind that pip does not accept."""
    kind, _, value = text.partition(":")
    if kind not in STRONG or not value:
        raise BadInput("requirements-hash", where=where, hash=text)
    return f"{kind}:{value.lower()}"


def _text_of(path: Path, collected: _Lines) -> str:
    """Decode a file as pip does: by a byte order mark, by a coding comment in the first two lines, else as UTF-8 or in
    the locale's encoding.

    Which of the last two applies depends on pip's version; this is judged for each host (`diagnosis/refused.py`), and
    the bytes in question are kept.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput("requirements-missing", file=path, reason=error.strerror or error) from error
    encoding = next((encoding for bom, encoding in _BOMS if data.startswith(bom)), None)
    if encoding is None:
        named = next((match for line in data.split(b"\n")[:2] if (match := _CODING.match(line))), None)
        encoding = named[1].decode("ascii", "replace") if named else None
    tried = (encoding,) if encoding is not None else ("utf-8", *collected.encodings)
    if encoding is None and not data.isascii():
        collected.files.append(_text_file(path, data))
    for candidate in dict.fromkeys(tried):
        try:
            return data.decode(candidate).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    raise BadInput("requirements-encoding", where=f"{path}:{_line_of(data, tried[0])}", encoding=tried[0])


def _text_file(path: Path, data: bytes) -> TextFile:
    """Return the lines that are not ASCII; in a multi-byte encoding no byte of a character is a newline."""
    odd = [(number, line) for number, line in enumerate(data.split(b"\n"), start=1) if not line.isascii()]
    return TextFile(str(path), odd[0][0], b"\n".join(line for _, line in odd))


def _line_of(data: bytes, encoding: str) -> int:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    except LookupError:
        pass
    return 1


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines without comments, with continuations joined, and the number of their first line; empty ones are
    dropped.
    """
    first, held = 0, ""
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        comment = line.lstrip().startswith("#")
        first = first or number
        if line.endswith("\\") and not comment:
            held += line[:-1]
            continue
        # A comment line ends a continuation, and is not part of it.
        whole = _COMMENT.sub("", held + (" " + line.lstrip() if comment else line)).strip()
        if whole:
            yield first, _VARIABLE.sub(lambda match: os.environ.get(match[1], match[0]), whole)
        first, held = 0, ""


def _taken_apart(line: str, where: str) -> tuple[str, list[str]]:
    """Return the requirement and the words of its options. A backslash is no escape: Windows paths contain it."""
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
    """Return the option with which a word begins: `--opt=value` is `--opt`, `-rfile` is `-r`."""
    return word.partition("=")[0] if word.startswith("--") else word[:2]


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name = _name_of(word)
        value = word[len(name) :].removeprefix("=")
        if not value and waiting and (name in SETTINGS or not waiting[0].startswith("-")):
            value = waiting.pop(0)
        yield name, value


def _beside(path: Path, value: str, where: str) -> Path:
    if "://" in value:
        raise BadInput("requirements-remote", where=where, file=masked(value))
    return path.parent / value


def _is_place(text: str) -> bool:
    """Say whether the text is a URL, a path or a file name, which names a location and not a project."""
    name = re.split(r"[;@\s]", text, maxsplit=1)[0].partition("[")[0]
    return (
        re.match(r"[A-Za-z][\w+.-]*:(//|[\\/])", text) is not None
        or text.startswith((".", "/", "\\", "~", "file:"))
        or "/" in name
        or "\\" in name
        or name.lower().endswith(_ARCHIVE)
    )
