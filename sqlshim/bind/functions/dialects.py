"""Functions of other dialects that have no form of their own in PostgreSQL: differences of dates,
texts by strftime's codes, NVL2, DECODE. Each becomes calls of rows that have one."""

from __future__ import annotations

import re
from datetime import date

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, constant_text, int_literal, text_literal
from sqlshim.bind.coerce import call, case, cast, coerce, settle
from sqlshim.bind.truth import truth
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.functions import datetime
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Literal, Scalar, null_of
from sqlshim.sql.dialects import traits_of
from sqlshim.types import (
    BIGINT,
    DATE,
    DOUBLE,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    Kind,
)

_INSTANTS = (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)
_MEANT = ("format", "zone", "expressions")  # arguments with which it is more than a note
_MARKS = (exp.TsOrDsToDate, exp.TsOrDsToTimestamp, exp.TimeStrToTime, exp.Date, exp.Timestamp)


def unmarked(node: exp.Expr) -> exp.Expr:
    """An expression without sqlglot's note that it may be text: here the type is known."""
    while isinstance(node, _MARKS) and not any(node.args.get(a) for a in _MEANT):
        node = node.this
    return node


def instant(node: exp.Expr, binds: Binds) -> Scalar:
    """A date or timestamp; text is read as a timestamp."""
    value = binds.scalar(unmarked(node))
    if value.type.kind in (Kind.UNKNOWN, Kind.TEXT):
        return cast(value, TIMESTAMP)
    return value


def marked(node: exp.Expr, binds: Binds) -> Scalar:
    return instant(node.this, binds)


# --- patterns of strftime's codes ------------------------------------------------------------

_CODES = re.compile(r"(?:%[YmdHIMSjfBbAapyuwWU%]|%-[mdHI]|[^%])*")


def to_char(node: exp.Expr, binds: Binds) -> Scalar:
    """DATE_FORMAT, STRFTIME, FORMAT: sqlglot gives the pattern in strftime's codes."""
    value = unmarked(node.this)
    if isinstance(value, exp.Literal) and value.name.lower() == "now":
        return shown_by_codes(binds.context.current(TIMESTAMP), node.args.get("format"), binds)
    return shown_by_codes(instant(value, binds), node.args.get("format"), binds)


def shown_by_codes(value: Scalar, node: exp.Expr | None, binds: Binds) -> Scalar:
    """An instant by a pattern of strftime's codes."""
    pattern = constant_text(node, binds, "the pattern of a date")
    if pattern == "%s":  # SQLite's seconds since 1970
        epoch = call(datetime.EXTRACT_FRACTION, text_literal("epoch"), value)
        return cast(cast(epoch, BIGINT), TEXT)
    seconds = "%f" in pattern and binds.context.dialect == "sqlite"  # there it is SS.SSS
    if value.type.kind not in _INSTANTS or seconds or not _CODES.fullmatch(pattern):
        raise NotSupportedError(
            f"the pattern {pattern!r} of {str(value.type).lower()} is not supported",
            hint="%Y %m %d %H %I %M %S %f %j %B %b %A %a %p %y %u %w %W %U are.",
        )
    return call(datetime.TO_CHAR, value, text_literal(pattern))


_ORACLE_LITERAL = "%Y-%m-%d %H:%M:%S.%f"  # of TIMESTAMP '…', whose fraction may be missing


def from_text(node: exp.Expr, binds: Binds) -> Scalar:
    """STR_TO_DATE, STRPTIME, PARSE_DATE: NULL where the text does not match."""
    pattern = constant_text(node.args.get("format"), binds, "the pattern of a date")
    if binds.context.dialect == "oracle" and pattern == _ORACLE_LITERAL:
        return cast(binds.scalar(node.this), TIMESTAMP)
    value = call(datetime.STR_TO_TIME, binds.scalar(node.this), text_literal(pattern))
    clock = re.search(r"%[HIMSfp]", pattern)
    return cast(value, DATE) if isinstance(node, exp.StrToDate) and not clock else value


def name_of(codes: str) -> Special:
    """DAYNAME and MONTHNAME."""

    def build(node: exp.Expr, binds: Binds) -> Scalar:
        shown = codes.lower() if node.args.get("abbreviated") else codes
        return call(datetime.TO_CHAR, instant(node.this, binds), text_literal(shown))

    return build


