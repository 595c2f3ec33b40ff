"""The commands of a remedy by the place where they are run (here and now, on the connected machine, after carrying in),
fitted to the index that was tested.

A mirror takes no upload, and what is not volatile keeps the file that it has: devpi's client refuses an upload to a
mirror, and a stage with `volatile=False` answers 409 to other bytes under the same name, and 200 to the same ones
without storing them: damage stays, and nothing says so (measured, devpi-server 6.20).

Each block of commands of devpi's client begins with the index and the login: a fresh shell knows neither, and one in
which somebody worked before may still use the wrong index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from airproof.diagnosis.cause import CauseDefinition, Sentences, fill_each
from airproof.probes.closure.candidates import parse_filename, project_of
from airproof.probes.index.devpi import Index, Server
from airproof.probes.index.product import Product
from airproof.site.indexurl import IndexUrl
from airproof.words import Text, load_texts

WORDS = Path(__file__).with_suffix(".toml")
TO_A_STAGE = ("devpi index -c STAGE", "devpi use STAGE")
"""STAGE is without bases: airproof rejects a stage above a mirror (SRV02)."""
UPLOAD = "devpi upload --from-dir MEDIUM/wheels"
"""MEDIUM is the folder that `airproof carry` has filled."""
FROM_FOLDER = "devpi upload --from-dir {held}"
USE, LOGIN = "devpi use {at}", "devpi login {account}"
LOOKING = ("devpi use", "devpi getjson", "devpi list")
"""Commands of devpi's client that need no login."""
DROP = ("devpi remove --index {tested} {release}",)
"""Commands that remove a release. On a mirror they delete its files alone: the links stay, and the next request fetches
the files again.
"""
OPEN, CLOSE = "devpi index {tested} volatile=True", "devpi index {tested} volatile=False"
UNKNOWN = "http://HOST:3141/root/local"
"""Stands for the index where there is none yet: a rehearsal's own ends with it."""
_CHANGING = ("devpi upload ", "devpi remove ")
_DEVPIS = ("devpi ", "devpi-")


class Steps(NamedTuple):
    """Commands of one remedy that can be pasted, by place. Each line is quoted for a shell."""

    here: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    """On the connected machine, besides what is fetched."""
    inside: tuple[str, ...] = ()
    """After carrying in."""
    fetch: str = ""
    """The requirement that is fetched on the connected machine, for `missing.txt`."""
    again: str = ""
    """An option that the check needs when it is repeated."""


class Around(NamedTuple):
    """Surroundings that a remedy is fitted to."""

    server: Server | None = None
    """None: nobody asked, and the index is taken for a volatile stage, as the manual makes it."""
    live: IndexUrl | None = None
    """The live index that was tested; None for a rehearsal's own, which nobody can reach afterwards."""
    held: str = ""
    """The folder on this side where what is missing lies already."""


NOTHING_AROUND = Around()


def steps_of(cause: CauseDefinition, around: Around, values: Mapping[str, object]) -> Steps:
    """The steps of a cause with its values. Raises KeyError for a placeholder without a value."""
    server, index = around.server, around.live
    cause = fitted(cause, around)
    values = {**values, "at": _address(server, index), "account": _account(server, index), "held": around.held}
    fetch = cause.fetches.format_map(values)
    return Steps(
        here=fill_each(_begun(cause.commands), values),
        outside=fill_each(cause.outside, values),
        inside=fill_each(_begun(cause.inside), values) if fetch or cause.outside else (),
        fetch=fetch,
        again=cause.again,
    )


def _begun(commands: tuple[str, ...]) -> tuple[str, ...]:
    """The commands, behind those with which devpi's client gets to the index."""
    typed = [command for command in commands if command.startswith("devpi ")]
    if not typed:
        return commands
    own_login = any(command.startswith("devpi login ") for command in typed)
    needs_login = not own_login and not all(command.startswith(LOOKING) for command in typed)
    return (USE, *([LOGIN] if needs_login else []), *commands)


def _address(server: Server | None, index: IndexUrl | None) -> str:
    """The URL for `devpi use`; the server's own where it has no such index."""
    if index is None:
        return UNKNOWN
    bare = index.bare.rstrip("/")
    absent = server is not None and server.version is not None and not server.exists and not server.untold
    return bare.removesuffix(index.stage).rstrip("/") if absent else bare


def _account(server: Server | None, index: IndexUrl | None) -> str:
    """Return an account that may upload: the index's owner; if `acl_upload` names only others, the first of them."""
    tested = server.indexes[0] if server is not None and server.indexes else None
    owner = (tested.name if tested is not None else index.stage if index is not None else "root").partition("/")[0]
    named = [name for name in (tested.acl_upload if tested is not None else ()) if not name.startswith(":")]
    return owner if owner in named or not named else named[0]


