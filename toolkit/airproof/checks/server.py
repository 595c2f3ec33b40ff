"""SRV: devpi's own set-up. Not applicable to an index that is not devpi."""

from __future__ import annotations

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.probes.forms import Forms
from airproof.probes.server import Index, Login, Server
from airproof.site import Form, Site

SLOW = 2.0
"""Seconds for the answer that a name is absent; a healthy devpi needs hundredths, a hanging upstream costs 5 or 10
each time.
"""


@check("SRV01", level="required", requires=("API01",))
def check_the_index_is_of_the_wanted_kind(server: Server, site: Site) -> Seen:
    """The index exists and is what the form of the URL promises: a stage (offline) or a mirror (online)."""
    index = _tested(server)
    wanted = {Form.OFFLINE: "stage", Form.ONLINE: "mirror", None: index.type}[site.form]
    if index.type != wanted:
        expect([Finding("index-of-other-kind", index.type, wanted, (), {"index": index.name})])
    return seen(index=index.name, type=index.type, version=server.version, bases=", ".join(index.bases) or "-")


@check("SRV02", level="required", requires=("SRV01",))
def check_no_base_reaches_outside(server: Server) -> Seen:
    """No index below a stage is a mirror: behind the gap every name that it does not hold is asked of the outside."""
    index = _tested(server)
    if index.is_mirror:
        raise NotApplicable("online-form", index=index.name)
    mirrors = [one for one in server.indexes if one.is_mirror]
    expect(
        Finding(
            "mirror-in-bases",
            found=[one.name for one in mirrors],
            wanted=[],
            values={
                "index": _holder(server, one),
                "mirror": one.name,
                "upstream": one.mirror_url or "?",
                "seconds": server.absent_seconds if server.absent_seconds is not None else "?",
            },
        )
        for one in mirrors
    )
    return seen(indexes=len(server.indexes))


@check("SRV03", level="required", requires=("SRV01",))
def check_root_has_a_password(server: Server, login: Login) -> Seen:
    """Nobody can log in as root with an empty password, as `devpi-init` leaves it (the manual loses the step that
    sets one).
    """
    _tested(server)
    if login.empty_password_works:
        expect([Finding("empty-root-password", "an empty password", "a password", (), {"user": "root"})])
    return seen(status=login.status)


@check("SRV04", level="required", requires=("SRV01",))
def check_uploading_needs_an_account(server: Server) -> Seen:
    """No index in use takes uploads from anonymous clients."""
    _tested(server)
    open_ones = [one.name for one in server.indexes if ":ANONYMOUS:" in one.acl_upload]
    expect(Finding("anonymous-upload", [name], [], (), {"index": name}) for name in open_ones)
    return seen(
        indexes=len(server.indexes), who=", ".join(sorted({who for i in server.indexes for who in i.acl_upload})) or "-"
    )


@check("SRV05", level="required", requires=("SRV01",))
def check_a_missing_name_is_told_at_once(server: Server) -> Seen:
    """The index says without delay that it does not have a name: pip asks for many."""
    index = _tested(server)
    if index.is_mirror:
        raise NotApplicable("online-form", index=index.name)
    if _slow(server) and not any(one.is_mirror for one in server.indexes):  # else SRV02 names the cause
        values = {"seconds": server.absent_seconds, "index": server.index}
        expect([Finding("slow-absent", server.absent_seconds, f"under {SLOW} s", (), values)])
    return seen(seconds=server.absent_seconds)


@check("SRV06", level="required", requires=("SRV01",))
def check_the_mirror_reaches_its_upstream(server: Server, forms: Forms) -> Seen:
    """A mirror (the online form) has what is asked of it, or could fetch it: no page ends in a gateway error."""
    index = _tested(server)
    if not index.is_mirror:
        raise NotApplicable("offline-form", index=index.name)
    asked = [page.project for page in forms.configured]
    dead = [page.project for page in forms.configured if page.status in (502, 503, 504)]
    nothing = bool(asked) and all(page.status == 404 for page in forms.configured)
    if dead or nothing or _slow(server):
        victims = tuple(dead or asked)
        values = {"index": index.name, "upstream": index.mirror_url or "?"}
        statuses = {page.project: page.status for page in forms.configured}
        expect([Finding("mirror-without-upstream", statuses, "status 200", victims, values)])
    return seen(index=index.name, upstream=index.mirror_url or "?", pages=len(forms.configured))


def _tested(server: Server) -> Index:
    if server.version is None:
        raise NotApplicable("not-devpi")
    return server.indexes[0]


def _holder(server: Server, mirror: Index) -> str:
    """The index whose bases name the mirror: where the mend is typed."""
    return next((one.name for one in server.indexes if mirror.name in one.bases), server.index)


def _slow(server: Server) -> bool:
    return server.absent_seconds is not None and server.absent_seconds >= SLOW
