"""Text, mathematical and date functions whose binding is more than picking arguments."""

from __future__ import annotations

import re

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, int_literal, text_literal, word
from sqlshim.bind.coerce import call, case, cast, coerce, logical, settle
from sqlshim.bind.functions import (
    dates,
    dialects,
    elsewhere,
    formats,
    now,
    regex_functions,
    session,
    sqlite_dates,
    texts,
    timeuuids,
    weeks,
)
from sqlshim.bind.functions.dialects import from_text, is_day, stepped, unmarked
from sqlshim.bind.functions.nodes import DATE_PARTS
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.functions import datetime, encodings, math, text
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Cast, Literal, Scalar, null_of
from sqlshim.sql.dialects import traits_of
from sqlshim.types import (
    DATE,
    FLOATS,
    INTERVAL,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    Interval,
    Kind,
    decimal,
)

# --- text


def trim(node: exp.Expr, binds: Binds) -> Scalar:
    fn = {"LEADING": text.LTRIM, "TRAILING": text.RTRIM}.get(
        str(node.args.get("position") or "").upper(), text.TRIM
    )
    chars = node.args.get("expression")
    what = text_literal(" ") if chars is None else binds.scalar(chars)
    value = binds.scalar(node.this)
    if value.type.kind is Kind.BYTES:
        side = {text.LTRIM: "l", text.RTRIM: "r"}.get(fn, "")
        return call(encodings.TRIM_BYTES, value, what, text_literal(side))
    return call(fn, value, what)


def concat(node: exp.Expr, binds: Binds) -> Scalar:
    """CONCAT: PostgreSQL leaves NULLs out, MySQL and others give NULL."""
    args = [settle(binds.scalar(e)) for e in node.expressions]
    if traits_of(binds.context.dialect).empty_is_null:  # Oracle
        null = call(op.EQ, call(text.CONCAT, *args), text_literal(""))
        return case([(null, null_of(TEXT))], call(text.CONCAT, *args))
    if node.args.get("coalesce") or binds.context.dialect in ("postgres", "duckdb"):
        return call(text.CONCAT, *args)
    result = cast(args[0], TEXT)
    for arg in args[1:]:
        result = call(op.CONCAT_OP, result, cast(arg, TEXT))
    return result


def concat_ws(node: exp.Expr, binds: Binds) -> Scalar:
    """CONCAT_WS leaves NULLs out, but in Snowflake and BigQuery, where it is NULL then."""
    args = [settle(binds.scalar(e)) for e in node.expressions]
    joined = call(text.CONCAT_WS, *args)
    if node.args.get("coalesce") is not False or binds.context.dialect in ("postgres", "duckdb"):
        return joined
    absent = logical(op.OR, [call(op.IS_NULL, a) for a in args])
    return case([(absent, null_of(TEXT))], joined)


def pad(node: exp.Expr, binds: Binds) -> Scalar:
    fn = text.LPAD if node.args.get("is_left") else text.RPAD
    fill = node.args.get("fill_pattern")
    with_ = text_literal(" ") if fill is None else binds.scalar(fill)
    return call(fn, binds.scalar(node.this), binds.scalar(node.expression), with_)


# --- mathematics


def round_(node: exp.Expr, binds: Binds) -> Scalar:
    if (cut := node.args.get("truncate")) is not None and cut.name != "0":  # T-SQL
        if not isinstance(cut, exp.Literal):
            raise NotSupportedError("ROUND or truncation must be a constant choice")
        return trunc(node, binds)
    value, places = binds.scalar(node.this), node.args.get("decimals")
    if places is None:
        away = traits_of(binds.context.dialect).halves_go_away
        if away and value.type.kind in FLOATS:
            return call(math.ROUND_TO, value, int_literal(0))
        return call(math.ROUND, value)
    digits = binds.scalar(places)
    if (
        isinstance(digits, Literal)
        and isinstance(digits.value, int)
        and value.type.kind is Kind.DECIMAL
    ):
        scale = max(0, min(digits.value, value.type.scale or 0))
        whole = (value.type.precision or 38) - (value.type.scale or 0) + 1
        target = decimal(whole + scale, scale, value.type.nullable)
        return Cast(call(math.ROUND_TO, value, digits), target)
    return call(math.ROUND_TO, value, digits)


