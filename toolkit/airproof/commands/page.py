"""The page of the documentation that lists every check and every cause: drawn from the catalogue."""

from __future__ import annotations

import re

from airproof.catalog import Catalog
from airproof.commands.explain import in_capitals, typed
from airproof.renderers.text.wording import Wording

HEAD = """# Checks

Drawn from the catalogue; `airproof explain` shows the same on a terminal, in English and Traditional Chinese.
Words in capitals stand for values. A check's id and a cause's name are never reused for something else.
"""


def page(catalog: Catalog) -> str:
    """Markdown: each check with its title in both languages, level, why, and its causes with their remedies."""
    say = Wording("en")
    blocks = [HEAD]
    for id, one in catalog.checks.items():
        facts = [say(f"level-{one.info.level.value}")]
        if one.info.requires:
            facts.append(f"waits for {', '.join(one.info.requires)}")
        if not one.info.waivable:
            facts.append("cannot be waived")
        blocks.append(f"## {id} {one.title.en}\n\n{one.title.zh_tw} · *{' · '.join(facts)}*\n\n{one.why.en}\n")
        for cause in one.info.causes:
            words = catalog.causes[cause]
            commands = "".join(f"\n  `{command}`" for command in typed(words))
            says, remedy = _plain(in_capitals(words.says.en)), _plain(in_capitals(words.remedy.en))
            blocks.append(f"- **{cause}**: {says}\n  {remedy}{commands}\n")
    return "\n".join(blocks)


def _plain(text: str) -> str:
    """Nothing that Markdown would read."""
    return re.sub(r"([*_<>\[\]`])", r"\\\1", text)
