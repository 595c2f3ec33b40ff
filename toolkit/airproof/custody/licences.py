"""Licences of packages: the SPDX expressions that their metadata states, and the rules of a site about them.

Metadata states a licence in three places (PEP 639): `License-Expression`, trove classifiers, and the older free text
`License`. Only what is unambiguous becomes an SPDX expression; everything else stays text, and counts as unknown.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from packaging.licenses import canonicalize_license_expression
from packaging.licenses._spdx import LICENSES

from airproof.errors import BadInput
from airproof.printable import one_line

LONGEST = 300
"""Characters of an expression that is read; a longer text is shown shortened and counts as unknown."""
SHOWN = 100
"""Characters that are kept of a text that is no expression: some packages put the whole licence there."""
MOST = 20
"""Classifiers, or repeated fields, that are read of one file."""
PREFIX = "License ::"
EXPRESSION, CLASSIFIER, FREE_TEXT = "License-Expression", "Classifier", "License"
CLASSIFIERS = {
    # The last part of each classifier that names exactly one licence of the SPDX list.
    "Blue Oak Model License (BlueOak-1.0.0)": "BlueOak-1.0.0",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "Eclipse Public License 1.0 (EPL-1.0)": "EPL-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "European Union Public Licence 1.1 (EUPL 1.1)": "EUPL-1.1",
    "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 1.0 (MPL)": "MPL-1.0",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "zlib/libpng License": "Zlib",
}
AMBIGUOUS = {
    # The last part of a classifier that may mean several licences, with the beginnings of their SPDX ids.
    "OSI Approved": ("",),
    "Academic Free License (AFL)": ("AFL-",),
    "Apache Software License": ("Apache-",),
    "Artistic License": ("Artistic-",),
    "BSD License": ("BSD-", "0BSD"),
    "GNU Affero General Public License v3": ("AGPL-3.0",),
    "GNU General Public License (GPL)": ("GPL-",),
    "GNU General Public License v2 (GPLv2)": ("GPL-2.0",),
    "GNU General Public License v3 (GPLv3)": ("GPL-3.0",),
    "GNU Library or Lesser General Public License (LGPL)": ("LGPL-",),
    "GNU Lesser General Public License v2 (LGPLv2)": ("LGPL-2",),
    "GNU Lesser General Public License v2 or later (LGPLv2+)": ("LGPL-2.0-or", "LGPL-2.1-or"),
    "GNU Lesser General Public License v3 (LGPLv3)": ("LGPL-3.0",),
    "Python Software Foundation License": ("PSF-", "Python-"),
    "Zope Public License": ("ZPL-",),
}
NAMES = {
    # Names in `License` that mean one licence, in small letters and without the words of `_FILLERS`.
    "mit": "MIT",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software 2.0": "Apache-2.0",
    "2 clause bsd": "BSD-2-Clause",
    "bsd 2 clause": "BSD-2-Clause",
    "simplified bsd": "BSD-2-Clause",
    "3 clause bsd": "BSD-3-Clause",
    "bsd 3 clause": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "isc": "ISC",
    "mpl 2.0": "MPL-2.0",
    "mozilla public 2.0": "MPL-2.0",
}
_FILLERS = {"the", "license", "licence", "version", "v"}
_GNU = re.compile(r"((?:AGPL|GFDL|GPL|LGPL)-\d+\.\d+)(\+?)")
"""A GNU licence under the id that SPDX gave up for `-only` and `-or-later`."""
_FAMILY = re.compile(r"([a-z]{3,}?)(?:[\s-]*v?(\d[\d.]*)[^ ]*)?")
"""The letters of an id and its version, as in `GPLv3`."""
MOST_NEAR = 4
SLIP = 0.9
"""Likeness, from 0 to 1, of an id and the same id with a slip of the pen in it."""
_TOKENS = re.compile(r"[()]|[^\s()]+")


class Licence(msgspec.Struct, frozen=True):
    """The licence of a file, as its metadata states it."""

    spdx: tuple[str, ...] = ()
    """Canonical SPDX expressions. Several: the metadata states them beside each other, without saying whether the
    user may choose.
    """
    text: str = ""
    """The part of the stated licence that is no unambiguous SPDX expression, on one short line."""
    field: str = ""
    """The fields that state it; empty: none does."""

    @property
    def shown(self) -> str:
        return ", ".join([*self.spdx, *([self.text] if self.text else [])])

    @property
    def known(self) -> bool:
        """All that is stated is an SPDX expression."""
        return bool(self.spdx) and not self.text


def licence_of(expressions: Sequence[str], classifiers: Sequence[str], texts: Sequence[str]) -> Licence:
    """Return the licence that the three fields of a file state, each with its values.

    `License-Expression` alone counts where it is given (PEP 639). Else classifiers and `License` count together, where
    `License` is an SPDX expression or a usual name of one; its free text counts only if no classifier says anything.
    """
    stated = [text for text in expressions[:MOST] if text.strip()]
    if stated:
        each = [(text, canonical(text)) for text in stated]
        return _licence([known for _, known in each if known], [text for text, known in each if not known], EXPRESSION)
    named = [text[:LONGEST].rpartition("::")[2].strip() for text in classifiers if text.startswith(PREFIX)]
    named = list(dict.fromkeys(named))[:MOST]
    spdx = [CLASSIFIERS[name] for name in named if name in CLASSIFIERS]
    fields = [CLASSIFIER] if named else []
    free = [text for text in texts[:MOST] if text.strip() and text.strip() != "UNKNOWN"]
    for text in free:
        meant = canonical(text) or NAMES.get(_bare(text), "")
        if meant:
            spdx.append(meant)
            fields.append(FREE_TEXT)
    unclear = [name for name in named if name not in CLASSIFIERS and not _covered(name, spdx)]
    if not spdx and not unclear and free:
        return _licence([], free, FREE_TEXT)
    return _licence(spdx, unclear, ", ".join(dict.fromkeys(fields)))


def canonical(text: str) -> str:
    """Return an SPDX expression in its canonical spelling; empty for any other text."""
    if len(text) > LONGEST or "\n" in text.strip():
        return ""
    try:
        found = canonicalize_license_expression(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return ""
    return " ".join(_modern(token) for token in _TOKENS.findall(found)).replace("( ", "(").replace(" )", ")")


def rule_entry(option: str, text: str) -> str:
    """Return an entry of a list of allowed or denied licences. Raises BadInput for one that is no SPDX expression."""
    found = canonical(text)
    if found:
        return found
    near = _near(text)
    if near:
        raise BadInput("licence-near", option=option, given=one_line(text, SHOWN), near=" / ".join(near))
    raise BadInput("licence-entry", option=option, given=one_line(text, SHOWN) or "''")


def _near(text: str) -> list[str]:
    """Return the ids that were probably meant: of a usual name its own, of a family and a version those of the family,
    else the id that is spelled alike.
    """
    meant = NAMES.get(_bare(text)) or CLASSIFIERS.get(text.rpartition("::")[2].strip())
    if meant:
        return [meant]
    ids = _current_ids()
    name = text[:LONGEST].casefold()
    alike = _family_of(name)
    for cutoff, others in ((SLIP, alike), (0.6, [])):
        if near := difflib.get_close_matches(name, ids, n=1, cutoff=cutoff) or others:
            return [ids.get(id, id) for id in near[:MOST_NEAR]]
    return []


def _current_ids() -> dict[str, str]:
    return {info["id"].casefold(): info["id"] for info in LICENSES.values() if not info["deprecated"]}


def _family_of(name: str) -> list[str]:
    """Return the ids of the family, and of the version if there is one, that a name such as `GPLv3` means."""
    family = _FAMILY.fullmatch(name.casefold())
    front = f"{family[1]}-{family[2] or ''}" if family else ""
    return [id for known, id in _current_ids().items() if family and known.startswith(front)]


def meanings_of(text: str) -> tuple[str, ...]:
    """Return the ids that an ambiguous classifier, or a family's name in `License`, may mean; none: nobody knows."""
    beginnings = AMBIGUOUS.get(text)
    if beginnings is None:
        return tuple(_family_of(text[:SHOWN].strip()))
    return tuple(id for id in _current_ids().values() if id.startswith(beginnings))


