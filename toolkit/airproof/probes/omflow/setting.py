"""The one setting of OMFlow that holds the index URL, found by what it holds or by its name; all others are dropped.

Its name differs between editions and is not documented. The open edition has no such setting: it is recognised by the
settings that it has.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Literal

from airproof.errors import BadInput
from airproof.site.site import IndexUrl
from airproof.site.stored import Stored

OPEN_SETTINGS = frozenset({"sidebar_design", "pool_max_worker", "ldap_config", "PI_agree", "SU_agree"})
"""All that the open edition's table holds."""
OPEN_REPLY = OPEN_SETTINGS | {"LOG_LEVEL", "POOL_MAX_WORKER", "settings_log_level", "Level_Change", "license"}
"""All that the open edition's REST interface tells."""
IS_URL = re.compile(r"""\s*["']?https?://[^\s"'<>{}\[\],]+["']?\s*""", re.IGNORECASE)
"""A URL and nothing else: other settings hold URLs inside of longer texts."""
NEARLY = re.compile(r"https?:/*[^/,{}\[\]][^,{}\[\]\r\n]*|[\w.-]+:\d{2,5}/[^\s,{}\[\]]+", re.IGNORECASE)
"""What was meant for a URL, `as_meant`: a blank inside, full-width characters, other quotation marks, no scheme."""
AROUND = " \t\r\n\"'<>\u201c\u201d\u2018\u2019\u300c\u300d()"
LONGEST = 2000
"""Characters of a setting that may be a URL."""
NAMES_SHOWN = 12


def as_meant(value: str) -> str:
    """With full-width characters made plain, and without what stands around it."""
    return unicodedata.normalize("NFKC", value).strip(AROUND)


def is_near(value: str) -> bool:
    """Whether a setting holds what was meant for a URL and is none."""
    return len(value) < LONGEST and NEARLY.fullmatch(as_meant(value)) is not None and not _is_url(value)


def _is_url(value: str) -> bool:
    try:
        IndexUrl.of(value.strip().strip("\"'"))
    except ValueError:
        return False
    return IS_URL.fullmatch(value) is not None


def choose(
    urls: Mapping[str, str], names: Collection[str], *, named: str | None, source: str, by: Literal["database", "rest"]
) -> Stored:
    """The setting that holds the URL.

    `urls`: name to value of the settings that hold nothing but a URL, or what was meant for one, and of `named`;
    `names`: of all settings. Raises BadInput where it is not clear which one it is, or where it holds no URL.
    """
    if named is not None:
        if named not in urls:
            shown = ", ".join(sorted(names)[:NAMES_SHOWN])
            raise BadInput("omflow-setting-absent", source=source, setting=named, names=shown)
        if is_near(urls[named]):
            raise BadInput("omflow-setting-nearly", source=source, setting=named)
        if not _is_url(urls[named]):
            raise BadInput("omflow-setting-no-url", source=source, setting=named)
        return Stored(source, by, named, urls[named])
    if len(urls) > 1:
        raise BadInput("omflow-several", source=source, names=", ".join(sorted(urls)))
    if urls:
        name, value = next(iter(urls.items()))
        if is_near(value):
            raise BadInput("omflow-setting-nearly", source=source, setting=name)
        return Stored(source, by, name, value)
    if set(names) <= (OPEN_SETTINGS if by == "database" else OPEN_REPLY):
        return Stored(source, by, "", "")
    raise BadInput("omflow-no-setting", source=source)
