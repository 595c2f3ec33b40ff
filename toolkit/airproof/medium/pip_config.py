"""Sources of downloads of a pip, as it reports them: indexes, pages of links, folders, and the way to them."""

from __future__ import annotations

import msgspec

from airproof.errors import CannotLook
from airproof.probes.onhost import SCRIPTS
from airproof.system.processes import run

SETTINGS = SCRIPTS / "pipsettings.py"
ANSWER_TIME = 60.0


class PipSettings(msgspec.Struct, frozen=True):
    """A pip's own configuration, as far as it decides where files come from. It may hold passwords."""

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] | None = None
    find_links: tuple[str, ...] | None = None
    no_index: bool = False
    cert: str | None = None
    proxies: dict[str, str | None] = {}
    """URL of an index or a page of links to the proxy that pip asks it through."""
    proxy_elsewhere: str | None = None
    """For hosts that no setting names."""

    @property
    def indexes(self) -> tuple[str, ...]:
        urls = () if self.no_index else (self.index_url or "", *(self.extra_index_urls or ()))
        return tuple(dict.fromkeys(url for url in urls if url))


def pip_settings(python: str) -> PipSettings:
    """Return the configuration of that interpreter's pip. Raises CannotLook if it does not report it."""
    ran = run([python, "-I", "-B", SETTINGS], timeout=ANSWER_TIME)
    try:
        return msgspec.json.decode(ran.stdout.strip().rpartition("\n")[2], type=PipSettings)
    except msgspec.DecodeError as error:
        said = ran.stderr.strip().splitlines()
        raise CannotLook("pip-settings", interpreter=python, reason=said[-1] if said else error) from error
