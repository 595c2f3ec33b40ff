"""Licences as metadata states them, and the rules of a site about them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airproof.custody.licences import Licence, Rules, canonical, licence_of, rule_entry
from airproof.errors import BadInput
from airproof.probes.files.archive import metadata_of

BSD, GPL3 = "License :: OSI Approved :: BSD License", "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"
MIT = "License :: OSI Approved :: MIT License"


@pytest.mark.parametrize(
    ("expressions", "classifiers", "texts", "expected"),
    [
        (["mit or apache-2.0"], [BSD], ["odd"], Licence(("MIT OR Apache-2.0",), "", "License-Expression")),
        (["MITT"], [MIT], [], Licence((), "MITT", "License-Expression")),
        ([], [MIT], ["MIT License\n\nCopyright (c)"], Licence(("MIT",), "", "Classifier")),
        ([], [MIT], ["GPL-3.0"], Licence(("MIT", "GPL-3.0-only"), "", "Classifier, License")),
        ([], [BSD], [], Licence((), "BSD License", "Classifier")),
        ([], [BSD], ["BSD-3-Clause"], Licence(("BSD-3-Clause",), "", "Classifier, License")),
        ([], [BSD, MIT], [], Licence(("MIT",), "BSD License", "Classifier")),
        ([], [GPL3], ["GPL-3.0+"], Licence(("GPL-3.0-or-later",), "", "Classifier, License")),
        ([], ["License :: OSI Approved"], ["Apache License, Version 2.0"],
         Licence(("Apache-2.0",), "", "Classifier, License")),
        ([], [], ["the 3-Clause BSD license"], Licence(("BSD-3-Clause",), "", "License")),
        ([], [], ["GPLv3"], Licence((), "GPLv3", "License")),
        ([], ["Topic :: System"], ["UNKNOWN"], Licence()),
    ],
)  # fmt: skip
def test_only_what_is_unambiguous_is_an_expression(
    expressions: list[str], classifiers: list[str], texts: list[str], expected: Licence
) -> None:
    """The expression alone counts where it is given; else classifiers and the older field together."""
    assert expected == licence_of(expressions, classifiers, texts)


def test_hostile_metadata_is_bounded_and_printable() -> None:
    """A licence of megabytes, control characters and thousands of classifiers give a short line."""
    classifiers = [f"Classifier: License :: Odd{number} \x1b[31m" for number in range(5_000)]
    terms = "GPL\u202e " * 1_000_000
    lines = ["Metadata-Version: 2.1", "Name: odd", "Version: 1.0", *classifiers, f"License: {terms}"]
    inside = metadata_of("\n".join(lines).encode())

    assert inside.licence.spdx == ()
    assert 0 < len(inside.licence.text) <= 200
    assert inside.licence.text.isprintable()
    assert "\u202e" not in inside.licence.text


@pytest.mark.parametrize("text", ["(" * 140 + "MIT" + ")" * 140, "MIT AND " * 500 + "MIT", "MIT\nOR MIT", "()", "AND"])
def test_an_odd_expression_ends_nothing(text: str) -> None:
    """Deep brackets are read; what is too long, or no expression, is none."""
    known = canonical(text)

    assert not known or Rules(deny=("GPL-3.0-only",)).refused(known) == ""


@pytest.mark.parametrize(
    ("rules", "expression", "expected"),
    [
        (Rules(deny=("GPL-3.0-only",)), "MIT", ""),
        (Rules(deny=("GPL-3.0-only",)), "MIT OR GPL-3.0-only", ""),
        (Rules(deny=("GPL-3.0-only",)), "MIT AND GPL-3.0-only", "denied"),
        (Rules(deny=("GPL-3.0-only",)), "GPL-3.0-only OR (GPL-3.0-only AND MIT)", "denied"),
        (Rules(deny=("GPL-3.0-only", "ISC")), "MIT OR GPL-3.0-only AND ISC", ""),
        (Rules(deny=("GPL-3.0-only", "ISC")), "ISC OR GPL-3.0-only AND MIT", "denied"),
        (Rules(deny=("GPL-2.0-only",)), "GPL-2.0-only WITH Classpath-exception-2.0", "denied"),
        (Rules(allow=("MIT",)), "ISC", "not-allowed"),
        (Rules(allow=("MIT",)), "MIT OR ISC", ""),
        (Rules(allow=("MIT",)), "MIT AND ISC", "not-allowed"),
        (Rules(allow=("MIT AND ISC",)), "MIT AND ISC", ""),
        (Rules(allow=("GPL-2.0-only",)), "GPL-2.0-only WITH Classpath-exception-2.0", ""),
        (Rules(allow=("Apache-2.0",)), "Apache-2.0+", ""),
        (Rules(allow=("MIT",)), "LicenseRef-Own", "not-allowed"),
        (Rules(("GPL-2.0-only WITH Classpath-exception-2.0",), ("GPL-2.0-only",)),
         "GPL-2.0-only WITH Classpath-exception-2.0", ""),
    ],
)  # fmt: skip
def test_the_nearest_rule_decides(rules: Rules, expression: str, expected: str) -> None:
    """One side of a choice has to be permitted, and both of a conjunction; AND binds tighter than OR."""
    assert expected == rules.refused(expression)


NAMES = ("MIT", "ISC", "Zlib", "GPL-2.0-only WITH Classpath-exception-2.0")
Tree = tuple[str, bool]
"""An expression, and whether it is permitted where ISC and Zlib are denied."""


def joined(pair: tuple[Tree, str, Tree]) -> Tree:
    (left, first), operator, (right, second) = pair
    return f"({left}) {operator} ({right})", (first and second) if operator == "AND" else (first or second)


LEAVES = st.sampled_from([(name, name not in ("ISC", "Zlib")) for name in NAMES])
TREES = st.recursive(
    LEAVES, lambda inner: st.tuples(inner, st.sampled_from(("AND", "OR")), inner).map(joined), max_leaves=8
)


@settings(deadline=None, max_examples=100)
@given(TREES)
def test_any_expression_is_judged_as_it_is_built(tree: Tree) -> None:
    """However deep the brackets are."""
    text, permitted = tree
    known = canonical(text)

    if known:  # a longer one counts as unknown
        assert permitted == (Rules(deny=("ISC", "Zlib")).refused(known) == "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("MTI", ("MTI", "MIT")),
        ("Apache 2.0", ("Apache-2.0",)),
        ("GPLv3", ("GPL-3.0-only / GPL-3.0-or-later",)),
        ("GPL-3.0-onyl", ("GPL-3.0-only",)),
        ("", ("''", "SPDX")),
        ("my own terms", ("my own terms", "LicenseRef-")),
        ("x\x1b[31m" * 500, ("SPDX", r"\x1b")),
    ],
)
def test_an_entry_that_is_no_expression_is_refused(text: str, words: tuple[str, ...]) -> None:
    """The sentence names the option, the entry, and an id that is near."""
    with pytest.raises(BadInput) as caught:
        rule_entry("--deny-licence", text)

    said = caught.value.text
    assert [] == [word for word in ("--deny-licence", *words) if word not in said.en or word not in said.zh_tw]
    assert len(said.en) < 400


def test_an_entry_is_compared_in_its_canonical_spelling() -> None:
    """Case makes no difference, and the ids that SPDX gave up mean the new ones."""
    entries = [rule_entry("--deny-licence", text) for text in ("mit", "gpl-3.0+", "GPL-2.0", "licenseref-own")]

    assert ["MIT", "GPL-3.0-or-later", "GPL-2.0-only", "LicenseRef-own"] == entries