def trunc(node: exp.Expr, binds: Binds) -> Scalar:
    places = node.args.get("decimals")
    if places is not None:
        digits = binds.scalar(places)
        if not isinstance(digits, Literal):
            raise NotSupportedError("TRUNC to a number of places that is not a constant")
        value = binds.scalar(node.this)
        if isinstance(digits.value, int) and value.type.kind is Kind.DECIMAL:
            scale = max(0, min(digits.value, value.type.scale or 0))
            whole = (value.type.precision or 38) - (value.type.scale or 0)
            target = decimal(max(whole, 1) + scale, scale, value.type.nullable)
            return Cast(call(math.TRUNC_TO, value, digits), target)
        return call(math.TRUNC_TO, value, digits)
    return call(math.TRUNC, binds.scalar(node.this))


def log(node: exp.Expr, binds: Binds) -> Scalar:
    """LOG(x) is to base 10 in PostgreSQL, natural in MySQL; LOG(b, x) to base b."""
    if node.args.get("expression") is None:
        natural = binds.context.dialect in ("mysql", "bigquery", "tsql", "snowflake")
        return call(math.LN if natural else math.LOG10, binds.scalar(node.this))
    base, value = binds.scalar(node.this), binds.scalar(node.expression)
    if isinstance(base, Literal) and base.value == 10:
        return call(math.LOG10, value)
    return call(math.LOG, base, value)


def arc_tangent(node: exp.Expr, binds: Binds) -> Scalar:
    """ATAN(x), and MySQL's ATAN(y, x)."""
    if node.args.get("expression") is None:
        return call(math.ATAN, binds.scalar(node.this))
    return call(math.ATAN2, binds.scalar(node.this), binds.scalar(node.expression))


# --- date and time

_SAME_PART = {"dayofweek": "dow", "millisecond": "milliseconds", "microsecond": "microseconds",
              "sec": "second", "secs": "second", "min": "minute", "mins": "minute", "hr": "hour",
              "hrs": "hour", "mon": "month", "mons": "month", "yr": "year", "yrs": "year",
              "msecs": "milliseconds", "usecs": "microseconds", "weekday": "dow", "yy": "year",
              "yyyy": "year", "qq": "quarter", "mm": "month", "dd": "day", "hh": "hour",
              "mi": "minute", "ss": "second", "ms": "milliseconds", "us": "microseconds",
              "dayofyear": "doy", "weekofyear": "week", "msec": "milliseconds",
              "usec": "microseconds", "dayofmonth": "day"}  # fmt: skip


def _part(name: str) -> str:
    """A part's name, singular as in the tables (PostgreSQL takes plurals too)."""
    name = _SAME_PART.get(name.lower(), name.lower())
    known = {*datetime.EXTRACT_PARTS, *datetime.EXTRACT_FRACTIONAL}
    return name if name in known or name.removesuffix("s") not in known else name.removesuffix("s")


def extract(node: exp.Expr, binds: Binds) -> Scalar:
    name = word(node.this, binds, "the part of DATE_PART").lower()
    if (own := weeks.part(name, node.expression, binds)) is not None:
        return own
    return _extract(_part(name), binds.scalar(node.expression))


def date_part(node: exp.Expr, binds: Binds) -> Scalar:
    """YEAR(d) and its kin."""
    value = node.this
    while isinstance(value, exp.Cast | exp.TsOrDsToDate) and not isinstance(
        value.this, exp.Literal
    ):
        value = value.this
    return _extract(DATE_PARTS[type(node)], _moment(node, binds.scalar(value)))


_CLOCK = re.compile(r"\s*\d{1,2}:\d\d(:\d\d(\.\d*)?)?\s*")


def _moment(node: exp.Expr, value: Scalar) -> Scalar:
    """MySQL's HOUR('10:11:12'): a text that is a time of day."""
    clock = isinstance(node, exp.Hour | exp.Minute) and value.type.kind is Kind.UNKNOWN
    if clock and isinstance(value, Literal) and _CLOCK.fullmatch(str(value.value)):
        return coerce(value, TIME)
    return value


def _extract(part: str, value: Scalar) -> Scalar:
    fn = datetime.EXTRACT_FRACTION if part in datetime.EXTRACT_FRACTIONAL else datetime.EXTRACT
    known = (*datetime.EXTRACT_PARTS, *datetime.EXTRACT_FRACTIONAL)
    if part not in known:
        raise ProgrammingError(
            f"unit {part!r} not recognized", sqlstate="22023", hint=f"Known are {', '.join(known)}."
        )
    return call(fn, text_literal(part), value)


