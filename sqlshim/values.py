"""Python values converted between SQL types: literals at bind time, parameters at run time.

`convert(value, target)` follows PostgreSQL's input rules for text and its assignment rules between
numbers; it raises the DataError subclass PostgreSQL would. Seen by every layer.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import uuid
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation

from sqlshim.errors import (
    DataError,
    DatetimeOutOfRange,
    InvalidDatetime,
    InvalidText,
    NumericOutOfRange,
)
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INT_RANGE,
    INTEGER,
    INTEGERS,
    INTERVAL,
    JSON,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    UUID,
    Interval,
    Kind,
    SqlType,
    array,
    decimal,
)

WIDE = Context(prec=80, rounding=ROUND_HALF_UP)
_TRUE = frozenset({"t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"})
_FALSE = frozenset({"f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"})


def type_of(value: object) -> SqlType:
    """The SQL type a Python value brings along as a parameter; text is untyped, as in psycopg.

    Raises DataError for a type that SQL has no value for.
    """
    match value:
        case None:
            return UNKNOWN
        case str():
            return UNKNOWN.with_null(False)
        case bool():
            return BOOLEAN
        case int():
            return _type_of_int(value)
        case float():
            return DOUBLE
        case Decimal():
            return _type_of_decimal(value)
        case bytes() | bytearray() | memoryview():
            return BYTES
        case dt.datetime():
            return TIMESTAMP if value.tzinfo is None else TIMESTAMPTZ
        case dt.date():
            return DATE
        case dt.time():
            return TIME
        case dt.timedelta() | Interval():
            return INTERVAL
        case uuid.UUID():
            return UUID
        case list() | tuple():
            known = [t for t in map(type_of, value) if t.kind is not Kind.UNKNOWN]
            return array(known[0] if known else SqlType(Kind.TEXT))
        case dict():
            return JSON
        case _:
            raise DataError(
                f"cannot adapt a parameter of Python type {type(value).__name__!r}",
                hint="Pass int, float, Decimal, str, bytes, bool, date, datetime, time, timedelta, "
                "UUID, list or dict.",
            )


def _type_of_int(value: int) -> SqlType:
    for t in (INTEGER, BIGINT):
        low, high = INT_RANGE[t.kind]
        if low <= value <= high:
            return t
    if abs(value) >= 10**38:
        raise NumericOutOfRange(f"integer out of range: {value}")
    return decimal(38, 0)


def _type_of_decimal(value: Decimal) -> SqlType:
    if not value.is_finite():
        return DOUBLE
    _, digits, exponent = value.as_tuple()
    scale = max(-int(exponent), 0)
    precision = max(len(digits) + max(int(exponent), 0), scale)
    if precision > 38:
        raise NumericOutOfRange(f"numeric field overflow: {value} has more than 38 digits")
    return decimal(max(precision, 1), scale)


def convert(value: object, target: SqlType) -> object:
    """`value` as a value of `target`. None stays None. DataError if it cannot be.

    Numbers round halves away from zero from decimals and to even from floats (PostgreSQL).
    """
    if value is None or target.kind is Kind.UNKNOWN:
        return value
    return _CONVERTERS[target.kind](value, target)


def _bad(value: object, target: SqlType) -> InvalidText:
    return InvalidText(f"invalid input syntax for type {str(target).lower()}: {_quoted(value)}")


def _quoted(value: object) -> str:
    text = str(value)
    return '"' + (text if len(text) <= 60 else text[:57] + "...") + '"'


def _to_bool(value: object, target: SqlType) -> object:
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise _bad(value, target)
    if isinstance(value, bool | int):
        return bool(value)
    raise _bad(value, target)


def _to_int(value: object, target: SqlType) -> object:
    number = _whole(value, target)
    low, high = INT_RANGE[target.kind]
    if not low <= number <= high:
        raise NumericOutOfRange(f"{str(target).lower()} out of range: {_quoted(value)}")
    return number


def _whole(value: object, target: SqlType) -> int:
    match value:
        case int():
            return int(value)
        case float() if math.isfinite(value):
            return int(Decimal(value).quantize(Decimal(1), ROUND_HALF_EVEN, WIDE))
        case Decimal() if value.is_finite():
            return int(value.to_integral_value(ROUND_HALF_UP))
        case float() | Decimal():
            raise NumericOutOfRange(f"{str(target).lower()} out of range: {value}")
        case str() if re.fullmatch(r"\s*[+-]?\d+\s*", value, re.ASCII):
            return int(value) if len(value) <= 100 else 10**100
        case _:
            raise _bad(value, target)


def _to_decimal(value: object, target: SqlType) -> object:
    if isinstance(value, str) and not re.fullmatch(
        r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", value, re.ASCII
    ):
        raise _bad(value, target)
    if isinstance(value, float):
        value = repr(value)  # 0.1 is 0.1, not its 55 binary digits
    try:
        number = Decimal(value)  # type: ignore[arg-type]
    except (InvalidOperation, TypeError, ValueError) as error:
        raise _bad(value, target) from error
    if not number.is_finite():
        raise NumericOutOfRange(f"numeric field overflow: {value}")
    if target.precision is None:
        return number
    scale = target.scale or 0
    try:
        number = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, WIDE)
    except InvalidOperation as error:
        raise _overflow(value, target) from error
    if number and number.adjusted() >= target.precision - scale:
        raise _overflow(value, target)
    return number


def _overflow(value: object, target: SqlType) -> NumericOutOfRange:
    return NumericOutOfRange(f"numeric field overflow: {_quoted(value)} does not fit {target}")


def _to_float(value: object, target: SqlType) -> object:
    if isinstance(value, str):
        word = value.strip().lower()
        plain = re.fullmatch(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?|nan)", word, re.ASCII)
        if not plain:
            raise _bad(value, target)
        number = float(word)
        if math.isinf(number) and "inf" not in word:
            raise NumericOutOfRange(f"{_quoted(value)} is out of range for type {target}")
        return number
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _bad(value, target)
    return float(value)


def to_text(value: object) -> str:
    """PostgreSQL's text form of a value."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return _float_text(value)
        case Decimal():
            return format(value, "f")
        case bytes():
            return "\\x" + value.hex()
        case dt.datetime():
            text = value.isoformat(sep=" ")
            return re.sub(r"(\.\d*?)0+(?=$|[+-])", r"\1", text).removesuffix(":00" if "+" in text else "")
        case dict() | list():
            return json.dumps(value, default=str, ensure_ascii=False)
        case _:
            return str(value)


