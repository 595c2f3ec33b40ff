"""SRV: devpi's own set-up. Not applicable to an index that is not devpi."""

from __future__ import annotations

from collections.abc import Iterator

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.diagnosis.remedies.paste import pasted_index
from airproof.diagnosis.remedies.uploads import release_of
from airproof.diagnosis.room import DISK_FULL, ROOM, mega, server_disk_full
from airproof.errors import CannotLook
from airproof.probes.closure.readings import Readings
from airproof.probes.files.audit import Audit
from airproof.probes.index.devpi import LONGEST_SILENCE, Index, Login, Replica, Server
from airproof.probes.index.forms import Forms
from airproof.probes.index.product import HOLDER, Product
from airproof.probes.index.simple import Roots
from airproof.probes.media import Medium
from airproof.site.indexurl import IndexUrl
from airproof.site.site import Form, Site

SLOW = 2.0
"""Seconds for the answer that a name is absent; a healthy devpi needs hundredths, a hanging upstream costs 5 or 10
each time.
"""
FULL = 16 << 20
"""Bytes without which a devpi-server takes next to no upload any more, and does not start again."""
MAX_WAITING = 10
"""Files that a replica may still have to fetch; devpi-server's own status page warns of more (measured, 6.20)."""
ONLY_IN_MIRROR = "only-in-mirror"


@check("SRV01", level="required", causes=("index-of-other-kind",), requires=("API01",))
def check_the_index_is_of_the_wanted_kind(server: Server, site: Site) -> Seen:
    """The index exists and is what the form of the URL promises: a stage (offline) or a mirror (online)."""
    index = _tested(server)
    wanted = {Form.OFFLINE: "stage", Form.ONLINE: "mirror", None: index.type}[site.form]
    if index.type != wanted:
        expect([Finding("index-of-other-kind", index.type, wanted, (), {"index": index.name})])
    return seen(index=index.name, type=index.type, version=server.version, bases=", ".join(index.bases) or "-")


@check("SRV02", level="required", causes=("mirror-in-bases",), requires=("SRV01",))
def check_no_base_reaches_outside(server: Server) -> Seen:
    """No index below a stage is a mirror: behind the gap every name that it does not hold is asked of the outside."""
    index = _tested(server)
    if index.is_mirror:
        raise NotApplicable("online-form", index=index.name)
    mirrors = [below for below in server.indexes if below.is_mirror]
    expect(
        Finding(
            "mirror-in-bases",
            found=[other.name for other in mirrors],
            wanted=[],
            values={
                "index": _holder(server, mirror),
                "mirror": mirror.name,
                "upstream": mirror.mirror_url or "?",
                "seconds": server.absent_seconds if server.absent_seconds is not None else "?",
            },
        )
        for mirror in mirrors
    )
    return seen(indexes=len(server.indexes))


@check("SRV03", level="required", causes=("empty-root-password",), requires=("API01",))
def check_root_has_a_password(server: Server, login: Login) -> Seen:
    """Nobody can log in as root with an empty password, as `devpi-init` leaves it (the manual loses the step that
    sets one). Raises CannotLook unless devpi itself refused it: a proxy that keeps the question back refused nothing.
    """
    if server.product is Product.OTHER:
        raise NotApplicable("not-devpi")
    if login.empty_password_works:
        expect([Finding("empty-root-password", "an empty password", "a password", (), {"user": "root"})])
    if not login.refused:
        raise CannotLook("login-untold", status=login.status)
    return seen(status=login.status)


@check("SRV04", level="required", causes=("anonymous-upload",), requires=("SRV01",))
def check_uploading_needs_an_account(server: Server) -> Seen:
    """No index in use takes uploads from anonymous clients."""
    _tested(server)
    open_ones = [index.name for index in server.indexes if ":ANONYMOUS:" in index.acl_upload]
    expect(Finding("anonymous-upload", [name], [], (), {"index": name}) for name in open_ones)
    return seen(
        indexes=len(server.indexes), who=", ".join(sorted({who for i in server.indexes for who in i.acl_upload})) or "-"
    )


