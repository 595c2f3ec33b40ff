"""Read OMFlow's REST interface: a token, then the settings. Nothing is written: the call that changes settings is not
used.

Errors come with HTTP status 200; the `status` inside the JSON is the one that counts, sometimes as a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from airproof.encodable import decode_json
from airproof.errors import BadInput
from airproof.net.http import AGENT, JSON_ACCEPT, Answer, Http, NetworkFailure, shown
from airproof.probes.omflow.setting import IS_URL, choose, is_near
from airproof.site.stored import OMFlowSetting

TOKEN = "accounts/api/security/get/"  # noqa: S105 -- a path
LOAD = "rest/api/system-config/load/"
DENIED = ("401", "403")
KEPT_BACK = ("ldap", "license", "password", "passwd", "secret", "token")
"""Parts of setting names whose values are never read."""
DEEPEST = 3


def read_rest(
    url: str, *, user: str, password: str, named: str | None = None, timeout: float, ca: str | None = None
) -> OMFlowSetting:
    """Return the setting that holds the index URL. Raises BadInput, with OMFlow's answer, if it does not return it."""
    base = url.rstrip("/") + "/"
    with Http(timeout, ca=ca, user=quote(user, safe=""), password=quote(password, safe="")) as door:
        token = _result(door.get(base + TOKEN, accept=JSON_ACCEPT, agent=AGENT), base)
    security = token.get("security") if isinstance(token, dict) else None
    if not isinstance(security, str) or not security:
        raise BadInput("omflow-rest-strange", url=shown(base))
    with Http(timeout, ca=ca) as door:  # From here on the token identifies the user.
        settings = _result(door.post_json(base + LOAD, {"security": security, "omflow_restapi": 1}), base)
    if not isinstance(settings, dict) or not settings:
        raise BadInput("omflow-rest-strange", url=shown(base))
    texts = dict(_texts(settings))
    if named is not None:
        urls = {name: value for name, value in texts.items() if name == named}
    else:
        urls = {name: value for name, value in texts.items() if IS_URL.fullmatch(value) or is_near(value)}
    return choose(urls, settings, named=named, source=shown(base), by="rest")


def _texts(settings: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the settings that are texts, by their dotted names."""
    for key, value in settings.items():
        if any(word in key.lower() for word in KEPT_BACK):
            continue
        if isinstance(value, str):
            yield before + key, value
        elif isinstance(value, dict) and depth < DEEPEST:
            yield from _texts(value, f"{before}{key}.", depth + 1)


def _result(answer: Answer, base: str) -> Any:
    """Return the `result` of a successful answer."""
    if answer.status is None or answer.trouble is not None:
        key = "omflow-rest-certificate" if answer.trouble is NetworkFailure.CERTIFICATE else "omflow-rest-silent"
        raise BadInput(key, url=shown(base), reason=answer.detail or answer.status)
    try:
        document = decode_json(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        document = None
    if not isinstance(document, dict) or "status" not in document:
        if str(answer.status) in DENIED:
            raise BadInput("omflow-rest-denied", url=shown(base), status=answer.status)
        raise BadInput("omflow-rest-no-json", url=shown(base), status=answer.status, type=answer.content_type or "?")
    status = str(document["status"])
    if status in DENIED:
        raise BadInput("omflow-rest-denied", url=shown(base), status=status)
    if status != "200":
        raise BadInput("omflow-rest-error", url=shown(base), status=status[:20])
    result = document.get("result")
    if isinstance(result, str):  # Some replies hold JSON in a text.
        try:
            return decode_json(result)
        except msgspec.DecodeError:
            return None
    return result