def _float_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    if "e" in text:
        exponent = int(text.partition("e")[2])
        if -5 < exponent < 15:
            return format(Decimal(text), "f")
        return text
    if value == int(value) and abs(value) >= 1e15:
        mantissa, _, power = f"{Decimal(text).normalize():e}".partition("e")
        return f"{mantissa}e{int(power):+03d}"
    return text.removesuffix(".0")


_DATE = re.compile(r"\s*(\d{4,6})-(\d{1,2})-(\d{1,2})\s*", re.ASCII)
_TIME = re.compile(
    r"\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(z|utc|[+-]\d{1,2}(?::?\d{2})?)?\s*",
    re.ASCII | re.IGNORECASE,
)


def _to_date(value: object, target: SqlType) -> object:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        return _parse_timestamp(value, target)[0].date()
    raise _bad(value, target)


def _to_timestamp(value: object, target: SqlType) -> object:
    zoned = target.kind is Kind.TIMESTAMPTZ
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        return value.replace(tzinfo=dt.UTC) if zoned else value
    if isinstance(value, dt.date):
        moment = dt.datetime(value.year, value.month, value.day)
        return moment.replace(tzinfo=dt.UTC) if zoned else moment
    if isinstance(value, str):
        moment, offset = _parse_timestamp(value, target)
        return (moment - offset).replace(tzinfo=dt.UTC) if zoned else moment
    raise _bad(value, target)


def _parse_timestamp(text: str, target: SqlType) -> tuple[dt.datetime, dt.timedelta]:
    date = _DATE.match(text)
    if date is None:
        raise InvalidDatetime(f"invalid input syntax for type {str(target).lower()}: {_quoted(text)}")
    rest = text[date.end() :].lstrip("Tt ")
    offset = dt.timedelta()
    clock = dt.time()
    if rest:
        found = _TIME.fullmatch(rest)
        if found is None:
            raise InvalidDatetime(
                f"invalid input syntax for type {str(target).lower()}: {_quoted(text)}"
            )
        clock, offset = _clock(found, text)
    try:
        return dt.datetime.combine(dt.date(*map(int, date.groups())), clock), offset
    except (ValueError, OverflowError) as error:
        raise DatetimeOutOfRange(f"date/time field value out of range: {_quoted(text)}") from error


def _clock(found: re.Match[str], text: str) -> tuple[dt.time, dt.timedelta]:
    hour, minute, second, fraction, zone = found.groups()
    micros = round(int((fraction or "0").ljust(9, "0")) / 1000)
    try:
        clock = dt.time(int(hour), int(minute), int(second or 0), min(micros, 999_999))
    except ValueError as error:
        raise DatetimeOutOfRange(f"date/time field value out of range: {_quoted(text)}") from error
    offset = dt.timedelta()
    if zone and zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        offset = dt.timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if zone[0] == "-" else 1)
    return clock, offset


def _to_time(value: object, target: SqlType) -> object:
    if isinstance(value, dt.time):
        return value
    if isinstance(value, dt.datetime):
        return value.time()
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidDatetime(f"invalid input syntax for type time: {_quoted(value)}")
    return _clock(found, str(value))[0]


