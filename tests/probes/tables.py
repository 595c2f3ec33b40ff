"""An index as a table in a test: the source of a closure without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from airproof.probes.closure.candidates import parse_filename
from airproof.probes.closure.resolution import Metadata
from airproof.probes.index.simple import Link, Page
from airproof.probes.interpreters.target import TargetMatcher

LINUX_311 = TargetMatcher(
    "cp311-linux",
    {
        "implementation_name": "cpython",
        "implementation_version": "3.11.7",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "6.1",
        "platform_system": "Linux",
        "platform_version": "#1",
        "python_full_version": "3.11.7",
        "python_version": "3.11",
        "sys_platform": "linux",
    },
    (
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp311-cp311-linux_x86_64",
        "cp311-abi3-manylinux_2_17_x86_64",
        "cp310-abi3-manylinux_2_17_x86_64",
        "py3-none-manylinux_2_17_x86_64",
        "cp311-none-any",
        "py311-none-any",
        "py3-none-any",
    ),
)


@dataclass
class Table:
    """File name to what it requires. A project whose name is in `broken` answers with that status."""

    files: Mapping[str, Sequence[str]]
    yanked: Sequence[str] = ()
    requires_python: Mapping[str, str] = field(default_factory=dict)
    inside_python: Mapping[str, str] = field(default_factory=dict)
    """Requires-Python that the files themselves have, and no page says."""
    build_requires: Mapping[str, Sequence[str]] = field(default_factory=dict)
    broken: Mapping[str, int] = field(default_factory=dict)

    def page(self, project: str) -> Page:
        links = tuple(
            Link(
                name,
                f"http://index/{name}",
                {"sha256": "0"},
                self.requires_python.get(name),
                "bad" if name in self.yanked else None,
            )
            for name in self.files
            if project_of(name) == project
        )
        status = self.broken.get(project, 200 if links else 404)
        return Page(project, f"http://index/{project}/", status, None, 0.0, links if status == 200 else ())

    def metadata(self, project: str, link: Link) -> Metadata:
        return Metadata(
            tuple(self.files[link.filename]),
            tuple(self.build_requires.get(link.filename, ())),
            requires_python=self.inside_python.get(link.filename),
        )


def project_of(filename: str) -> str:
    parsed = parse_filename(filename)
    stem = filename.split("-", maxsplit=1)[0] if parsed.tags is not None else filename.rpartition("-")[0]
    return canonicalize_name(stem)
