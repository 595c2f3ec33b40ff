"""A report asks nobody for anything, and its policy would not let it."""

from __future__ import annotations

import pytest

from airproof.renderers.html.page import render
from tests.browser.opening import Open
from tests.browser.pages import PAGES
from tests.probes.indexserver import StaticIndex
from tests.renderers.extremes import planted
from tests.renderers.records import rejected

HOSTILE = "<script>document.title = 'ran'</script><img src={url} onerror=\"document.title = 'ran'\">"
POLICY = '<meta http-equiv="Content-Security-Policy"'


@pytest.mark.parametrize("name", PAGES)
def test_a_report_asks_for_nothing_but_itself(opened: Open, name: str) -> None:
    """One request, for the file; also after everything was unfolded, and none when it is printed."""
    one = opened(render(PAGES[name](), "en"))
    one.measure("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    one.page.emulate_media(media="print")
    one.page.pdf()

    assert ([one.page.url], []) == (one.asked, one.said)


def test_what_was_planted_in_a_record_does_nothing(opened: Open) -> None:
    """Markup in every field of a record is text in the page."""
    with StaticIndex() as server:
        one = opened(render(planted("</code></style></title>" + HOSTILE.format(url=server.url)), "en"))

        assert ([], [one.page.url], []) == (server.asked, one.asked, one.said)
    assert "ran" != one.page.title()
    assert "<script>document.title" in one.page.inner_text("main")


@pytest.mark.parametrize("kept", [True, False], ids=["with the policy", "without it"])
def test_the_policy_stops_what_somebody_puts_into_the_file(opened: Open, kept: bool) -> None:
    """A script and an image written into the file: the browser refuses both. Without the policy both work."""
    with StaticIndex() as server:
        html = render(rejected(), "en").replace("</body>", HOSTILE.format(url=server.url) + "</body>")
        if not kept:
            html = html.replace(POLICY, "<meta hidden")
        one = opened(html)
        visitors = server.asked

    assert (kept, kept) == ([] == visitors, "ran" != one.page.title())
    assert kept == any("Content Security Policy" in line for line in one.said)
