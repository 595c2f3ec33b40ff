"""The one setting that OMFlow itself has stored about the index; none of its other settings is kept."""

from __future__ import annotations

from typing import Literal

import msgspec


class OMFlowSetting(msgspec.Struct, frozen=True):
    """The source of the URL under test. It may hold credentials, so it never goes into a record unmasked."""

    source: str
    """The database's file, or the address of the REST interface without credentials; for pip's configuration, its
    account.
    """
    by: Literal["database", "rest", "pip"]
    setting: str
    """The setting's name; empty for the open edition, which has none."""
    value: str
    """The value as stored, including blanks; empty for the open edition."""

    empty: bool = False
    """There is or should be a setting for it, but it holds no URL."""

    @property
    def open_edition(self) -> bool:
        """Say whether pip's own configuration decides, since no setting does."""
        return not self.setting and not self.empty
