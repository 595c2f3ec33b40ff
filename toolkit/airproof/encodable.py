"""What is no text (half a surrogate pair: a name or an answer that is not UTF-8) made so that it can be written."""

from __future__ import annotations

from typing import Any

import msgspec


def encodable(text: str) -> str:
    """The text; of half a surrogate pair its escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def encode_json(value: object) -> bytes:
    """JSON of any value of ours, also where a text in it is none. Costs nothing where all are."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_escaped(msgspec.to_builtins(value)))


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {_escaped(key): _escaped(held) for key, held in value.items()}
    return [_escaped(one) for one in value] if isinstance(value, (list, tuple)) else value
