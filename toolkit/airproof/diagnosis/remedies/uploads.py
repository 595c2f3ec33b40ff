"""A remedy that changes the index, fitted to the index that was tested: a mirror takes no upload, and what is not
volatile keeps the file that it has.

devpi's client refuses an upload to a mirror. A stage with `volatile=False` answers 409 to other bytes under the same
name, and 200 to the same ones without storing them: damage stays, and nothing says so (measured, devpi-server 6.20).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from airproof.diagnosis.cause import CauseDefinition, Sentences
from airproof.probes.closure.candidates import parse_filename, project_of
from airproof.probes.index.devpi import Index, Server
from airproof.probes.index.product import Product
from airproof.words import Text, load_texts

WORDS = Path(__file__).with_suffix(".toml")
TO_A_STAGE = ("devpi index -c STAGE", "devpi use STAGE")
"""STAGE is without bases: airproof rejects a stage above a mirror (SRV02)."""
DROP = ("devpi remove --index {tested} {release}",)
"""Of a mirror's release this deletes the files alone; the links stay, and the next request fetches them."""
OPEN, CLOSE = "devpi index {tested} volatile=True", "devpi index {tested} volatile=False"
_CHANGING = ("devpi upload ", "devpi remove ")
_DEVPIS = ("devpi ", "devpi-")


def fitted(cause: CauseDefinition, server: Server | None) -> CauseDefinition:
    """The cause with the remedy that the tested index admits. `server` None: nobody asked, and it is taken for a
    volatile stage, as the manual makes it.
    """
    if server is not None and server.product is Product.OTHER:
        return _of_another(cause)
    index = server.indexes[0] if server is not None and server.indexes else None
    if index is None or not cause.changes:
        return cause
    told, commands = (cause.en.remedy, cause.zh_tw.remedy), cause.commands
    kept = "kept-removes"
    match cause.changes:
        case "adds" if index.is_mirror:
            told, commands = _more(told, "mirror-adds"), _before_upload(commands)
        case "replaces" if index.is_mirror:
            told, commands = _more((), "mirror-replaces"), DROP
        case "replaces":
            kept = "kept-replaces"
    if not index.volatile and cause.changes != "adds":
        told, commands = _more(told, kept), _opened(commands)
    english, chinese = told
    return msgspec.structs.replace(
        cause,
        en=Sentences(cause.en.says, english),
        zh_tw=Sentences(cause.zh_tw.says, chinese),
        commands=commands,
    )


def _of_another(cause: CauseDefinition) -> CauseDefinition:
    """The cause with a remedy for an index server that has never heard of devpi."""
    commands = tuple(command for command in cause.commands if not command.startswith(_DEVPIS))
    if cause.plain is not None:
        told = (cause.plain.en, cause.plain.zh_tw)
    elif _changing(cause.commands):
        told = _more((cause.en.remedy, cause.zh_tw.remedy), "other-product")
    else:
        told = (cause.en.remedy, cause.zh_tw.remedy)
    return msgspec.structs.replace(
        cause,
        en=Sentences(cause.en.says, told[0]),
        zh_tw=Sentences(cause.zh_tw.says, told[1]),
        commands=commands,
    )


def about(server: Server | None, values: Mapping[str, object]) -> dict[str, object]:
    """Return further values for the fitted words: the index, its upstream, and `PROJECT==VERSION` of a file, where the
    finding does not say that itself.
    """
    if server is None or not server.indexes:
        return {}
    index: Index = server.indexes[0]
    release = values.get("release") or release_of(str(values.get("filename") or values.get("file", "")))
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
    return [place for place, one in enumerate(commands) if one.startswith(_CHANGING)]
