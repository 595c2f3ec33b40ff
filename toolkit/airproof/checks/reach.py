"""NET: the way to the index's host and port."""

from __future__ import annotations

from airproof.check import Finding, Seen, check, expect, seen
from airproof.checks.server import disk_full_by
from airproof.net.http import NetworkFailure
from airproof.probes.reaching.reach import Reach
from airproof.site.site import Site


@check("NET01", level="required", causes=("name-lookup",), requires=("MAN05", "RES01"))
def check_the_name_resolves(reach: Reach) -> Seen:
    """The host's name leads to an address."""
    if not reach.addresses:
        expect(
            [Finding("name-lookup", found=reach.name_trouble, wanted="an address", values={"host": reach.host})],
        )
    return seen(host=reach.host, addresses=", ".join(reach.addresses))


@check("NET02", level="required", causes=("refused", "timeout", "unreachable", "server-disk-full"), requires=("NET01",))
def check_the_port_answers(reach: Reach, site: Site) -> Seen:
    """Something accepts a connection there; where nothing does, the disk of a named serverdir may say why."""
    expect(disk_full_by(reach.free, site))
    if reach.connect_trouble is not None:
        refused, timeout = (reach.connect_trouble is kind for kind in (NetworkFailure.REFUSED, NetworkFailure.TIMEOUT))
        values = {"host": reach.host, "port": reach.port, "seconds": reach.connect_seconds}
        expect(
            [
                Finding(
                    "refused" if refused else "timeout" if timeout else "unreachable",
                    found=reach.connect_detail,
                    wanted="a connection",
                    values=values,
                )
            ]
        )
    return seen(host=reach.host, port=reach.port, asked_from=reach.asked_from, crossed=_crossed(reach))


@check(
    "NET03",
    level="required",
    causes=(
        *(
            "certificate",
            "certificate-issuer-absent",
            "certificate-expired",
            "certificate-not-yet-valid",
            "certificate-clock",
            "certificate-of-other-host",
        ),
        *("client-certificate-wanted", "tls-too-old"),
        *("scheme-mismatch", "hang", "endless", "redirect-off-host", "redirect-loop", "not-http", "reset"),
    ),
    requires=("NET02",),
)
def check_http_is_spoken_there(reach: Reach) -> Seen:
    """The server speaks HTTP, or HTTPS if the URL says so, and answers within the time limit."""
    if reach.http_trouble is not None:
        known = {
            NetworkFailure.CERTIFICATE: "certificate",
            NetworkFailure.NO_ISSUER: "certificate-issuer-absent",
            NetworkFailure.RESET: "reset",
            NetworkFailure.EXPIRED: "certificate-expired",
            NetworkFailure.NOT_YET: "certificate-not-yet-valid",
            NetworkFailure.OTHER_HOST: "certificate-of-other-host",
            NetworkFailure.CLIENT_WANTED: "client-certificate-wanted",
            NetworkFailure.OLD_TLS: "tls-too-old",
            NetworkFailure.SCHEME: "scheme-mismatch",
            NetworkFailure.TIMEOUT: "hang",
            NetworkFailure.ENDLESS: "endless",
            NetworkFailure.OFF_HOST: "redirect-off-host",
            NetworkFailure.LOOP: "redirect-loop",
        }
        values = {
            "host": reach.host,
            "port": reach.port,
            "seconds": reach.http_seconds,
            "detail": reach.http_detail,
            "clock": reach.clock,
            "server_clock": reach.server_clock,
        }
        cause = "certificate-clock" if reach.server_clock else known.get(reach.http_trouble, "not-http")
        expect([Finding(cause, reach.http_detail, "an HTTP answer", (), values)])
    return seen(status=reach.status, seconds=reach.http_seconds, server=reach.server or "-")


def _crossed(reach: Reach) -> str:
    """`loopback`, `own` or `network`: asked from the server itself, no firewall was crossed."""
    return "loopback" if reach.loopback else "own address" if reach.own_address else "network"
