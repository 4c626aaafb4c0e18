"""JSON text as PostgreSQL writes it, out of DuckDB's lists. Called by `compile_aggregates`.

DuckDB's own aggregates would lose digits (1.50), the T of a timestamp, and PostgreSQL's spaces.
"""

from __future__ import annotations

from sqlglot import exp

from sqlshim.backends.duckdb.compile_casts import E, call, cast, convert, text
from sqlshim.ir.scalar import AggregateCall
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


def _json(value: E, t: SqlType) -> E:
    """The JSON text of a value; `null` for NULL."""
    return call("coalesce", _not_null(value, t), text("null"))


def _not_null(value: E, t: SqlType) -> E:
    if t.kind is Kind.JSON:
        return value
    if t.kind in NESTED:
        return cast(call("to_json", value), TEXT)
    shown = convert(value, t, TEXT)
    if t.kind in FLOATS:
        return call("pg_json_number", shown)
    if t.kind in NUMBERS or t.kind is Kind.BOOLEAN:
        return shown
    if t.kind in _TIMES:
        shown = call("pg_json_instant", shown)
    return cast(call("to_json", shown), TEXT)
