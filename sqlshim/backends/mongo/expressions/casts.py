"""CAST with PostgreSQL's rules: which conversions have an exact MongoDB form, and how they go.

`cast_row(source, target)` gives the row or None; `keeps_value` tells which casts change nothing
that a comparison could see.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from bson.decimal128 import Decimal128

from sqlshim.backends.mongo.expressions.arithmetic import round_decimal
from sqlshim.backends.mongo.expressions.mql import Mql, cond, fail, let, present
from sqlshim.backends.mongo.expressions.rows import Nulls, Row, checked
from sqlshim.types import INSTANTS, INTEGERS, Kind, SqlType, as_decimal

_WIDTH = {Kind.SMALLINT: 0, Kind.INTEGER: 1, Kind.BIGINT: 2}
_SPACE = " \t\n\r\f\v"
Convert = Callable[[Mql, SqlType, SqlType], Mql]


def _to_integer(value: Mql, t: SqlType) -> Mql:
    """A whole number of any type (or a text) as an integer of `t`, checked."""
    if t.kind is Kind.SMALLINT:
        return checked(t, {"$toInt": value})
    return {"$toInt" if t.kind is Kind.INTEGER else "$toLong": value}


def _int_to_int(value: Mql, source: SqlType, target: SqlType) -> Mql:
    if _WIDTH[target.kind] >= _WIDTH[source.kind]:
        return value
    return _to_integer(value, target)


def _within(value: Mql, t: SqlType) -> Mql:
    """A decimal, or an error where it has more digits before the point than `t`."""
    limit = Decimal(10) ** ((t.precision or 38) - (t.scale or 0))
    low, high = Decimal128(-limit), Decimal128(limit)

    def check(x: Mql) -> Mql:
        inside = {"$and": [{"$gt": [x, low]}, {"$lt": [x, high]}]}
        error = cond(present(x), fail("22003", f"numeric field overflow ({t})", x), None)
        return cond(inside, x, error)

    return let(check, value)


def _to_decimal(value: Mql, source: SqlType, target: SqlType) -> Mql:
    """From an integer or a decimal: rounded where digits are lost, checked where they may be."""
    known = as_decimal(source)
    result = value if source.kind is Kind.DECIMAL else {"$toDecimal": value}
    if target.precision is None:
        return result
    if (target.scale or 0) < (known.scale or 0):
        result = round_decimal(result, target.scale or 0)
    if _whole_digits(target) < _whole_digits(known) or (target.scale or 0) < (known.scale or 0):
        result = _within(result, target)
    return result


def _whole_digits(t: SqlType) -> int:
    return (t.precision or 38) - (t.scale or 0)


def _text_to_decimal(value: Mql, source: SqlType, target: SqlType) -> Mql:
    number = {"$toDecimal": _trimmed(value)}
    if target.precision is None:
        return number
    return _within(round_decimal(number, target.scale or 0), target)


def _trimmed(value: Mql) -> Mql:
    return {"$trim": {"input": value, "chars": _SPACE}}


def _instant_text(value: Mql, source: SqlType, target: SqlType) -> Mql:
    """A timestamp as PostgreSQL writes it: no fraction, or one without zeros at its end."""
    whole = {"$dateToString": {"date": value, "format": "%Y-%m-%d %H:%M:%S.%L"}}
    return {"$rtrim": {"input": {"$rtrim": {"input": whole, "chars": "0"}}, "chars": "."}}


def _date_text(value: Mql, source: SqlType, target: SqlType) -> Mql:
    return {"$dateToString": {"date": value, "format": "%Y-%m-%d"}}


def _same(value: Mql, source: SqlType, target: SqlType) -> Mql:
    return value


def _operator(name: str) -> Convert:
    return lambda value, source, target: {name: value}


_INTS = tuple(INTEGERS)
_TABLE: dict[tuple[Kind, Kind], Convert] = {
    **{(a, b): _int_to_int for a in _INTS for b in _INTS},
    **{(a, Kind.DECIMAL): _to_decimal for a in (*_INTS, Kind.DECIMAL)},
    **{(a, Kind.DOUBLE): _operator("$toDouble") for a in (*_INTS, Kind.DECIMAL)},
    **{(a, Kind.TEXT): _operator("$toString") for a in (*_INTS, Kind.BOOLEAN)},
    **{(a, Kind.BOOLEAN): (lambda v, s, t: {"$ne": [v, 0]}) for a in _INTS},
    **{(Kind.BOOLEAN, b): (lambda v, s, t: cond(v, 1, 0)) for b in _INTS},
    **{(Kind.DOUBLE, b): (lambda v, s, t: _to_integer({"$round": v}, t)) for b in _INTS},
    **{(Kind.DECIMAL, b): (lambda v, s, t: _to_integer(round_decimal(v), t)) for b in _INTS},
    **{(Kind.TEXT, b): (lambda v, s, t: _to_integer(_trimmed(v), t)) for b in _INTS},
    (Kind.TEXT, Kind.TEXT): _same,
    (Kind.TEXT, Kind.DOUBLE): lambda v, s, t: {"$toDouble": _trimmed(v)},
    (Kind.TEXT, Kind.DECIMAL): _text_to_decimal,
    (Kind.REAL, Kind.DOUBLE): _same,
    (Kind.DATE, Kind.TIMESTAMP): _same,
    (Kind.DATE, Kind.TIMESTAMPTZ): _same,
    (Kind.TIMESTAMP, Kind.TIMESTAMPTZ): _same,
    (Kind.TIMESTAMPTZ, Kind.TIMESTAMP): _same,
    (Kind.TIMESTAMP, Kind.DATE): lambda v, s, t: {"$dateTrunc": {"date": v, "unit": "day"}},
    (Kind.TIMESTAMPTZ, Kind.DATE): lambda v, s, t: {"$dateTrunc": {"date": v, "unit": "day"}},
    (Kind.DATE, Kind.TEXT): _date_text,
    (Kind.TIMESTAMP, Kind.TEXT): _instant_text,
}
# These do not give null for null.
_GUARDED = {(a, Kind.BOOLEAN) for a in _INTS} | {(Kind.BOOLEAN, b) for b in _INTS}


def cast_row(source: SqlType, target: SqlType) -> Row | None:
    """How a value of `source` becomes one of `target`; None where MongoDB cannot do it exactly."""
    if source.with_null(True) == target.with_null(True) or source.kind is Kind.UNKNOWN:
        return Row(lambda call, value: value, Nulls.NATIVE)
    convert = _TABLE.get((source.kind, target.kind))
    if convert is None:
        return None
    nulls = Nulls.GUARD if (source.kind, target.kind) in _GUARDED else Nulls.NATIVE
    return Row(lambda call, value: convert(value, source, target), nulls, fallible=True)


def keeps_value(source: SqlType, target: SqlType) -> bool:
    """Whether a comparison sees no difference: the server compares numbers of all types exactly."""
    if source.kind in INTEGERS and target.kind in INTEGERS:
        return _WIDTH[target.kind] >= _WIDTH[source.kind]
    if source.kind in INSTANTS and target.kind in INSTANTS:
        return target.kind is not Kind.DATE or source.kind is Kind.DATE
    if source.kind in INTEGERS | {Kind.DECIMAL} and target.kind is Kind.DECIMAL:
        known = as_decimal(source)
        wide = target.precision is None or _whole_digits(target) >= _whole_digits(known)
        return wide and (target.precision is None or (target.scale or 0) >= (known.scale or 0))
    small = source.kind in (Kind.SMALLINT, Kind.INTEGER, Kind.REAL)
    return target.kind is Kind.DOUBLE and (small or source.kind is Kind.DOUBLE)
