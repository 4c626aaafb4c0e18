"""BSON values as the Python values of their columns' SQL types.

A `Decoder` looks at a batch of rows column by column: the types that occur are collected first,
so that a column which needs no conversion pays for nothing else. A value that its column's type
does not hold is a DataError, never another value.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from operator import itemgetter

from bson import json_util
from bson.binary import Binary, UuidRepresentation
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.errors import DataError, DatetimeOutOfRange
from sqlshim.ir.scalar import Column
from sqlshim.types import DEFAULT_SCALE, TEXT, VARYING, Kind, SqlType

JSON_OPTIONS = json_util.RELAXED_JSON_OPTIONS.with_options(
    uuid_representation=UuidRepresentation.STANDARD
)
MIXED = VARYING.native  # the native type of a JSON column that holds values of several types
Decode = Callable[[Mql], object]
Row = tuple[object, ...]
_NONE = type(None)
_EXACT = Context(prec=76, traps=[Inexact, InvalidOperation])


class Unfit(Exception):
    """A value does not fit; the column's name is added further out."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column is read: values of `plain` types as they are, others by `decode`."""

    plain: frozenset[type]
    decode: Decode


def reading(t: SqlType, native: str = "") -> Reading:
    """How values of `t` are read."""
    if t.kind is Kind.JSON and native == MIXED:
        return Reading(frozenset({_NONE}), _extended_json)
    plain = _PLAIN.get(t.kind, frozenset())
    return Reading(plain | {_NONE}, _decoder(t))


def _decoder(t: SqlType) -> Decode:
    match t.kind:
        case Kind.DECIMAL:
            return _decimal(DEFAULT_SCALE if t.scale is None else t.scale)
        case Kind.ARRAY:
            inner = whole(t.element or TEXT)
            return lambda v: [inner(x) for x in _expect(v, list)]
        case Kind.STRUCT:
            parts = [(name, whole(part)) for name, part in t.fields]
            return lambda v: _struct(v, parts)
        case Kind.MAP:
            inner = whole(t.element or TEXT)
            return lambda v: {k: inner(x) for k, x in _expect(v, dict).items()}
        case _:
            return _DECODERS[t.kind]


def whole(t: SqlType) -> Decode:
    """The conversion of one value, whatever its type."""
    # Inside documents and arrays a JSON part is always one whose type varies.
    how = reading(t, MIXED if t.kind is Kind.JSON else "")
    return lambda v: v if type(v) in how.plain else how.decode(v)


def _expect(value: Mql, kind: type) -> Mql:
    if not isinstance(value, kind):
        raise Unfit
    return value


def _struct(value: Mql, parts: Sequence[tuple[str, Decode]]) -> object:
    found: Mapping[str, Mql] = _expect(value, dict)
    return {name: None if (v := found.get(name)) is None else read(v) for name, read in parts}


def _int(value: Mql) -> object:
    if type(value) is not Int64:
        raise Unfit
    return int(value)


def _float(value: Mql) -> object:
    if isinstance(value, bool) or not isinstance(value, int | Decimal128):
        raise Unfit
    return float(value.to_decimal()) if isinstance(value, Decimal128) else float(value)


def _single(value: Mql) -> object:
    from sqlshim.backends.mongo.values.encode import single

    return single(value if type(value) is float else _float(value))


def _decimal(scale: int) -> Decode:
    step = Decimal(1).scaleb(-scale)

    def decode(value: Mql) -> object:
        if isinstance(value, Decimal128):
            value = value.to_decimal()
        elif isinstance(value, float):
            value = Decimal(repr(value))
        elif isinstance(value, bool) or not isinstance(value, int):
            raise Unfit
        number = Decimal(value)
        if not number.is_finite():
            raise Unfit
        try:
            return number.quantize(step, context=_EXACT)
        except (Inexact, InvalidOperation) as error:
            raise Unfit from error

    return decode


def _text(value: Mql) -> object:
    if not isinstance(value, ObjectId):
        raise Unfit
    return str(value)


def _bytes(value: Mql) -> object:
    return bytes(_expect(value, Binary))


def _uuid(value: Mql) -> object:
    return _expect(value, uuid.UUID)


