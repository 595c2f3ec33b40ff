"""The JSON Schema of a record."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from airproof.record.file import encode
from airproof.record.report import SCHEMA, Report
from airproof.record.schema import FILE, schema, schema_text
from tests.renderers.extremes import planted
from tests.renderers.records import SAMPLES, accepted


def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(FILE.read_text(encoding="utf-8")))


def test_the_written_schema_is_that_of_the_types(request: pytest.FixtureRequest) -> None:
    """A change of report.py needs the schema to be written anew (`--update-goldens`)."""
    if request.config.getoption("--update-goldens", default=False):
        FILE.write_text(schema_text(), encoding="utf-8", newline="\n")

    assert schema_text() == FILE.read_text(encoding="utf-8")


def test_it_is_a_schema_of_its_draft() -> None:
    """The schema names its draft and itself, and is valid."""
    jsonschema.Draft202012Validator.check_schema(schema())

    assert (schema()["$id"], schema()["$schema"]) == (SCHEMA, "https://json-schema.org/draft/2020-12/schema")


@pytest.mark.parametrize("made", [*(make() for make in SAMPLES.values()), planted("<\x00")], ids=[*SAMPLES, "hostile"])
def test_records_are_valid(made: Report) -> None:
    """Encoded records fit the schema."""
    assert list(validator().iter_errors(json.loads(encode(made)))) == []


@pytest.mark.parametrize(
    ("field", "value"), [("schema", "airproof.report/2"), ("verdict", "fine"), ("checks", [{}]), ("exit_code", "0")]
)
def test_other_things_are_not_valid(field: str, value: Any) -> None:
    """A wrong schema, verdict, entry or exit code is refused."""
    record = {**json.loads(encode(accepted())), field: value}

    assert list(validator().iter_errors(record)) != []


def test_a_missing_field_is_not_valid() -> None:
    """A record without its verdict is none."""
    record = json.loads(encode(accepted()))
    del record["verdict"]

    assert list(validator().iter_errors(record)) != []
