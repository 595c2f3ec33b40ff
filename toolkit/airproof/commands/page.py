"""Pages of the documentation that are drawn from the catalogue: the list of every check and cause, and one for each
check.
"""

from __future__ import annotations

import re

from airproof.catalog import Catalog
from airproof.commands.explain import WORDS as EXPLAIN
from airproof.commands.explain import in_capitals, typed
from airproof.renderers.text.wording import Wording
from airproof.words import LANGS, load_texts

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


def check_page(catalog: Catalog, id: str) -> str:
    """Return the page of one check of the documentation site, as Markdown: the same in both languages."""
    one = catalog.checks[id]
    words = load_texts(EXPLAIN)
    blocks = [f"# {id} {_plain(one.title.en)} · {_plain(one.title.zh_tw)}"]
    for language in LANGS:
        heading = words["language"].of(language)
        facts = [words["level"].fill({"value": Wording(language)(f"level-{one.info.level.value}")}).of(language)]
        if one.info.requires:
            links = ", ".join(f"[{required}]({required}.md)" for required in one.info.requires)
            facts.append(words["requires"].fill({"value": links}).of(language))
        blocks += [f"## {heading}", f"**{_plain(one.title.of(language))}**", _plain(one.why.of(language)), *facts]
        for cause in one.info.causes:
            about = catalog.causes[cause]
            blocks += [f"### {cause} ({language})"]
            blocks += [_plain(in_capitals(text.of(language))) for text in (about.says, about.remedy)]
            commands = typed(about)
            blocks += ["\n".join(["```text", *commands, "```"])] if commands else []
    return "\n\n".join(blocks) + "\n"


def _plain(text: str) -> str:
    """Nothing that Markdown would read."""
    return re.sub(r"([*_<>\[\]`])", r"\\\1", text)
