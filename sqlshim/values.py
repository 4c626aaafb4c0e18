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
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation

from sqlshim.array_texts import read_array
from sqlshim.durations import like_duration, to_duration
from sqlshim.errors import DataError, NumericOutOfRange
from sqlshim.instants import (
    bad,
    check_encodable,
    quoted,
    to_date,
    to_interval,
    to_time,
    to_timestamp,
)
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    DURATION,
    INT_RANGE,
    INTEGER,
    INTEGERS,
    INTERVAL,
    JSON,
    NUMERIC,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    UUID,
    VARINT,
    Interval,
    Kind,
    SqlType,
    array,
    common,
    decimal,
)

WIDE = Context(prec=80, rounding=ROUND_HALF_UP)
UNTYPED_TEXT = UNKNOWN.with_null(False)
_KNOWN_TYPES: dict[type, SqlType] = {  # those that say it all
    type(None): UNKNOWN,
    bool: BOOLEAN,
    float: DOUBLE,
    bytes: BYTES,
    dt.date: DATE,
    dt.time: TIME,
    uuid.UUID: UUID,
}
_TRUE = frozenset({"t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"})
_FALSE = frozenset({"f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"})


def type_of(value: object) -> SqlType:
    """The SQL type a Python value brings along as a parameter; text is untyped, as in psycopg.

    Raises DataError for a type that SQL has no value for.
    """
    if (settled := _KNOWN_TYPES.get(type(value))) is not None:
        return settled
    match value:
        case None:
            return UNKNOWN
        case str():
            check_encodable(value)
            return UNTYPED_TEXT
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
            return array(_type_of_items(value))
        case dict():
            return JSON
        case _ if like_duration(value):
            return DURATION
        case _:
            raise DataError(
                f"cannot adapt a parameter of Python type {type(value).__name__!r}",
                hint="Pass int, float, Decimal, str, bytes, bool, date, datetime, time, timedelta, "
                "Duration, UUID, list or dict.",
            )


def _type_of_items(values: Sequence[object]) -> SqlType:
    """The type that holds all items of a list; TEXT where nothing else is known."""
    found = UNKNOWN
    if set(map(type, values)) == {int}:
        values = [min(values), max(values)]  # type: ignore[type-var]
    for value in values:
        met = common(found, type_of(value))
        if met is None:
            raise DataError("the items of a list parameter have no common type")
        found = met
    return SqlType(Kind.TEXT) if found.kind is Kind.UNKNOWN else found.with_null(True)


def _type_of_int(value: int) -> SqlType:
    for t in (INTEGER, BIGINT):
        low, high = INT_RANGE[t.kind]
        if low <= value <= high:
            return t
    return VARINT if abs(value) >= 10**38 else decimal(38, 0)


def _type_of_decimal(value: Decimal) -> SqlType:
    if not value.is_finite():
        return DOUBLE
    _, digits, exponent = value.as_tuple()
    scale = max(-int(exponent), 0)
    precision = max(len(digits) + max(int(exponent), 0), scale)
    if precision > 38:
        return NUMERIC
    return decimal(max(precision, 1), scale)


def convert(value: object, target: SqlType) -> object:
    """`value` as a value of `target`. None stays None. DataError if it cannot be.

    Numbers round halves away from zero from decimals and to even from floats (PostgreSQL).
    """
    if value is None or target.kind is Kind.UNKNOWN:
        return value
    return _CONVERTERS[target.kind](value, target)


def _to_bool(value: object, target: SqlType) -> object:
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise bad(value, target)
    if isinstance(value, bool | int):
        return bool(value)
    raise bad(value, target)


def _to_int(value: object, target: SqlType) -> object:
    number = value if type(value) is int else _whole(value, target)
    low, high = INT_RANGE[target.kind]
    if not low <= number <= high:
        raise NumericOutOfRange(f"{str(target).lower()} out of range: {quoted(value)}")
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
            raise bad(value, target)


def _to_decimal(value: object, target: SqlType) -> object:
    if isinstance(value, str) and not re.fullmatch(
        r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", value, re.ASCII
    ):
        raise bad(value, target)
    if isinstance(value, float):
        value = repr(value)  # 0.1 is 0.1, not its 55 binary digits
    try:
        number = Decimal(value)  # type: ignore[arg-type]
    except (InvalidOperation, TypeError, ValueError) as error:
        raise bad(value, target) from error
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