@check("SRV05", level="required", causes=("slow-absent",), requires=("SRV01",))
def check_a_missing_name_is_told_at_once(server: Server) -> Seen:
    """The index says without delay that it does not have a name: pip asks for many."""
    index = _tested(server)
    if index.is_mirror:
        raise NotApplicable("online-form", index=index.name)
    if _slow(server) and not server.mirrors:  # else SRV02 names the cause
        values = {"seconds": server.absent_seconds, "index": server.index}
        expect([Finding("slow-absent", server.absent_seconds, f"under {SLOW} s", (), values)])
    return seen(seconds=server.absent_seconds)


@check("SRV06", level="required", causes=("mirror-without-upstream",), requires=("API01",))
def check_the_mirror_reaches_its_upstream(server: Server, forms: Forms, roots: Roots) -> Seen:
    """A mirror (the online form) has what is asked of it, or could fetch it: no page ends in a gateway error, or is
    missing although its name is listed.
    """
    if server.product is not Product.OTHER and not server.indexes:  # SRV01 cannot look; pip is judged all the same
        raise NotApplicable("kind-untold")
    index = _tested(server)
    if not index.is_mirror:
        raise NotApplicable("offline-form", index=index.name)
    asked = [page.project for page in forms.configured]
    # What is on an old list of the upstream and was never fetched is a gateway error, and a 404 once the list is stale.
    dead = [
        page.project
        for page in forms.configured
        if page.status in (502, 503, 504) or (page.status == 404 and page.project in roots.configured.names)
    ]
    # A mirror that has read its upstream's list says 404 for what is not on it; without a list it says 404 for all.
    unread = index.keeps_list and not roots.configured.projects
    nothing = bool(asked) and unread and all(page.status == 404 for page in forms.configured)
    if dead or nothing or _slow(server):
        victims = tuple(dead or asked)
        values = {"index": index.name, "upstream": index.mirror_url or "?"}
        statuses = {page.project: page.status for page in forms.configured}
        expect([Finding("mirror-without-upstream", statuses, "status 200", victims, values)])
    return seen(index=index.name, upstream=index.mirror_url or "?", pages=len(forms.configured))


@check("SRV07", level="required", causes=("dependency-confusion",), requires=("SRV01",))
def check_no_name_has_two_sources(server: Server, forms: Forms) -> Seen:
    """No project's page has files of a stage and of a mirror: the outside could replace what is private."""
    _tested(server)
    mirrors = set(server.mirrors)
    findings = []
    for page in forms.configured:
        sources = {found[1] for link in page.links if (found := HOLDER.search(link.url))}
        outside, inside = sorted(sources & mirrors), sorted(sources - mirrors)
        if outside and inside:
            values = {
                "project": page.project,
                "stages": ", ".join(inside),
                "mirrors": ", ".join(outside),
                "index": inside[0],
            }
            findings.append(Finding("dependency-confusion", outside, [], (page.project,), values))
    expect(findings)
    return seen(projects=len(forms.configured))


@check("SRV08", level="advised", causes=("outside-url-elsewhere",), requires=("SRV01",))
def check_the_outside_url_is_the_one_in_use(server: Server, site: Site) -> Seen:
    """The URL that devpi gives to its clients, where it was told one, leads to the host and port that were asked.

    The scheme does not count: behind a proxy that ends TLS, devpi says http unless the proxy tells it otherwise.
    """
    _tested(server)
    told = server.outside_url
    if told is not None and _place(told) != (site.index.host, site.index.port):
        expect([Finding("outside-url-elsewhere", told, site.index.origin)])
    return seen(outside=told or "-")


