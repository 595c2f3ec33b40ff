"""Classify why there is no whole answer, by the exceptions themselves and by their causes."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from enum import Enum


class Trouble(str, Enum):
    """The reason why there is no whole answer."""

    NAME = "name-lookup"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CERTIFICATE = "certificate"
    """No trusted authority has signed the certificate."""
    NO_ISSUER = "certificate-issuer-absent"
    """The server does not send the certificate that issued its own, and it is not known here either."""
    EXPIRED = "certificate-expired"
    NOT_YET = "certificate-not-yet-valid"
    OTHER_HOST = "certificate-of-other-host"
    CLIENT_WANTED = "client-certificate-wanted"
    OLD_TLS = "tls-too-old"
    SCHEME = "scheme-mismatch"
    """https was spoken to an http server, or http to an https server."""
    NOT_HTTP = "not-http"
    CUT = "cut"
    """The connection ended before the answer did."""
    RESET = "reset"
    """The other side, or a device on the way, closed the connection."""
    ENDLESS = "endless"
    """The answer has more bytes than are read."""
    DRIPS = "drips"
    """A file that keeps arriving, but too slowly to wait for its end."""
    OFF_HOST = "redirect-off-host"
    LOOP = "redirect-loop"
    """More redirects than pip follows."""


PLAIN_TEXT_REASONS = (
    "WRONG_VERSION_NUMBER",
    "RECORD_LAYER_FAILURE",
    "HTTP_REQUEST",
    "HTTPS_PROXY_REQUEST",
    "UNKNOWN_PROTOCOL",
    "PACKET_LENGTH_TOO_LONG",
)
"""OpenSSL's errors, in its various versions, if the other side answers a TLS greeting in plain text."""
ENDED_EARLY = ("disconnected", "peer closed connection", "eof occurred")
UNREACHABLE_ERRNOS = frozenset(
    getattr(errno, name)
    for name in ("ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN", "EADDRNOTAVAIL", "EACCES", "EPERM")
    if hasattr(errno, name)
)
"""Errors of a firewall that rejects; a firewall that drops packets shows as a time-out."""


def trouble_of(error: BaseException) -> tuple[Trouble, str]:
    """Return the trouble that an exception of a request means, and the message of its deepest cause."""
    chain = list(_behind(error))
    for reading in (_told_by_cause, _told_by_client):
        readings = [(trouble, exception) for exception in chain if (trouble := reading(exception)) is not None]
        if readings:
            trouble, cause = min(reversed(readings), key=lambda pair: _rank(pair[0]))
            return trouble, str(cause) or str(error) or type(cause).__name__
    return Trouble.NOT_HTTP, str(error) or type(error).__name__


VERIFIED = {
    20: Trouble.NO_ISSUER,
    21: Trouble.NO_ISSUER,
    9: Trouble.NOT_YET,
    10: Trouble.EXPIRED,
    62: Trouble.OTHER_HOST,
    64: Trouble.OTHER_HOST,
}
"""OpenSSL's codes of a certificate that was not accepted (`X509_V_ERR_*`); all others concern the issuing authority."""
CLIENT_REASONS = ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "PEER_DID_NOT_RETURN_A_CERTIFICATE")
OLD_REASONS = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION")
OF_TLS = (
    Trouble.CERTIFICATE,
    Trouble.NO_ISSUER,
    *(Trouble.EXPIRED, Trouble.NOT_YET, Trouble.OTHER_HOST, Trouble.CLIENT_WANTED, Trouble.OLD_TLS),
)
EXACT = (Trouble.NAME, *OF_TLS, Trouble.SCHEME, Trouble.REFUSED, Trouble.TIMEOUT, Trouble.UNREACHABLE)


def _rank(trouble: Trouble) -> int:
    """Return a sort key that prefers the more exact of two readings of one chain: a refused certificate also ends the
    connection.
    """
    return EXACT.index(trouble) if trouble in EXACT else len(EXACT)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception, then its causes and contexts, each once; for a group (several addresses were tried) its
    members.
    """
    waiting, met = [error], set[int]()
    while waiting:
        exception = waiting.pop(0)
        if id(exception) in met:
            continue
        met.add(id(exception))
        yield exception
        waiting += getattr(exception, "exceptions", ())
        waiting += [other for other in (exception.__cause__, exception.__context__) if other is not None]


BY_CLASS: tuple[tuple[type[BaseException], Trouble], ...] = (
    (socket.gaierror, Trouble.NAME),
    (socket.herror, Trouble.NAME),
    (UnicodeError, Trouble.NAME),  # The host name cannot be encoded.
    (ConnectionRefusedError, Trouble.REFUSED),
    (TimeoutError, Trouble.TIMEOUT),
    (ConnectionResetError, Trouble.RESET),
    (ConnectionError, Trouble.CUT),
)
BY_NAME = {
    "ConnectTimeout": Trouble.TIMEOUT,
    "ReadTimeout": Trouble.TIMEOUT,
    "WriteTimeout": Trouble.TIMEOUT,
    "PoolTimeout": Trouble.TIMEOUT,
    "ReadError": Trouble.CUT,
    "WriteError": Trouble.CUT,
    "CloseError": Trouble.CUT,
    "ConnectError": Trouble.UNREACHABLE,
    "InvalidURL": Trouble.NOT_HTTP,
    "UnsupportedProtocol": Trouble.NOT_HTTP,
    "LocalProtocolError": Trouble.NOT_HTTP,
}
"""Classify the HTTP client's own exceptions, by name, so that its library need not be imported for this."""


def _told_by_cause(error: BaseException) -> Trouble | None:
    """Classify an exception of the sockets or of TLS."""
    if isinstance(error, ssl.SSLError):
        return _told_by_tls(error)
    for kind, trouble in BY_CLASS:
        if isinstance(error, kind):
            return trouble
    return Trouble.UNREACHABLE if isinstance(error, OSError) and error.errno in UNREACHABLE_ERRNOS else None


def _told_by_client(error: BaseException) -> Trouble | None:
    if type(error).__name__ == "RemoteProtocolError":
        return _told_by_protocol(str(error).lower())
    return BY_NAME.get(type(error).__name__)


def _told_by_tls(error: ssl.SSLError) -> Trouble:
    reason = error.reason or ""
    if reason in CLIENT_REASONS:
        return Trouble.CLIENT_WANTED
    if reason in OLD_REASONS:
        return Trouble.OLD_TLS
    if isinstance(error, ssl.SSLCertVerificationError):
        return VERIFIED.get(error.verify_code, Trouble.CERTIFICATE)
    if "CERTIFICATE" in reason:
        return Trouble.CERTIFICATE
    if reason in PLAIN_TEXT_REASONS:
        return Trouble.SCHEME
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return Trouble.CUT
    return Trouble.NOT_HTTP


def _told_by_protocol(text: str) -> Trouble:
    return Trouble.CUT if any(words in text for words in ENDED_EARLY) else Trouble.NOT_HTTP
