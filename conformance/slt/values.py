"""Rows of Python values in, sqllogictest's text values out, sorted and hashed as SQLite does.

`I` prints an integer, `R` three decimals, `T` text; NULL is `NULL`, the empty string `(empty)`,
unprintable characters `@`. A value whose Python type does not belong to its letter is a wrong
answer, not a conversion: the contract says that every store gives the same types.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal

from conformance.slt.parse import Sort

HASHED = re.compile(r"(\d+) values hashing to ([0-9a-f]{32})")


class WrongType(Exception):
    """A result column cannot be what the query's type letter says."""


class WholeNumeric(Decimal):
    """A whole numeric of PostgreSQL, which has no other type for a SUM that is a bigint here."""


def format_rows(rows: Sequence[Sequence[object]], types: str) -> list[list[str]]:
    for row in rows:
        if len(row) != len(types):
            raise WrongType(f"{len(types)} columns expected, {len(row)} came back")
    return [[format_value(v, t) for v, t in zip(row, types, strict=True)] for row in rows]


def format_value(value: object, letter: str) -> str:
    if value is None:
        return "NULL"
    match letter:
        case "I":
            return _integer(value)
        case "R":
            return _real(value)
        case _:
            return _text(value)


def _integer(value: object) -> str:
    if isinstance(value, int | WholeNumeric):  # a bool prints as 1 or 0
        return str(int(value))
    raise WrongType(f"I expected, {type(value).__name__} {value!r} came back")


def _real(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, float | Decimal):
        text = f"{value:.3f}"
        return "0.000" if text == "-0.000" else text
    raise WrongType(f"R expected, {type(value).__name__} {value!r} came back")


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            raise WrongType(f"T expected, {type(value).__name__} {value!r} came back")
        case str():
            return "".join(c if c.isprintable() else "@" for c in value) or "(empty)"
        case Decimal():
            return f"{value:f}"
        case bytes():
            return value.hex() or "(empty)"
        case dt.datetime():
            return value.isoformat(sep=" ")
        case dt.date() | dt.time():
            return value.isoformat()
        case list() | dict():
            return json.dumps(value, default=str)
    return str(value)


def arrange(rows: Sequence[Sequence[str]], sort: Sort) -> list[str]:
    """All values, one after the other, in the order in which they are compared."""
    match sort:
        case "nosort":
            return [value for row in rows for value in row]
        case "rowsort":
            return [value for row in sorted(map(tuple, rows)) for value in row]
        case "valuesort":
            return sorted(value for row in rows for value in row)


def expected_rows(lines: Sequence[str], width: int) -> list[list[str]]:
    """Expected lines as rows: a row a line when every line has `width` tabbed values, or a value
    a line."""
    split = [line.split("\t") for line in lines]
    if width > 1 and all(len(parts) == width for parts in split):
        return split
    return [list(lines[i : i + width]) for i in range(0, len(lines), width)]


def hash_values(values: Sequence[str]) -> str:
    """SQLite's digest of a result: the MD5 of every value followed by a newline."""
    text = "".join(f"{value}\n" for value in values)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def hash_line(values: Sequence[str]) -> str:
    return f"{len(values)} values hashing to {hash_values(values)}"
