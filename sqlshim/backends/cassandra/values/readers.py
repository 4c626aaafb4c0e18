"""Values between the driver and SQL.

`readers(columns)` is made once a query: for each column the function its cells go
through, None for a column whose cells are right already. `writer(driver_type)` is the way back,
by the type that the server wants for a bind marker. Nothing is rounded: what cannot be said
exactly is a DataError.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

from cassandra.util import Duration as DriverDuration
from cassandra.util import SortedSet

from sqlshim.backends.cassandra.paths.bounds import EPOCH, naive
from sqlshim.durations import Duration, to_duration, to_interval
from sqlshim.errors import DataError, DatetimeOutOfRange
from sqlshim.ir.scalar import Column
from sqlshim.numerics import canonical
from sqlshim.types import DEFAULT_SCALE, Kind, SqlType

Change = Callable[[Any], Any]

_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])
_ORDINAL_1970 = dt.date(1970, 1, 1).toordinal()
HIGHEST_BIT = -(2**31)
BEYOND = "is beyond the years 1 to 9999"
_MILLISECOND = dt.timedelta(milliseconds=1)


# --- from the driver -----------------------------------------------------------------------


def readers(columns: Sequence[Column]) -> list[Change | None]:
    """How the cells of each column become values of its SQL type."""
    return [_reader(column.type) for column in columns]


def _reader(sql: SqlType) -> Change | None:
    match sql.kind:
        case Kind.DECIMAL:
            return _decimal_reader(sql)
        case Kind.NUMERIC if sql.scale != 0:
            return _read_numeric
        case Kind.DATE:
            return _read_date
        case Kind.TIME:
            return _read_time
        case Kind.TIMESTAMP:
            return _read_timestamp
        case Kind.TIMESTAMPTZ:
            return _read_timestamptz
        case Kind.INTERVAL:
            return _read_interval
        case Kind.DURATION:
            return _read_duration
        case Kind.ARRAY if sql.element:
            return _list_reader(_reader(sql.element))
        case Kind.MAP if sql.key and sql.element:
            return _map_reader(_reader(sql.key), _reader(sql.element))
        case Kind.STRUCT:
            return _struct_reader([(name, _reader(field)) for name, field in sql.fields])
        case _:
            return None


def _decimal_reader(sql: SqlType) -> Change:
    unit = Decimal(1).scaleb(-(DEFAULT_SCALE if sql.scale is None else sql.scale))

    def read(value: Any) -> Decimal | None:
        if value is None:
            return None
        try:
            number = value if isinstance(value, Decimal) else Decimal(value)
            return number.quantize(unit, context=_EXACT)
        except (Inexact, InvalidOperation) as error:
            raise DataError(f"the decimal {value} does not fit {sql}", sqlstate="22003") from error

    return read


def _read_numeric(value: Decimal | None) -> Decimal | None:
    return None if value is None else canonical(value)


def _read_date(value: Any) -> dt.date | None:
    if value is None:
        return None
    days = (value ^ HIGHEST_BIT) if isinstance(value, int) else value.days_from_epoch
    try:
        return dt.date.fromordinal(_ORDINAL_1970 + days)
    except (ValueError, OverflowError) as error:
        raise DatetimeOutOfRange(f"the date {days} days after 1970 {BEYOND}") from error


def _read_time(value: Any) -> dt.time | None:
    if value is None:
        return None
    total = value if isinstance(value, int) else value.nanosecond_time
    seconds, nanos = divmod(total, 10**9)
    if nanos % 1000:
        raise too_fine(total)
    minutes, second = divmod(seconds, 60)
    return dt.time(minutes // 60, minutes % 60, second, nanos // 1000)


def too_fine(nanos: int) -> DataError:
    """What is said of a time whose nanoseconds SQL's TIME cannot hold."""
    seconds, rest = divmod(nanos, 10**9)
    shown = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:09}"
    return DataError(
        f"the time {shown} has nanoseconds, which TIME does not keep", sqlstate="22008"
    )


def _read_timestamp(value: Any) -> dt.datetime | None:
    if value is None or isinstance(value, dt.datetime):
        return value
    try:
        return EPOCH + dt.timedelta(milliseconds=value)
    except OverflowError as error:
        raise DatetimeOutOfRange(f"the timestamp {value} ms after 1970 {BEYOND}") from error


def _read_timestamptz(value: Any) -> dt.datetime | None:
    plain = _read_timestamp(value)
    return None if plain is None else plain.replace(tzinfo=dt.UTC)


