"""Type names as text and back: for declared schemas and for the tables sqlshim creates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlshim.errors import InterfaceError
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    JSON,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    SqlType,
    array,
    decimal,
    map_of,
    struct,
)

_NAMES: dict[str, SqlType] = {
    "BOOLEAN": BOOLEAN, "BOOL": BOOLEAN,
    "SMALLINT": SMALLINT, "INT2": SMALLINT,
    "INTEGER": INTEGER, "INT": INTEGER, "INT4": INTEGER,
    "BIGINT": BIGINT, "INT8": BIGINT,
    "DECIMAL": decimal(38, 10), "NUMERIC": decimal(38, 10),
    "REAL": REAL, "FLOAT4": REAL,
    "DOUBLE PRECISION": DOUBLE, "DOUBLE": DOUBLE, "FLOAT8": DOUBLE, "FLOAT": DOUBLE,
    "TEXT": TEXT, "VARCHAR": TEXT, "CHAR": TEXT, "STRING": TEXT, "OBJECTID": TEXT,
    "BYTEA": BYTES, "BLOB": BYTES, "BYTES": BYTES,
    "DATE": DATE, "TIME": TIME,
    "TIMESTAMP": TIMESTAMP, "DATETIME": TIMESTAMP,
    "TIMESTAMPTZ": TIMESTAMPTZ, "TIMESTAMP WITH TIME ZONE": TIMESTAMPTZ,
    "UUID": UUID,
    "JSON": JSON, "JSONB": JSON,
}  # fmt: skip
_PARTS = re.compile(
    r"\s*(\w+(?:\s+(?:PRECISION|WITH\s+TIME\s+ZONE))?)\s*(.*)", re.IGNORECASE | re.DOTALL
)
_FIELD = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"\s*|(?P<name>\S+)\s+)(?P<type>.*)', re.DOTALL)
_DIGITS = re.compile(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*(.*)", re.DOTALL)


def parse_type(text: str) -> SqlType:
    """The type of a text such as `DECIMAL(10,2)`, `TEXT[]`, `STRUCT(city TEXT)`."""
    found = _PARTS.fullmatch(text)
    if not found:
        raise _unknown(text)
    name, rest = " ".join(found[1].upper().split()), found[2].strip()
    if name in ("STRUCT", "MAP") and rest.startswith("("):
        inner, rest = _enclosed(rest)
        t = _struct(inner) if name == "STRUCT" else _map(inner)
    else:
        t = _NAMES.get(name) or _fail(text)
        digits = _DIGITS.fullmatch(rest)
        if digits:
            if name in ("DECIMAL", "NUMERIC"):
                t = decimal(int(digits[1]), int(digits[2] or 0))
            rest = digits[3].strip()
    while rest.startswith("[]"):
        t, rest = array(t), rest[2:].strip()
    return _fail(text) if rest else t


def _struct(inner: str) -> SqlType:
    fields = []
    for part in _split(inner):
        found = _FIELD.fullmatch(part)
        if found is None:
            raise _unknown(part)
        name = found["name"] or found["quoted"].replace('""', '"')
        fields.append((name, parse_type(found["type"])))
    return struct(tuple(fields))


def _map(inner: str) -> SqlType:
    key, value = _split(inner)
    return map_of(parse_type(key), parse_type(value))


def _enclosed(text: str) -> tuple[str, str]:
    """What is inside the parentheses a text begins with, and what follows."""
    for i, _, depth in _depths(text):
        if depth == 0:
            return text[1:i], text[i + 1 :].strip()
    raise _unknown(text)


def _split(text: str) -> list[str]:
    """The parts between commas that are in no parentheses."""
    parts, start = [], 0
    for i, char, depth in _depths(text):
        if char == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


def _depths(text: str) -> Iterator[tuple[int, str, int]]:
    """Each character outside quotes, and in how many parentheses it is."""
    depth, quoted = 0, False
    for i, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(char, 0)
            yield i, char, depth


def _fail(text: str) -> SqlType:
    raise _unknown(text)


def _unknown(text: str) -> InterfaceError:
    return InterfaceError(
        f"not a type of a declared schema: {text!r}",
        hint="Write types such as BIGINT, DECIMAL(10,2), TEXT, DATE, TIMESTAMP, TEXT[].",
    )
