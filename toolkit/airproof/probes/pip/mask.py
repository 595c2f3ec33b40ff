"""Mask credentials in the output that a run leaves behind."""

from __future__ import annotations

from urllib.parse import unquote

import msgspec

from airproof.site.indexurl import IndexUrl, masked
from airproof.system.processes import Ran

SHORTEST = 4
"""Shortest password that is masked wherever it occurs; masking a shorter one would hide half of the text."""


class Mask:
    """Masks user and password of every URL, and the index's own password anywhere."""

    def __init__(self, index: IndexUrl) -> None:
        password = index.password or ""
        self._secrets = tuple(secret for secret in (password, unquote(password)) if len(secret) >= SHORTEST)

    def __call__(self, text: str) -> str:
        text = masked(text)
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def ran(self, ran: Ran) -> Ran:
        """Mask the command and the output of a process."""
        command = tuple(map(self, ran.command))
        return msgspec.structs.replace(ran, command=command, stdout=self(ran.stdout), stderr=self(ran.stderr))
