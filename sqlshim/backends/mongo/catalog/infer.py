"""Column types inferred from sampled documents.

`Fields` looks at documents one after the other; `columns()` says which fields there were, in the
order of their first appearance, and the SQL type that holds every value seen in each.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bson.binary import Binary
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

from sqlshim.backends.mongo.values.decode import MIXED
from sqlshim.backends.mongo.values.encode import OBJECT_ID
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DEFAULT_SCALE,
    DOUBLE,
    JSON,
    MAX_PRECISION,
    TEXT,
    TIMESTAMP,
    UUID,
    VARYING,
    SqlType,
    array,
    decimal,
    struct,
)

_KINDS: dict[type, str] = {
    bool: "bool",
    int: "int",
    Int64: "int",
    float: "double",
    Decimal128: "decimal",
    str: "string",
    dt.datetime: "date",
    ObjectId: OBJECT_ID,
    bytes: "binData",
    Binary: "binData",
    uuid.UUID: "uuid",
    dict: "object",
    list: "array",
}
_SIMPLE: dict[str, SqlType] = {
    "bool": BOOLEAN,
    "int": BIGINT,
    "double": DOUBLE,
    "string": TEXT,
    "date": TIMESTAMP,
    OBJECT_ID: TEXT,
    "binData": BYTES,
    "uuid": UUID,
}
_NATIVE = {"int": "long"}


@dataclass
class Seen:
    """What one field held in the documents looked at."""

    kinds: set[str] = field(default_factory=set)
    nulls: bool = False
    scale: int = 0
    parts: Fields | None = None  # of nested documents
    elements: Seen | None = None  # of arrays

    def look(self, value: Any) -> None:
        if value is None:
            self.nulls = True
            return
        kind = _KINDS.get(type(value), "other")
        self.kinds.add(kind)
        if kind == "object":
            self.parts = self.parts or Fields()
            self.parts.look(value)
        elif kind == "array":
            self.elements = self.elements or Seen()
            for element in value:
                self.elements.look(element)
        elif kind == "decimal":
            self._look_at_decimal(value)

    def _look_at_decimal(self, value: Decimal128) -> None:
        exponent = value.to_decimal().as_tuple().exponent
        if isinstance(exponent, int):
            self.scale = max(self.scale, min(-exponent, MAX_PRECISION))

    def type(self) -> tuple[SqlType, str]:
        """The SQL type and the store's own name for it."""
        kinds = self.kinds
        if not kinds:
            return TEXT, ""
        if kinds == {"object"}:
            return self._struct(), "object"
        if kinds == {"array"}:
            return array(part_type(*(self.elements or Seen()).type())), "array"
        if (kinds <= {"int", "double", "decimal"} and len(kinds) > 1) or kinds == {"decimal"}:
            return self._number()
        if len(kinds) == 1:
            (kind,) = kinds
            if kind in _SIMPLE:
                return _SIMPLE[kind], _NATIVE.get(kind, kind)
        return VARYING, MIXED

    def _number(self) -> tuple[SqlType, str]:
        if "decimal" not in self.kinds:
            return DOUBLE, "double"
        return decimal(MAX_PRECISION, max(self.scale, DEFAULT_SCALE)), "decimal"

    def _struct(self) -> SqlType:
        parts = self.parts or Fields()
        fields = tuple((name, part_type(*known)) for name, known in parts.columns().items())
        return struct(fields) if fields else JSON


def part_type(t: SqlType, native: str) -> SqlType:
    """The type of a field or element; it carries its native type where that matters."""
    return replace(t, native=native) if native in (OBJECT_ID, MIXED) else t


@dataclass
class Fields:
    """The fields of documents, in the order of their first appearance."""

    seen: dict[str, Seen] = field(default_factory=dict)

    def look(self, document: Mapping[str, Any]) -> None:
        for name, value in document.items():
            if name not in self.seen:
                self.seen[name] = Seen()
            self.seen[name].look(value)

    def at(self, path: Sequence[str]) -> Seen | None:
        """What was seen at the end of `path`, in which `[]` are the elements of an array."""
        seen = self.seen.get(path[0])
        for name in path[1:]:
            if seen is None:
                return None
            if name == "[]":
                seen = seen.elements
            else:
                seen = None if seen.parts is None else seen.parts.seen.get(name)
        return seen

    def columns(self) -> dict[str, tuple[SqlType, str]]:
        """Each field's SQL type and native type."""
        return {name: seen.type() for name, seen in self.seen.items()}