def _date(value: Mql) -> object:
    moment = _expect(value, dt.datetime)
    if moment.time() != dt.time():
        raise Unfit
    return moment.date()


def _time(value: Mql) -> object:
    try:
        return dt.time.fromisoformat(_expect(value, str))
    except ValueError as error:
        raise Unfit from error


def _zoned(value: Mql) -> object:
    return _expect(value, dt.datetime).replace(tzinfo=dt.UTC)


def _extended_json(value: Mql) -> object:
    return json_util.dumps(value, json_options=JSON_OPTIONS, ensure_ascii=False)


def _unfit(value: Mql) -> object:
    raise Unfit


_PLAIN: dict[Kind, frozenset[type]] = {
    Kind.BOOLEAN: frozenset({bool}),
    Kind.SMALLINT: frozenset({int}),
    Kind.INTEGER: frozenset({int}),
    Kind.BIGINT: frozenset({int}),
    Kind.DOUBLE: frozenset({float}),
    Kind.TEXT: frozenset({str}),
    Kind.JSON: frozenset({str}),
    Kind.BYTES: frozenset({bytes}),
    Kind.TIMESTAMP: frozenset({dt.datetime}),
    Kind.UUID: frozenset({uuid.UUID}),
}
_DECODERS: dict[Kind, Decode] = {
    Kind.UNKNOWN: lambda v: v,
    Kind.BOOLEAN: _unfit,
    Kind.SMALLINT: _int,
    Kind.INTEGER: _int,
    Kind.BIGINT: _int,
    Kind.REAL: _single,
    Kind.DOUBLE: _float,
    Kind.TEXT: _text,
    Kind.JSON: _extended_json,
    Kind.BYTES: _bytes,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.TIMESTAMP: _unfit,
    Kind.TIMESTAMPTZ: _zoned,
    Kind.INTERVAL: _unfit,
    Kind.UUID: _uuid,
}


class Decoder:
    """The readings of a query's columns; made once a query."""

    def __init__(self, columns: Sequence[Column], natives: Sequence[str]) -> None:
        self._columns = columns
        self._readings = [reading(c.type, n) for c, n in zip(columns, natives, strict=True)]

    def rows(self, rows: list[Row]) -> list[Row]:
        """The rows with every value as its column's type wants it."""
        if not rows or not self._readings:
            return rows
        if len(rows) == 1 and all(
            type(v) in how.plain for v, how in zip(rows[0], self._readings, strict=True)
        ):
            return rows
        cells: list[Sequence[object]] = list(zip(*rows, strict=True))
        changed = False
        for i, how in enumerate(self._readings):
            if not how.plain.issuperset(map(type, cells[i])):
                cells[i] = self._decoded(i, how, cells[i])
                changed = True
        return list(zip(*cells, strict=True)) if changed else rows

    def _decoded(self, i: int, how: Reading, values: Sequence[object]) -> Sequence[object]:
        plain, decode = how.plain, how.decode
        value: object = None
        try:
            result = []
            for value in values:
                result.append(value if type(value) in plain else decode(value))
            return result
        except Unfit as error:
            column = self._columns[i]
            if isinstance(value, DatetimeMS):
                raise DatetimeOutOfRange(
                    f"a value of column {column.name!r} is beyond the years 1 to 9999",
                    hint="Cast it to text.",
                ) from error
            raise DataError(
                f"a value of column {column.name!r} does not fit its type {column.type}: "
                f"{value!r:.60} is a {type(value).__name__}",
                hint="The type was inferred from a sample of the documents: refresh the schema, or "
                f"declare it with schema={{table: {{{column.name!r}: type}}}}.",
            ) from error


def row_maker(names: Sequence[str]) -> Callable[[list[dict[str, Mql]]], list[Row]]:
    """What makes tuples of documents; a document without one of the fields has NULL there."""
    if not names:
        return lambda documents: [()] * len(documents)
    if len(names) == 1:
        name = names[0]
        return lambda documents: [(d.get(name),) for d in documents]
    pick = itemgetter(*names)

    def rows(documents: list[dict[str, Mql]]) -> list[Row]:
        try:
            return list(map(pick, documents))
        except KeyError:
            return [tuple([d.get(n) for n in names]) for d in documents]

    return rows
