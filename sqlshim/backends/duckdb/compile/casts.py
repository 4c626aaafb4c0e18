"""SQL types as DuckDB types, constants as DuckDB literals, casts with PostgreSQL's meaning.

In the engine a UUID and JSON are VARCHAR (as in Arrow), a NUMERIC is the text of `numerics`, a
DURATION that of `durations`, an instant is TIMESTAMPTZ in UTC.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from sqlglot import exp

from sqlshim import numerics
from sqlshim.backends.duckdb.fields import field_names
from sqlshim.backends.duckdb.python_functions import PYTHON
from sqlshim.types import (
    DEFAULT_SCALE,
    FLOATS,
    INTEGERS,
    MAX_PRECISION,
    NUMBERS,
    TEXT,
    Interval,
    Kind,
    SqlType,
)

E = exp.Expr
DIALECT = "duckdb"

_NAMES = {
    Kind.UNKNOWN: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.JSON: "VARCHAR",
    Kind.UUID: "VARCHAR",
    Kind.NUMERIC: "VARCHAR",
    Kind.DURATION: "VARCHAR",
    Kind.BYTES: "BLOB",
}


def type_text(t: SqlType) -> str:
    """The DuckDB type that carries values of `t`."""
    match t.kind:
        case Kind.DECIMAL:
            return f"DECIMAL({t.precision or 38}, {DEFAULT_SCALE if t.scale is None else t.scale})"
        case Kind.ARRAY:
            return type_text(t.element or SqlType(Kind.TEXT)) + "[]"
        case Kind.MAP:
            parts = (t.key or SqlType(Kind.TEXT), t.element or SqlType(Kind.TEXT))
            return "MAP(" + ", ".join(map(type_text, parts)) + ")"
        case Kind.STRUCT:
            types = (type_text(field) for _, field in t.fields)
            pairs = zip(map(quoted, field_names(t)), types, strict=True)
            return "STRUCT(" + ", ".join(map(" ".join, pairs)) + ")"
        case kind:
            return _NAMES.get(kind, kind.value)


def quoted(name: str) -> str:
    """`name` as a quoted identifier: the one place where names become text."""
    return '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=512)
def _data_type(text: str) -> exp.DataType:
    return exp.DataType.build(text, dialect=DIALECT)


def cast(value: E, t: SqlType) -> E:
    """A plain CAST to the type that carries `t`."""
    return exp.Cast(this=value, to=_data_type(type_text(t)).copy())


def call(name: str, *args: E) -> E:
    """A function call, printed as it stands."""
    return exp.Anonymous(this=name, expressions=list(args))


def array_of_values(items: list[E]) -> E:
    """An array of these elements: of a subquery its value, not its rows."""
    return exp.Array(expressions=items, value_constructor=True)


def text(value: str) -> E:
    """A text constant; DuckDB ends a statement at a NUL character, so that one travels as hex."""
    if "\0" in value:
        return call("decode", call("unhex", exp.Literal.string(value.encode().hex())))
    return exp.Literal.string(value)


def number(value: int) -> E:
    """A bare whole number; DuckDB gives it the type of what stands next to it."""
    literal = exp.Literal.number(str(abs(value)))
    return exp.Paren(this=exp.Neg(this=literal)) if value < 0 else literal


# --- constants -----------------------------------------------------------------------------


def literal(value: object, t: SqlType) -> E:
    """A constant of type `t`; whatever DuckDB would guess differently carries a CAST."""
    if value is None:
        return cast(exp.null(), t)
    match t.kind:
        case Kind.BOOLEAN:
            return exp.true() if value else exp.false()
        case Kind.ARRAY | Kind.STRUCT | Kind.MAP:
            return cast(_nested(value, t), t)
        case kind if kind in INTEGERS and isinstance(value, int):
            bare = number(value)
            return bare if kind is Kind.INTEGER and abs(value) < 2**31 else cast(bare, t)
        case kind if kind in FLOATS:
            return _float(float(value), t)  # type: ignore[arg-type]
        case Kind.BYTES:
            return call("unhex", exp.Literal.string(bytes(value).hex()))  # type: ignore[call-overload]
        case Kind.TEXT | Kind.JSON | Kind.UUID | Kind.DURATION | Kind.UNKNOWN:
            return text(str(value))
        case Kind.NUMERIC if isinstance(value, int | Decimal):
            return text(numerics.key(value))
        case _:
            return cast(text(constant_text(value)), t)


def _float(value: float, t: SqlType) -> E:
    if not math.isfinite(value):
        return cast(text(str(value)), t)
    shown = repr(abs(value))
    bare: E = exp.Literal.number(shown if "e" in shown else f"{shown}e0")
    if math.copysign(1, value) < 0:
        bare = exp.Paren(this=exp.Neg(this=bare))
    return bare if t.kind is Kind.DOUBLE else cast(bare, t)


def constant_text(value: object) -> str:
    """The text that DuckDB reads back as the value of a decimal, date, time or interval."""
    match value:
        case Decimal():
            return format(value, "f")
        case dt.datetime():
            return value.isoformat(sep=" ")
        case dt.timedelta():
            return f"{value.days} days {value.seconds * 10**6 + value.microseconds} microseconds"
        case Interval() | int() | float() | str():
            return str(value)
        case _:
            return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _nested(value: object, t: SqlType) -> E:
    if isinstance(value, dict) and t.kind is Kind.STRUCT:
        fields = (
            exp.PropertyEQ(
                this=exp.to_identifier(inside, quoted=True), expression=literal(value.get(n), f)
            )
            for inside, (n, f) in zip(field_names(t), t.fields, strict=True)
        )
        return exp.Struct(expressions=list(fields))
    if isinstance(value, dict):
        key, element = t.key or SqlType(Kind.TEXT), t.element or SqlType(Kind.TEXT)
        keys = exp.Array(expressions=[literal(k, key) for k in value])
        return call(
            "map", keys, exp.Array(expressions=[literal(v, element) for v in value.values()])
        )
    element = t.element or SqlType(Kind.TEXT)
    return exp.Array(expressions=[literal(v, element) for v in value])  # type: ignore[attr-defined]


# --- casts ---------------------------------------------------------------------------------

Convert = Callable[[E, SqlType], E]


def _whole_number(value: E, to: SqlType) -> E:
    return cast(call("pg_integer_text", value), to)


def _finite(value: E, to: SqlType) -> E:
    return cast(call("pg_finite", value), to)


def _uuid(value: E, to: SqlType) -> E:
    as_uuid = exp.Cast(this=value, to=_data_type("UUID").copy())
    return cast(as_uuid, to)


def _macro(name: str) -> Convert:
    return lambda value, to: call(name, value)


def _as_it_is(value: E, to: SqlType) -> E:
    return value


def _decimal_text(value: E, to: SqlType) -> E:
    # of a DECIMAL(2, 2) DuckDB writes .10
    return call("regexp_replace", cast(value, to), text(r"^(-?)\."), text(r"\10."))


def _real_text(value: E, to: SqlType) -> E:
    # through DOUBLE the digits would be those of the wider type: 0.1 -> 0.10000000149011612
    return call("regexp_replace", cast(value, to), text(r"\.0$"), text(""))


def _rounded(value: E, to: SqlType) -> E:
    # by way of its shortest text: as PostgreSQL, 1.005 becomes 1.01, not the 1.00 of its bits
    return cast(cast(value, SqlType(Kind.TEXT)), to)


def _from_key(value: E, to: SqlType) -> E:
    # what stands for an implicit cast must lose nothing
    exact = to.kind is Kind.DECIMAL and to.scale == DEFAULT_SCALE and to.precision == MAX_PRECISION
    shown = call("numeric_exactly" if exact else "numeric_text", value)
    if to.kind in INTEGERS:
        return cast(cast(shown, SqlType(Kind.DECIMAL, scale=DEFAULT_SCALE)), to)
    return shown if to.kind is Kind.TEXT else cast(shown, to)


def _to_key(value: E, to: SqlType) -> E:
    return call("numeric_key", cast(value, SqlType(Kind.TEXT)))


def _by_python(operation: str) -> Convert:
    """A cast that `python_functions` does, by way of texts."""

    def build(value: E, to: SqlType) -> E:
        nulls = (cast(exp.null(), TEXT) for _ in range(3))
        return cast(call(PYTHON, text(operation), cast(value, TEXT), *nulls), to)

    return build


_SPECIAL: dict[tuple[Kind, Kind], Convert] = {
    **{(Kind.NUMERIC, kind): _from_key for kind in (*NUMBERS, Kind.TEXT)},
    **{(kind, Kind.NUMERIC): _to_key for kind in (*NUMBERS, Kind.TEXT)},
    **{(Kind.TEXT, kind): _whole_number for kind in INTEGERS},
    (Kind.TEXT, Kind.BOOLEAN): _macro("pg_boolean"),
    (Kind.TEXT, Kind.UUID): _uuid,
    (Kind.TEXT, Kind.BYTES): _macro("pg_bytes"),
    **{(Kind.TEXT, kind): _finite for kind in (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)},
    (Kind.TEXT, Kind.JSON): _as_it_is,
    (Kind.JSON, Kind.TEXT): _as_it_is,
    (Kind.UUID, Kind.TEXT): _as_it_is,
    (Kind.DOUBLE, Kind.TEXT): _macro("pg_double_text"),
    (Kind.REAL, Kind.TEXT): _real_text,
    (Kind.DOUBLE, Kind.DECIMAL): _rounded,
    (Kind.REAL, Kind.DECIMAL): _rounded,
    (Kind.BYTES, Kind.TEXT): _macro("pg_bytes_text"),
    (Kind.INTERVAL, Kind.TEXT): _macro("pg_interval_text"),
    (Kind.DURATION, Kind.TEXT): _as_it_is,
    (Kind.TEXT, Kind.INTERVAL): _by_python("interval"),
    (Kind.TEXT, Kind.DURATION): _by_python("duration"),
    (Kind.INTERVAL, Kind.DURATION): _by_python("interval as duration"),
    (Kind.DURATION, Kind.INTERVAL): _by_python("duration as interval"),
}
_REPEATS_ARGUMENT = {
    (Kind.TEXT, Kind.BOOLEAN),
    (Kind.TEXT, Kind.BYTES),
    (Kind.DOUBLE, Kind.TEXT),
    *((Kind.TEXT, kind) for kind in INTEGERS),
    *((Kind.NUMERIC, kind) for kind in (*NUMBERS, Kind.TEXT)),
    *((kind, Kind.NUMERIC) for kind in (*NUMBERS, Kind.TEXT)),
}


def repeats_argument(source: SqlType, to: SqlType) -> bool:
    """Whether `convert` writes its argument more than once."""
    return (source.kind, to.kind) in _REPEATS_ARGUMENT


def convert(value: E, source: SqlType, to: SqlType) -> E:
    """`value` of type `source` as `to`, or a DataError at run time."""
    special = _SPECIAL.get((source.kind, to.kind))
    if special is not None:
        return special(value, to)
    if to.kind is Kind.TEXT and source.kind is Kind.DECIMAL and source.precision == source.scale:
        return _decimal_text(value, to)
    if source.kind is Kind.ARRAY is to.kind and Kind.NUMERIC in (
        (source.element or TEXT).kind,
        (to.element or TEXT).kind,
    ):
        return _each_element(value, source.element or TEXT, to.element or TEXT)
    if source.kind is Kind.ARRAY and to.kind is Kind.TEXT:
        return _array_text(value, source.element or TEXT)
    if same_carrier(source, to):
        return value
    return cast(value, to)


def _each_element(value: E, source: SqlType, to: SqlType) -> E:
    item = exp.Column(this=exp.to_identifier("item"))
    each = exp.Lambda(this=convert(item, source, to), expressions=[item.this.copy()], colon=True)
    return call("list_transform", value, each)


def _array_text(value: E, element: SqlType) -> E:
    """The text of an array as PostgreSQL reads it back: {a,"b c",NULL}"""
    item = exp.Column(this=exp.to_identifier("item"))
    shown = convert(item, element, TEXT)
    if element.kind is Kind.BOOLEAN:
        shown = call("substring", shown, number(1), number(1))
    quoted = shown if element.kind is Kind.ARRAY else call("pg_array_item", shown)
    each = exp.Lambda(this=quoted, expressions=[item.this.copy()], colon=True)
    return call("pg_array_text", call("list_transform", value, each))


def same_carrier(a: SqlType, b: SqlType) -> bool:
    """Whether DuckDB holds values of both in one type."""
    return type_text(a) == type_text(b) and a.kind is not Kind.UNKNOWN
