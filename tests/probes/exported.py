"""Self-made exports of flows, in the shapes that OMFlow's editions write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def item(id: str = "FITEM_1", *, type: str = "python", text: str = "", **config: Any) -> dict[str, Any]:
    """One box; `config` holds its packages and its code."""
    return {"id": id, "type": type, "text": text, "config": config}


def flow(name: str = "nightly", *items: dict[str, Any], subflow: tuple[Any, ...] = (), **keys: Any) -> dict[str, Any]:
    flowobject = {"items": list(items), "subflow": list(subflow), "form_object": {}, "uid": 1}
    return {"flow_name": name, "description": "", "config": {}, "flowobject": flowobject, **keys}


def application(name: str = "Demo", *flows: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"app_name": name, "app_attr": "user", "flow_list": list(flows), **keys}


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
