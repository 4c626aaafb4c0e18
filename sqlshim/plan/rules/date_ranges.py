"""Compare a date itself instead of a part of it: `EXTRACT(YEAR FROM d) = 1995` becomes
`d >= DATE '1995-01-01' AND d < DATE '1996-01-01'`, which an index or a store's range can answer;
so do `DATE_TRUNC('month', d) = …` and `CAST(t AS DATE) < …`.

Safe because these functions never decrease: the values with one result are all those from the
start of a period to before the next, and NULL gives NULL either way. Only where the constant is
the start of a period.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlshim.functions import datetime as fd
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import Rel
from sqlshim.ir.scalar import Call, Cast, Column, Literal, Scalar
from sqlshim.types import BOOLEAN, INSTANTS, Kind

_MONTHS = {"year": 12, "quarter": 3, "month": 1}
_LENGTHS = {
    "week": dt.timedelta(days=7),
    "day": dt.timedelta(days=1),
    "hour": dt.timedelta(hours=1),
    "minute": dt.timedelta(minutes=1),
    "second": dt.timedelta(seconds=1),
}
_MONDAY = dt.datetime(2001, 1, 1)  # a start of every period


@dataclass(frozen=True, slots=True)
class _Period:
    """The values of `arg` from `start` to before `end` have the same result."""

    arg: Scalar
    start: dt.datetime
    end: dt.datetime


def date_ranges(rel: Rel) -> Rel:
    """`rel` with comparisons of a part of a date as ranges."""
    return mapping.map_scalars(rel, ranged)


def ranged(expr: Scalar) -> Scalar:
    """`expr` with its comparisons of a part of a date as ranges."""
    return walk.rewrite(expr, _as_range)


def _as_range(e: Scalar) -> Scalar:
    match e:
        case Call(args=(part, Literal() as value)) if e.fn in op.COMPARISONS:
            period = _period(part, value.value)
            return e if period is None else _compared(e, period)
        case _:
            return e


def _compared(e: Call, period: _Period) -> Scalar:
    """What `e` says about the value of which it compares a part."""
    if e.fn is op.EQ:
        ends = (_side(op.GE, period, period.start), _side(op.LT, period, period.end))
        return Call(op.AND, ends, e.type)
    if e.fn is op.NE:
        ends = (_side(op.LT, period, period.start), _side(op.GE, period, period.end))
        return Call(op.OR, ends, e.type)
    bound = period.end if e.fn in (op.LE, op.GT) else period.start
    return _side(op.LT if e.fn in (op.LT, op.LE) else op.GE, period, bound)


def _side(fn: Function, period: _Period, bound: dt.datetime) -> Call:
    target = period.arg.type.with_null(False)
    value: object = bound
    if target.kind is Kind.DATE:
        value = bound.date()
    elif target.kind is Kind.TIMESTAMPTZ:
        value = bound.replace(tzinfo=dt.UTC)
    null = period.arg.type.nullable
    return Call(fn, (period.arg, Literal(value, target)), BOOLEAN.with_null(null))


def _period(part: Scalar, value: object) -> _Period | None:
    """The period whose start `value` is, as a result of `part`."""
    match part:
        case Call(fn=fd.EXTRACT, args=(Literal(value="year"), arg)) if isinstance(value, int):
            if not dt.MINYEAR <= value < dt.MAXYEAR:
                return None
            return _of(arg, "year", dt.datetime(value, 1, 1))
        case Call(fn=fd.DATE_TRUNC, args=(Literal(value=str() as unit), arg)):
            return _of(arg, unit, _naive(value))
        case Cast(arg=arg, type=target, safe=False) if target.kind is Kind.DATE:
            return _of(arg, "day", _naive(value))
        case _:
            return None


def _naive(value: object) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    return dt.datetime.combine(value, dt.time()) if isinstance(value, dt.date) else None


def _of(arg: Scalar, unit: str, start: dt.datetime | None) -> _Period | None:
    inner = arg.arg if isinstance(arg, Cast) and not arg.safe else arg
    if not isinstance(inner, Column) or inner.type.kind not in INSTANTS or start is None:
        return None
    end = _next(unit, start)
    return None if end is None else _Period(arg, start, end)


def _next(unit: str, start: dt.datetime) -> dt.datetime | None:
    """The start of the period after the one that starts at `start`; None if none starts there."""
    try:
        if unit in _LENGTHS:
            length = _LENGTHS[unit]
            return start + length if not (start - _MONDAY) % length else None
        if unit not in _MONTHS or start.day != 1 or start.time() != dt.time():
            return None
        months = start.month - 1
        if months % _MONTHS[unit]:
            return None
        months += _MONTHS[unit]
        return start.replace(year=start.year + months // 12, month=months % 12 + 1)
    except (OverflowError, ValueError):  # the last period there is
        return None
