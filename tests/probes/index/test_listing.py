"""Project pages and index roots of every quality, read as pip would read them."""

from __future__ import annotations

import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airproof.net.http import Answer, NetworkFailure
from airproof.probes.index import listing
from airproof.probes.index.listing import read_projects
from airproof.probes.index.simple import Link, Page, read_page

LONG = 30.0
URL = "http://index.example:3141/root/local/+simple/alpha/"
JSON = "application/vnd.pypi.simple.v1+json"
WHEEL = "alpha-1.0-py3-none-any.whl"


def answered(body: str | bytes, content_type: str = "text/html", *, url: str = URL, status: int = 200) -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    return Answer(url, status, {"content-type": content_type}, raw, 0.1)


def page_of(body: str | bytes, content_type: str = "text/html") -> Page:
    return read_page("alpha", answered(body, content_type))


def link_of(body: str, content_type: str = "text/html") -> Link:
    (link,) = page_of(body, content_type).links
    return link


def names_of(body: str, content_type: str = "text/html", *, url: str = "http://h/root/local/") -> set[str] | None:
    listed = read_projects(answered(body, content_type, url=url))
    return None if listed is None else listed.names


def as_json(**entry: object) -> str:
    given = {"filename": WHEEL, "url": f"../{WHEEL}", **entry}
    return msgspec.json.encode({"meta": {"api-version": "1.0"}, "files": [given]}).decode()


def test_devpis_html_page_is_read() -> None:
    """Relative links become absolute, the fragment becomes a hash, and an empty Requires-Python is none."""
    body = (
        f'<!DOCTYPE html><html><body><a href="../../+f/02d/46a/{WHEEL}#sha256=ABC1" data-requires-python="">{WHEEL}</a>'
    )

    url = f"http://index.example:3141/root/local/%2Bf/02d/46a/{WHEEL}"
    assert Link(WHEEL, url, {"sha256": "abc1"}, fragment="sha256=ABC1") == link_of(body)


def test_devpis_json_page_says_the_same() -> None:
    """PEP 691's form gives the same links."""
    body = as_json(url=f"../../+f/02d/46a/{WHEEL}", hashes={"sha256": "abc1"}, **{"requires-python": ""})

    url = f"http://index.example:3141/root/local/%2Bf/02d/46a/{WHEEL}"
    assert Link(WHEEL, url, {"sha256": "abc1"}, stated="sha256=abc1") == link_of(body, JSON)


@pytest.mark.parametrize(
    ("given", "read"), [(None, None), (False, None), ("", None), (True, ""), ("broken", "broken"), (["junk"], "")]
)
def test_yanked_is_read_from_json_as_pip_reads_it(given: object, read: str | None) -> None:
    """False and an empty reason are not yanked; true is, without a reason."""
    assert read == link_of(as_json(yanked=given), JSON).yanked


@pytest.mark.parametrize(
    ("attribute", "read"),
    [("", None), ("data-yanked", None), ('data-yanked=""', ""), ('data-yanked="bad &amp; old"', "bad & old")],
)
def test_yanked_is_read_from_html(attribute: str, read: str | None) -> None:
    """Its value is the reason (PEP 592); without a value it is not there for pip from 22.0 on, which 21.3 takes for
    yanked.
    """
    assert read == link_of(f'<a href="{WHEEL}" {attribute}>x</a>').yanked


@pytest.mark.parametrize(("written", "read"), [("", None), ("&gt;=3.8", ">=3.8"), (" &gt;=3.8,&lt;4 ", ">=3.8,<4")])
def test_requires_python_is_unescaped(written: str, read: str | None) -> None:
    """Entities of HTML are undone, and nothing is no demand."""
    assert read == link_of(f'<a href="{WHEEL}" data-requires-python="{written}">x</a>').requires_python