# --- differences and steps -------------------------------------------------------------------

_DAY = re.compile(r"\s*\d{4}-\d\d?-\d\d?\s*")


def is_day(value: Scalar, binds: Binds) -> bool:
    """Whether a text constant is a day without a time, which MySQL's DATE_ADD keeps one."""
    plain = isinstance(value, Literal) and _DAY.fullmatch(str(value.value)) is not None
    return plain and binds.context.dialect == "mysql"


def stepped(fn: Function, value: Scalar, step: Scalar, binds: Binds) -> Scalar:
    """`value` and an interval. Of a date and whole days most dialects make a date."""
    result = call(fn, value, step)
    whole = _whole_days(step)
    keeps = traits_of(binds.context.dialect).steps_keep_dates
    return cast(result, DATE) if whole and keeps and value.type.kind is Kind.DATE else result


def _whole_days(step: Scalar) -> bool:
    """Whether an interval has no hours: a constant, or a number of such a unit."""
    if isinstance(step, Call) and step.fn is op.MUL:
        return _whole_days(step.args[1])
    return isinstance(step, Literal) and getattr(step.value, "microseconds", 1) == 0


_UNITS = {"yy": "year", "yyyy": "year", "qq": "quarter", "q": "quarter", "mm": "month",
          "m": "month", "dd": "day", "d": "day", "hh": "hour", "mi": "minute", "n": "minute",
          "ss": "second", "s": "second", "ms": "millisecond", "sql_tsi_day": "day",
          "sunday": "week", "monday": "week", "isoweek": "week"}  # fmt: skip
_KNOWN = ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "microsecond")


def _unit(node: exp.Expr, known: tuple[str, ...]) -> str:
    unit = node.args.get("unit")
    name = "day" if unit is None else unit.name.lower()
    name = _UNITS.get(name, name)
    name = name if name in known else name.removesuffix("s")
    if name not in known:
        raise ProgrammingError(
            f"unit {name!r} not recognized", sqlstate="22023", hint=f"Known: {', '.join(known)}."
        )
    return name


_FIRST_DAY = Literal(date(1, 1, 1), DATE.with_null(False))


def date_diff(node: exp.Expr, binds: Binds) -> Scalar:
    """DATEDIFF: days in MySQL, else borders of the unit that lie between."""
    origin = unmarked(node.expression)
    if isinstance(origin, exp.Literal) and origin.name == "0000-01-01":  # TO_DAYS(d)
        days = cast(instant(node.this, binds), DATE)
        return call(op.ADD, call(op.SUB, days, _FIRST_DAY), int_literal(365))
    end, start = instant(node.this, binds), instant(node.expression, binds)
    if node.args.get("unit") is None:
        return call(op.SUB, cast(end, DATE), cast(start, DATE))
    unit = _unit(node, _KNOWN)
    if unit == "week" and binds.context.dialect != "duckdb":
        mondays = node.args["unit"].name.lower() in ("isoweek", "monday")
        sundays = binds.context.dialect in ("tsql", "bigquery", "fabric") and not mondays
        first, last = (_week_of(cast(e, DATE), sundays) for e in (start, end))
        return call(op.DIV_INT, call(op.SUB, last, first), int_literal(7))
    return call(datetime.DATE_DIFF, text_literal(unit), start, end)


def _week_of(day: Scalar, sundays: bool) -> Scalar:
    """The Monday of a day's week, where weeks begin on Sunday that of the day after."""
    moved = call(op.ADD, day, int_literal(1)) if sundays else day
    return cast(call(datetime.DATE_TRUNC, text_literal("week"), moved), DATE)


def timestamp_diff(node: exp.Expr, binds: Binds) -> Scalar:
    """TIMESTAMPDIFF: whole units."""
    end, start = instant(node.this, binds), instant(node.expression, binds)
    return call(datetime.TIMESTAMP_DIFF, text_literal(_unit(node, _KNOWN)), start, end)


def add_months(node: exp.Expr, binds: Binds) -> Scalar:
    return call(datetime.ADD_MONTHS, instant(node.this, binds), binds.scalar(node.expression))


def months_between(node: exp.Expr, binds: Binds) -> Scalar:
    dates = (instant(node.this, binds), instant(node.expression, binds))
    return call(datetime.MONTHS_BETWEEN, *dates)


