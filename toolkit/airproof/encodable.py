"""JSON that can always be written, and text that can always be encoded, whatever the site gave airproof to read."""

from __future__ import annotations

from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")


def encodable(text: str) -> str:
    """The text; of half a surrogate pair its escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def encode_json(value: object) -> bytes:
    """JSON of any value of ours, also where a text in it is none. Costs nothing where all are."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_escaped(msgspec.to_builtins(value)))


@overload
def decode_json(raw: bytes | str) -> Any: ...
@overload
def decode_json(raw: bytes | str, type: type[T]) -> T: ...
def decode_json(raw: bytes | str, type: Any = Any) -> Any:
    """Decode JSON that airproof did not write. Raises msgspec.DecodeError, also for nesting that is too deep."""
    try:
        return msgspec.json.decode(raw, type=type)
    except RecursionError as error:
        raise msgspec.DecodeError("it is nested too deeply") from error


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {_escaped(key): _escaped(held) for key, held in value.items()}
    return [_escaped(part) for part in value] if isinstance(value, (list, tuple)) else value