@pytest.mark.parametrize(
    ("href", "asked"),
    [
        ("torchy-2.1.0+cpu-py3-none-any.whl", "torchy-2.1.0%2Bcpu-py3-none-any.whl"),
        ("x%2by/torchy-2.1.0%2Bcpu-py3-none-any.whl", "x%2By/torchy-2.1.0%2Bcpu-py3-none-any.whl"),
        ("s p/torchy-2.1.0-py3-none-any.whl", "s%20p/torchy-2.1.0-py3-none-any.whl"),
        ("u@v/p%2fq/torchy-2.1.0-py3-none-any.whl", "u@v/p%2Fq/torchy-2.1.0-py3-none-any.whl"),
        ("t~u;v/torchy-2.1.0-py3-none-any.whl", "t~u%3Bv/torchy-2.1.0-py3-none-any.whl"),
        ("torchy-2.1.0+cpu-py3-none-any.whl?t=a+b%2B", "torchy-2.1.0%2Bcpu-py3-none-any.whl?t=a+b%2B"),
    ],
)
def test_a_link_is_asked_for_as_pip_asks(href: str, asked: str) -> None:
    """Its path is unquoted and quoted anew; some servers read a bare plus as a blank (measured with three pips)."""
    assert f"http://index.example:3141/root/local/%2Bsimple/alpha/{asked}" == link_of(f'<a href="{href}">x</a>').url


def test_a_base_moves_relative_links() -> None:
    """`<base href>` counts, also one that leads away."""
    link = link_of(f'<base href="http://elsewhere.example/files/"><a href="{WHEEL}">x</a>')

    assert (f"http://elsewhere.example/files/{WHEEL}", True) == (link.url, link.off_host)


def test_links_start_from_the_page_that_answered() -> None:
    """After a redirect it is the last page's URL that counts."""
    moved = msgspec.structs.replace(
        answered(f'<a href="{WHEEL}">x</a>'), redirects=("http://index.example:3141/new/alpha/",)
    )
    (link,) = read_page("alpha", moved).links

    assert (f"http://index.example:3141/new/alpha/{WHEEL}", False) == (link.url, link.off_host)


@pytest.mark.parametrize(
    ("href", "off_host"),
    [
        (f"/f/{WHEEL}", False),
        (f"http://INDEX.example:3141/f/{WHEEL}", False),
        (f"http://index.example/f/{WHEEL}", True),
        (f"https://index.example:3141/f/{WHEEL}", True),
        (f"//other.example/{WHEEL}", True),
        (f"file:///tmp/{WHEEL}", True),
        (f"javascript:go()/{WHEEL}", True),
        (f"http://[bad/{WHEEL}", True),
    ],
)
def test_a_link_off_the_host_is_marked(href: str, off_host: bool) -> None:
    """Another host, port or scheme is another origin; what is no URL leads nowhere."""
    page = page_of(f'<a href="{href}">x</a><a href="{WHEEL}">x</a>')

    assert off_host is (page.links[0].off_host or len(page.links) == 1)


@pytest.mark.parametrize(
    ("path", "filename"),
    [
        ("a/../../../etc/x-1.0.tar.gz", "x-1.0.tar.gz"),
        ("..%2f..%2fetc%2fx-1.0.tar.gz", "x-1.0.tar.gz"),
        ("..%5c..%5cx-1.0.tar.gz", "x-1.0.tar.gz"),
        ("x-1.0%2Bcpu-py3-none-any.whl", "x-1.0+cpu-py3-none-any.whl"),
        ("x-1.0.tar.gz?token=1", "x-1.0.tar.gz"),
    ],
)
def test_a_file_name_is_one_safe_segment(path: str, filename: str) -> None:
    """Slashes of either kind, also escaped ones, never reach a file name."""
    assert filename == link_of(f'<a href="{path}">x</a>').filename


@pytest.mark.parametrize("name", ["", ".", "..", "../..", "a/", "x%00.whl", "c%3Ax.whl", "x" * 300 + ".whl"])
def test_an_impossible_file_name_is_no_file(name: str) -> None:
    """A link that no file can be called by is not listed."""
    page = page_of(as_json(url=name), JSON)

    assert [] == [link.filename for link in page.links]
    assert page.readable


@pytest.mark.parametrize("name", ["", "other-1.0-py3-none-any.whl", 7])
def test_a_file_is_called_as_its_url_says(name: object) -> None:
    """pip never looks at the key `filename` (22.2.2 to 26.3)."""
    assert [WHEEL] == [link.filename for link in page_of(as_json(filename=name), JSON).links]


def test_only_packages_are_listed() -> None:
    """Signatures, metadata, folders and headings of a directory listing are none."""
    strangers = f'<a href="../">../</a><a href="?C=N">Name</a><a href="{WHEEL}.asc">s</a><a href="sub/">d</a>'
    body = f'{strangers}<a href="{WHEEL}">w</a>'

    assert [WHEEL] == [link.filename for link in page_of(body).links]


