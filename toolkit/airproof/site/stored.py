"""What OMFlow itself has stored about the index: one setting, and nothing else of its settings."""

from __future__ import annotations

from typing import Literal

import msgspec


class Stored(msgspec.Struct, frozen=True):
    """Where the URL under test was read. It may hold credentials, so it never goes into a record unmasked."""

    source: str
    """The database's file, or the address of the REST interface without credentials; of pip's configuration, whose."""
    by: Literal["database", "rest", "pip"]
    setting: str
    """The setting's name; empty for the open edition, which has none."""
    value: str
    """As stored, spaces and all; empty for the open edition."""

    empty: bool = False
    """There is a setting for it, or should be one, and it holds no URL."""

    @property
    def open_edition(self) -> bool:
        """Whether pip's own configuration decides, since no setting does."""
        return not self.setting and not self.empty
