"""Exports of OMFlow (`.omf`): a file becomes flows. Every form is read that an edition is known to write or to take.

A list of applications, the same wrapped as a reply of the REST interface, one application alone, and the older mapping
from application to flows; `flowobject` as an object or as JSON in a text; sub-flows to any depth. Where `packages` may
stand is not documented for all parts, so everything is walked and each `packages` list counts for the item it lies in.
An export of parameters has the same extension and may hold passwords: it is recognised and not looked into.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from airproof.errors import BadInput
from airproof.probes.omflow.items import (
    MOST_ITEMS,
    TooManyInARow,
    TooManyItems,
    by_collector,
    holds_packages,
    items_of,
    mapping_of,
    place_of,
    text_of,
)
from airproof.site.flows import POLICY, Flow

LARGEST = 64 * 1024 * 1024
"""Bytes of one export; a few megabytes are usual."""
EXTENSION = ".omf"
PARAMETER = {"name", "value"}
"""Keys that every element of an export of parameters has."""


class ParametersExport(Exception):
    """The file is an export of parameters, which has the same extension."""


def read_exports(paths: tuple[str, ...]) -> tuple[Flow, ...]:
    """Read the flows of files and of folders; in a folder every `.omf` counts, and exports of parameters are skipped.

    Raises BadInput, naming the file, for a file that is not an export of applications.
    """
    files = {file: from_folder for path in paths for file, from_folder in _files(Path(path))}
    read: list[Flow] = []
    for path, from_folder in files.items():
        try:
            read += read_export(path)
        except ParametersExport as error:
            if not from_folder:
                raise BadInput("flow-parameters", path=path) from error
    if not read:
        raise BadInput("flow-none", path=paths[0])
    return _told_apart(read)


def read_export(path: Path) -> list[Flow]:
    """Read the flows of one file. Raises BadInput, and ParametersExport for an export of parameters."""
    document = _decoded(path)
    for _ in range(4):  # At most a reply around an export, and JSON text around each.
        if isinstance(document, str):
            document = _parsed(document, path)
        if not (isinstance(document, dict) and "status" in document and "result" in document):
            break
        if str(document["status"]) != "200":
            raise BadInput("flow-error-reply", path=path, status=text_of(document["status"])[:20])
        document = document["result"]
    flows = []
    for application, flow in _flows(document, path):
        name = f"{text_of(application) or '?'} / {text_of(flow.get('flow_name')) or '?'}"
        config, policy = mapping_of(flow.get("config")), bool(flow.get("collector_application"))
        place = place_of(config) if by_collector(config) else POLICY if policy else ""
        held = flow.get("flowobject")
        flowobject = _parsed(held, path) if isinstance(held, str) else held
        try:
            items = items_of(flowobject, collector=policy or by_collector(config), place=place)
            flows.append(Flow(name, str(path), items, declares=holds_packages(flowobject), policy=policy))
        except TooManyInARow as error:
            raise BadInput("flow-too-long", path=path, flow=name) from error
        except TooManyItems as error:
            raise BadInput("flow-too-many", path=path, flow=name, most=MOST_ITEMS) from error
    return flows


def _files(path: Path) -> Iterator[tuple[Path, bool]]:
    """Yield files, and whether they come from a folder."""
    try:
        if not path.is_dir():
            yield path, False
            return
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() == EXTENSION and file.is_file())
    except OSError as error:
        raise BadInput("flow-unreadable", path=path, reason=error.strerror or error) from error
    if not files:
        raise BadInput("flow-none", path=path)
    yield from ((file, True) for file in files)


def _decoded(path: Path) -> Any:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise BadInput("flow-too-big", path=path, size=size >> 20, largest=LARGEST >> 20)
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput("flow-unreadable", path=path, reason=error.strerror or error) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("flow-encoding", path=path, position=error.start) from error
    return _parsed(text, path)


def _parsed(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadInput("flow-not-json", path=path, reason=str(error).partition(":")[0] + line) from error
    except RecursionError as error:
        raise BadInput("flow-too-deep", path=path) from error


def _flows(document: Any, path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield application and flow, from every form of export. A flow of a Collector's application is marked as such."""
    applications = document if isinstance(document, list) else [document]
    if not all(isinstance(element, dict) for element in applications) or not applications:
        raise BadInput("flow-not-export", path=path)
    if any(isinstance(element.get("flow_list"), list) for element in applications):
        for entry in applications:
            for flow in _dicts(entry.get("flow_list"), path):
                away = entry.get("app_attr") == "sch"
                yield entry.get("app_name"), {**flow, "collector_application": away}
    elif all(PARAMETER <= element.keys() for element in applications):
        raise ParametersExport
    elif all("flowobject" in element for element in applications):
        yield from ((element.get("flow_app_id__app_name"), element) for element in applications)
    elif isinstance(document, dict) and document and all(_is_flows(value) for value in document.values()):
        for application, flows in document.items():
            yield from ((application, flow) for flow in flows)
    else:
        raise BadInput("flow-not-export", path=path)


def _is_flows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(flow, dict) and "flowobject" in flow for flow in value)


def _dicts(value: Any, path: Path) -> list[dict[str, Any]]:
    values = value or []
    if not isinstance(values, list) or not all(isinstance(entry, dict) for entry in values):
        raise BadInput("flow-not-export", path=path)
    return values


def _told_apart(flows: list[Flow]) -> tuple[Flow, ...]:
    """Give flows with the same name different titles, so that they stay apart."""
    taken: dict[str, Flow] = {}
    numbers: dict[str, int] = {}
    for flow in flows:
        title = flow.title
        while title in taken:
            numbers[flow.title] = numbers.get(flow.title, 1) + 1
            title = f"{flow.title} ({numbers[flow.title]})"
        taken[title] = msgspec.structs.replace(flow, title=title)
    return tuple(taken.values())
