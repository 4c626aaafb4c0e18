"""Functions of the local engine that DuckDB's SQL cannot say, in Python: those on jsonb, which go
through a value of any depth, regular expressions that are no constants, hashes, casts of texts to
intervals and of durations. One function with the operation's name as first argument, put into a
database when a statement first calls it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlshim import jsonb, jsonpath
from sqlshim.backends.duckdb.identifiers import parse_identifier
from sqlshim.backends.duckdb.macros.errors import QUOTE
from sqlshim.durations import of_interval, parse_duration, to_interval
from sqlshim.errors import DataError, Error, NotSupportedError
from sqlshim.intervals import parse_interval
from sqlshim.number_patterns import number_as
from sqlshim.pattern_spans import agreeing, spans
from sqlshim.patterns import re2, replacement, similar
from sqlshim.python_patterns import groups_of_match, part_of_match

if TYPE_CHECKING:
    import duckdb

PYTHON = "py_texts"  # (operation, a, b, c, d), all of them texts

_read = lru_cache(maxsize=256)(jsonb.read)  # an operand is often the same in all rows


def _path(text: str) -> list[str | None]:
    found: list[str | None] = json.loads(text)
    return found


def _truth(value: bool) -> str:
    return "true" if value else "false"


@lru_cache(maxsize=256)
def _pattern(pattern: str, flags: str) -> str:
    """A regular expression in RE2's form; the flags are those of the row RE2_PATTERN."""
    shape = re2(pattern, ignore_case="i" in flags)
    if "s" not in flags:
        return shape
    known = agreeing(shape, pattern)
    if "p" in flags and (known.empty or "^" in shape.replace("[^", "") or "$" in shape):
        raise NotSupportedError("a split where nothing need match is not supported")
    return shape


def _hash(name: str, text: str) -> str:
    """Of bytes in hexadecimal, in hexadecimal."""
    return hashlib.new(name, bytes.fromhex(text)).hexdigest()


def _along(value: str, path: str, variables: str, silent: str) -> list[jsonb.Value] | None:
    """What a JSON path finds; None where that fails silently."""
    try:
        return jsonpath.query(_read(value), path, _read(variables))
    except DataError:
        if silent != "true":
            raise
        return None


def _path_array(*given: str) -> str:
    return jsonb.write(list(_along(*given) or ()))


def _path_first(*given: str) -> str | None:
    found = _along(*given)
    return jsonb.write(found[0]) if found else None


def _path_exists(*given: str) -> str | None:
    found = _along(*given)
    return None if found is None else _truth(bool(found))


def _path_match(value: str, path: str, variables: str, silent: str) -> str | None:
    try:
        found = jsonpath.matches(_read(value), path, _read(variables))
    except DataError:
        if silent != "true":
            raise
        return None
    return None if found is None else _truth(found)


def _groups(*given: str) -> str | None:
    found = groups_of_match(*given)
    return None if found is None else json.dumps(found, ensure_ascii=False)


_OPERATIONS: dict[str, Callable[..., str | None]] = {
    "normal": jsonb.normal,
    "comparable": lambda a: jsonb.comparable(jsonb.read(a)),
    "contains": lambda a, b: _truth(jsonb.contains(_read(a), _read(b))),
    "concat": lambda a, b: jsonb.write(jsonb.concat(_read(a), _read(b))),
    "delete": lambda a, b: jsonb.write(jsonb.delete(jsonb.read(a), b)),
    "delete at": lambda a, b: jsonb.write(jsonb.delete_at(jsonb.read(a), int(b))),
    "delete keys": lambda a, b: jsonb.write(_without(jsonb.read(a), b)),
    "delete path": lambda a, b: jsonb.write(jsonb.delete_path(jsonb.read(a), _path(b))),
    "set": lambda a, b, c, d: jsonb.write(
        jsonb.set_at(jsonb.read(a), _path(b), _read(c), d == "true")
    ),
    "insert": lambda a, b, c, d: jsonb.write(
        jsonb.insert_at(jsonb.read(a), _path(b), _read(c), d == "true")
    ),
    "strip nulls": lambda a: jsonb.write(jsonb.strip_nulls(jsonb.read(a))),
    "pretty": lambda a: jsonb.pretty(jsonb.read(a)),
    "exists any": lambda a, b: _truth(any(_keys(a, b))),
    "exists all": lambda a, b: _truth(all(_keys(a, b))),
    "path array": _path_array,
    "path first": _path_first,
    "path exists": _path_exists,
    "path match": _path_match,
    "re2": _pattern,
    "number as": number_as,
    "hash": _hash,
    "parse ident": lambda a, b: json.dumps(parse_identifier(a, b == "true"), ensure_ascii=False),
    "similar": lambda a, b: re2(similar(a, b)),
    "regexp groups": _groups,
    "regexp part": part_of_match,
    "replacement": lambda a, b: replacement(a, spans(b).groups),
    "interval": lambda a: str(parse_interval(a)),
    "duration": lambda a: str(parse_duration(a)),
    "interval as duration": lambda a: str(of_interval(parse_interval(a))),
    "duration as interval": lambda a: str(to_interval(parse_duration(a))),
}
_OPERANDS = {"normal": 1, "comparable": 1, "strip nulls": 1, "pretty": 1, "path array": 4,
             "path first": 4, "path exists": 4, "path match": 4, "set": 4, "insert": 4,
             "regexp groups": 3, "regexp part": 3, "interval": 1, "duration": 1,
             "interval as duration": 1, "duration as interval": 1}  # fmt: skip


def _without(value: jsonb.Value, keys: str) -> jsonb.Value:
    for key in _path(keys):
        if key is not None:
            value = jsonb.delete(value, key)
    return value


def _keys(text: str, keys: str) -> list[bool]:
    value = _read(text)
    return [jsonb.exists(value, k) for k in _path(keys) if k is not None]


def _run(name: str, *given: str | None) -> str | None:
    """The operation over its operands; NULL if one is. `errors` reads the mark back."""
    operands = given[: _OPERANDS.get(name, 2)]
    if any(operand is None for operand in operands):
        return None
    try:
        return _OPERATIONS[name](*operands)
    except Error as error:
        message = error.detail.replace('"', QUOTE).replace("'", QUOTE)
        raise ValueError(f"sqlshim:{error.sqlstate}:{message}") from error


def calls_python(sql: str) -> bool:
    """Whether a statement calls one of these functions, which sqlglot writes in capitals."""
    return PYTHON.upper() in sql


def provide(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the functions into the connection's database."""
    from duckdb.sqltypes import VARCHAR

    def py_texts(
        name: str, a: str | None, b: str | None, c: str | None, d: str | None
    ) -> str | None:
        return _run(name, a, b, c, d)

    texts: list[Any] = [VARCHAR] * 5
    special: Any = "special"  # NULLs are passed on
    connection.create_function(PYTHON, py_texts, texts, VARCHAR, null_handling=special)
