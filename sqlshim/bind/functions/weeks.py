"""Days and weeks, which dialects number differently: DAYOFWEEK, WEEKDAY, WEEK and EXTRACT."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, int_literal, text_literal
from sqlshim.bind.coerce import call, cast
from sqlshim.bind.functions.dialects import instant
from sqlshim.errors import NotSupportedError
from sqlshim.functions import datetime
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Scalar
from sqlshim.types import INTEGER

_SUNDAY_IS_0 = ("postgres", "duckdb", "snowflake")  # elsewhere it is 1
_FROM_SUNDAY = ("mysql", "bigquery")  # the first week begins with the first Sunday


def _extracted(part: str, value: Scalar) -> Scalar:
    return call(datetime.EXTRACT, text_literal(part), value)


def _plus(number: Scalar, n: int) -> Scalar:
    return call(op.ADD, number, int_literal(n)) if n else number


def _numbered(name: str, shift: int) -> Special:
    """A part of a date as an integer, counted from elsewhere."""

    def build(node: exp.Expr, binds: Binds) -> Scalar:
        value = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
        return cast(_plus(_extracted(name, instant(value, binds)), shift), INTEGER)

    return build


def _day_of_week(node: exp.Expr, binds: Binds) -> Scalar:
    shift = 0 if binds.context.dialect in _SUNDAY_IS_0 else 1
    return cast(_plus(_extracted("dow", instant(node.this, binds)), shift), INTEGER)


def _from_sunday(value: Scalar) -> Scalar:
    """The week counted from the year's first Sunday, 0 before it."""
    days = call(op.SUB, _plus(_extracted("doy", value), 6), _extracted("dow", value))
    return call(op.DIV_INT, days, int_literal(7))


def _calendar(value: Scalar) -> Scalar:
    """T-SQL's week: the one of 1 January is the first, weeks begin on Sunday."""
    first = call(datetime.DATE_TRUNC, text_literal("year"), value)
    days = call(op.ADD, _plus(_extracted("doy", value), -1), _extracted("dow", first))
    return _plus(call(op.DIV_INT, days, int_literal(7)), 1)


def _week(node: exp.Expr, binds: Binds) -> Scalar:
    """WEEK(d), and MySQL's WEEK(d, mode)."""
    value, mode = instant(node.this, binds), node.args.get("mode")
    if binds.context.dialect == "mysql":
        name = "0" if mode is None else mode.name
        if name not in ("0", "3"):
            raise NotSupportedError(f"mode {name} of WEEK is not supported", hint="0 and 3 are.")
        return cast(_from_sunday(value) if name == "0" else _extracted("week", value), INTEGER)
    return cast(_extracted("week", value), INTEGER)


def part(name: str, node: exp.Expr, binds: Binds) -> Scalar | None:
    """EXTRACT of a part that the dialect numbers in its own way; None for any other."""
    dialect = binds.context.dialect
    if name in ("dayofweek", "weekday", "dw") and dialect not in _SUNDAY_IS_0:
        return cast(_plus(_extracted("dow", instant(node, binds)), 1), INTEGER)
    if name in ("isoweek", "iso_week", "week_iso", "weekiso"):
        return cast(_extracted("week", instant(node, binds)), INTEGER)
    if name in ("week", "wk", "ww") and dialect in _FROM_SUNDAY:
        return cast(_from_sunday(instant(node, binds)), INTEGER)
    if name in ("week", "wk", "ww") and dialect == "tsql":
        return cast(_calendar(instant(node, binds)), INTEGER)
    if name == "year_month":
        value = instant(node, binds)
        years = call(op.MUL, _extracted("year", value), int_literal(100))
        return call(op.ADD, years, _extracted("month", value))
    if name in ("week", "wk", "ww") and dialect not in ("postgres", "duckdb", "snowflake"):
        return cast(_extracted("week", instant(node, binds)), INTEGER)
    return None


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.DayOfWeek: _day_of_week,
    exp.DayOfWeekIso: _numbered("isodow", 0),
    exp.Week: _week,
    exp.WeekOfYear: _numbered("week", 0),
}
CALLS: dict[str, Special] = {
    "weekday": _numbered("isodow", -1),
}