def test_an_empty_page_is_readable() -> None:
    """The page that devpi has of a project without files, in each form."""
    bare = page_of("<!DOCTYPE html><html><body></body></html>")
    titled = page_of("<html><head><title>x</title></head><body><h1>root/local: links for alpha</h1></body></html>")
    json = page_of('{"meta":{},"files":[]}', JSON)

    assert [((), True)] * 3 == [(page.links, page.readable) for page in (bare, titled, json)]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", "text/html"),
        ("plain text", "text/html"),
        ("<html><body><form action='/login'><input name='user'></form></body></html>", "text/html"),
        ("<html><body><h1>It works!</h1></body></html>", "text/html"),
        ("<html><body><a href='http://nginx.example/'>nginx</a></body></html>", "text/html"),
        ("not json", JSON),
        ("[]", JSON),
        ('{"files": 3}', JSON),
        ("[" * 100_000, JSON),
        (f'<a href="{WHEEL}">x</a>', "application/octet-stream"),
        (f'<a href="{WHEEL}">x</a>', "text_html"),
        (f'<a href="{WHEEL}">x</a>', ""),
    ],
)
def test_what_pip_cannot_read_is_not_readable(body: str, content_type: str) -> None:
    """A login page, junk and a wrong content type are no project page."""
    page = page_of(body, content_type)

    assert (False, (), 200) == (page.readable, page.links, page.status)


def test_a_status_and_a_trouble_are_kept() -> None:
    """404 is an answer; a cut page is none, whatever came of it."""
    absent = read_page("alpha", answered("<html></html>", status=404))
    cut = read_page("alpha", msgspec.structs.replace(answered(f'<a href="{WHEEL}">x</a>'), trouble=NetworkFailure.CUT))

    assert (404, None, ()) == (absent.status, absent.trouble, absent.links)
    assert (200, NetworkFailure.CUT, (), False) == (cut.status, cut.trouble, cut.links, cut.readable)


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "nonsense", "'"])
def test_any_charset_is_survived(charset: str) -> None:
    """Bytes that do not fit are replaced, and an unknown charset is read as UTF-8."""
    page = page_of(b"\xff\xfe" + f'<a href="{WHEEL}">x</a>'.encode(), f"text/html; charset={charset}")

    assert [WHEEL] == [link.filename for link in page.links]


@pytest.mark.parametrize("kind", ["text/html", JSON])
@given(body=st.binary(max_size=400))
@settings(max_examples=60)
def test_junk_never_raises(kind: str, body: bytes) -> None:
    """Whatever a page holds, it is read as a page, as an index root, or as neither."""
    assert isinstance(page_of(body, kind), Page)
    read_projects(answered(body, kind))


TAGS = (
    "<a href=",
    "'x-1.whl'",
    ">",
    "</a>",
    "<!--",
    "-->",
    "<base href=",
    '"http://[',
    "data-yanked",
    "&#x",
    "<",
    "\0",
    "x",
)


@given(parts=st.lists(st.sampled_from(TAGS), max_size=30))
@settings(max_examples=100)
def test_broken_html_never_raises(parts: list[str]) -> None:
    """Tags without end, in any order, are survived."""
    assert isinstance(page_of("".join(parts)), Page)


def test_a_page_of_too_many_links_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """One file above the bound, and nothing of the page is taken, which says so; just as many are whole."""
    monkeypatch.setattr(listing, "MAX_FILES", 1000)

    def pages(links: int) -> list[tuple[int, bool]]:
        json = page_of(b'{"files":[' + b",".join([b'{"url":"x-1.whl"}'] * links) + b"]}", JSON)
        html = page_of(b"<a href=x-1.whl>" * links)
        return [(len(page.links), page.too_large) for page in (json, html)]

    assert [(0, True)] * 2 == pages(1001)
    assert [(1000, False)] * 2 == pages(1000)


