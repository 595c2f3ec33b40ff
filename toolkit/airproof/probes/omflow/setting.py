"""Find the one setting of OMFlow that holds the index URL, by its value or by its name; all other settings are dropped.

The name differs between editions and is not documented. The open edition has no such setting: it is recognised by the
settings that it has.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Literal

from airproof.errors import BadInput
from airproof.site.indexurl import IndexUrl
from airproof.site.stored import OMFlowSetting

OPEN_SETTINGS = frozenset({"sidebar_design", "pool_max_worker", "ldap_config", "PI_agree", "SU_agree"})
"""All setting names in the table of the open edition."""
OPEN_REPLY = OPEN_SETTINGS | {"LOG_LEVEL", "POOL_MAX_WORKER", "settings_log_level", "Level_Change", "license"}
"""All setting names that the open edition's REST interface returns."""
IS_URL = re.compile(r"""\s*["']?https?://[^\s"'<>{}\[\],]+["']?\s*""", re.IGNORECASE)
"""Pattern of a URL and nothing else: other settings contain URLs inside longer texts."""
NEARLY = re.compile(r"https?:/*[^/,{}\[\]][^,{}\[\]\r\n]*|[\w.-]+:\d{2,5}/[^\s,{}\[\]]+", re.IGNORECASE)
"""Pattern of a text that was meant as a URL, after `as_meant`: with a blank inside, full-width characters, other
quotation marks, or no scheme.
"""
AROUND = " \t\r\n\"'<>\u201c\u201d\u2018\u2019\u300c\u300d()"
LONGEST = 2000
"""Longest setting, in characters, that may be a URL."""
NAMES_SHOWN = 12


def as_meant(value: str) -> str:
    """Replace full-width characters by plain ones, and strip blanks and quotation marks around the text."""
    return unicodedata.normalize("NFKC", value).strip(AROUND)


def is_near(value: str) -> bool:
    """Say whether a setting holds a text that was meant as a URL and is not a valid one."""
    return len(value) < LONGEST and NEARLY.fullmatch(as_meant(value)) is not None and not _is_url(value)


def _is_url(value: str) -> bool:
    try:
        IndexUrl.of(value.strip().strip("\"'"))
    except ValueError:
        return False
    return IS_URL.fullmatch(value) is not None


def choose(
    urls: Mapping[str, str], names: Collection[str], *, named: str | None, source: str, by: Literal["database", "rest"]
) -> OMFlowSetting:
    """Return the setting that holds the URL.

    `urls`: name to value of the settings that hold nothing but a URL, or a text that was meant as one, and of `named`;
    `names`: of all settings. Raises BadInput if it is not clear which one it is, or if it holds no URL.
    """
    if named is not None:
        if named not in urls:
            shown = ", ".join(sorted(names)[:NAMES_SHOWN])
            raise BadInput("omflow-setting-absent", source=source, setting=named, names=shown)
        if is_near(urls[named]):
            raise BadInput("omflow-setting-nearly", source=source, setting=named)
        if not _is_url(urls[named]):
            raise BadInput("omflow-setting-no-url", source=source, setting=named)
        return OMFlowSetting(source, by, named, urls[named])
    if len(urls) > 1:
        raise BadInput("omflow-several", source=source, names=", ".join(sorted(urls)))
    if urls:
        name, value = next(iter(urls.items()))
        if is_near(value):
            raise BadInput("omflow-setting-nearly", source=source, setting=name)
        return OMFlowSetting(source, by, name, value)
    if set(names) <= (OPEN_SETTINGS if by == "database" else OPEN_REPLY):
        return OMFlowSetting(source, by, "", "")
    raise BadInput("omflow-no-setting", source=source)