def date_trunc(node: exp.Expr, binds: Binds) -> Scalar:
    unit = word(node.args["unit"], binds, "the unit of DATE_TRUNC").lower()
    sunday = unit == "sunday"  # BigQuery's WEEK
    part = "week" if unit in ("sunday", "monday", "isoweek") else _part(unit)
    if part not in datetime.TRUNC_PARTS:
        raise ProgrammingError(
            f"unit {part!r} not recognized",
            sqlstate="22023",
            hint=f"Known are {', '.join(datetime.TRUNC_PARTS)}.",
        )
    value = binds.scalar(node.this)
    if node.args.get("zone") is not None:
        zone = coerce(binds.scalar(node.args["zone"]), TEXT)
        there = call(datetime.TIMEZONE, zone, coerce(value, TIMESTAMPTZ))
        cut = call(datetime.DATE_TRUNC, text_literal(part), there)
        return call(datetime.TIMEZONE, zone, cut)
    if sunday:
        day = Literal(Interval(days=1), INTERVAL.with_null(False))
        later = call(op.ADD, cast(value, TIMESTAMP), day)
        cut = call(op.SUB, call(datetime.DATE_TRUNC, text_literal(part), later), day)
        return cast(cut, value.type)
    cut = call(datetime.DATE_TRUNC, text_literal(part), value)
    kept = value.type.kind is Kind.DATE and traits_of(binds.context.dialect).steps_keep_dates
    return cast(cut, DATE) if kept else cut


_BACK = (exp.DateSub, exp.DatetimeSub, exp.TimestampSub, exp.TimeSub)


def date_shift(node: exp.Expr, binds: Binds) -> Scalar:
    """DATE_ADD / DATE_SUB and kin of other dialects."""
    fn = op.SUB if isinstance(node, _BACK) else op.ADD
    step = node.expression
    if not isinstance(step, exp.Interval):
        step = exp.Interval(this=step, unit=node.args.get("unit") or exp.var("DAY"))
    value = binds.scalar(unmarked(node.this))
    if value.type.kind is Kind.UNKNOWN:
        value = coerce(value, DATE if is_day(value, binds) else TIMESTAMP)
    return stepped(fn, value, binds.scalar(step), binds)


def day_step(fn: Function) -> Special:
    """MySQL's ADDDATE and SUBDATE(d, n | INTERVAL …)."""

    def build(node: exp.Expr, binds: Binds) -> Scalar:
        value, step = node.expressions
        made = exp.DateAdd if fn is op.ADD else exp.DateSub
        return date_shift(made(this=value, expression=step), binds)

    return build


def date(node: exp.Expr, binds: Binds) -> Scalar:
    if node.args.get("format") is not None:  # Snowflake's TO_DATE(t, 'DD/MM/YYYY')
        return cast(from_text(node, binds), DATE)
    if isinstance(node, exp.Date) and node.args.get("expressions"):
        parts = [binds.scalar(e) for e in (node.this, *node.expressions) if e is not None]
        return call(datetime.MAKE_DATE, *parts)
    if binds.context.dialect == "sqlite":
        return cast(sqlite_dates.moment([node.this], binds), DATE)
    return cast(binds.scalar(node.this), DATE)


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.Trim: trim,
    exp.Concat: concat,
    exp.ConcatWs: concat_ws,
    exp.Pad: pad,
    exp.Round: round_,
    exp.Trunc: trunc,
    exp.Log: log,
    exp.Atan: arc_tangent,
    exp.Extract: extract,
    exp.TimestampTrunc: date_trunc,
    exp.DateTrunc: date_trunc,
    exp.DateAdd: date_shift,
    exp.DateSub: date_shift,
    exp.DatetimeAdd: date_shift,
    exp.DatetimeSub: date_shift,
    exp.TimestampAdd: date_shift,
    exp.TimestampSub: date_shift,
    exp.TimeAdd: date_shift,
    exp.TimeSub: date_shift,
    exp.Date: date,
    exp.TsOrDsToDate: date,
    **dict.fromkeys(DATE_PARTS, date_part),
    **dates.SPECIAL,
    **now.SPECIAL,
    **dialects.SPECIAL,
    **elsewhere.SPECIAL,
    **weeks.SPECIAL,
    **session.SPECIAL,
    **texts.SPECIAL,
    **regex_functions.SPECIAL,
}

# what sqlglot reads as a plain call, and what `sql/kept.py` keeps it from reading
CALLS: dict[str, Special] = {
    **texts.CALLS,
    **regex_functions.CALLS,
    **formats.CALLS,
    **dates.CALLS,
    **now.CALLS,
    **dialects.CALLS,
    **elsewhere.CALLS,
    **sqlite_dates.CALLS,
    "adddate": day_step(op.ADD),
    "subdate": day_step(op.SUB),
    **weeks.CALLS,
    **session.CALLS,
    **timeuuids.CALLS,
}
