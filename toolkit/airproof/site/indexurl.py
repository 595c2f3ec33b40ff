"""The URL of an index, in both forms, and texts of URLs without their secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

import msgspec

_CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@")


class IndexUrl(msgspec.Struct, frozen=True):
    """A parsed index URL."""

    scheme: str
    host: str
    port: int
    path: str
    """The path, with a slash at the end, which pip adds if there is none; several are kept, as in pip."""
    user: str | None = None
    password: str | None = None

    @classmethod
    def of(cls, url: str) -> IndexUrl:
        """Parse an absolute http(s) URL. Raises ValueError for anything else."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        path = parts.path if parts.path.endswith("/") else parts.path + "/"
        return cls(parts.scheme, parts.hostname, port, path, parts.username, parts.password)

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, without credentials."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def shown(self) -> str:
        """The URL without its credentials, for reports."""
        return self.origin + self.path

    @property
    def simple(self) -> str:
        """The unambiguous form, with `+simple/`, that every client understands (devpi)."""
        path = self.path if self.path.endswith("/+simple/") else self.path + "+simple/"
        return self.origin + path

    @property
    def bare(self) -> str:
        """The form without `+simple/`, as the manual prints it for a site without internet access."""
        return self.origin + self.path.removesuffix("+simple/")

    @property
    def stage(self) -> str:
        """devpi's name of the index, `user/index`: the last two parts of the path, since a reverse proxy may put a
        prefix before them. Fewer if the path is shorter.
        """
        return "/".join(self.path.removesuffix("+simple/").strip("/").split("/")[-2:])


def is_further(target: IndexUrl, further: Iterable[str]) -> bool:
    """Say whether it is on one of the hosts, each `HOST` or `HOST:PORT`."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return any(allowed.lower() in (host.lower(), f"{host}:{target.port}".lower()) for allowed in further)


def masked(text: str) -> str:
    """Return a text with user and password of every URL in it masked."""
    return _CREDENTIALS.sub("***@", text)


def without_credentials(url: str) -> str:
    """Return the same URL without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