def _place(url: str) -> tuple[str, int] | None:
    """Host and port of a URL; None where it is no URL of an index."""
    try:
        index = IndexUrl.of(url)
    except ValueError:
        return None
    return index.host, index.port


@check("SRV09", level="advised", causes=("replica-behind", "replica-cut-off"), requires=("SRV01",))
def check_the_replica_has_caught_up(server: Server) -> Seen:
    """A replica has all that its primary has, and still speaks with it.

    Raises CannotLook where the replica does not tell its state.
    """
    replica = _replica(server)
    if not replica.is_told:
        raise CannotLook("replica-untold", status=replica.status)
    if replica.is_cut_off and not replica.is_behind:
        values = {"primary": replica.primary_url, "serial": replica.serial, "silent": f"{replica.silent or 0:.0f}"}
        expect([Finding("replica-cut-off", replica.silent, f"at most {LONGEST_SILENCE:.0f} s", (), values)])
    expect(replica_behind(server))
    return seen(primary=replica.primary_url, serial=replica.serial)


@check("SRV11", level="advised", causes=("replica-lacks-files", "replica-status-fails"), requires=("SRV01",))
def check_the_replica_has_its_files(server: Server) -> Seen:
    """A replica has fetched the files of its primary: the pages list them before they are there.

    A few that wait to be fetched are no finding: devpi's own status page warns of more than ten.
    """
    replica = _replica(server)
    if replica.status == 500:
        expect([Finding("replica-status-fails", 500, 200, (), {"index": server.index})])
    if not replica.is_told:
        raise CannotLook("replica-untold", status=replica.status)
    if replica.failed or replica.refetching or replica.waiting > MAX_WAITING:
        values = {
            "primary": replica.primary_url,
            "waiting": replica.waiting,
            "failing": max(replica.refetching, len(replica.failed)),
            "files": ", ".join(path.rpartition("/")[2] for path in replica.failed) or "-",
        }
        expect([Finding("replica-lacks-files", values["failing"], 0, (), values)])
    return seen(primary=replica.primary_url, waiting=replica.waiting)


@check("SRV12", level="advised", causes=("server-disk-low", DISK_FULL), requires=("SRV01",))
def check_the_serverdir_has_room(server: Server, audit: Audit | None, medium: Medium | None, asked: Site) -> Seen:
    """With --serverdir: the disk has room for the next trip, which is taken to be as large as what was carried, and for
    the largest file twice, since an upload lies there in two copies for a moment.

    A full disk is no more than advised here: devpi goes on serving what it has, and what it cannot serve any more is a
    finding of API01.
    """
    _tested(server)
    if asked.serverdir is None:
        raise NotApplicable("no-serverdir-named")
    if server.free is None:
        raise CannotLook("disk-untold", folder=asked.serverdir)
    expect(disk_full(server, asked))
    carried = sum(file.size for file in medium.payload if not file.there) if medium is not None else 0
    largest = audit.largest if audit is not None else 0
    needed = max(ROOM, 2 * largest, carried)
    if server.free < needed:
        values = {
            "folder": asked.serverdir,
            "free": mega(server.free),
            "needed": mega(needed),
            "largest": mega(largest),
            "carried": mega(carried),
        }
        expect([Finding("server-disk-low", server.free, needed, (), values)])
    return seen(free=mega(server.free), needed=mega(needed))


@check("SRV13", level="advised", causes=("server-by-hand",), requires=("SRV01",))
def check_the_server_is_a_service(server: Server, asked: Site) -> Seen:
    """With --serverdir, on Linux: devpi-server is a process of a service, and does not end with somebody's terminal.

    A process of which neither can be said is no finding: a container or a supervisor may start it.
    """
    _tested(server)
    started = server.started
    if started is None:
        raise NotApplicable("start-elsewhere")
    if not started.shown:
        raise NotApplicable("start-not-shown")
    if started.pid is None:
        raise NotApplicable("start-unseen", folder=asked.serverdir)
    if started.terminal:
        values = {"pid": started.pid, "folder": asked.serverdir}
        expect([Finding("server-by-hand", "a terminal", "a service", (), values)])
    if not started.unit:
        raise NotApplicable("start-unclear", pid=started.pid)
    return seen(pid=started.pid, unit=started.unit)


