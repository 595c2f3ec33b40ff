"""Classify why there is no whole answer, by the exceptions themselves and by their causes."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from enum import Enum


class NetworkFailure(str, Enum):
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


def trouble_of(error: BaseException) -> tuple[NetworkFailure, str]:
    """Return the trouble that an exception of a request means, and the message of its deepest cause."""
    chain = list(_behind(error))
    for reading in (_told_by_cause, _told_by_client):
        readings = [(trouble, exception) for exception in chain if (trouble := reading(exception)) is not None]
        if readings:
            trouble, cause = min(reversed(readings), key=lambda pair: _rank(pair[0]))
            return trouble, str(cause) or str(error) or type(cause).__name__
    return NetworkFailure.NOT_HTTP, str(error) or type(error).__name__


VERIFIED = {
    20: NetworkFailure.NO_ISSUER,
    21: NetworkFailure.NO_ISSUER,
    9: NetworkFailure.NOT_YET,
    10: NetworkFailure.EXPIRED,
    62: NetworkFailure.OTHER_HOST,
    64: NetworkFailure.OTHER_HOST,
}
"""OpenSSL's codes of a certificate that was not accepted (`X509_V_ERR_*`); all others concern the issuing authority."""
CLIENT_REASONS = ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "PEER_DID_NOT_RETURN_A_CERTIFICATE")
OLD_REASONS = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION")
OF_TLS = (
    NetworkFailure.CERTIFICATE,
    NetworkFailure.NO_ISSUER,
    *(
        NetworkFailure.EXPIRED,
        NetworkFailure.NOT_YET,
        NetworkFailure.OTHER_HOST,
        NetworkFailure.CLIENT_WANTED,
        NetworkFailure.OLD_TLS,
    ),
)
EXACT = (
    NetworkFailure.NAME,
    *OF_TLS,
    NetworkFailure.SCHEME,
    NetworkFailure.REFUSED,
    NetworkFailure.TIMEOUT,
    NetworkFailure.UNREACHABLE,
)


def _rank(trouble: NetworkFailure) -> int:
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


BY_CLASS: tuple[tuple[type[BaseException], NetworkFailure], ...] = (
    (socket.gaierror, NetworkFailure.NAME),
    (socket.herror, NetworkFailure.NAME),
    (UnicodeError, NetworkFailure.NAME),  # The host name cannot be encoded.
    (ConnectionRefusedError, NetworkFailure.REFUSED),
    (TimeoutError, NetworkFailure.TIMEOUT),
    (ConnectionResetError, NetworkFailure.RESET),
    (ConnectionError, NetworkFailure.CUT),
)
BY_NAME = {
    "ConnectTimeout": NetworkFailure.TIMEOUT,
    "ReadTimeout": NetworkFailure.TIMEOUT,
    "WriteTimeout": NetworkFailure.TIMEOUT,
    "PoolTimeout": NetworkFailure.TIMEOUT,
    "ReadError": NetworkFailure.CUT,
    "WriteError": NetworkFailure.CUT,
    "CloseError": NetworkFailure.CUT,
    "ConnectError": NetworkFailure.UNREACHABLE,
    "InvalidURL": NetworkFailure.NOT_HTTP,
    "UnsupportedProtocol": NetworkFailure.NOT_HTTP,
    "LocalProtocolError": NetworkFailure.NOT_HTTP,
}
"""Classify the HTTP client's own exceptions, by name, so that its library need not be imported for this."""


def _told_by_cause(error: BaseException) -> NetworkFailure | None:
    """Classify an exception of the sockets or of TLS."""
    if isinstance(error, ssl.SSLError):
        return _told_by_tls(error)
    for kind, trouble in BY_CLASS:
        if isinstance(error, kind):
            return trouble
    return NetworkFailure.UNREACHABLE if isinstance(error, OSError) and error.errno in UNREACHABLE_ERRNOS else None


def _told_by_client(error: BaseException) -> NetworkFailure | None:
    if type(error).__name__ == "RemoteProtocolError":
        return _told_by_protocol(str(error).lower())
    return BY_NAME.get(type(error).__name__)


def _told_by_tls(error: ssl.SSLError) -> NetworkFailure:
    reason = error.reason or ""
    if reason in CLIENT_REASONS:
        return NetworkFailure.CLIENT_WANTED
    if reason in OLD_REASONS:
        return NetworkFailure.OLD_TLS
    if isinstance(error, ssl.SSLCertVerificationError):
        return VERIFIED.get(error.verify_code, NetworkFailure.CERTIFICATE)
    if "CERTIFICATE" in reason:
        return NetworkFailure.CERTIFICATE
    if reason in PLAIN_TEXT_REASONS:
        return NetworkFailure.SCHEME
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return NetworkFailure.CUT
    return NetworkFailure.NOT_HTTP


def _told_by_protocol(text: str) -> NetworkFailure:
    return NetworkFailure.CUT if any(words in text for words in ENDED_EARLY) else NetworkFailure.NOT_HTTP
