"""Functions beyond the core whose binding is more than picking arguments."""

from __future__ import annotations

import re

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, text_literal
from sqlshim.bind.coerce import call, cast, coerce
from sqlshim.bind.regex import re2
from sqlshim.errors import NotSupportedError
from sqlshim.functions import datetime, text
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.types import TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, Kind

_INSTANTS = (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)


def _constant(node: exp.Expr | None, binds: Binds, what: str) -> str:
    value = text_literal("") if node is None else binds.scalar(node)
    if not isinstance(value, Literal) or not isinstance(value.value, str):
        raise NotSupportedError(f"{what} must be a constant text")
    return value.value


def regexp_like(node: exp.Expr, binds: Binds) -> Scalar:
    """`~`, `~*` and REGEXP_LIKE."""
    subject = coerce_text(binds.scalar(node.this))
    if isinstance(node.expression, exp.Null):
        return call(text.REGEXP_LIKE, subject, binds.scalar(node.expression))
    pattern = _constant(node.expression, binds, "a regular expression")
    flags = _constant(node.args.get("flag"), binds, "the flags of a regular expression")
    if flags not in ("", "c", "i"):
        raise NotSupportedError(f"the flags {flags!r} of a regular expression are not supported")
    blind = isinstance(node, exp.RegexpILike) or flags == "i"
    return call(text.REGEXP_LIKE, subject, text_literal(re2(pattern, blind)))


def coerce_text(arg: Scalar) -> Scalar:
    """`arg`, an untyped constant as text."""
    return coerce(arg, TEXT) if arg.type.kind is Kind.UNKNOWN else arg


def overlay(node: exp.Expr, binds: Binds) -> Scalar:
    """OVERLAY replaces as many characters as it puts in, unless told."""
    new, length = binds.scalar(node.expression), node.args.get("for_")
    size = call(text.LENGTH, new) if length is None else binds.scalar(length)
    return call(text.OVERLAY, binds.scalar(node.this), new, binds.scalar(node.args["from_"]), size)


def hexadecimal(node: exp.Expr, binds: Binds) -> Scalar:
    if binds.context.dialect != "postgres":
        raise NotSupportedError("HEX of this dialect is not supported", hint="Use TO_HEX.")
    return call(text.TO_HEX, binds.scalar(node.this))


def sha256(node: exp.Expr, binds: Binds) -> Scalar:
    if getattr(node.args.get("length"), "name", "256") != "256":
        raise NotSupportedError("only the SHA of 256 bits is supported")
    return call(text.SHA256, binds.scalar(node.this))


_CODES = re.compile(r"(?:%[YmdHIMSjf]|[^%A-Za-z\"\\])*")


def to_char(node: exp.Expr, binds: Binds) -> Scalar:
    """TO_CHAR, DATE_FORMAT, STRFTIME: sqlglot gives the pattern in strftime's codes."""
    value = binds.scalar(node.this)
    pattern = _constant(node.args.get("format"), binds, "the pattern of TO_CHAR")
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
    zone, value = _constant(node.args["zone"], binds, "the time zone"), binds.scalar(node.this)
    if zone.upper() not in ("UTC", "GMT", "Z"):
        raise NotSupportedError(f"AT TIME ZONE {zone!r} is not supported", hint="Only 'UTC' is.")
    plain = value.type.kind is Kind.TIMESTAMP
    return cast(value, TIMESTAMPTZ if plain else TIMESTAMP)


def local_time(node: exp.Expr, binds: Binds) -> Scalar:
    return cast(binds.context.current(TIMESTAMP), TIME)


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.RegexpLike: regexp_like,
    exp.RegexpILike: regexp_like,
    exp.Overlay: overlay,
    exp.Hex: hexadecimal,
    exp.SHA2Digest: sha256,
    exp.TimeToStr: to_char,
    exp.AtTimeZone: at_time_zone,
    exp.Localtime: local_time,
}
