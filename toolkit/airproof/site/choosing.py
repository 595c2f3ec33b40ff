"""Options of a pip call or of a requirements file that say which kinds of files pip may choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from packaging.utils import canonicalize_name

OPTIONS = ("--pre", "--prefer-binary", "--only-binary", "--no-binary")
"""The options that are read here; the last two take a value."""
ALL, NONE = ":all:", ":none:"


class Choosing(msgspec.Struct, frozen=True):
    """`--pre`, `--prefer-binary`, `--only-binary` and `--no-binary`, as pip adds them up from left to right."""

    pre: bool = False
    prefer_wheels: bool = False
    only_binary: frozenset[str] = frozenset()
    """Normalised names, or `:all:`."""
    no_binary: frozenset[str] = frozenset()

    @property
    def is_plain(self) -> bool:
        """Say whether pip chooses as it does without any of these options."""
        return self == PLAIN

    def wheels_only(self, project: str) -> bool:
        """Say whether no sdist of the project may be taken; a name takes precedence over `:all:` (pip's
        FormatControl).
        """
        return project in self.only_binary or (ALL in self.only_binary and project not in self.no_binary)

    def no_wheels(self, project: str) -> bool:
        """Say whether no wheel of that project may be taken."""
        if self.wheels_only(project):
            return False
        return project in self.no_binary or ALL in self.no_binary

    def more(self, words: Iterable[str]) -> Choosing:
        """Return the options after further words of a command line or an option line; other words are ignored."""
        pre, prefer = self.pre, self.prefer_wheels
        only, without = set(self.only_binary), set(self.no_binary)
        for name, value in _options(words):
            if name == "--pre":
                pre = True
            elif name == "--prefer-binary":
                prefer = True
            elif name == "--only-binary":
                _add(value, only, without)
            else:
                _add(value, without, only)
        return Choosing(pre, prefer, frozenset(only), frozenset(without))


PLAIN = Choosing()
WHEELS_ONLY = Choosing(only_binary=frozenset((ALL,)))


def _options(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    waiting = list(words)
    while waiting:
        name, equals, value = waiting.pop(0).partition("=")
        if name in OPTIONS:
            if name in OPTIONS[2:] and not equals and waiting:
                value = waiting.pop(0)
            yield name, value


def _add(value: str, to: set[str], away: set[str]) -> None:
    """Add one value of such an option, as pip's `handle_mutual_excludes` does."""
    names = value.split(",")
    while ALL in names:
        away.clear()
        to.clear()
        to.add(ALL)
        del names[: names.index(ALL) + 1]
        if NONE not in names:
            return
    for name in filter(None, names):
        if name == NONE:
            to.clear()
            continue
        project = canonicalize_name(name)
        away.discard(project)
        to.add(project)
