"""Evaluating functions on constants, exactly as PostgreSQL does or not at all.

`evaluate(call)` and `convert(cast)` answer a Literal, or None where this module does not know the
result for certain: a missing entry, an overflow, an error (which must be raised at run time, and
only if the expression is reached). Called by `rules.fold_constants`.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
import operator
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException

from sqlshim.functions import datetime as datetime_functions
from sqlshim.functions import operators as op
from sqlshim.functions import text
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Cast, Literal
from sqlshim.types import INT_RANGE, INTEGERS, Interval, Kind, SqlType

Evaluator = Callable[..., object]

_WIDE = Context(prec=200)  # wider than anything 38 digits can produce: no silent rounding
_COMPARABLE = INTEGERS | {
    Kind.DECIMAL, Kind.DOUBLE, Kind.TEXT, Kind.BOOLEAN, Kind.DATE, Kind.TIMESTAMP, Kind.TIME,
}  # fmt: skip


class _UnknownError(Exception):
    """The result is not known here."""


def evaluate(call: Call) -> Literal | None:
    """A call whose arguments are all literals, as a literal. None of them is NULL if strict."""
    build = _EVALUATORS.get(call.fn)
    args = [arg for arg in call.args if isinstance(arg, Literal)]
    if build is None or len(args) < len(call.args):
        return None
    if call.fn in _COMPARED and not _comparable(args[0], args[1]):
        return None
    return _attempt(lambda: _exact(build(*(arg.value for arg in args)), call.type), call.type)


def convert(cast: Cast) -> Literal | None:
    """A cast of a literal that is not NULL, as a literal."""
    arg = cast.arg
    if not isinstance(arg, Literal):
        return None
    build = _CASTS.get((arg.type.kind, cast.type.kind))
    return None if build is None else _attempt(lambda: build(arg.value), cast.type)


def _attempt(compute: Callable[[], object], result: SqlType) -> Literal | None:
    try:
        return Literal(_fitted(compute(), result), result.with_null(False))
    except (_UnknownError, ArithmeticError, DecimalException, ValueError, OverflowError, TypeError):
        return None


def _fitted(value: object, result: SqlType) -> object:
    """`value` if it is one of the type's values; otherwise the result is an error or unknown."""
    match result.kind:
        case Kind.SMALLINT | Kind.INTEGER | Kind.BIGINT:
            low, high = INT_RANGE[result.kind]
            fits = type(value) is int and low <= value <= high
        case Kind.DECIMAL:
            return _decimal(value, result)
        case Kind.DOUBLE:
            fits = type(value) is float and math.isfinite(value)
        case Kind.BOOLEAN:
            fits = type(value) is bool
        case Kind.TEXT:
            fits = type(value) is str
        case Kind.DATE:
            fits = type(value) is dt.date
        case Kind.TIMESTAMP:
            fits = type(value) is dt.datetime and value.tzinfo is None
        case Kind.TIMESTAMPTZ:
            fits = type(value) is dt.datetime and value.tzinfo is dt.UTC
        case Kind.INTERVAL:
            fits = type(value) is Interval
        case _:
            fits = False
    if not fits:
        raise _UnknownError
    return value


def _exact(value: object, result: SqlType) -> object:
    """A decimal that would have to be rounded to fit its type is the engine's business."""
    if isinstance(value, Decimal) and _decimal(value, result) != value:
        raise _UnknownError
    return value


def _decimal(value: object, result: SqlType) -> Decimal:
    if type(value) is not Decimal or not value.is_finite() or result.precision is None:
        raise _UnknownError
    rounded = value.quantize(Decimal(1).scaleb(-(result.scale or 0)), ROUND_HALF_UP, _WIDE)
    if rounded and rounded.adjusted() >= result.precision - (result.scale or 0):
        raise _UnknownError
    return rounded


def _comparable(a: Literal, b: Literal) -> bool:
    """Values of one kind whose Python order is SQL's (no NaN, which SQL sorts above all)."""
    usual = a.type.kind is b.type.kind and a.type.kind in _COMPARABLE
    return usual and a.value == a.value and b.value == b.value


# --- functions -----------------------------------------------------------------------------


def _plus(a: object, b: object) -> object:
    match a, b:
        case (int() | float(), int() | float()) if type(a) is type(b):
            return a + b
        case Decimal(), Decimal():
            return _WIDE.add(a, b)
        case dt.datetime(), Interval():
            return _shift(a, b)
        case (Interval(), dt.datetime()) | (int(), dt.date()):
            return _plus(b, a)
        case dt.date(), int() if type(a) is dt.date:
            return a + dt.timedelta(days=b)
        case Interval(), Interval():
            return Interval(a.months + b.months, a.days + b.days, a.microseconds + b.microseconds)
        case _:
            raise _UnknownError


def _minus(a: object, b: object) -> object:
    match a, b:
        case (int() | float(), int() | float()) if type(a) is type(b):
            return a - b
        case Decimal(), Decimal():
            return _WIDE.subtract(a, b)
        case dt.datetime(), dt.datetime():
            raise _UnknownError
        case dt.date(), dt.date() if type(a) is type(b) is dt.date:
            return (a - b).days
        case (dt.date() | Interval(), Interval()):
            return _plus(a, -b)
        case dt.date(), int():
            return _plus(a, -b)
        case _:
            raise _UnknownError


