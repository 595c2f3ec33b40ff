"""What stands beside a record in the HTML report: the baseline's changes, the hosts, and who needs what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from airproof.record.join import Member
from airproof.record.report import Report
from airproof.renderers.context import Context
from airproof.renderers.html.markup import Markup, bdi, el, joined, rich, within
from airproof.renderers.parts.since import changes_of, headline
from airproof.renderers.parts.sites import host_verdict, past
from airproof.renderers.parts.tree import Node, Tree, tree_of
from airproof.renderers.text.dates import when
from airproof.renderers.text.wording import Wording

ROOM = {"since": 30_000, "hosts": 40_000}
"""Bytes that a section may take in one language."""
MOST_ITEMS = 60


class Beside:
    """Sections of one report in one language."""

    def __init__(self, report: Report, context: Context, say: Wording) -> None:
        self.report = report
        self.context = context
        self.say = say

    def since(self) -> Iterator[Markup]:
        against = self.context.against
        if against is None:
            return
        yield el("p", headline(against, self.say.lang))
        for part in changes_of(against, self.say.lang):
            items = (el("li", rich(item)) for item in part.items[:MOST_ITEMS])
            kept, _ = within(items, ROOM["since"])
            yield el("h3", part.heading)
            yield el("ul", *kept, class_="changes worse" if part.bad else "changes")
            if len(part.items) > len(kept):
                yield el("p", self.say.count("more", len(part.items) - len(kept)), class_="left")

    def hosts(self) -> Iterator[Markup]:
        """Each host with its own verdict, when it was judged, and its earlier records."""
        heads = ("host", "host-verdict", "host-when", "host-before")
        kept, whole = within(map(self._host, self.context.hosts), ROOM["hosts"])
        table = el(
            "table",
            el("thead", el("tr", *(el("th", self.say(head), scope="col") for head in heads))),
            el("tbody", *kept),
        )
        yield el("div", table, class_="scroll", tabindex="0", role="region", aria_label=self.say("hosts"))
        if not whole:
            yield el("p", self.say.count("more", len(self.context.hosts) - len(kept)), class_="left")

    def _host(self, host: Member) -> Markup:
        word = self.say.verdict(host.report.verdict)
        rest = host_verdict(host, self.say.lang).removeprefix(word)
        return el(
            "tr",
            el("th", bdi(host.name), scope="row"),
            el("td", el("strong", word, class_=f"word {host.report.verdict.value}"), rest),
            el("td", when(host.report.run.started, self.say.lang)),
            el("td", past(host, self.say.lang)),
        )

    def tree(self, tree: Tree) -> Iterator[Markup]:
        yield self._branch(tree.roots)
        if tree.left:
            yield el("p", self.say.count("more", tree.left), class_="left")

    def _branch(self, nodes: Mapping[str, Node]) -> Markup:
        return el("ul", *(self._node(name, node) for name, node in nodes.items()), class_="branch")

    def _node(self, name: str, node: Node) -> Markup:
        parts: list[Markup] = [el("code", bdi(name, 160))]
        if node.missing_for:
            said = self.say("tree-missing-for", targets=self.say.some(node.missing_for, 6))
            mark = el("span", "✗", aria_hidden="true")
            parts.append(joined([" ", el("span", mark, " ", said, class_="gone")]))
        if node.below:
            parts.append(self._branch(node.below))
        return el("li", *parts)


def missing_tree(report: Report, context: Context) -> Tree:
    """Of a joined report each host's own facts."""
    if len(context.members) > 1:
        return tree_of((member.name, member.report) for member in context.members)
    return tree_of([("", report)])