_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def next_day(node: exp.Expr, binds: Binds) -> Scalar:
    name = constant_text(node.expression, binds, "the weekday")[:3].lower()
    if name not in _WEEKDAYS:
        raise ProgrammingError(f"not a valid day of the week: {name!r}", sqlstate="22023")
    day = int_literal(_WEEKDAYS.index(name) + 1)
    return call(datetime.NEXT_DAY, cast(instant(node.this, binds), DATE), day)


# --- seconds since 1970 ----------------------------------------------------------------------


def from_seconds(node: exp.Expr, binds: Binds) -> Scalar:
    """TO_TIMESTAMP(n), MySQL's FROM_UNIXTIME(n), DuckDB's EPOCH_MS(n)."""
    value = binds.scalar(node.this)
    if (scale := node.args.get("scale")) is not None:
        value = call(op.DIV, value, coerce(text_literal(f"1e{scale.name}"), DOUBLE))
    moment = call(datetime.TO_TIMESTAMP, value)
    if node.args.get("format") is not None:  # MySQL
        return shown_by_codes(cast(moment, TIMESTAMP), node.args["format"], binds)
    zoned = binds.context.dialect in ("postgres", "postgresql", "snowflake", "bigquery", "")
    return moment if zoned else cast(moment, TIMESTAMP)


def to_seconds(node: exp.Expr, binds: Binds) -> Scalar:
    """UNIX_TIMESTAMP(), UNIX_TIMESTAMP(t), EPOCH(t)."""
    nodes = [node.this] if isinstance(node, exp.TimeToUnix) else node.expressions
    value = instant(nodes[0], binds) if nodes else binds.context.current(TIMESTAMPTZ)
    epoch = call(datetime.EXTRACT_FRACTION, text_literal("epoch"), value)
    return epoch if isinstance(node, exp.TimeToUnix) else cast(epoch, BIGINT)


# --- conditionals ----------------------------------------------------------------------------


def nvl2(node: exp.Expr, binds: Binds) -> Scalar:
    given = call(op.IS_NOT_NULL, settle(binds.scalar(node.this)))
    false = node.args.get("false")
    otherwise = null_of(UNKNOWN) if false is None else binds.scalar(false)
    return case([(given, binds.scalar(node.args["true"]))], otherwise)


def decode(node: exp.Expr, binds: Binds) -> Scalar:
    """DECODE(x, a, r, b, s, …, default): a NULL equals a NULL."""
    subject, *rest = [binds.scalar(e) for e in node.expressions]
    default = rest.pop() if len(rest) % 2 else null_of(UNKNOWN)
    arms = [
        (call(op.IS_NOT_DISTINCT, subject, rest[i]), rest[i + 1]) for i in range(0, len(rest), 2)
    ]
    return case(arms, default)


def safe_divide(node: exp.Expr, binds: Binds) -> Scalar:
    """SAFE_DIVIDE(a, b): NULL where b is zero."""
    a, b = binds.scalar(node.this), binds.scalar(node.expression)
    quotient = call(op.DIV, a, b)
    return case([(call(op.EQ, b, int_literal(0)), null_of(quotient.type))], quotient)


def either(node: exp.Expr, binds: Binds) -> Scalar:
    """MySQL's XOR."""
    dialect = binds.context.dialect
    sides = [truth(binds.scalar(e), "XOR", dialect) for e in (node.this, node.expression)]
    return call(op.NE, *sides)


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.TimeToStr: to_char,
    exp.StrToDate: from_text,
    exp.StrToTime: from_text,
    exp.DateStrToDate: lambda node, binds: cast(binds.scalar(node.this), DATE),
    **dict.fromkeys((exp.TsOrDsToTimestamp, exp.TimeStrToTime), marked),
    exp.Dayname: name_of("%A"),
    exp.Monthname: name_of("%B"),
    exp.DateDiff: date_diff,
    exp.TimestampDiff: timestamp_diff,
    exp.AddMonths: add_months,
    exp.MonthsBetween: months_between,
    exp.NextDay: next_day,
    exp.UnixToTime: from_seconds,
    exp.TimeToUnix: to_seconds,
    exp.Nvl2: nvl2,
    exp.DecodeCase: decode,
    exp.SafeDivide: safe_divide,
    exp.Xor: either,
}
CALLS: dict[str, Special] = {
    "unix_timestamp": to_seconds,
}
