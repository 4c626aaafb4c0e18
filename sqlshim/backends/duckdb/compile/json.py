"""JSON text as PostgreSQL writes it, out of DuckDB's lists. Called by
`aggregates`; `JSONS` are rows for the table in `functions`.

DuckDB's own aggregates would lose digits (1.50), the T of a timestamp, and PostgreSQL's spaces.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import (
    E,
    array_of_values,
    call,
    cast,
    convert,
    number,
    text,
)
from sqlshim.backends.duckdb.compile.operators import Build, named
from sqlshim.backends.duckdb.python_functions import PYTHON
from sqlshim.functions import json as fj
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import AggregateCall, Call, Literal
from sqlshim.types import FLOATS, NESTED, NUMBERS, TEXT, Kind, SqlType

_TIMES = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMPTZ})


def json_array(node: AggregateCall, built: E, args: list[E]) -> E:
    """The text of a JSON array with the values of the list `built`."""
    item = exp.to_identifier("item")
    shown = _json(exp.Column(this=item), node.args[0].type)
    each = exp.Lambda(this=shown, expressions=[item.copy()], colon=True)
    return call("pg_json_array", call("list_transform", built, each))


def key_and_value(node: AggregateCall, args: list[E]) -> list[E]:
    """What the list of an object collects."""
    key, value = node.args
    return [call("pg_json_pair", convert(args[0], key.type, TEXT), _json(args[1], value.type))]


def json_object(node: AggregateCall, built: E, args: list[E]) -> E:
    """The text of a JSON object with the pairs of the list `built`."""
    return call("pg_json_object", built)


def jsonb_object(node: AggregateCall, built: E, args: list[E]) -> E:
    """The same as JSONB orders and writes it."""
    return call("pg_jsonb_object", built)


# --- parts of JSON text, and JSON text of values -------------------------------------------


def _to_json(node: Call, args: list[E]) -> E:
    return _not_null(args[0], node.args[0].type)


def _build_array(node: Call, args: list[E]) -> E:
    shown = [_json(a, e.type) for a, e in zip(args, node.args, strict=True)]
    return call("pg_json_array", array_of_values(shown))


def _build_object(node: Call, args: list[E]) -> E:
    macro = "pg_json_built" if node.fn is fj.JSON_BUILD_OBJECT else "pg_jsonb_object"
    pairs = []
    for i in range(0, len(args), 2):
        key = convert(args[i], node.args[i].type, TEXT)
        pairs.append(call("pg_json_pair", key, _json(args[i + 1], node.args[i + 1].type)))
    return call(macro, array_of_values(pairs))


def _get(node: Call, args: list[E]) -> E:
    """The value of a key; a number would be an index where the value is an array."""
    key = node.args[1]
    word = isinstance(key, Literal) and not str(key.value).isdigit()
    return call("pg_json_field" if word else "pg_json_get", *args)


def python(operation: str, truth: bool = False) -> Build:
    """An operation of `python_functions`; its operands travel as texts."""

    def build(node: Call, args: list[E]) -> E:
        shown = [_travelling(a, e.type) for a, e in zip(args, node.args, strict=True)]
        nulls = [cast(exp.null(), TEXT) for _ in range(4 - len(shown))]
        made = call(PYTHON, text(operation), *shown, *nulls)
        return exp.Paren(this=exp.EQ(this=made, expression=text("true"))) if truth else made

    return build


def _travelling(value: E, t: SqlType) -> E:
    if t.kind is Kind.ARRAY:
        return cast(call("to_json", value), TEXT)
    return value if t.kind in (Kind.JSON, Kind.TEXT) else cast(value, TEXT)


JSONS: Mapping[Function, Build] = {
    fj.JSON_GET: _get,
    fj.JSON_AT: named("pg_json_at"),
    fj.JSON_STEP: named("pg_json_step"),
    fj.JSON_TEXT: named("pg_json_text"),
    fj.JSON_HAS_KEY: named("pg_json_has_key"),
    fj.JSON_ARRAY_LENGTH: named("pg_json_array_length"),
    fj.JSON_VALID: named("json_valid"),
    fj.JSON_TYPEOF: named("pg_json_typeof"),
    fj.JSON_ELEMENTS: named("pg_json_elements"),
    fj.JSON_ELEMENTS_TEXT: named("pg_json_elements_text"),
    fj.JSON_ENTRIES: named("pg_json_entries"),
    fj.JSON_ENTRIES_TEXT: named("pg_json_entries_text"),
    fj.JSONB: python("normal"),
    fj.JSONB_COMPARABLE: python("comparable"),
    fj.JSONB_CONTAINS: python("contains", truth=True),
    fj.JSONB_CONCAT: python("concat"),
    fj.JSONB_DELETE: python("delete"),
    fj.JSONB_DELETE_AT: python("delete at"),
    fj.JSONB_DELETE_KEYS: python("delete keys"),
    fj.JSONB_DELETE_PATH: python("delete path"),
    fj.JSONB_SET: python("set"),
    fj.JSONB_INSERT: python("insert"),
    fj.JSON_STRIP_NULLS: python("strip nulls"),
    fj.JSONB_PRETTY: python("pretty"),
    fj.JSONB_EXISTS_ANY: python("exists any", truth=True),
    fj.JSONB_EXISTS_ALL: python("exists all", truth=True),
    fj.JSONB_PATH_QUERY_ARRAY: python("path array"),
    fj.JSONB_PATH_QUERY_FIRST: python("path first"),
    fj.JSONB_PATH_EXISTS: python("path exists", truth=True),
    fj.JSONB_PATH_MATCH: python("path match", truth=True),
    fj.JSON_KEYS: named("pg_json_keys"),
    fj.TO_JSON: _to_json,
    fj.JSON_BUILD_OBJECT: _build_object,
    fj.JSONB_BUILD_OBJECT: _build_object,
    fj.JSON_BUILD_ARRAY: _build_array,
}


def _loses(t: SqlType) -> bool:
    """Whether DuckDB's JSON of a nested value would not be PostgreSQL's: digits, the T of a
    timestamp, JSON inside."""
    if t.kind is Kind.ARRAY:
        return t.element is not None and _loses(t.element)
    if t.kind is Kind.STRUCT:
        return any(_loses(f) for _, f in t.fields)
    if t.kind is Kind.MAP:
        return any(_loses(part) for part in (t.key, t.element) if part)
    return t.kind in {Kind.DECIMAL, Kind.NUMERIC, Kind.JSON, *_TIMES, *FLOATS}


def _parts(value: E, t: SqlType) -> E:
    """The JSON text of an array, map or struct, part by part, without spaces."""
    name = exp.to_identifier(f"part{_depth(t)}")
    here = exp.Column(this=name)
    if t.kind is Kind.ARRAY:
        each = exp.Lambda(
            this=_json(here, t.element or TEXT), expressions=[name.copy()], colon=True
        )
        items = call("array_to_string", call("list_transform", value, each), text(","))
        return call("pg_bracketed", value.copy(), items)
    if t.kind is Kind.MAP:
        return _entries(value, t, name)
    shown: list[E] = []
    for place, (field, kind) in enumerate(t.fields):
        lead = ("," if place else "") + json.dumps(field, ensure_ascii=False) + ":"
        part = call("struct_extract", here.copy(), text(field))
        shown += [text(lead), _json(part, kind)]
    whole = call("concat", text("{"), *shown, text("}"))
    known = exp.Not(this=exp.Paren(this=exp.Is(this=here.copy(), expression=exp.null())))
    body = exp.Case(ifs=[exp.If(this=known, true=whole)])
    each = exp.Lambda(this=body, expressions=[name.copy()], colon=True)
    one = call("list_transform", array_of_values([value]), each)
    return call("list_extract", one, number(1))


def _entries(value: E, t: SqlType, name: exp.Identifier) -> E:
    """The JSON text of a map."""
    here = exp.Column(this=name)
    key, item = (call("struct_extract", here.copy(), text(part)) for part in ("key", "value"))
    shown = cast(call("to_json", convert(key, t.key or TEXT, TEXT)), TEXT)
    pair = call("concat", shown, text(":"), _json(item, t.element or TEXT))
    each = exp.Lambda(this=pair, expressions=[name.copy()], colon=True)
    pairs = call(
        "array_to_string", call("list_transform", call("map_entries", value), each), text(",")
    )
    whole = call("concat", text("{"), pairs, text("}"))
    known = exp.Not(this=exp.Paren(this=exp.Is(this=value.copy(), expression=exp.null())))
    return exp.Case(ifs=[exp.If(this=known, true=whole)])


def _depth(t: SqlType) -> int:
    """How deep a type is: the names of nested lambdas must differ."""
    inner = [part for part in (t.element, t.key) if part] or [f for _, f in t.fields]
    return 1 + max((_depth(i) for i in inner), default=0)


def _json(value: E, t: SqlType) -> E:
    """The JSON text of a value; `null` for NULL."""
    return call("coalesce", _not_null(value, t), text("null"))


def _not_null(value: E, t: SqlType) -> E:
    if t.kind is Kind.JSON:
        return value
    if t.kind in NESTED and _loses(t):
        return _parts(value, t)
    if t.kind in NESTED:
        return cast(call("to_json", value), TEXT)
    shown = convert(value, t, TEXT)
    if t.kind in FLOATS:
        return call("pg_json_number", shown)
    if t.kind in NUMBERS or t.kind in (Kind.NUMERIC, Kind.BOOLEAN):
        return shown
    if t.kind in _TIMES:
        shown = call("pg_json_instant", shown)
    return cast(call("to_json", shown), TEXT)