def _to_numeric(value: object, target: SqlType) -> object:
    number = value if isinstance(value, int) else _to_decimal(value, NUMERIC)
    return _whole(number, target) if target.scale == 0 else Decimal(number)  # type: ignore[arg-type]


def _overflow(value: object, target: SqlType) -> NumericOutOfRange:
    return NumericOutOfRange(f"numeric field overflow: {quoted(value)} does not fit {target}")


def _to_float(value: object, target: SqlType) -> object:
    if isinstance(value, str):
        word = value.strip().lower()
        plain = re.fullmatch(
            r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?|nan)", word, re.ASCII
        )
        if not plain:
            raise bad(value, target)
        number = float(word)
        lost = number == 0 and re.search("[1-9]", word.partition("e")[0])
        if lost or (math.isinf(number) and "inf" not in word):
            raise NumericOutOfRange(f"{quoted(value)} is out of range for type {target}")
        return number
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise bad(value, target)
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
            return re.sub(r"(\.\d*?)0+(?=$|[+-])", r"\1", text).removesuffix(
                ":00" if "+" in text else ""
            )
        case dt.time():
            return re.sub(r"\.?0+$", "", value.isoformat()) if value.microsecond else str(value)
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
    if abs(value) >= 1e15:
        mantissa, _, power = f"{Decimal(text).normalize():e}".partition("e")
        return f"{mantissa}e{int(power):+03d}"
    return text.removesuffix(".0")


def _to_bytes(value: object, target: SqlType) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, str):
        if value.startswith("\\x"):
            try:
                return bytes.fromhex(value[2:])
            except ValueError as error:
                raise bad(value, target) from error
        return _unescaped(value, target)
    raise bad(value, target)


_ESCAPE = re.compile(rb"\\(?:(\\)|([0-3][0-7]{2})|)")


def _unescaped(text: str, target: SqlType) -> bytes:
    """PostgreSQL's escape form: a backslash doubled, or before three octal digits."""

    def one(found: re.Match[bytes]) -> bytes:
        if found[1]:
            return b"\\"
        if not found[2]:
            raise bad(text, target)
        return bytes([int(found[2], 8)])

    return _ESCAPE.sub(one, text.encode())


def _to_uuid(value: object, target: SqlType) -> object:
    if isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(str(value).strip())
    except ValueError as error:
        raise bad(value, target) from error


def _to_array(value: object, target: SqlType) -> object:
    if isinstance(value, str):
        value = read_array(value, target)
    if not isinstance(value, list | tuple) or target.element is None:
        raise bad(value, target)
    element = target.element
    return [convert(v, element) for v in value]


def _to_struct(value: object, target: SqlType) -> object:
    if isinstance(value, list | tuple) and len(value) == len(target.fields):
        value = dict(zip((n for n, _ in target.fields), value, strict=True))
    if not isinstance(value, dict) or not set(value) <= {n for n, _ in target.fields}:
        raise bad(value, target)
    return {n: convert(value.get(n), t) for n, t in target.fields}


def _to_json(value: object, target: SqlType) -> object:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


_CONVERTERS: dict[Kind, Callable[[object, SqlType], object]] = {
    Kind.BOOLEAN: _to_bool,
    Kind.SMALLINT: _to_int,
    Kind.INTEGER: _to_int,
    Kind.BIGINT: _to_int,
    Kind.DECIMAL: _to_decimal,
    Kind.NUMERIC: _to_numeric,
    Kind.REAL: _to_float,
    Kind.DOUBLE: _to_float,
    Kind.TEXT: lambda value, target: to_text(value),
    Kind.BYTES: _to_bytes,
    Kind.DATE: to_date,
    Kind.TIME: to_time,
    Kind.TIMESTAMP: to_timestamp,
    Kind.TIMESTAMPTZ: to_timestamp,
    Kind.INTERVAL: to_interval,
    Kind.DURATION: to_duration,
    Kind.UUID: _to_uuid,
    Kind.JSON: _to_json,
    Kind.ARRAY: _to_array,
    Kind.STRUCT: _to_struct,
    Kind.MAP: lambda value, target: value,
}

assert frozenset(Kind) - {Kind.UNKNOWN} == frozenset(_CONVERTERS)
assert frozenset(INT_RANGE) == INTEGERS