def _replica(server: Server) -> Replica:
    """The replica's state. Raises NotApplicable where the server is none."""
    _tested(server)
    if server.replica is None:
        raise NotApplicable("no-replica", index=server.index)
    return server.replica


@check("SRV10", level="advised", causes=(ONLY_IN_MIRROR,), requires=("SRV01", "PIP02"))
def check_nothing_needed_lies_in_a_mirror_alone(server: Server, readings: Readings) -> Seen:
    """Needed packages lie in stages: once a mirror is taken out of the bases, its files are gone."""
    mirrors = mirrors_below(server)
    expect(only_in_mirror(server, readings))
    return seen(files=len(readings.links), mirrors=", ".join(mirrors))


def mirrors_below(server: Server) -> list[str]:
    """Names of the mirrors among the bases. Raises NotApplicable where there is none, or the index is one itself."""
    index = _tested(server)
    mirrors = sorted(server.mirrors)
    if index.is_mirror or not mirrors:
        raise NotApplicable("no-mirror-below", index=index.name)
    return mirrors


def only_in_mirror(server: Server, readings: Readings) -> Iterator[Finding]:
    """Judge the files that one host or target takes by the index that devpi's file links name as their holder."""
    index, mirrors = _tested(server), mirrors_below(server)
    for project, link in readings.links:
        stored = HOLDER.search(link.url)
        if stored is not None and stored[1] in mirrors:
            mirror = pasted_index(IndexUrl.of(f"{link.url[: stored.start()]}{stored[1]}/+simple/"))
            values = {
                "project": project,
                "filename": link.filename,
                "mirror": stored[1],
                "index": index.name,
                "release": release_of(link.filename) or project,
                "plain": mirror.plain,
                "trusted": mirror.trusted,
                "secure": mirror.secure,
            }
            yield Finding(ONLY_IN_MIRROR, stored[1], index.name, (project,), values)


def disk_full(server: Server, site: Site) -> list[Finding]:
    """The finding, where next to nothing is left on the disk of the serverdir that the site names."""
    return disk_full_by(server.free, site)


def disk_full_by(free: int | None, site: Site) -> list[Finding]:
    """The same by the bytes that are free there; None: not known."""
    if free is None or free >= FULL:
        return []
    return [server_disk_full(site.serverdir, free, FULL)]


def replica_behind(server: Server) -> list[Finding]:
    """The finding, where the server is a replica that lacks what its primary has, or can no longer know."""
    replica = server.replica
    if replica is None or not (replica.is_behind or replica.is_cut_off):
        return []
    values = {
        "primary": replica.primary_url,
        "serial": replica.serial,
        "wanted_serial": "?" if replica.primary_serial is None else replica.primary_serial,
        "silent": "?" if replica.silent is None else f"{replica.silent:.0f}",
    }
    return [Finding("replica-behind", replica.serial, replica.primary_serial, (), values)]


def _tested(server: Server) -> Index:
    """The index under test. Raises NotApplicable where it is another product's, CannotLook where nothing tells."""
    if server.product is Product.OTHER:
        raise NotApplicable("not-devpi")
    if server.version is None:
        raise CannotLook("product-untold")
    if not server.indexes:
        raise CannotLook("index-untold", index=server.index, reason=server.untold or "-")
    return server.indexes[0]


def _holder(server: Server, mirror: Index) -> str:
    """The index whose bases name the mirror: where the mend is typed."""
    return next((index.name for index in server.indexes if mirror.name in index.bases), server.index)


def _slow(server: Server) -> bool:
    return server.absent_seconds is not None and server.absent_seconds >= SLOW
