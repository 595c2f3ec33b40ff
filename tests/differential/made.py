"""Random small indexes as a server would give them out: pages, files and metadata files, right and wrong. The same seed
makes the same index.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from io import BytesIO
from urllib.parse import quote

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
VERSIONS = (
    *("1.0", "1.1", "2.0", "2.1rc1", "3.0", "3.1.dev1"),
    *("1!0.5", "1.0+cpu", "2.0.post1", "1.0-1", "1.0_1", "v2.2", "1.0a1", "nonsense", "2004d", "1.0.0.0"),
)
USUAL = 6
"""The first so many of VERSIONS are ordinary."""
PYTHONS = (">=3.6", "<3.0", ">=3.99", "py3", ">=3.6.*", "", "!=3.0.*,>=2.7", ">=3.8.2", "==3.*")
STRANGER = "stranger"
"""Whom a file belongs to that was renamed."""
CHANCE = 0.04
"""Of each thing that can be wrong with a file."""
SPELLINGS = ("more", "MORE", "mo_re", "mo-re", "Mo.Re")
"""Two extras, each in several spellings: the pips before 23.3 compare them letter by letter."""


@dataclass(frozen=True)
class Answer:
    """Answer of a server at one path."""

    status: int
    content_type: str
    body: bytes


@dataclass
class Case:
    """An index, by path below its root, and what is asked of it."""

    seed: int
    requirements: list[str]
    constraints: list[str]
    answers: dict[str, dict[str, Answer]]
    """Path to kind of page (`html`, `json`, or `any` for files) to answer."""
    told: list[str] = field(default_factory=list)
    """What was planted, for whoever reads a difference."""
    binary: bool = True
    """pip is told to build nothing."""


@dataclass
class File:
    """One file of a page."""

    project: str
    version: str
    filename: str
    content: bytes
    requires: list[str]
    requires_python: str | None
    """On the page."""
    status: int = 200
    yanked: str | None = None
    hashes: dict[str, str] = field(default_factory=dict)
    fragment: str | None = None
    announced: str | bool | dict[str, str] | None = None
    beside: Answer | None = None
    old_name: bool = False
    """The announcement has the name that it had before PEP 714."""


class Maker:
    """Makes one case."""

    def __init__(self, seed: int, tags: Sequence[str]) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - a test's own dice
        self.seed, self.tags = seed, list(tags)
        self.told: list[str] = []
        self.deep = seed % 5 == 4
        """Many projects in chains, of which few things are wrong: a resolution goes back a long way."""
        self.faults = self.dice.random() < 0.75 and not self.deep

    def often(self, chance: float) -> bool:
        return self.dice.random() < chance

    def wrong(self, what: str, filename: str, chance: float = CHANCE) -> bool:
        """Say whether this goes wrong here, and note it."""
        if not self.faults or not self.often(chance):
            return False
        self.told.append(f"{filename}: {what}")
        return True

    def case(self) -> Case:
        projects = [f"p{letter}{self.dice.choice(('', '', '-x', '_Y', '.z'))}" for letter in self.letters()]
        pages = {project: self.files(project, projects) for project in projects}
        answers: dict[str, dict[str, Answer]] = {}
        for project, files in pages.items():
            for file in files:
                kind = "text/html" if file.status != 200 else "application/octet-stream"
                answers[f"files/{file.filename}"] = {"any": Answer(file.status, kind, file.content)}
                if file.beside is not None:
                    answers[f"files/{file.filename}.metadata"] = {"any": file.beside}
            path = f"simple/{normal(project)}/"
            if self.often(0.15 if self.deep else 0.03):
                self.told.append(f"{project}: no page")
                continue
            listed = list(files)
            if self.wrong("a file of another project on the page", project) and len(projects) > 1:
                listed += [self.dice.choice(pages[self.dice.choice(projects)])]
            answers[path] = self.page(project, listed)
        requirements = [
            self.wanted(name)
            for name in self.dice.sample(
                projects[: 2 if self.deep else None], self.dice.randint(1, min(2, len(projects)))
            )
        ]
        limits = (
            [f"{self.dice.choice(projects)}{self.dice.choice(('<3', '!=2.0', '>=1.1'))}"] if self.often(0.15) else []
        )
        return Case(self.seed, requirements, limits, answers, self.told, binary=not self.often(0.15))

    def letters(self) -> str:
        return "abcdefg"[: self.dice.randint(4, 7)] if self.deep else "abcd"[: self.dice.randint(1, 4)]

    def files(self, project: str, projects: Sequence[str]) -> list[File]:
        found: dict[str, File] = {}
        pool = VERSIONS if self.often(0.3) and not self.deep else VERSIONS[:USUAL]
        for version in self.dice.sample(pool, self.dice.randint(1, 3)):
            for _ in range(self.dice.choice((1, 1, 1, 2))):
                later = [name for name in projects if name > project or self.often(0.1)]
                asked = self.dice.sample(later, min(len(later), self.dice.randint(0, 2)))
                if self.deep:  # An older release mostly needs less.
                    asked = [name for name in later[:2] if self.often(0.3 if version < "2" else 0.8)]
                requires = [self.wanted(entry) for entry in asked]
                made = (
                    self.sdist(project, version)
                    if self.often(0.02 if self.deep else 0.12)
                    else self.wheel(project, version, requires)
                )
                found[made.filename] = made
        return list(found.values())

    def wanted(self, project: str) -> str:
        extra = self.dice.choice(("",) * 6 + ("[more]", "[none]")).replace("more", self.spelled(f"{project}, asked"))
        bound = self.dice.choice(
            ("",) * (40 if self.deep else 8)
            + (">=1.0", ">=2", "<2", "==1.0", "==2.*", "~=1.0", "!=2.0", ">=2.1rc1", "==1.0+cpu", ">3", ">=1,<3")
        )
        marker = self.dice.choice(
            ("",) * 8 + ('; python_version < "3"', '; python_version >= "3.6"', '; extra == "more"', '; extra == "x"')
        )
        return f"{project}{extra}{bound}{marker.replace('more', self.spelled(project))}"

    def spelled(self, place: str) -> str:
        """Return a name of the extra; the dice stay as they are, so that every seed keeps its index."""
        return SPELLINGS[zlib.crc32(f"{self.seed} {place}".encode()) % len(SPELLINGS)] if self.seed % 3 else "more"

    def sdist(self, project: str, version: str) -> File:
        """Return an sdist that nobody can build: a pip that chooses it fails."""
        ending = self.dice.choice((".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".egg"))
        name = self.dice.choice((project, project.replace("-", "_"), normal(project)))
        return File(project, version, f"{name}-{version}{ending}", b"no archive", [], None)

    def wheel(self, project: str, version: str, requires: list[str]) -> File:
        tag = "py3-none-any" if self.deep else self.dice.choice(self.tags)
        name = project.replace("-", "_") if self.often(0.8) else normal(project).replace("-", "_")
        build = self.dice.choice(("",) * 12 + ("-1", "-2abc", "-x1"))
        written = version if self.often(0.5) else version.replace("-", "_")
        filename = f"{name}-{written}{build}-{tag}.whl"
        inside = self.dice.choice((None,) * 5 + PYTHONS)
        on_page = inside if self.often(0.7) else None
        if self.wrong("another Requires-Python on the page", filename):
            on_page = self.dice.choice(PYTHONS)
        if self.wrong("an old requirement", filename) and requires:
            requires = [
                *requires[:-1],
                f"{requires[-1].partition(';')[0].split('[')[0].rstrip('=<>~!.0123456789*rc+pu,')}>=1.0.*",
            ]
        content, metadata = self.packed(filename, name, version, requires, inside)
        file = File(project, version, filename, content, requires, on_page)
        if self.often(0.08):
            file.yanked = self.dice.choice(("", "bad"))
        self.publish(file)
        if f"{filename}: no METADATA" not in self.told:
            # Announced beside it, pips from 22.3 to 26.1 install such a wheel without METADATA, so that nobody can tell
            # afterwards what is installed: airproof refuses it on purpose.
            self.announce(file, metadata)
        self.serve(file)
        return file

    def packed(
        self, filename: str, name: str, version: str, requires: list[str], inside: str | None
    ) -> tuple[bytes, str]:
        told_name = name if not self.wrong("another Name inside", filename) else STRANGER
        told_version = version if not self.wrong("another Version inside", filename) else "9.9"
        lines = ["Metadata-Version: 2.1", f"Name: {told_name}", f"Version: {told_version}"]
        lines += [f"Requires-Python: {inside}"] if inside is not None else []
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        if any("extra ==" in requirement for requirement in requires) and not self.wrong(
            "the extra is not declared", filename, 0.3
        ):
            lines.append(f"Provides-Extra: {self.spelled(filename)}")
        metadata = "\n".join(lines) + "\n\n"
        info = f"{name}-{version.replace('-', '_')}.dist-info"
        if self.wrong(".dist-info of another name", filename):
            info = f"stranger-{version}.dist-info"
        wheel_version = "1.0"
        if self.wrong("Wheel-Version", filename):
            wheel_version = self.dice.choice(("2.0", "1.9", "x", "", "1"))
        wheel = f"Wheel-Version: {wheel_version}\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        if self.wrong("no Wheel-Version", filename, 0.02):
            wheel = "Root-Is-Purelib: true\n"
        module = normal(name).replace("-", "_")
        members = {f"{module}.py": b"", f"{info}/METADATA": metadata.encode(), f"{info}/WHEEL": wheel.encode()}
        for odd in (
            "../outside.py",
            f"{info}/../../x.py",
            f"{name}-{version}.data/unknown/x",
            f"{name}-{version}.data/x",
        ):
            if self.wrong(f"member {odd}", filename, 0.01):
                members[odd] = b""
        if self.wrong("an entry point without a callable", filename, 0.02):
            members[f"{info}/entry_points.txt"] = f"[console_scripts]\n{module}-run = {module}\n".encode()
        elif self.often(0.1):
            members[f"{info}/entry_points.txt"] = f"[console_scripts]\n{module}-run = {module}:main\n".encode()
        if self.wrong("a second .dist-info", filename, 0.01):
            members["other-1.0.dist-info/METADATA"] = b""
        for gone in ("METADATA", "WHEEL"):
            if self.wrong(f"no {gone}", filename, 0.01):
                del members[f"{info}/{gone}"]
        if not self.wrong("no RECORD", filename, 0.02):
            rows = "".join(f"{path},{_record_hash(body)},{len(body)}\n" for path, body in members.items())
            members[f"{info}/RECORD"] = f"{rows}{info}/RECORD,,\n".encode()
        return zipped(members), metadata

    def publish(self, file: File) -> None:
        """Its hash on the page, mostly there and right."""
        kind = self.dice.choice(("sha256",) * 6 + ("md5", "sha512", "sha1", "blake2b"))
        digest = hashlib.new(kind, file.content, usedforsecurity=False).hexdigest()
        if self.often(0.2):
            return
        if self.wrong("another hash on the page", file.filename):
            digest = "0" * len(digest)
        elif self.wrong("a hash in capitals", file.filename, 0.02):
            digest = digest.upper()
        file.hashes = {kind: digest}
        if self.wrong("a second hash that is wrong", file.filename, 0.02):
            file.hashes["sha256"] = "0" * 64
        odd = (
            f"#{kind}={digest}&egg=x",
            f"#egg=x&{kind}={digest}",
            f"#{kind}=",
            f"#x{kind}={digest}",
            f"#{kind}={digest[:9]}",
        )
        if self.wrong("an odd fragment", file.filename):
            file.fragment = self.dice.choice(odd)
            self.told.append(f"{file.filename}: {file.fragment}")

    def announce(self, file: File, metadata: str) -> None:
        """Metadata beside the file (PEP 658): there and right, or not."""
        if not self.often(0.4):
            return
        body, status = metadata.encode(), 200
        if self.wrong("metadata beside it: 404", file.filename):
            body, status = b"<html>nothing here</html>", 404
        elif self.wrong("metadata beside it: another requirement", file.filename):
            body = metadata.replace("\n\n", "\nRequires-Dist: absent\n\n").encode()
        elif self.wrong("metadata beside it: another name", file.filename, 0.02):
            body = metadata.replace("Name: ", "Name: x").encode()
        elif self.wrong("metadata beside it: another version", file.filename, 0.02):
            body = metadata.replace("\nVersion: ", "\nVersion: 1").encode()
        elif self.wrong("metadata beside it: empty", file.filename, 0.02):
            body = b""
        elif self.wrong("metadata beside it: a login page", file.filename, 0.02):
            body = b"<html><form>log in</form></html>"
        file.beside = Answer(status, "text/plain", body)
        digest = hashlib.sha256(body).hexdigest()
        if self.wrong("metadata beside it: another hash", file.filename):
            digest = "1" * 64
        kinds: tuple[str | bool | dict[str, str], ...] = (True, {"sha256": digest}, {"sha256": digest})
        file.announced = self.dice.choice(kinds)
        file.old_name = self.often(0.3)
        if self.wrong("announced oddly", file.filename, 0.03):
            file.announced = self.dice.choice(("false", "maybe", {}, {"blake2b": digest}, False))
            self.told.append(f"{file.filename}: announced {file.announced!r}")

    def serve(self, file: File) -> None:
        if self.wrong("404", file.filename, 0.03):
            file.status, file.content = 404, b"gone"
        elif self.wrong("a login page", file.filename, 0.02):
            file.content = b"<html><form>log in</form></html>"
        elif self.wrong("cut in half", file.filename, 0.02):
            file.content = file.content[: len(file.content) // 2]
        elif self.wrong("a changed byte", file.filename, 0.02):
            at = self.dice.randrange(len(file.content))
            file.content = file.content[:at] + bytes([file.content[at] ^ 255]) + file.content[at + 1 :]

    def page(self, project: str, files: list[File]) -> dict[str, Answer]:
        self.dice.shuffle(files)
        html = Answer(200, self.dice.choice(("text/html", "text/html; charset=utf-8")), _html(files).encode())
        told = {"meta": {"api-version": "1.0"}, "name": project, "files": [_json(file) for file in files]}
        other = Answer(200, JSON_TYPE, json.dumps(told).encode())
        return self.dice.choice(({"html": html}, {"html": html}, {"json": other}, {"html": html, "json": other}))


def make_case(seed: int, tags: Sequence[str]) -> Case:
    """`tags`: of wheels, those that fit the interpreter and some that do not."""
    return Maker(seed, tags).case()


def normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip of those members as they stand."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path, content in members.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), content)
    return target.getvalue()


def _record_hash(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _html(files: Sequence[File]) -> str:
    lines = []
    for file in files:
        kind, digest = next(iter(file.hashes.items()), ("", ""))
        fragment = file.fragment if file.fragment is not None else f"#{kind}={digest}" if kind else ""
        marks = [f'href="../../files/{quote(file.filename)}{escape(fragment)}"']
        if file.requires_python is not None:
            marks.append(f'data-requires-python="{escape(file.requires_python)}"')
        if file.yanked is not None:
            marks.append(f'data-yanked="{file.yanked}"' if file.yanked else "data-yanked")
        if file.announced is not None:
            told = file.announced
            text = (
                "&".join(f"{kind}={digest}" for kind, digest in told.items())
                if isinstance(told, dict)
                else str(told).lower()
            )
            marks.append(f'data-{"dist-info" if file.old_name else "core"}-metadata="{text}"')
        lines.append(f"<a {' '.join(marks)}>{escape(file.filename)}</a><br>")
    return f"<!DOCTYPE html><html><head><title>Links</title></head><body>{''.join(lines)}</body></html>"


def _json(file: File) -> dict[str, object]:
    told: dict[str, object] = {
        "filename": file.filename,
        "url": f"../../files/{quote(file.filename)}",
        "hashes": file.hashes,
    }
    if file.requires_python is not None:
        told["requires-python"] = file.requires_python
    if file.yanked is not None:
        told["yanked"] = file.yanked or True
    if file.announced is not None:
        told["dist-info-metadata" if file.old_name else "core-metadata"] = file.announced
    return told
