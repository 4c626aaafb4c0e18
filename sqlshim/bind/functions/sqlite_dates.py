"""SQLite's dates: DATE, TIME, DATETIME, JULIANDAY, UNIXEPOCH and STRFTIME of a moment and its
modifiers, which are constants."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, constant_text, int_literal, text_literal
from sqlshim.bind.coerce import call, cast, coerce
from sqlshim.bind.functions.dialects import shown_by_codes, unmarked
from sqlshim.errors import NotSupportedError, UnknownFunction
from sqlshim.functions import datetime
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.types import BIGINT, DATE, DOUBLE, INTERVAL, NUMBERS, TIME, TIMESTAMP, Interval, Kind

_STEP = re.compile(r"([+-]?)(\d+(?:\.\d+)?) +(day|hour|minute|second|month|year)s?")
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?")
_SECONDS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}


def moment(nodes: Sequence[exp.Expr], binds: Binds) -> Scalar:
    """The timestamp that a time value and its modifiers mean; without any it is now."""
    if not nodes:
        return binds.context.current(TIMESTAMP)
    first, *rest = nodes
    value = binds.scalar(unmarked(first))
    modifiers = [constant_text(e, binds, "a modifier").strip().lower() for e in rest]
    if isinstance(value, Literal) and str(value.value).strip().lower() == "now":
        value = binds.context.current(TIMESTAMP)
    elif value.type.kind in NUMBERS:
        if modifiers[:1] != ["unixepoch"]:
            raise NotSupportedError("a day as a Julian number is not supported")
        value, modifiers = call(datetime.TO_TIMESTAMP, value), modifiers[1:]
    elif isinstance(value, Literal) and _CLOCK.fullmatch(str(value.value)):
        value = text_literal(f"2000-01-01 {value.value}")
    value = cast(value, TIMESTAMP)
    for modifier in modifiers:
        value = _modified(value, modifier)
    return value


def _modified(value: Scalar, modifier: str) -> Scalar:
    if modifier in ("utc", "subsec"):
        return value
    if modifier.startswith("start of ") and modifier[9:] in ("year", "month", "day"):
        return call(datetime.DATE_TRUNC, text_literal(modifier[9:]), value)
    if modifier.startswith("weekday ") and modifier[8:] in tuple("0123456"):
        today = call(datetime.EXTRACT, text_literal("dow"), value)
        days = call(op.MOD, call(op.SUB, int_literal(int(modifier[8:]) + 7), today), int_literal(7))
        return call(op.ADD, value, call(op.MUL, days, _interval(Interval(days=1))))
    if (found := _STEP.fullmatch(modifier)) is not None:
        return _stepped(value, float(found[1] + found[2]), found[3])
    raise NotSupportedError(
        f"the modifier {modifier!r} is not supported",
        hint="'+1 day' and its kin, 'start of month', 'weekday 0' and 'unixepoch' are.",
    )


def _stepped(value: Scalar, amount: float, unit: str) -> Scalar:
    if unit in _SECONDS:
        micros = round(amount * _SECONDS[unit] * 10**6)
        days, rest = divmod(micros, 86400 * 10**6) if unit == "day" else (0, micros)
        return call(op.ADD, value, _interval(Interval(0, days, rest)))
    if amount != int(amount):
        raise NotSupportedError("a part of a month or year is not supported")
    # 31 January and a month is 31 February, that is 2 March
    first = call(datetime.DATE_TRUNC, text_literal("month"), value)
    months = int(amount) * (12 if unit == "year" else 1)
    later = call(op.ADD, first, _interval(Interval(months=months)))
    return call(op.ADD, later, call(op.SUB, value, first))


def _interval(value: Interval) -> Literal:
    return Literal(value, INTERVAL.with_null(False))


def _day(node: exp.Expr, binds: Binds) -> Scalar:
    return cast(moment(node.expressions, binds), DATE)


def _instant(node: exp.Expr, binds: Binds) -> Scalar:
    if binds.context.dialect != "sqlite":
        if len(node.expressions) != 1:
            raise UnknownFunction(str(node.this))
        value = binds.scalar(node.expressions[0])
        return value if value.type.kind is Kind.TIMESTAMP else cast(value, TIMESTAMP)
    return moment(node.expressions, binds)


def _clock(node: exp.Expr, binds: Binds) -> Scalar:
    return cast(moment(node.expressions, binds), TIME)


def _shown(node: exp.Expr, binds: Binds) -> Scalar:
    """STRFTIME with modifiers; without them sqlglot has a node for it."""
    codes, *rest = node.expressions
    return shown_by_codes(moment(rest, binds), codes, binds)


def _seconds(node: exp.Expr, binds: Binds) -> Scalar:
    epoch = call(datetime.EXTRACT_FRACTION, text_literal("epoch"), moment(node.expressions, binds))
    return cast(epoch, BIGINT)


def _julian(node: exp.Expr, binds: Binds) -> Scalar:
    """Its days begin at noon."""
    days = call(datetime.EXTRACT_FRACTION, text_literal("julian"), moment(node.expressions, binds))
    return call(op.SUB, days, coerce(text_literal("0.5"), DOUBLE))


CALLS: dict[str, Special] = {
    "date": _day,
    "datetime": _instant,
    "time": _clock,
    "strftime": _shown,
    "unixepoch": _seconds,
    "julianday": _julian,
}