_UNIT_MONTHS = {"month": 1, "mon": 1, "quarter": 3, "year": 12, "yr": 12, "y": 12, "decade": 120,
                "century": 1200, "centurie": 1200}  # fmt: skip
_UNIT_DAYS = {"day": 1, "d": 1, "week": 7, "w": 7}
_UNIT_MICROS = {"hour": 3_600_000_000, "hr": 3_600_000_000, "h": 3_600_000_000,
                "minute": 60_000_000, "min": 60_000_000, "m": 60_000_000, "second": 1_000_000,
                "sec": 1_000_000, "s": 1_000_000, "millisecond": 1000, "ms": 1000,
                "microsecond": 1, "us": 1}  # fmt: skip
_QUANTITY = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*([a-zA-Z]+)", re.ASCII)
_HMS = re.compile(r"\s*([+-]?)(\d+):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*", re.ASCII)


def parse_interval(text: str, unit: str | None = None) -> Interval:
    """An INTERVAL literal: PostgreSQL's verbose form, or a bare number of `unit`."""
    if unit is not None and re.fullmatch(r"\s*[+-]?\d+(\.\d+)?\s*", text, re.ASCII):
        text = f"{text.strip()} {unit}"
    months = days = micros = Decimal(0)
    rest = text.strip()
    if not rest:
        raise InvalidDatetime(f"invalid input syntax for type interval: {_quoted(text)}")
    ago = rest.lower().endswith(" ago")
    rest = rest[:-4] if ago else rest
    while rest.strip():
        if found := _HMS.match(rest):
            micros += _hms_micros(found)
        elif found := _QUANTITY.match(rest):
            number, name = Decimal(found[1]), found[2].lower()
            name = name if name in ("s", "ms", "us", "d", "h", "m", "w", "y") else name.removesuffix("s")
            if name in _UNIT_MONTHS:
                months += number * _UNIT_MONTHS[name]
            elif name in _UNIT_DAYS:
                days += number * _UNIT_DAYS[name]
            elif name in _UNIT_MICROS:
                micros += number * _UNIT_MICROS[name]
            else:
                raise InvalidDatetime(f"invalid input syntax for type interval: {_quoted(text)}")
        else:
            raise InvalidDatetime(f"invalid input syntax for type interval: {_quoted(text)}")
        rest = rest[found.end() :]
    days += (months % 1) * 30
    micros += (days % 1) * 86_400_000_000
    result = Interval(int(months), int(days), int(micros))
    return -result if ago else result


def _hms_micros(found: re.Match[str]) -> Decimal:
    sign, hours, minutes, seconds, fraction = found.groups()
    total = (int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)) * 10**6
    total += int((fraction or "0").ljust(6, "0"))
    return Decimal(-total if sign == "-" else total)


def _to_interval(value: object, target: SqlType) -> object:
    if isinstance(value, Interval):
        return value
    if isinstance(value, dt.timedelta):
        return Interval(0, value.days, value.seconds * 10**6 + value.microseconds)
    if isinstance(value, str):
        return parse_interval(value)
    raise _bad(value, target)


def _to_bytes(value: object, target: SqlType) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, str):
        if value.startswith("\\x"):
            try:
                return bytes.fromhex(value[2:])
            except ValueError as error:
                raise _bad(value, target) from error
        return value.encode()
    raise _bad(value, target)


def _to_uuid(value: object, target: SqlType) -> object:
    if isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(str(value).strip())
    except ValueError as error:
        raise _bad(value, target) from error


def _to_array(value: object, target: SqlType) -> object:
    if not isinstance(value, list | tuple) or target.element is None:
        raise _bad(value, target)
    element = target.element
    return [convert(v, element) for v in value]


def _to_json(value: object, target: SqlType) -> object:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _same(value: object, target: SqlType) -> object:
    return value


_CONVERTERS: dict[Kind, Callable[[object, SqlType], object]] = {
    Kind.BOOLEAN: _to_bool,
    Kind.SMALLINT: _to_int,
    Kind.INTEGER: _to_int,
    Kind.BIGINT: _to_int,
    Kind.DECIMAL: _to_decimal,
    Kind.REAL: _to_float,
    Kind.DOUBLE: _to_float,
    Kind.TEXT: lambda value, target: to_text(value),
    Kind.BYTES: _to_bytes,
    Kind.DATE: _to_date,
    Kind.TIME: _to_time,
    Kind.TIMESTAMP: _to_timestamp,
    Kind.TIMESTAMPTZ: _to_timestamp,
    Kind.INTERVAL: _to_interval,
    Kind.UUID: _to_uuid,
    Kind.JSON: _to_json,
    Kind.ARRAY: _to_array,
    Kind.STRUCT: _same,
    Kind.MAP: _same,
}

assert frozenset(Kind) - {Kind.UNKNOWN} == frozenset(_CONVERTERS)
assert frozenset(INT_RANGE) == INTEGERS
