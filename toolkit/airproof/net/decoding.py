"""Decode compressed bodies, never beyond a size limit."""

from __future__ import annotations

import zlib

OFFERED = "gzip, deflate"
"""The encodings that pip offers too."""
WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class Decoder:
    """Collects a body as it streams. A few bytes may expand to terabytes, so nothing is unpacked beyond the limit."""

    def __init__(self, encoding: str, limit: int, body: bytearray) -> None:
        """Fill `body`. Raises ValueError for an encoding that was not offered."""
        encoding = encoding.strip().lower()
        if encoding not in ("", "identity", *WINDOWS):
            raise ValueError(f"content-encoding {encoding!r} was not asked for")
        self.body = body
        self._limit = limit
        self._deflated = encoding == "deflate"
        self._unpack = zlib.decompressobj(WINDOWS[encoding]) if encoding in WINDOWS else None
        self._fed = False

    def feed(self, chunk: bytes) -> bool:
        """Add a chunk; return True if the body is longer than the limit. Raises ValueError if it cannot be unpacked."""
        room = self._limit + 1 - len(self.body)
        self.body += chunk[:room] if self._unpack is None else self._unpacked(self._unpack, chunk, room)
        self._fed = self._fed or bool(chunk)
        if len(self.body) <= self._limit:
            return False
        del self.body[self._limit :]
        return True

    @property
    def cut(self) -> bool:
        """Say whether the compressed stream ended before its end mark."""
        return self._unpack is not None and self._fed and not self._unpack.eof

    def _unpacked(self, unpack: zlib._Decompress, chunk: bytes, room: int) -> bytes:
        try:
            return unpack.decompress(chunk, room)
        except zlib.error as error:
            if not self._deflated or self._fed:
                raise ValueError(f"the body is not what its content-encoding says: {error}") from error
        # "deflate" should have a zlib header, and some servers omit it; the first bytes show this.
        self._deflated = False
        self._unpack = raw = zlib.decompressobj(-zlib.MAX_WBITS)
        return self._unpacked(raw, chunk, room)
