"""Credentials taken out of what a run leaves behind."""

from __future__ import annotations

from urllib.parse import unquote

from airproof.site.site import IndexUrl, masked

SHORTEST = 4
"""Characters of a password that is blotted out wherever it stands; a shorter one would blot out half of the text."""


class Mask:
    """Masks user and password of every URL, and the index's own password anywhere."""

    def __init__(self, index: IndexUrl) -> None:
        password = index.password or ""
        self._secrets = tuple(one for one in (password, unquote(password)) if len(one) >= SHORTEST)

    def __call__(self, text: str) -> str:
        text = masked(text)
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text
