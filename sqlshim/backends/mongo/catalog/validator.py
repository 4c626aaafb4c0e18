"""`$jsonSchema` validators: read for the types of columns, written by CREATE TABLE.

A table made by sqlshim carries its exact SQL types in its validator ("sql: DECIMAL(10,2)" as the
description of a property), so that a catalog read anew gives the same columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlshim.backends.mongo.catalog.infer import part_type
from sqlshim.backends.mongo.catalog.typenames import parse_type
from sqlshim.backends.mongo.values.decode import MIXED
from sqlshim.backends.mongo.values.encode import OBJECT_ID
from sqlshim.backends.protocol import ColumnDefinition
from sqlshim.catalog.model import TableColumn
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DECIMAL,
    DOUBLE,
    JSON,
    TEXT,
    TIMESTAMP,
    Kind,
    SqlType,
    array,
    struct,
)

TITLE = "sqlshim table"
_SQL = "sql: "
_Schema = Mapping[str, Any]

_BSON: dict[Kind, list[str]] = {
    Kind.BOOLEAN: ["bool"],
    Kind.SMALLINT: ["int"],
    Kind.INTEGER: ["int"],
    Kind.BIGINT: ["long", "int"],
    Kind.DECIMAL: ["decimal"],
    Kind.REAL: ["double"],
    Kind.DOUBLE: ["double"],
    Kind.TEXT: ["string"],
    Kind.JSON: ["string"],
    Kind.BYTES: ["binData"],
    Kind.DATE: ["date"],
    Kind.TIME: ["string"],
    Kind.TIMESTAMP: ["date"],
    Kind.TIMESTAMPTZ: ["date"],
    Kind.UUID: ["binData"],
    Kind.STRUCT: ["object"],
    Kind.MAP: ["object"],
    Kind.ARRAY: ["array"],
}
_SQL_TYPES: dict[str, tuple[SqlType, str]] = {
    "bool": (BOOLEAN, "bool"),
    "boolean": (BOOLEAN, "bool"),
    "int": (BIGINT, "long"),
    "long": (BIGINT, "long"),
    "integer": (BIGINT, "long"),
    "double": (DOUBLE, "double"),
    "number": (DOUBLE, "double"),
    "decimal": (DECIMAL, "decimal"),
    "string": (TEXT, "string"),
    "date": (TIMESTAMP, "date"),
    "binData": (BYTES, "binData"),
    OBJECT_ID: (TEXT, OBJECT_ID),
}


# --- writing -------------------------------------------------------------------------------


def bson_types(t: SqlType) -> list[str]:
    """The names of the BSON types that values of `t` are stored as."""
    return _BSON[t.kind]


def is_storable(t: SqlType) -> bool:
    return t.kind in _BSON


def schema_of(columns: Sequence[ColumnDefinition]) -> dict[str, Any]:
    """The `$jsonSchema` of a new table."""
    properties = {
        c.name: {
            "bsonType": bson_types(c.type) + (["null"] if c.type.nullable else []),
            "description": f"{_SQL}{c.type}",
        }
        for c in columns
    }
    required = [c.name for c in columns if not c.type.nullable]
    schema: dict[str, Any] = {"bsonType": "object", "title": TITLE, "properties": properties}
    return {**schema, "required": required} if required else schema


# --- reading -------------------------------------------------------------------------------


def is_ours(schema: _Schema) -> bool:
    """Whether CREATE TABLE made this schema."""
    return schema.get("title") == TITLE


def columns_of(schema: _Schema) -> list[TableColumn]:
    """The columns that a `$jsonSchema` describes. What only others require may be missing: their
    documents may be older than the validator, or it only warns."""
    required = set(schema.get("required", ())) if is_ours(schema) else set()
    return [
        _column(name, part, name in required)
        for name, part in schema.get("properties", {}).items()
        if isinstance(part, Mapping)
    ]


def without_type(schema: _Schema) -> frozenset[str]:
    """The properties of which the schema does not say what type they are (but an `enum`, say)."""
    found = schema.get("properties", {}).items()
    return frozenset(n for n, part in found if isinstance(part, Mapping) and not _names(part))


def _column(name: str, part: _Schema, required: bool) -> TableColumn:
    t, native = _type(part)
    nullable = not required or "null" in _names(part) or not _names(part)
    return TableColumn(name, t.with_null(nullable), native)


def _names(part: _Schema) -> list[str]:
    names = part.get("bsonType", part.get("type", []))
    return [names] if isinstance(names, str) else list(names)


def _type(part: _Schema) -> tuple[SqlType, str]:
    description = part.get("description")
    if isinstance(description, str) and description.startswith(_SQL):
        return parse_type(description.removeprefix(_SQL)), ""
    names = {n for n in _names(part) if n != "null"}
    if names == {"object"} and part.get("properties"):
        fields = tuple((c.name, part_type(c.type, c.native)) for c in columns_of(part))
        return struct(fields), "object"
    if names == {"array"} and isinstance(part.get("items"), Mapping):
        return array(part_type(*_type(part["items"]))), "array"
    return _scalar(names)


def _scalar(names: set[str]) -> tuple[SqlType, str]:
    if names and names <= {"int", "long", "integer", "double", "number", "decimal"}:
        if names & {"decimal"}:
            return _SQL_TYPES["decimal"]
        if names & {"double", "number"}:
            return _SQL_TYPES["double"]
        return _SQL_TYPES["long"]
    if len(names) == 1:
        return _SQL_TYPES.get(next(iter(names)), (JSON, MIXED))
    return JSON, MIXED
