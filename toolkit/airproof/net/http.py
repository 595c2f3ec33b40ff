"""The one door for HTTP: every answer, also none, is a fact with a measured time, and every wait has a bound.

No proxy, no netrc, no redirect off the host that was asked; at most `MAX_PAGE` bytes of a page are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, TypeVar

import msgspec

from airproof.net.answers import (
    AGENT,
    HTML_ACCEPT,
    JSON_ACCEPT,
    MAX_FILE,
    MAX_PAGE,
    MAX_PROJECT_PAGE,
    NO_MORE_TRUSTED,
    PIP_AGENT,
    SIMPLE_ACCEPT,
    Answer,
    Fetched,
    Trusted,
    is_success,
    leads_further,
    same_origin,
    shown,
)
from airproof.net.sinks import IN_MEMORY, FileSink, Sink, SpooledSink
from airproof.net.trouble import NetworkFailure

if TYPE_CHECKING:
    from airproof.net.client import Client
    from airproof.net.jobs import Jobs
    from airproof.net.page import PageExchange

__all__ = [
    "AGENT",
    "HTML_ACCEPT",
    "IN_MEMORY",
    "JSON_ACCEPT",
    "MAX_FILE",
    "MAX_PAGE",
    "MAX_PROJECT_PAGE",
    "NO_MORE_TRUSTED",
    "PIP_AGENT",
    "SIMPLE_ACCEPT",
    "Answer",
    "Fetched",
    "Http",
    "NetworkFailure",
    "Trusted",
    "is_success",
    "leads_further",
    "same_origin",
    "shown",
]

T = TypeVar("T")

FILE_TIME, FILE_TIMEOUTS = 150.0, 20
"""Seconds, and timeouts, that a slow file may take, whichever is more: as long as a pip process that fetches it may."""
PAGE_TIME, PAGE_TIMEOUTS = 60.0, 20
"""The same for a slow page: pip waits for as long as bytes arrive, and its process has this long in all."""
SIDE_BY_SIDE = 8
"""Number of pages, and of files, that are requested at one time."""
PAGES_AHEAD, FILES_AHEAD = 4 * SIDE_BY_SIDE, 8 * SIDE_BY_SIDE
"""Requests that are made before their answers are taken, so that a slow one does not block the others. An answer holds
a whole page; a file lies on the disk.
"""


class Http:
    """A client bound to one timeout (seconds for one whole answer, even if it drips), as a context manager.

    `user` and `password` are percent-encoded, as in a URL, and are sent with every request as Basic authentication; if
    they are None, the credentials of the URL itself are sent. `ca` names a file of certificates that are trusted in
    addition to the system's, and raises OSError if it cannot be read; `trusted`: what pip is configured to trust in
    addition.

    `further`: hosts, `HOST[:PORT]`, to which redirects may lead as well; no credentials are sent there. `file_time`:
    seconds that a slow file or project page may take; None: as long as a pip process that fetches it may. `proxy`:
    asked instead of the server itself; entering raises ValueError or ImportError for an invalid one. `accept`:
    the Accept header of each request that names no other.

    May be used from several threads.
    """

    def __init__(
        self,
        timeout: float,
        *,
        ca: str | None = None,
        trusted: Trusted = NO_MORE_TRUSTED,
        further: Sequence[str] = (),
        user: str | None = None,
        password: str | None = None,
        proxy: str | None = None,
        file_time: float | None = None,
        accept: str = SIMPLE_ACCEPT,
    ) -> None:
        self.accept = accept
        self._timeout = timeout
        self._file_time = max(FILE_TIME, FILE_TIMEOUTS * timeout) if file_time is None else file_time
        self._page_time = page_time(timeout) if file_time is None else file_time
        self._ca, self._trusted, self.further = ca, trusted, tuple(further)
        # A proxy without a scheme is an http proxy, as in pip's own library.
        self._proxy = proxy if proxy is None or "://" in proxy else f"http://{proxy}"
        self._credentials = (user or "", password or "") if user or password else None
        self._inner: tuple[Client, Jobs, Jobs] | None = None

    def __enter__(self) -> Http:
        # The client library takes 0.1 s to import, and code that only uses the type Answer does not need it.
        from airproof.net.client import Client  # noqa: PLC0415
        from airproof.net.jobs import Jobs  # noqa: PLC0415

        client = Client(
            self._timeout,
            lasting=self._file_time,
            page_time=self._page_time,
            ca=self._ca,
            trusted=self._trusted,
            further=self.further,
            credentials=self._credentials,
            proxy=self._proxy,
        )
        pages = Jobs(client.connect, at_once=SIDE_BY_SIDE, ahead=PAGES_AHEAD)
        self._inner = client, pages, Jobs(client.connect, at_once=SIDE_BY_SIDE, ahead=FILES_AHEAD)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._inner is not None:
            _, pages, files = self._inner
            pages.close()
            files.close()
            self._inner = None

    def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        agent: str = PIP_AGENT,
        limit: int = MAX_PAGE,
        alone: bool = False,
    ) -> Answer:
        """GET a page, following redirects on the same origin only. `alone`: the connection ends with the answer."""
        return self._page(
            self._client.page("GET", url, accept=accept or self.accept, agent=agent, limit=limit, alone=alone)
        )

    def head(self, url: str, *, accept: str | None = None, agent: str = PIP_AGENT) -> Answer:
        """Request the same without a body."""
        return self._page(self._client.page("HEAD", url, accept=accept or self.accept, agent=agent, limit=MAX_PAGE))

    def get_each(
        self,
        urls: Iterable[str],
        *,
        accept: str | None = None,
        agent: str = PIP_AGENT,
        limit: int = MAX_PAGE,
        slowly: bool = False,
    ) -> Iterator[Answer]:
        """GET many pages side by side and yield the answers in the order of `urls`, holding only a few at a time.

        `slowly`: each of them may drip, as it may for pip: the timeout holds for its head and each silence.
        """
        page = partial(self._client.page, "GET", accept=accept or self.accept, agent=agent, limit=limit, slowly=slowly)
        return self._pages(map(page, urls))

    def get_many(self, urls: Sequence[str], *, accept: str | None = None, agent: str = PIP_AGENT) -> list[Answer]:
        """GET many pages side by side; return the answers in the order of `urls`."""
        return list(self.get_each(urls, accept=accept, agent=agent))

    def post_json(self, url: str, data: object) -> Answer:
        """POST JSON: airproof's only use is one login attempt with an empty password. No redirect is followed."""
        body = msgspec.json.encode(data)
        return self._page(self._client.page("POST", url, accept=JSON_ACCEPT, agent=AGENT, limit=MAX_PAGE, body=body))

    def fetch_each(self, wanted: Iterable[tuple[str, Path]], *, limit: int = MAX_FILE) -> Iterator[Fetched]:
        """Stream files to disk side by side, hashing as they arrive, and yield them in the order of `wanted`.

        The timeout bounds the head, and each *silence* of the body. A slow body may take `file_time` in all. A file
        that does not arrive whole is not left on the disk. Raises OSError if a file cannot be written.
        """
        return self.read_each(((url, path, _itself) for url, path in wanted), limit=limit)

    def read_each(
        self, wanted: Iterable[tuple[str, Path, Callable[[Fetched], T]]], *, limit: int = MAX_FILE
    ) -> Iterator[T]:
        """Do the same, and read each file by its own function, beside the other downloads."""
        return self._files(((url, FileSink(path), read) for url, path, read in wanted), limit)

    def look_each(
        self, wanted: Iterable[tuple[str, Callable[[Fetched, IO[bytes]], T]]], folder: Path, *, limit: int = MAX_FILE
    ) -> Iterator[T]:
        """Do the same for files that are only inspected, each by its own function, beside the other downloads.

        The function gets an empty file if none arrived whole. A large one lies in `folder` meanwhile.
        """

        def job(url: str, look: Callable[[Fetched, IO[bytes]], T]) -> tuple[str, SpooledSink, Callable[[Fetched], T]]:
            sink = SpooledSink(folder)
            return url, sink, partial(_looked, sink, look)

        return self._files((job(url, look) for url, look in wanted), limit)

    def fetch_many(self, wanted: Sequence[tuple[str, Path]], *, limit: int = MAX_FILE) -> list[Fetched]:
        """Fetch all files, and return them as a list."""
        return list(self.fetch_each(wanted, limit=limit))

    def _files(self, wanted: Iterable[tuple[str, Sink, Callable[[Fetched], T]]], limit: int) -> Iterator[T]:
        from airproof.net.jobs import Job  # noqa: PLC0415 - as in __enter__

        client, _, files = self._entered

        def noted(then: Callable[[Fetched], T], fetched: Fetched) -> T:
            return then(client.note_file(fetched))

        return files.each(
            Job(client.download(url, sink, limit=limit), partial(noted, then)) for url, sink, then in wanted
        )

    def _pages(self, wanted: Iterable[PageExchange]) -> Iterator[Answer]:
        from airproof.net.jobs import Job  # noqa: PLC0415 - as in __enter__

        client, pages, _ = self._entered
        return pages.each(Job(page, client.note_page) for page in wanted)

    def _page(self, page: PageExchange) -> Answer:
        (answer,) = self._pages((page,))
        return answer

    @property
    def got(self) -> frozenset[str]:
        """Return the URLs, without credentials, that were answered with 200."""
        return frozenset(self._client.got)

    @property
    def identities(self) -> tuple[str, ...]:
        """Return the identities of the devpi servers that answered, sorted."""
        return tuple(sorted(self._client.identities))

    @property
    def flapped(self) -> dict[str, int]:
        """Return the number of answers that came only after a retry, by the problem of the first attempt."""
        return dict(self._client.patience.flapped)

    @property
    def _client(self) -> Client:
        return self._entered[0]

    @property
    def _entered(self) -> tuple[Client, Jobs, Jobs]:
        if self._inner is None:
            raise RuntimeError("Http is a context manager: use it in a with statement")
        return self._inner


def page_time(timeout: float) -> float:
    """Return the seconds that a project page may take if it never falls silent for longer than the timeout."""
    return max(PAGE_TIME, PAGE_TIMEOUTS * timeout)


def _itself(fetched: Fetched) -> Fetched:
    return fetched


def _looked(sink: SpooledSink, look: Callable[[Fetched, IO[bytes]], T], fetched: Fetched) -> T:
    with sink.file as file:
        return look(fetched, file)
