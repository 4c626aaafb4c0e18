"""Date and time functions of PostgreSQL beyond the core: zones, intervals and OVERLAPS."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Sequence
from functools import cache

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, constant_text, int_literal, text_literal
from sqlshim.bind.coerce import call, case, cast, coerce, logical
from sqlshim.errors import DataError, ProgrammingError
from sqlshim.functions import conditional, datetime
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Literal, Scalar, null_of
from sqlshim.types import (
    BOOLEAN,
    DATE,
    DOUBLE,
    INTERVAL,
    TIMESTAMP,
    TIMESTAMPTZ,
    Interval,
    Kind,
)

_UTC = frozenset({"UTC", "GMT", "Z", "ZULU", "UNIVERSAL", "UCT", "ETC/UTC"})

# --- zones -----------------------------------------------------------------------------------


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones()}


def _in_zone(zone: str, value: Scalar) -> Scalar:
    """`value` AT TIME ZONE: a plain instant becomes a zoned one, a zoned one what a clock shows."""
    if value.type.kind in (Kind.UNKNOWN, Kind.DATE):
        value = coerce(value, TIMESTAMPTZ)
    if zone.upper() in _UTC:
        return cast(value, TIMESTAMPTZ if value.type.kind is Kind.TIMESTAMP else TIMESTAMP)
    if (found := _OFFSET.fullmatch(zone)) is not None:
        return _shifted(found, value)
    known = _zones().get(zone.lower())
    if known is None:
        raise DataError(
            f'time zone "{zone}" not recognized',
            sqlstate="22023",
            hint="Names such as 'Europe/Oslo' are known.",
        )
    return call(datetime.TIMEZONE, text_literal(known), value)


# A number is POSIX's: what must be added to the clock there for UTC.
_OFFSET = re.compile(r"\s*([+-])(\d{1,2})(?::?(\d\d))?\s*")


def _shifted(found: re.Match[str], value: Scalar) -> Scalar:
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    micros = (minutes if found[1] == "+" else -minutes) * 60_000_000
    return by_offset(Interval(microseconds=micros), value)


def by_offset(west: Interval, value: Scalar) -> Scalar:
    """`value` in a zone that lies so far behind UTC."""
    step = Literal(west, INTERVAL.with_null(False))
    if value.type.kind is Kind.TIMESTAMP:
        return cast(call(op.ADD, value, step), TIMESTAMPTZ)
    return call(op.SUB, cast(value, TIMESTAMP), step)


def in_zone_of(zone: exp.Expr, value: Scalar, binds: Binds) -> Scalar:
    """`value` AT TIME ZONE of an expression, a constant."""
    given = binds.scalar(zone)
    if isinstance(given, Literal) and isinstance(given.value, Interval):
        if value.type.kind in (Kind.UNKNOWN, Kind.DATE):
            value = coerce(value, TIMESTAMPTZ)
        return by_offset(-given.value, value)
    return _in_zone(constant_text(zone, binds, "the time zone"), value)


def at_time_zone(node: exp.Expr, binds: Binds) -> Scalar:
    return in_zone_of(node.args["zone"], binds.scalar(node.this), binds)


def timezone(node: exp.Expr, binds: Binds) -> Scalar:
    """TIMEZONE(zone, instant)."""
    zone, value = _arguments(node, "timezone", 2)
    return _in_zone(constant_text(zone, binds, "the time zone"), binds.scalar(value))


def make_timestamptz(node: exp.Expr, binds: Binds) -> Scalar:
    """MAKE_TIMESTAMPTZ(year, month, day, hour, minute, second [, zone])."""
    *parts, zone = [*node.expressions, None] if len(node.expressions) == 6 else node.expressions
    moment = call(datetime.MAKE_TIMESTAMP, *(binds.scalar(e) for e in parts))
    return _in_zone("UTC" if zone is None else constant_text(zone, binds, "the time zone"), moment)


def _arguments(node: exp.Expr, name: str, count: int) -> list[exp.Expr]:
    if len(node.expressions) != count:
        raise ProgrammingError(f"{name} takes {count} arguments", sqlstate="42883")
    return list(node.expressions)


# --- intervals -------------------------------------------------------------------------------


def age(node: exp.Expr, binds: Binds) -> Scalar:
    """AGE(a, b); AGE(b) is from the midnight that began this day."""
    args = [binds.scalar(e) for e in node.expressions]
    if len(args) == 1:
        args.insert(0, cast(binds.context.current(DATE), TIMESTAMP))
    return call(datetime.AGE, *args)


_INTERVAL_PARTS = (("year", "years"), ("month", "months"), ("week", "weeks"), ("day", "days"),
                   ("hour", "hours"), ("minute", "mins"), ("second", "secs"))  # fmt: skip


def make_interval(node: exp.Expr, binds: Binds) -> Scalar:
    """MAKE_INTERVAL(years, months, …), by place or by name."""
    given = [node.args[part] for part, _ in _INTERVAL_PARTS if node.args.get(part) is not None]
    found: dict[str, Scalar] = {}
    for place, arg in enumerate(given):
        named = isinstance(arg, exp.Kwarg | exp.PropertyEQ)
        name = arg.this.name.lower() if named else _INTERVAL_PARTS[place][1]
        if name in found or name not in {n for _, n in _INTERVAL_PARTS}:
            raise ProgrammingError(f"make_interval has no argument {name!r}", sqlstate="42883")
        found[name] = binds.scalar(arg.expression if named else arg)
    zeros = [found.get(name, int_literal(0)) for _, name in _INTERVAL_PARTS]
    return call(datetime.MAKE_INTERVAL, *zeros[:-1], coerce(zeros[-1], DOUBLE))


def date_bin(node: exp.Expr, binds: Binds) -> Scalar:
    return call(datetime.DATE_BIN, *(binds.scalar(e) for e in node.expressions))


def overlaps(node: exp.Expr, binds: Binds) -> Scalar:
    """(a, b) OVERLAPS (c, d): two stretches, each from the earlier of its ends up to the other."""
    first, first_end = _stretch(node.this, binds)
    second, second_end = _stretch(node.expression, binds)

    def before(end: Scalar, start: Scalar, other: Scalar) -> Scalar:
        # the later start lies before the end of the other; without that end nobody knows
        return case(
            [
                (call(op.LT, start, end), _boolean(True)),
                (logical(op.OR, [_absent(end), _absent(other)]), null_of(BOOLEAN)),
            ],
            _boolean(False),
        )

    unknown = logical(op.OR, [_absent(first_end), _absent(second_end)])
    return case(
        [
            (call(op.GT, first, second), before(second_end, first, first_end)),
            (call(op.LT, first, second), before(first_end, second, second_end)),
            (unknown, null_of(BOOLEAN)),
            (call(op.EQ, first, second), _boolean(True)),
        ],
        null_of(BOOLEAN),
    )


def _boolean(value: bool) -> Scalar:
    return coerce(text_literal("true" if value else "false"), BOOLEAN)


def _absent(value: Scalar) -> Scalar:
    return call(op.IS_NULL, value)


def _stretch(node: exp.Expr, binds: Binds) -> tuple[Scalar, Scalar]:
    """The start, and the end or NULL."""
    ends: Sequence[exp.Expr] = node.expressions
    if len(ends) != 2:
        raise ProgrammingError("OVERLAPS takes two pairs", sqlstate="42601")
    start, end = (binds.scalar(e) for e in ends)
    if start.type.kind is Kind.UNKNOWN:
        start = coerce(start, TIMESTAMP)
    if end.type.kind is Kind.INTERVAL:
        end = call(op.ADD, start, end)
    low, high = call(conditional.LEAST, start, end), call(conditional.GREATEST, start, end)
    missing = logical(op.OR, [_absent(start), _absent(end)])
    return low, case([(missing, null_of(high.type))], high)


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.AtTimeZone: at_time_zone,
    exp.MakeInterval: make_interval,
    exp.Overlaps: overlaps,
}
CALLS: dict[str, Special] = {
    "timezone": timezone,
    "make_timestamptz": make_timestamptz,
    "age": age,
    "sqlshim_date_bin": date_bin,
}
