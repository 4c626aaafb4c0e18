"""Columns of values as Arrow arrays: `array_of` those that the driver made, `dates`, `timestamps`
and `times` the integers that the server sent, also where no Python object was made of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlshim.backends.arrow import column_array
from sqlshim.backends.cassandra.paths.bounds import EPOCH
from sqlshim.backends.cassandra.values.readers import BEYOND, HIGHEST_BIT, Change, too_fine
from sqlshim.durations import to_duration, to_interval
from sqlshim.errors import DatetimeOutOfRange
from sqlshim.ir.scalar import Column
from sqlshim.types import Kind

if TYPE_CHECKING:
    import pyarrow as pa

_DAYS = (dt.date.min.toordinal(), dt.date.max.toordinal())
_FIRST_DAY, _LAST_DAY = (day - dt.date(1970, 1, 1).toordinal() for day in _DAYS)
_MILLISECOND = dt.timedelta(milliseconds=1)
_FIRST_MS = (dt.datetime.min - EPOCH) // _MILLISECOND
_LAST_MS = (dt.datetime.max - EPOCH) // _MILLISECOND


def array_of(
    column: Column, cells: Sequence[Any], change: Change | None, arrow: pa.DataType
) -> pa.Array:
    """One column of a page. `change` is what the row path would do to each cell."""
    import pyarrow as pa

    match column.type.kind:
        case Kind.DATE:
            return dates(pa.array(cells, pa.int32()), arrow)
        case Kind.TIMESTAMP | Kind.TIMESTAMPTZ:
            return timestamps(pa.array(cells, pa.int64()), arrow)
        case Kind.TIME:
            return times(pa.array(cells, pa.int64()), arrow)
        case Kind.NUMERIC:  # its key is made of it as it is
            return column_array(column, cells, arrow)
        case Kind.INTERVAL:
            return column_array(column, list(map(_interval, cells)), arrow)
        case _:
            changed = cells if change is None else list(map(change, cells))
            return column_array(column, changed, arrow)


def dates(raw: pa.Array, arrow: pa.DataType) -> pa.Array:
    """Dates of the days that the server counts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    days = pc.bit_wise_xor(raw, pa.scalar(HIGHEST_BIT, pa.int32()))
    _check(days, _FIRST_DAY, _LAST_DAY, "date")
    return days.cast(arrow)


def timestamps(millis: pa.Array, arrow: pa.DataType) -> pa.Array:
    """Timestamps of milliseconds since 1970."""
    import pyarrow as pa

    _check(millis, _FIRST_MS, _LAST_MS, "timestamp")
    return millis.cast(pa.timestamp("ms", arrow.tz)).cast(arrow)


def times(nanos: pa.Array, arrow: pa.DataType) -> pa.Array:
    """Times of nanoseconds since midnight. DataError if there are any below a microsecond."""
    import pyarrow as pa
    import pyarrow.compute as pc

    micros = pc.divide(nanos, pa.scalar(1000, pa.int64()))
    rest = pc.subtract(nanos, pc.multiply(micros, pa.scalar(1000, pa.int64())))
    if (place := pc.index(pc.not_equal(rest, 0), True).as_py()) >= 0:
        raise too_fine(nanos[place].as_py())
    return micros.cast(arrow)


def _check(numbers: pa.Array, low: int, high: int, what: str) -> None:
    import pyarrow.compute as pc

    ends = pc.min_max(numbers).as_py()
    if ends["min"] is not None and not low <= ends["min"] <= ends["max"] <= high:
        raise DatetimeOutOfRange(f"a {what} {BEYOND}")


def _interval(value: Any) -> object:
    """Months, days and time stay apart."""
    return None if value is None else to_interval(to_duration(value))
