"""`airproof explain [CHECK-ID]`: why a check exists, and how to mend what it finds."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from airproof.catalog import Catalog, load_catalog
from airproof.diagnosis.cause import CauseDefinition
from airproof.diagnosis.remedies.uploads import UPLOAD
from airproof.errors import BadInput
from airproof.renderers.plan import FETCH
from airproof.renderers.text.wording import Wording
from airproof.system.output import write_prose
from airproof.words import Lang, load_texts

WORDS = Path(__file__).with_name("explain.toml")


def run(options: argparse.Namespace) -> int:
    """Returns 0."""
    catalog = load_catalog(tuple(options.checks))
    if options.check is None:
        write_prose(listing(catalog, options.lang))
        return 0
    id = options.check.upper()
    if id not in catalog.checks:
        raise BadInput("unknown-check", check=options.check)
    write_prose(explanation(catalog, id, options.lang))
    return 0


def listing(catalog: Catalog, lang: Lang) -> str:
    """One line per check: id, level, title."""
    say = Wording(lang)
    rows = [(id, say(f"level-{one.info.level.value}"), one.title.of(lang)) for id, one in catalog.checks.items()]
    return "".join(f"{id}  {level}  {title}\n" for id, level, title in rows)


def explanation(catalog: Catalog, id: str, lang: Lang) -> str:
    """Title, level, why, what it waits for, what it looks at, and each cause that it can name, with its remedy."""
    one = catalog.checks[id]
    words = load_texts(WORDS)

    def line(key: str, value: str) -> str:
        return words[key].fill({"value": value}).of(lang) + "\n"

    level = Wording(lang)(f"level-{one.info.level.value}")
    text = f"{id}  {one.title.of(lang)}\n\n{one.why.of(lang)}\n\n" + line("level", level)
    if one.info.requires:
        text += line("requires", ", ".join(one.info.requires))
    for cause in one.info.causes:
        about = catalog.causes[cause]
        text += f"\n{cause}\n  {in_capitals(about.says.of(lang))}\n  -> {in_capitals(about.remedy.of(lang))}\n"
        text += "".join(f"     {command}\n" for command in typed(about))
    return text


def typed(cause: CauseDefinition) -> list[str]:
    """Return the commands of a cause that can be pasted, in the order in which they are run."""
    fetched = (FETCH, UPLOAD) if cause.fetches else ()
    commands = (*cause.commands, *fetched[:1], *cause.outside, *fetched[1:], *cause.inside)
    return [in_capitals(command) for command in commands]


def in_capitals(text: str) -> str:
    """The text with its placeholders as words in capitals."""
    return re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), text)