class Rules(msgspec.Struct, frozen=True):
    """The licences that a site allows and denies: canonical SPDX expressions."""

    allow: tuple[str, ...] = ()
    """Empty: every licence that is not denied."""
    deny: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.allow or self.deny)

    def refused(self, expression: str) -> str:
        """Return `denied` or `not-allowed`, or an empty text where the expression is permitted.

        Of `A OR B` one side has to be permitted, of `A AND B` both. The rule nearest to the expression decides: that
        for the whole, then that for `A WITH E`, then that for `A`.
        """
        if self._permits(expression):
            return ""
        return "not-allowed" if Rules(deny=self.deny)._permits(expression) else "denied"

    def denies_all_of(self, text: str) -> bool:
        """Say whether each licence that an ambiguous text may mean is denied."""
        meant = meanings_of(text)
        return bool(meant) and all(self.refused(id) == "denied" for id in meant)

    def _permits(self, expression: str) -> bool:
        if expression in self.deny:
            return False
        if expression in self.allow:
            return True
        values: list[bool] = []
        operators: list[str] = []

        def reduce() -> None:
            right, left = values.pop(), values.pop()
            values.append(left and right if operators.pop() == "AND" else left or right)

        for part in _leaves(expression):
            if part == "(":
                operators.append(part)
            elif part == ")":
                while operators[-1] != "(":
                    reduce()
                operators.pop()
            elif part in ("AND", "OR"):
                while operators and operators[-1] != "(" and not (part == "AND" and operators[-1] == "OR"):
                    reduce()
                operators.append(part)
            else:
                values.append(self._permits_licence(part))
        while operators:
            reduce()
        return values[0]

    def _permits_licence(self, licence: str) -> bool:
        bare = licence.partition(" WITH ")[0]
        for form in dict.fromkeys((licence, bare, bare.removesuffix("+"))):
            if form in self.deny:
                return False
            if form in self.allow:
                return True
        return not self.allow


