"""SQL values into BSON: literals, parameters and the cells of an INSERT.

One rule for each kind, so that a constant in a pipeline is the very value an INSERT stores. The
way back is in `decode`.
"""

from __future__ import annotations

import datetime as dt
import re
import struct
import uuid
from collections.abc import Callable, Mapping
from decimal import Context, DecimalException, Inexact

from bson.binary import Binary
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.min_key import MinKey
from bson.objectid import ObjectId

from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.errors import DataError, DatetimeOutOfRange, NotSupportedError, NumericOutOfRange
from sqlshim.types import TEXT, Kind, SqlType

OBJECT_ID = "objectId"  # the native type of a text column that holds ObjectIds
Encode = Callable[[object], Mql]
_HEX24 = re.compile(r"[0-9a-f]{24}")
_DECIMAL128 = Context(prec=34, Emin=-6143, Emax=6144, traps=[Inexact])


def is_object_id(text: object) -> bool:
    """Whether `text` is what an ObjectId reads as."""
    return isinstance(text, str) and _HEX24.fullmatch(text) is not None


def object_id(value: object) -> Mql:
    """The ObjectId a text stands for; another text stays one (and equals no ObjectId)."""
    return ObjectId(str(value)) if is_object_id(value) else value


def encoder(t: SqlType, truncate: bool = False) -> Encode:
    """The conversion of non-NULL values of `t`; without `truncate` microseconds are a DataError."""
    if t.kind in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ):
        return cut_instant if truncate else _whole_instant
    if t.kind is Kind.ARRAY:
        inner = nullable(encoder(t.element or TEXT, truncate))
        return lambda v: [inner(x) for x in v]  # type: ignore[attr-defined]
    if t.kind is Kind.STRUCT:
        parts = {name: nullable(encoder(part, truncate)) for name, part in t.fields}
        return lambda v: _struct(v, parts)
    if t.kind is Kind.MAP:
        inner = nullable(encoder(t.element or TEXT, truncate))
        return lambda v: {str(k): inner(x) for k, x in v.items()}  # type: ignore[attr-defined]
    return _ENCODERS[t.kind]


def nullable(encode: Encode) -> Encode:
    """`encode` that leaves None alone."""
    return lambda value: None if value is None else encode(value)


def _struct(value: object, parts: Mapping[str, Encode]) -> Mql:
    assert isinstance(value, Mapping)
    return {k: parts[k](v) if k in parts else v for k, v in value.items()}


def _same(value: object) -> Mql:
    return value


def _text(value: object) -> Mql:
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"a text with a lone surrogate cannot be stored: {text!r}") from error
    return text


def _long(value: object) -> Mql:
    return Int64(value)  # type: ignore[call-overload]


def _decimal(value: object) -> Mql:
    try:
        return Decimal128(_DECIMAL128.create_decimal(value))  # type: ignore[arg-type]
    except DecimalException as error:
        raise NumericOutOfRange(
            f"numeric value out of range: {value}",
            hint="MongoDB keeps 34 digits of a decimal.",
        ) from error


def single(value: object) -> float:
    """The nearest float of 32 bits."""
    try:
        narrow: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError as error:
        raise NumericOutOfRange(f'"{value}" is out of range for type real') from error
    return narrow


def _date(value: object) -> Mql:
    assert isinstance(value, dt.date)
    return dt.datetime(value.year, value.month, value.day)


def _naive(value: object) -> dt.datetime:
    assert isinstance(value, dt.datetime)
    try:
        return value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise DatetimeOutOfRange(f"timestamp out of range: {value}") from error


def cut_instant(value: object) -> Mql:
    """The instant with its microseconds cut: the last one not after it that the server has."""
    moment = _naive(value)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def raised_instant(value: object) -> Mql:
    """The first instant not before `value` that the server has."""
    whole = cut_instant(value)
    return whole if whole == _naive(value) else whole + dt.timedelta(milliseconds=1)


def equal_instant(value: object) -> Mql:
    """The instant, or what equals none if it is finer than the server keeps."""
    return MinKey() if has_micros(value) else cut_instant(value)


def _whole_instant(value: object) -> Mql:
    moment = _naive(value)
    if moment.microsecond % 1000:
        raise DataError(
            f"MongoDB keeps milliseconds, {moment} has microseconds",
            hint="Round the value, or connect with truncate_microseconds=True.",
        )
    return moment


def _time(value: object) -> Mql:
    assert isinstance(value, dt.time)
    return value.isoformat()


def _uuid(value: object) -> Mql:
    assert isinstance(value, uuid.UUID)
    return Binary.from_uuid(value)


def _interval(value: object) -> Mql:
    raise NotSupportedError("MongoDB has no type for an INTERVAL")


_ENCODERS: dict[Kind, Encode] = {
    Kind.UNKNOWN: _same,
    Kind.BOOLEAN: _same,
    Kind.SMALLINT: int,  # type: ignore[dict-item]
    Kind.INTEGER: int,  # type: ignore[dict-item]
    Kind.BIGINT: _long,
    Kind.DECIMAL: _decimal,
    Kind.REAL: single,
    Kind.DOUBLE: float,  # type: ignore[dict-item]
    Kind.TEXT: _text,
    Kind.JSON: _text,
    Kind.BYTES: bytes,  # type: ignore[dict-item]
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.UUID: _uuid,
    Kind.INTERVAL: _interval,
}


def constant(value: object, t: SqlType) -> Mql:
    """The value of a literal as it stands in a pipeline, small integers without ceremony."""
    if value is None:
        return None
    if t.kind is Kind.BIGINT:
        return value  # pymongo picks 32 or 64 bits; the server widens by itself
    return encoder(t, truncate=True)(value)


def has_micros(value: object) -> bool:
    """Whether an instant is finer than the server keeps."""
    return isinstance(value, dt.datetime) and value.microsecond % 1000 != 0
