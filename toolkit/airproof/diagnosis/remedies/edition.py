"""A remedy that names the place of the index's URL, for OMFlow's open edition: that has no setting for it, and pip's
own configuration decides.
"""

from __future__ import annotations

import msgspec

from airproof.diagnosis.cause import Cause, Sentences

ENGLISH = (
    ("OMFlow (系統設定 > PIP Server 位置)", "pip's own configuration"),
    ("PIP Server", "pip's own configuration"),
)
CHINESE = (
    (" OMFlow 的「系統設定 > PIP Server 位置」", "「pip 自身的設定」"),
    ("「PIP Server 位置」", "「pip 自身的設定」"),
)


def in_open_edition(cause: Cause) -> Cause:
    """The cause with a remedy that OMFlow's open edition can follow."""
    english, chinese = cause.en.remedy, cause.zh_tw.remedy
    for name, place in ENGLISH:
        english = english.replace(name, place)
    for name, place in CHINESE:
        chinese = chinese.replace(name, place)
    return msgspec.structs.replace(
        cause, en=Sentences(cause.en.says, english), zh_tw=Sentences(cause.zh_tw.says, chinese)
    )