def _shift(moment: dt.datetime, by: Interval) -> dt.datetime:
    """Months first, the day clamped to its month's last, then days, then time (PostgreSQL)."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + by.months, 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise _UnknownError
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    moved = moment.replace(year=year, month=month + 1, day=day)
    return moved + dt.timedelta(days=by.days, microseconds=by.microseconds)


def _times(a: object, b: object) -> object:
    match a, b:
        case float(), float():
            product = a * b
            if product == 0.0 and a and b:
                raise _UnknownError  # an underflow is an error in PostgreSQL
            return product
        case int(), int():
            return a * b
        case Decimal(), Decimal():
            return _WIDE.multiply(a, b)
        case Interval(), int():
            return Interval(a.months * b, a.days * b, a.microseconds * b)
        case int(), Interval():
            return _times(b, a)
        case _:
            raise _UnknownError


def _over(a: object, b: object) -> object:
    if isinstance(a, float) and isinstance(b, float):
        quotient = a / b
        if quotient == 0.0 and a:
            raise _UnknownError
        return quotient
    if isinstance(a, int) and isinstance(b, int) and max(abs(a), abs(b)) < 2**53:
        return a / b
    raise _UnknownError


def _div_int(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _mod(a: object, b: object) -> int:
    if not isinstance(a, int) or not isinstance(b, int):
        raise _UnknownError
    return a - b * _div_int(a, b)


def _negative(a: object) -> object:
    if isinstance(a, int | float | Interval):
        return -a
    return a.copy_negate() if isinstance(a, Decimal) and a else a


def _ascii(change: Callable[[str], str]) -> Evaluator:
    """Beyond ASCII, case depends on the engine's tables."""

    def apply(value: str) -> str:
        if not value.isascii():
            raise _UnknownError
        return change(value)

    return apply


def _extract(part: str, moment: object) -> int:
    if part not in ("year", "month", "day") or not isinstance(moment, dt.date):
        raise _UnknownError
    return int(getattr(moment, part))


_COMPARED = frozenset(op.COMPARISONS)
_EVALUATORS: dict[Function, Evaluator] = {
    op.EQ: operator.eq,
    op.NE: operator.ne,
    op.LT: operator.lt,
    op.LE: operator.le,
    op.GT: operator.gt,
    op.GE: operator.ge,
    op.NOT: operator.not_,
    op.ADD: _plus,
    op.SUB: _minus,
    op.MUL: _times,
    op.DIV: _over,
    op.DIV_INT: _div_int,
    op.MOD: _mod,
    op.NEG: _negative,
    op.CONCAT_OP: operator.add,
    text.LENGTH: len,
    text.UPPER: _ascii(str.upper),
    text.LOWER: _ascii(str.lower),
    datetime_functions.EXTRACT: _extract,
}

# --- casts ---------------------------------------------------------------------------------

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def _exactly(pattern: re.Pattern[str], make: Callable[[str], object]) -> Evaluator:
    def apply(value: str) -> object:
        if not pattern.fullmatch(value):
            raise _UnknownError
        return make(value)

    return apply


def _round_decimal(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_UP))


def _round_float(value: float) -> int:
    return round(value)  # half to even, as PostgreSQL's rint


def _timestamp(value: str) -> dt.datetime:
    if value.endswith("24:00:00"):
        raise _UnknownError
    return dt.datetime.fromisoformat(value)


def _float(value: str) -> float:
    number = float(value)
    if number == 0.0 and Decimal(value):
        raise _UnknownError  # an underflow is an error in PostgreSQL
    return number


def _midnight(value: dt.date) -> dt.datetime:
    return dt.datetime(value.year, value.month, value.day)


def _in_utc(value: dt.datetime) -> dt.datetime:
    return value.replace(tzinfo=dt.UTC)


def _without_zone(value: dt.datetime) -> dt.datetime:
    return value.astimezone(dt.UTC).replace(tzinfo=None)


def _same(value: object) -> object:
    return value


def _cast_table() -> dict[tuple[Kind, Kind], Evaluator]:
    table: dict[tuple[Kind, Kind], Evaluator] = {
        (Kind.DECIMAL, Kind.DECIMAL): _same,
        (Kind.DECIMAL, Kind.DOUBLE): float,
        (Kind.TEXT, Kind.TEXT): _same,
        (Kind.TEXT, Kind.DATE): _exactly(_DATE, dt.date.fromisoformat),
        (Kind.TEXT, Kind.TIMESTAMP): _exactly(_TIMESTAMP, _timestamp),
        (Kind.TEXT, Kind.DECIMAL): _exactly(_NUMBER, Decimal),
        (Kind.TEXT, Kind.DOUBLE): _exactly(_NUMBER, _float),
        (Kind.DATE, Kind.TIMESTAMP): _midnight,
        (Kind.TIMESTAMP, Kind.TIMESTAMPTZ): _in_utc,
        (Kind.TIMESTAMPTZ, Kind.TIMESTAMP): _without_zone,
        (Kind.TIMESTAMP, Kind.DATE): dt.datetime.date,
        (Kind.DATE, Kind.TEXT): dt.date.isoformat,
    }
    for kind in INTEGERS:
        table |= {(kind, other): _same for other in INTEGERS}
        table[kind, Kind.DECIMAL] = Decimal
        table[kind, Kind.DOUBLE] = float
        table[kind, Kind.TEXT] = str
        table[Kind.DECIMAL, kind] = _round_decimal
        table[Kind.DOUBLE, kind] = _round_float
        table[Kind.TEXT, kind] = _exactly(_INTEGER, int)
    return table


_CASTS = _cast_table()