def _read_interval(value: Any) -> dt.timedelta | None:
    if value is None:
        return None
    parts = to_interval(Duration(value.months, value.days, value.nanoseconds))
    return dt.timedelta(days=parts.months * 30 + parts.days, microseconds=parts.microseconds)


def _read_duration(value: Any) -> Duration | None:
    return None if value is None else Duration(value.months, value.days, value.nanoseconds)


def _list_reader(inner: Change | None) -> Change:
    def read(value: Any) -> list[object] | None:
        if value is None:
            return None
        if inner is None:
            return list(value)
        found = [inner(v) for v in value]
        if inner is _read_date and isinstance(value, SortedSet):
            found.sort()  # it was sorted by the numbers that the server sends
        return found

    return read


def _map_reader(key: Change | None, item: Change | None) -> Change:
    def read(value: Any) -> dict[object, object] | None:
        if value is None:
            return None
        return {_hashable(key(k) if key else k): item(v) if item else v for k, v in value.items()}

    return read


def _hashable(key: object) -> object:
    """Keys that are collections themselves, as tuples."""
    return tuple(map(_hashable, key)) if isinstance(key, list) else key


def _struct_reader(fields: Sequence[tuple[str, Change | None]]) -> Change:
    def read(value: Any) -> dict[str, object] | None:
        if value is None:
            return None
        # A value written before a field was added to the type is shorter.
        cells = [*value, *[None] * (len(fields) - len(value))]
        return {n: c(v) if c else v for (n, c), v in zip(fields, cells, strict=False)}

    return read


# --- to the driver -------------------------------------------------------------------------


def writer(driver_type: Any, truncate: bool = False) -> Change | None:
    """How a SQL value becomes one the driver can send as this type. `truncate` allows cutting
    microseconds off timestamps."""
    name, parts = driver_type.typename, driver_type.subtypes
    match name:
        case "frozen":
            return writer(parts[0], truncate)
        case "timestamp":
            return _cutting if truncate else _write_timestamp
        case "decimal":
            return Decimal
        case "varint":
            return _write_varint
        case "tinyint":
            return _write_tinyint
        case "duration":
            return _write_duration
        case "float":
            return _write_float
        case "list" | "set":
            return _each(writer(parts[0], truncate))
        case "map":
            key, item = (writer(p, truncate) for p in parts)
            return lambda v: {(key(k) if key else k): item(i) if item else i for k, i in v.items()}
        case "tuple":
            return _struct_writer([writer(p, truncate) for p in parts])
        case _ if getattr(driver_type, "fieldnames", None):
            return _struct_writer([writer(p, truncate) for p in parts])
        case _:
            return None


def _write_timestamp(value: object) -> int:
    since = naive(value) - EPOCH
    if since.microseconds % 1000:
        raise DataError(
            f"Cassandra keeps milliseconds: {value} has microseconds",
            hint="Round it, or connect with truncate_microseconds=True.",
            sqlstate="22008",
        )
    return since // _MILLISECOND


def _cutting(value: object) -> int:
    return (naive(value) - EPOCH) // _MILLISECOND


def _write_varint(value: Decimal | int) -> int:
    if value != int(value):
        raise DataError(f"{value} is not a whole number, which varint wants")
    return int(value)


def _write_tinyint(value: int) -> int:
    if not -128 <= value <= 127:
        raise DataError(f"{value} is out of range for tinyint", sqlstate="22003")
    return value


def _write_float(value: float) -> float:
    try:
        struct.pack(">f", value)
    except OverflowError as error:
        raise DataError(f"{value} is out of range for float", sqlstate="22003") from error
    return value


def _write_duration(value: object) -> DriverDuration:
    found = to_duration(value)
    return DriverDuration(found.months, found.days, found.nanoseconds)


def _no_null(value: Any) -> Any:
    if value is None:
        raise DataError("Cassandra keeps no NULL inside a collection", sqlstate="22004")
    return value


def _each(change: Change | None) -> Change:
    def write(values: Any) -> list[object]:
        return [change(_no_null(v)) if change else _no_null(v) for v in values]

    return write


def _struct_writer(changes: Sequence[Change | None]) -> Change:
    def write(value: Any) -> tuple[object, ...]:
        cells = list(value.values()) if isinstance(value, Mapping) else list(value)
        return tuple(
            None if v is None else c(v) if c else v for v, c in zip(cells, changes, strict=True)
        )

    return write