def _leaves(expression: str) -> Iterator[str]:
    """Yield brackets, AND and OR, and each licence together with its exception."""
    parts = _TOKENS.findall(expression)
    for at, part in enumerate(parts):
        if part == "WITH" or (at and parts[at - 1] == "WITH"):
            continue
        yield " ".join(parts[at : at + 3]) if parts[at + 1 : at + 2] == ["WITH"] else part


def _licence(spdx: Iterable[str], unclear: Iterable[str], field: str) -> Licence:
    text = ", ".join(one_line(text.strip()[:LONGEST], SHOWN) for text in unclear)
    return Licence(tuple(dict.fromkeys(spdx)), one_line(text, 2 * SHOWN), field)


def _modern(token: str) -> str:
    gnu = _GNU.fullmatch(token)
    return f"{gnu[1]}-{'or-later' if gnu[2] else 'only'}" if gnu else token


def _bare(text: str) -> str:
    """Return a name of a licence without its marks and the words that tell nothing."""
    words = re.sub(r"[^a-z0-9.]+", " ", text[:LONGEST].lower()).split()
    words = [re.sub(r"^v(?=\d)", "", word).strip(".") for word in words]
    return " ".join(word for word in words if word not in _FILLERS)


def _covered(name: str, spdx: Iterable[str]) -> bool:
    """Say whether an ambiguous classifier is settled by an expression that stands beside it."""
    beginnings = AMBIGUOUS.get(name, ())
    ids = [token for expression in spdx for token in _TOKENS.findall(expression)]
    return any(id.startswith(beginning) for id in ids for beginning in beginnings)