def fitted(cause: CauseDefinition, around: Around) -> CauseDefinition:
    """The cause with the remedy that the tested index admits, and with the upload of what is carried in."""
    server = around.server
    if around.held and cause.fetches:
        cause = _from_folder(cause, live=around.live is not None)
    if cause.rehearsed is not None and around.live is None:
        more = cause.rehearsed
        cause = _saying(cause, (f"{cause.en.remedy} {more.en}", f"{cause.zh_tw.remedy}{more.zh_tw}"))
    inside = (UPLOAD, *cause.inside) if cause.changes and (cause.fetches or cause.outside) else cause.inside
    cause = msgspec.structs.replace(cause, inside=inside)
    if server is not None and server.product is Product.OTHER:
        return _of_another(cause)
    index = server.indexes[0] if server is not None and server.indexes else None
    if index is None or not cause.changes:
        return cause
    told = (cause.en.remedy, cause.zh_tw.remedy)
    kept = "kept-removes"
    match cause.changes:
        case "adds" if index.is_mirror:
            told = _more(told, "mirror-adds")
            cause = msgspec.structs.replace(
                cause, commands=_before_upload(cause.commands), inside=_before_upload(cause.inside)
            )
        case "replaces" if index.is_mirror:
            told = _more((), "mirror-replaces")
            cause = msgspec.structs.replace(cause, commands=DROP, fetches="", outside=(), inside=())
        case "replaces":
            kept = "kept-replaces"
    if not index.volatile and cause.changes != "adds":
        told = _more(told, kept)
        cause = msgspec.structs.replace(cause, commands=_opened(cause.commands), inside=_opened(cause.inside))
    return _saying(cause, told)


def _from_folder(cause: CauseDefinition, *, live: bool) -> CauseDefinition:
    """The cause of something that need not be fetched, since it lies on this side. A rehearsal has uploaded the whole
    folder, so that no further upload would help.
    """
    commands = (*cause.commands, FROM_FOLDER) if live else cause.commands
    cause = msgspec.structs.replace(cause, commands=commands, fetches="", outside=(), inside=())
    return _saying(cause, _more((), "held-live" if live else "held-rehearsal"))


def _saying(cause: CauseDefinition, told: tuple[str, str]) -> CauseDefinition:
    english, chinese = told
    return msgspec.structs.replace(
        cause, en=Sentences(cause.en.says, english), zh_tw=Sentences(cause.zh_tw.says, chinese)
    )


def _of_another(cause: CauseDefinition) -> CauseDefinition:
    """The cause with a remedy for an index server that has never heard of devpi."""
    changes = _changing(cause.commands) or _changing(cause.inside)
    if cause.plain is not None:
        told = (cause.plain.en, cause.plain.zh_tw)
    elif changes:
        told = _more((cause.en.remedy, cause.zh_tw.remedy), "other-product")
    else:
        told = (cause.en.remedy, cause.zh_tw.remedy)
    cause = msgspec.structs.replace(cause, commands=_without_devpi(cause.commands), inside=_without_devpi(cause.inside))
    return _saying(cause, told)


def _without_devpi(commands: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(command for command in commands if not command.startswith(_DEVPIS))


def about(server: Server | None, values: Mapping[str, object]) -> dict[str, object]:
    """Return further values for the fitted words: the index, its upstream, and `PROJECT==VERSION` of a file, where the
    finding does not say that itself.
    """
    release = values.get("release") or release_of(str(values.get("filename") or values.get("file", "")))
    if server is None or not server.indexes:
        return {"release": release}
    index: Index = server.indexes[0]
    return {"tested": index.name, "upstream": index.mirror_url or "?", "release": release}


def release_of(filename: str) -> str:
    """`PROJECT==VERSION` of a file; empty where its name tells none."""
    version = parse_filename(filename).version
    return f"{project_of(filename)}=={version}" if version is not None else ""


def _more(told: Iterable[str], key: str) -> tuple[str, str]:
    """The sentences, and behind them those of `key`; Chinese needs no blank between."""
    text: Text = load_texts(WORDS)[key]
    english, chinese = tuple(told) or ("", "")
    return f"{english} {text.en}".strip(), f"{chinese}{text.zh_tw}"


def _before_upload(commands: tuple[str, ...]) -> tuple[str, ...]:
    places = _changing(commands)
    return (*commands[: places[0]], *TO_A_STAGE, *commands[places[0] :]) if places else commands


def _opened(commands: tuple[str, ...]) -> tuple[str, ...]:
    places = _changing(commands)
    if not places:
        return commands
    first, after = places[0], places[-1] + 1
    return (*commands[:first], OPEN, *commands[first:after], CLOSE, *commands[after:])


def _changing(commands: tuple[str, ...]) -> list[int]:
    return [place for place, command in enumerate(commands) if command.startswith(_CHANGING)]
