"""How DuckDB says intervals, time zones and differences of dates.

Same form as `functions`, whose table takes these rows in.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E, call, cast, text
from sqlshim.backends.duckdb.compile.operators import Build, named
from sqlshim.functions import datetime
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Literal
from sqlshim.types import BIGINT, TIMESTAMP, TIMESTAMPTZ, Kind

_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
_MICROS_IN = {"week": 604_800_000_000, "day": 86_400_000_000, "hour": 3_600_000_000,
              "minute": 60_000_000, "second": 1_000_000, "microsecond": 1}  # fmt: skip


def unit_of(node: Call) -> str:
    """The unit that a call's first argument names."""
    unit = node.args[0]
    assert isinstance(unit, Literal)
    return str(unit.value)


def _make_interval(node: Call, args: list[E]) -> E:
    years, months, weeks, days, hours, minutes, seconds = (exp.Paren(this=a) for a in args)

    def times(value: E, by: int) -> E:
        return exp.Mul(this=cast(value, BIGINT), expression=exp.Literal.number(by))

    micros = cast(exp.Mul(this=seconds, expression=exp.Literal.number("1e6")), BIGINT)
    clock = exp.Add(this=times(hours, 3_600_000_000), expression=times(minutes, 60_000_000))
    return call(
        "pg_interval",
        exp.Add(this=times(years, 12), expression=months),
        exp.Add(this=times(weeks, 7), expression=days),
        exp.Add(this=clock, expression=micros),
    )


def _plain(e: E, kind: Kind) -> E:
    return cast(e, TIMESTAMP) if kind is Kind.TIMESTAMPTZ else e


def _date_bin(node: Call, args: list[E]) -> E:
    moments = [_plain(e, a.type.kind) for e, a in zip(args[1:], node.args[1:], strict=True)]
    built = call("pg_date_bin", args[0], *moments)
    return cast(built, TIMESTAMPTZ) if node.type.kind is Kind.TIMESTAMPTZ else built


def _date_diff(node: Call, args: list[E]) -> E:
    return call(
        "date_diff", text(unit_of(node)), cast(args[1], TIMESTAMP), cast(args[2], TIMESTAMP)
    )


def _timestamp_diff(node: Call, args: list[E]) -> E:
    unit = unit_of(node)
    start, end = (_plain(e, a.type.kind) for e, a in zip(args[1:], node.args[1:], strict=True))
    if unit in _MONTHS_IN:
        size, total = _MONTHS_IN[unit], call("pg_whole_months", start, end)
    else:
        size, total = _MICROS_IN[unit], call("date_diff", text("microsecond"), start, end)
    return cast(exp.IntDiv(this=exp.Paren(this=total), expression=exp.Literal.number(size)), BIGINT)


def _of_plain(name: str) -> Build:
    """A function of timestamps without a zone."""
    return lambda node, args: call(
        name, *(_plain(e, a.type.kind) for e, a in zip(args, node.args, strict=True))
    )


def _add_months(node: Call, args: list[E]) -> E:
    moved = call("pg_add_months", _plain(args[0], node.args[0].type.kind), args[1])
    return cast(moved, node.type)


DATE_BUILDERS: Mapping[Function, Build] = {
    datetime.DATE_BIN: _date_bin,
    datetime.JUSTIFY_HOURS: named("pg_justify_hours"),
    datetime.JUSTIFY_DAYS: named("pg_justify_days"),
    datetime.JUSTIFY_INTERVAL: named("pg_justify_interval"),
    datetime.MAKE_INTERVAL: _make_interval,
    datetime.TIMEZONE: named("timezone"),
    datetime.TO_TIMESTAMP: lambda node, args: cast(call("pg_to_timestamp", *args), TIMESTAMPTZ),
    datetime.TOTIMESTAMP: named("cql_timestamp"),
    datetime.TOUNIXTIMESTAMP: named("epoch_ms"),
    datetime.DATE_DIFF: _date_diff,
    datetime.TIMESTAMP_DIFF: _timestamp_diff,
    datetime.MONTHS_BETWEEN: _of_plain("pg_months_between"),
    datetime.ADD_MONTHS: _add_months,
    datetime.NEXT_DAY: named("pg_next_day"),
    datetime.STR_TO_TIME: named("try_strptime"),
}
DATE_REPEATING = frozenset(
    {datetime.DATE_BIN, datetime.JUSTIFY_HOURS, datetime.JUSTIFY_DAYS, datetime.JUSTIFY_INTERVAL}
    | {datetime.TO_TIMESTAMP, datetime.TIMESTAMP_DIFF, datetime.MONTHS_BETWEEN}
    | {datetime.ADD_MONTHS}
)
DATE_CAN_FAIL = frozenset(
    {datetime.DATE_BIN, datetime.TO_TIMESTAMP, datetime.TIMEZONE, datetime.MAKE_INTERVAL}
)
