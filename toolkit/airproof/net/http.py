"""The one door for HTTP: every answer, also none, is a fact with a measured time, and every wait has a bound.

No proxy, no netrc, no redirect off the host that was asked; at most `MAX_PAGE` bytes of a page are read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, TypeVar

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
from airproof.net.sinks import IN_MEMORY, Arriving, AtPath, InPassing
from airproof.net.threads import LoopThread, result_of
from airproof.net.trouble import Trouble

if TYPE_CHECKING:
    from airproof.net.downloads import Downloads
    from airproof.net.exchange import Exchanges

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
    "Trouble",
    "Trusted",
    "is_success",
    "leads_further",
    "same_origin",
    "shown",
]

T = TypeVar("T")
W = TypeVar("W")

FILE_TIME, FILE_TIMEOUTS = 150.0, 20
"""Seconds, and timeouts, that a slow file may take, whichever is more: as long as a pip process that fetches it may."""
PAGE_TIME, PAGE_TIMEOUTS = 60.0, 20
"""The same for a slow page: pip waits for as long as bytes arrive, and its process has this long in all."""
SIDE_BY_SIDE = 8
"""Number of requests at one time."""


class Http:
    """A client bound to one timeout (seconds for one whole answer, even if it drips), as a context manager.

    `user` and `password` are percent-encoded, as in a URL, and are sent with every request as Basic authentication; if
    they are None, the credentials of the URL itself are sent. `ca` names a file of certificates that are trusted in
    addition to the system's, and raises OSError if it cannot be read; `trusted`: what pip is configured to trust in
    addition.

    `further`: hosts, `HOST[:PORT]`, to which redirects may lead as well; no credentials are sent there. `file_time`:
    seconds that a slow file or project page may take; None: as long as a pip process that fetches it may. `proxy`:
    asked instead of the server itself; entering raises ValueError or ImportError for an invalid one.

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
    ) -> None:
        self._timeout = timeout
        self._file_time = max(FILE_TIME, FILE_TIMEOUTS * timeout) if file_time is None else file_time
        self._page_time = page_time(timeout) if file_time is None else file_time
        self._ca, self._trusted, self.further = ca, trusted, tuple(further)
        # A proxy without a scheme is an http proxy, as in pip's own library.
        self._proxy = proxy if proxy is None or "://" in proxy else f"http://{proxy}"
        self._credentials = (user or "", password or "") if user or password else None
        self._thread: LoopThread | None = None
        self._inner: Exchanges | None = None
        self._downloads: Downloads | None = None

    def __enter__(self) -> Http:
        # The client library takes 0.1 s to import, and code that only uses the type Answer does not need it.
        from airproof.net.exchange import Exchanges  # noqa: PLC0415

        self._inner = Exchanges(
            self._timeout,
            lasting=self._file_time,
            page_time=self._page_time,
            ca=self._ca,
            trusted=self._trusted,
            further=self.further,
            credentials=self._credentials,
            at_once=SIDE_BY_SIDE,
            proxy=self._proxy,
        )
        self._thread = LoopThread()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._downloads is not None:
            self._downloads.close()
            self._downloads = None
        if self._thread is not None and self._inner is not None:
            self._thread.close(self._inner.close())
            self._thread = self._inner = None

    def get(
        self,
        url: str,
        *,
        accept: str = SIMPLE_ACCEPT,
        agent: str = PIP_AGENT,
        limit: int = MAX_PAGE,
        alone: bool = False,
    ) -> Answer:
        """GET a page, following redirects on the same origin only. `alone`: the connection ends with the answer."""
        page = self._exchanges.page("GET", url, accept=accept, agent=agent, limit=limit, alone=alone)
        return result_of(self._start(page))

    def head(self, url: str, *, accept: str = SIMPLE_ACCEPT, agent: str = PIP_AGENT) -> Answer:
        """Request the same without a body."""
        return result_of(self._start(self._exchanges.page("HEAD", url, accept=accept, agent=agent, limit=MAX_PAGE)))

    def get_each(
        self,
        urls: Iterable[str],
        *,
        accept: str = SIMPLE_ACCEPT,
        agent: str = PIP_AGENT,
        limit: int = MAX_PAGE,
        slowly: bool = False,
    ) -> Iterator[Answer]:
        """GET many pages side by side and yield the answers in the order of `urls`, holding only a few at a time.

        `slowly`: each of them may drip, as it may for pip: the timeout holds for its head and each silence.
        """
        page = self._exchanges.page
        return self._each(urls, lambda url: page("GET", url, accept=accept, agent=agent, limit=limit, slowly=slowly))

    def get_many(self, urls: Sequence[str], *, accept: str = SIMPLE_ACCEPT, agent: str = PIP_AGENT) -> list[Answer]:
        """GET many pages side by side; return the answers in the order of `urls`."""
        return list(self.get_each(urls, accept=accept, agent=agent))

    def post_json(self, url: str, data: object) -> Answer:
        """POST JSON: airproof's only use is one login attempt with an empty password. No redirect is followed."""
        body = msgspec.json.encode(data)
        sent = self._exchanges.page("POST", url, accept=JSON_ACCEPT, agent=AGENT, limit=MAX_PAGE, body=body)
        return result_of(self._start(sent))

    def fetch_each(self, wanted: Iterable[tuple[str, Path]], *, limit: int = MAX_FILE) -> Iterator[Fetched]:
        """Stream files to disk side by side, hashing as they arrive, and yield them in the order of `wanted`.

        The timeout bounds the head, and each *silence* of the body. A slow body may take `file_time` in all. A file
        that does not arrive whole is not left on the disk. Raises OSError if a file cannot be written.
        """
        jobs = ((url, AtPath(path), _itself) for url, path in wanted)
        return self._files(jobs, limit)

    def look_each(
        self, wanted: Iterable[tuple[str, Callable[[Fetched, IO[bytes]], T]]], folder: Path, *, limit: int = MAX_FILE
    ) -> Iterator[T]:
        """Do the same for files that are only inspected, each by its own function, beside the other downloads.

        The function gets an empty file if none arrived whole. A large one lies in `folder` meanwhile.
        """

        def job(url: str, look: Callable[[Fetched, IO[bytes]], T]) -> tuple[str, InPassing, Callable[[Fetched], T]]:
            place = InPassing(folder)
            return url, place, partial(_looked, place, look)

        return self._files((job(url, look) for url, look in wanted), limit)

    def fetch_many(self, wanted: Sequence[tuple[str, Path]], *, limit: int = MAX_FILE) -> list[Fetched]:
        """Fetch all files, and return them as a list."""
        return list(self.fetch_each(wanted, limit=limit))

    def _files(self, wanted: Iterable[tuple[str, Arriving, Callable[[Fetched], T]]], limit: int) -> Iterator[T]:
        # The client library takes 0.1 s to import, and code that only uses the type Answer does not need it.
        from airproof.net.downloads import Downloads, Job  # noqa: PLC0415

        if self._downloads is None:
            self._downloads = Downloads(self._exchanges.lane, SIDE_BY_SIDE)
        download, got = self._exchanges.download, self._exchanges.got

        def noted(then: Callable[[Fetched], T], fetched: Fetched) -> T:
            if fetched.status == 200:
                got.add(fetched.url)
            return then(fetched)

        return self._downloads.each(
            Job(download(url, place, limit=limit), partial(noted, then)) for url, place, then in wanted
        )

    @property
    def got(self) -> frozenset[str]:
        """Return the URLs, without credentials, that were answered with 200."""
        return frozenset(self._exchanges.got)

    @property
    def identities(self) -> tuple[str, ...]:
        """Return the identities of the devpi servers that answered, sorted."""
        return tuple(sorted(self._exchanges.identities))

    @property
    def flapped(self) -> dict[str, int]:
        """Return the number of answers that came only after a retry, by the problem of the first attempt."""
        return dict(self._exchanges.patience.flapped)

    @property
    def _exchanges(self) -> Exchanges:
        if self._inner is None:
            raise RuntimeError("Http is a context manager: use it in a with statement")
        return self._inner

    def _start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        if self._thread is None:
            raise RuntimeError("Http is a context manager: use it in a with statement")
        return self._thread.submit(work)

    def _each(self, wanted: Iterable[W], ask: Callable[[W], Coroutine[Any, Any, T]]) -> Iterator[T]:
        """Run a window of work ahead of the consumer of the results; work that is no longer wanted is cancelled."""
        ahead: deque[Future[T]] = deque()
        try:
            for item in wanted:
                ahead.append(self._start(ask(item)))
                if len(ahead) >= 4 * SIDE_BY_SIDE:  # The exchanges have a limit of their own: this only feeds them.
                    yield result_of(ahead.popleft())
            while ahead:
                yield result_of(ahead.popleft())
        finally:
            for future in ahead:
                future.cancel()


def page_time(timeout: float) -> float:
    """Return the seconds that a project page may take if it never falls silent for longer than the timeout."""
    return max(PAGE_TIME, PAGE_TIMEOUTS * timeout)


def _itself(fetched: Fetched) -> Fetched:
    return fetched


def _looked(place: InPassing, look: Callable[[Fetched, IO[bytes]], T], fetched: Fetched) -> T:
    with place.file as file:
        return look(fetched, file)
