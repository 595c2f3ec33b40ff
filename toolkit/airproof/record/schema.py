"""The JSON Schema of a record, generated from the types of file.py; `report.schema.json` is its written form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from airproof.record.file import Filed
from airproof.record.report import SCHEMA

FILE = Path(__file__).with_name("report.schema.json")


def schema() -> dict[str, Any]:
    """Draft 2020-12. Additional fields are allowed: a later airproof may tell more under the same schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "A record of airproof",
        **msgspec.json.schema(Filed),
    }


def schema_text() -> str:
    """Return the text of `report.schema.json`; a test compares it with the file."""
    return msgspec.json.format(msgspec.json.encode(schema(), order="deterministic"), indent=1).decode() + "\n"
