"""Functions beyond the core whose binding is more than picking arguments."""

from __future__ import annotations

import re

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, constant_text, text_literal
from sqlshim.bind.coerce import call, cast
from sqlshim.errors import NotSupportedError
from sqlshim.functions import datetime
from sqlshim.ir.scalar import Scalar
from sqlshim.types import TIME, TIMESTAMP, TIMESTAMPTZ, Kind

_INSTANTS = (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)


_CODES = re.compile(r"(?:%[YmdHIMSjf]|[^%A-Za-z\"\\])*")


def to_char(node: exp.Expr, binds: Binds) -> Scalar:
    """TO_CHAR, DATE_FORMAT, STRFTIME: sqlglot gives the pattern in strftime's codes."""
    value = binds.scalar(node.this)
    pattern = constant_text(node.args.get("format"), binds, "the pattern of TO_CHAR")
    if value.type.kind not in _INSTANTS:
        raise NotSupportedError(f"TO_CHAR of {str(value.type).lower()} is not supported")
    if not _CODES.fullmatch(pattern):
        raise NotSupportedError(
            "this pattern of TO_CHAR is not supported",
            hint="YYYY MM DD DDD HH24 HH12 MI SS US and punctuation are.",
        )
    return call(datetime.TO_CHAR, value, text_literal(pattern))


def at_time_zone(node: exp.Expr, binds: Binds) -> Scalar:
    """AT TIME ZONE 'UTC' turns a plain instant into a zoned one and back."""
    zone, value = constant_text(node.args["zone"], binds, "the time zone"), binds.scalar(node.this)
    if zone.upper() not in ("UTC", "GMT", "Z"):
        raise NotSupportedError(f"AT TIME ZONE {zone!r} is not supported", hint="Only 'UTC' is.")
    plain = value.type.kind is Kind.TIMESTAMP
    return cast(value, TIMESTAMPTZ if plain else TIMESTAMP)


def local_time(node: exp.Expr, binds: Binds) -> Scalar:
    return cast(binds.context.current(TIMESTAMP), TIME)


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.TimeToStr: to_char,
    exp.AtTimeZone: at_time_zone,
    exp.Localtime: local_time,
}