@pytest.mark.parametrize("junk", ["<a href='", "<!--", "<", "<a ", "&", "<![CDATA[", "<a b='" + "x" * 70_000])
def test_a_tag_without_end_is_given_up(junk: str) -> None:
    """A hostile page costs no more than time in proportion."""
    started = time.monotonic()
    page = page_of(junk + "x" * 8_000_000)

    assert () == page.links
    assert time.monotonic() - started < LONG


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE html><html lang="en"><body><a href="alpha/">alpha</a> <a href="foo-bar/">Foo_Bar</a></body></html>',
        '<html><body><a href="/root/local/alpha/">alpha</a><br><a href="/root/local/foo-bar/">foo.bar</a></body>',
        '<h1>Index of /simple/</h1><a href="../">../</a><a href="?C=M">Date</a>'
        '<a href="alpha/">alpha/</a><a href="foo_bar/">foo_bar/</a>',
        '<meta name="pypi:repository-version" content="1.0"><script></script>'
        '<a href="alpha/">alpha</a><a href="Foo-Bar/">foo-bar</a>',
    ],
    ids=["devpi", "absolute", "directory-listing", "declared"],
)
def test_a_list_of_projects_is_an_index(body: str) -> None:
    """Links one step down that are called as they lead, in each server's manner."""
    assert {"alpha", "foo-bar"} == names_of(body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<!DOCTYPE html><html><body></body></html>", "text/html"),
        ("<html><head><title>t</title></head><body><h1>root/local: simple list</h1></body></html>", "text/html"),
        ("<h1>Index of /simple/</h1><a href='../'>../</a>", "text/html"),
        ('{"meta":{"api-version":"1.0"},"projects":[]}', JSON),
    ],
    ids=["bare", "titled", "directory-listing", "json"],
)
def test_an_empty_list_is_an_index(body: str, kind: str) -> None:
    """A fresh index is honestly empty."""
    assert set() == names_of(body, kind)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "text/html"),
        ("<html><body><h1>It works!</h1></body></html>", "text/html"),
        ('<html><body><h1>Welcome to nginx!</h1><a href="http://nginx.example/">nginx</a></body></html>', "text/html"),
        (
            '<html><body><a href="login/">Login</a><form action="login"><input name="u"></form></body></html>',
            "text/html",
        ),
        ('<html><script>go()</script><body><a href="flow/">flow</a></body></html>', "text/html"),
        ('<meta http-equiv="refresh" content="0; url=/login"><body></body>', "text/html"),
        ('<a href="alpha-1.0-py3-none-any.whl">alpha-1.0-py3-none-any.whl</a>', "text/html"),
        ('<a href="/elsewhere/alpha/">alpha</a>', "text/html"),
        ('<a href="alpha/">Documentation</a><a href="beta/">Contact us</a>', "text/html"),
        ('{"result":{"projects":["alpha"]},"type":"indexconfig"}', "application/json"),
        ('{"files":[]}', JSON),
        ("<a href='alpha/'>alpha</a>", "text/plain"),
    ],
    ids=["empty", "works", "nginx", "login", "script", "refresh", "files", "else", "menu", "config", "page", "type"],
)
def test_a_web_page_is_no_index(body: str, kind: str) -> None:
    """Status 200 is not enough: pages for people, project pages and configurations are told apart."""
    assert names_of(body, kind) is None


@pytest.mark.parametrize("kind", ["text/html, text/html", "text/htmlx", "Text/HTML;charset=utf-8"])
def test_a_page_is_html_if_its_type_begins_so(kind: str) -> None:
    """Some proxies send the header twice; pip compares the beginning (measured, 20.3 to 26.3)."""
    page = page_of(f'<a href="../{WHEEL}">{WHEEL}</a>', kind)

    assert [WHEEL] == [link.filename for link in page.links]


@pytest.mark.parametrize("entry", [None, "text", {"url": 5}, {"url": f"../{WHEEL}", "requires-python": 3}])
def test_a_page_with_an_entry_that_ends_pip_is_no_list(entry: object) -> None:
    """pip 22.2 to 26.3 fail with a traceback at such an entry, wherever it stands (measured)."""
    files = [{"filename": WHEEL, "url": f"../{WHEEL}"}, entry]
    page = page_of(msgspec.json.encode({"meta": {"api-version": "1.0"}, "files": files}), JSON)

    assert ((), False) == (page.links, page.readable)


@pytest.mark.parametrize(("said", "hashes"), [("sha256", None), ("true", None), ("sha256=0a", {"sha256": "0a"})])
def test_an_announcement_has_a_hash_only_with_a_value(said: str, hashes: dict[str, str] | None) -> None:
    """`data-core-metadata="sha256"` is an offer without a hash (measured, 23.2.1 to 26.3)."""
    link = link_of(f'<a href="../{WHEEL}" data-core-metadata="{said}">{WHEEL}</a>')

    assert (True, hashes) == (link.metadata, link.metadata_hashes)
