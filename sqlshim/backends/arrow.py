"""SQL types as Arrow types, and rows into record batches and back. Shared by all backends.

There is exactly one Arrow type for each SQL type, so that any two stores' batches can meet.
pyarrow is loaded when first used.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, assert_never, cast

from sqlshim import numerics
from sqlshim.backends.protocol import Stream
from sqlshim.durations import Duration, parse_duration
from sqlshim.errors import DataError, DatetimeOutOfRange
from sqlshim.ir.scalar import Column
from sqlshim.types import DEFAULT_SCALE, INTEGERS, Interval, Kind, SqlType

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_type(t: SqlType) -> pa.DataType:
    """The Arrow type of values of `t`. UUID, JSON and DURATION travel as text, NUMERIC as the text
    of `numerics`, INTERVAL as month_day_nano."""
    import pyarrow as pa

    match t.kind:
        case Kind.UNKNOWN | Kind.TEXT | Kind.JSON | Kind.UUID | Kind.NUMERIC | Kind.DURATION:
            return pa.string()
        case Kind.BOOLEAN:
            return pa.bool_()
        case Kind.SMALLINT:
            return pa.int16()
        case Kind.INTEGER:
            return pa.int32()
        case Kind.BIGINT:
            return pa.int64()
        case Kind.DECIMAL:
            return pa.decimal128(t.precision or 38, DEFAULT_SCALE if t.scale is None else t.scale)
        case Kind.REAL:
            return pa.float32()
        case Kind.DOUBLE:
            return pa.float64()
        case Kind.BYTES:
            return pa.binary()
        case Kind.DATE:
            return pa.date32()
        case Kind.TIME:
            return pa.time64("us")
        case Kind.TIMESTAMP:
            return pa.timestamp("us")
        case Kind.TIMESTAMPTZ:
            return pa.timestamp("us", "UTC")
        case Kind.INTERVAL:
            return pa.month_day_nano_interval()
        case Kind.STRUCT:
            return pa.struct([pa.field(n, arrow_type(f)) for n, f in t.fields])
        case Kind.ARRAY:
            return pa.list_(arrow_type(_part(t.element)))
        case Kind.MAP:
            return pa.map_(arrow_type(_part(t.key)), arrow_type(_part(t.element)))
        case _:
            assert_never(t.kind)


def _part(t: SqlType | None) -> SqlType:
    return SqlType(Kind.TEXT) if t is None else t


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """One field a column, named `c<number>`: names of columns may repeat, numbers never do."""
    import pyarrow as pa

    return pa.schema([pa.field(f"c{c.id}", arrow_type(c.type)) for c in columns])


# --- rows into batches ---------------------------------------------------------------------

Convert = Callable[[object], object]


def _to_arrow(t: SqlType) -> Convert | None:
    """How a Python value of `t` must change before pyarrow takes it; None: as it is."""
    match t.kind:
        case Kind.UUID | Kind.DURATION:
            return lambda v: None if v is None else str(v)
        case Kind.NUMERIC:
            return lambda v: None if v is None else numerics.key(cast("Decimal", v))
        case Kind.INTERVAL:
            return _interval_to_arrow
        case Kind.MAP:
            return _map_to_arrow(t)
        case _:
            return _inside(t, _to_arrow)


def _map_to_arrow(t: SqlType) -> Convert:
    key, item = (_to_arrow(_part(part)) or _same for part in (t.key, t.element))

    def change(value: object) -> object:
        pairs = value.items() if isinstance(value, dict) else value
        return None if pairs is None else [(key(k), item(v)) for k, v in pairs]  # type: ignore[attr-defined]

    return change


def _inside(t: SqlType, convert: Callable[[SqlType], Convert | None]) -> Convert | None:
    """The elements of an array, or the fields of a struct, each converted as its type is."""
    match t.kind:
        case Kind.ARRAY:
            inner = convert(_part(t.element))
            return None if inner is None else lambda v: _each(v, inner)
        case Kind.STRUCT:
            changes = {n: c for n, f in t.fields if (c := convert(f)) is not None}
            return None if not changes else lambda v: _each_field(v, changes)
        case _:
            return None


def _same(value: object) -> object:
    return value


def _interval_to_arrow(value: object) -> object:
    import pyarrow as pa

    if isinstance(value, Interval):
        return pa.MonthDayNano([value.months, value.days, value.microseconds * 1000])
    if not isinstance(value, dt.timedelta):
        return value
    return pa.MonthDayNano([0, value.days, (value.seconds * 10**6 + value.microseconds) * 1000])


def _each(value: object, change: Convert) -> object:
    return [change(v) for v in value] if isinstance(value, list | tuple) else value


def _each_field(value: object, changes: dict[str, Convert]) -> object:
    if not isinstance(value, dict):
        return value
    return {n: changes[n](v) if n in changes else v for n, v in value.items()}


def batch_of(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> pa.RecordBatch:
    """One record batch of these rows. DataError if a value does not fit its column's type."""
    import pyarrow as pa

    schema = schema_of(columns)
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [
        column_array(column, cells, field.type)
        for column, cells, field in zip(columns, values, schema, strict=True)
    ]
    if not columns:  # a batch without columns still has a number of rows
        return pa.RecordBatch.from_struct_array(pa.array([{}] * len(rows), pa.struct([])))
    return pa.record_batch(arrays, schema=schema)


def column_array(column: Column, cells: Sequence[object], arrow: pa.DataType) -> pa.Array:
    """One column's Python values as an Arrow array."""
    import pyarrow as pa

    change = _to_arrow(column.type)
    if change is not None:
        cells = [change(v) for v in cells]
    try:
        return pa.array(cells, arrow)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise DataError(
            f"a value of column {column.name!r} does not fit {column.type}: {error}",
            hint="Declare the column's type with the connection's schema= option.",
        ) from error


# --- batches into rows ---------------------------------------------------------------------


def from_arrow(t: SqlType) -> Convert | None:
    """How a value of `t` that pyarrow gives must change; None: as it is."""
    match t.kind:
        case Kind.UUID:
            return lambda v: None if v is None else uuid.UUID(v)  # type: ignore[arg-type]
        case Kind.NUMERIC:
            return lambda v: None if v is None else numerics.number(cast("str", v), t.scale == 0)
        case Kind.INTERVAL:
            return _interval_from_arrow
        case Kind.DURATION:
            return lambda v: None if v is None else parse_duration(cast("str", v))
        case Kind.TIMESTAMPTZ:
            return lambda v: v.astimezone(dt.UTC) if isinstance(v, dt.datetime) else v
        case Kind.MAP:
            return _map_from_arrow(t)
        case _:
            return _inside(t, from_arrow)


def _map_from_arrow(t: SqlType) -> Convert:
    key, item = (from_arrow(_part(part)) or _same for part in (t.key, t.element))

    def change(value: object) -> object:
        pairs = cast("list[tuple[object, object]] | None", value)
        return None if pairs is None else {key(k): item(i) for k, i in pairs}

    return change


def published_type(t: SqlType) -> pa.DataType:
    """The Arrow type of `t` for those who use Arrow themselves: durations are intervals of months,
    days and nanoseconds there."""
    import pyarrow as pa

    match t.kind:
        case Kind.DURATION:
            return pa.month_day_nano_interval()
        case Kind.STRUCT:
            return pa.struct([pa.field(n, published_type(f)) for n, f in t.fields])
        case Kind.ARRAY:
            return pa.list_(published_type(_part(t.element)))
        case Kind.MAP:
            return pa.map_(published_type(_part(t.key)), published_type(_part(t.element)))
        case _:
            return arrow_type(t)


def published(columns: Sequence[Column], batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch for those who use Arrow themselves: numbers of any size are written out, durations
    are intervals."""
    import pyarrow as pa

    if not any(_travels_as_text(c.type) for c in columns):
        return batch
    arrays = list(batch.columns)
    for at, column in enumerate(columns):
        if _travels_as_text(column.type):
            change = _published_value(column.type)
            shown = [change(v) for v in arrays[at].to_pylist()]
            arrays[at] = pa.array(shown, published_type(column.type))
    fields = [f.with_type(a.type) for f, a in zip(batch.schema, arrays, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _travels_as_text(t: SqlType) -> bool:
    inner = (t.element, t.key, *(field for _, field in t.fields))
    kinds = (Kind.NUMERIC, Kind.DURATION)
    return t.kind in kinds or any(_travels_as_text(part) for part in inner if part)


def _published_value(t: SqlType) -> Convert:
    """What becomes of a value that `to_pylist` gives."""
    match t.kind:
        case Kind.NUMERIC:
            whole = t.scale == 0
            return _unless_null(lambda v: numerics.written(numerics.number(cast("str", v), whole)))
        case Kind.DURATION:
            return _unless_null(lambda v: _month_day_nano(parse_duration(cast("str", v))))
        case Kind.ARRAY:
            inner = _published_value(_part(t.element))
            return lambda v: _each(v, inner)
        case Kind.MAP:
            key, item = (_published_value(_part(part)) for part in (t.key, t.element))
            return _unless_null(lambda v: [(key(k), item(i)) for k, i in v])  # type: ignore[attr-defined]
        case Kind.STRUCT:
            changes = {n: _published_value(f) for n, f in t.fields}
            return lambda v: _each_field(v, changes)
        case _:
            return _same


def _unless_null(change: Convert) -> Convert:
    return lambda v: None if v is None else change(v)


def _month_day_nano(value: Duration) -> object:
    import pyarrow as pa

    return pa.MonthDayNano([value.months, value.days, value.nanoseconds])


def _interval_from_arrow(value: object) -> object:
    if value is None or isinstance(value, dt.timedelta):
        return value
    months, days, nanos = cast("tuple[int, int, int]", value)
    return dt.timedelta(days=months * 30 + days, microseconds=nanos // 1000)


def rows_of(columns: Sequence[Column], batch: pa.RecordBatch) -> list[tuple[object, ...]]:
    """The rows of a batch as tuples of Python values."""
    if not columns:
        return [()] * batch.num_rows
    cells = []
    for column, array in zip(columns, batch.columns, strict=True):
        change = from_arrow(column.type)
        try:
            values = _python_values(array, column.type.kind)
        except OverflowError as error:
            raise DatetimeOutOfRange(
                f"a value of column {column.name} is beyond the years 1 to 9999",
                hint="Cast it to text.",
            ) from error
        cells.append(values if change is None else [change(v) for v in values])
    return list(zip(*cells, strict=True))


# What numpy makes Python objects of, in a third of the time pyarrow takes.
_BY_NUMPY = INTEGERS | {Kind.BOOLEAN, Kind.DOUBLE, Kind.REAL, Kind.TEXT, Kind.DATE, Kind.TIMESTAMP}
_FEW_ROWS = 64


def _python_values(array: pa.Array, kind: Kind) -> list[object]:
    """The array's values as Python objects, None for NULL."""
    if kind not in _BY_NUMPY or len(array) < _FEW_ROWS or _is_beyond(array):
        return cast("list[object]", array.to_pylist())
    if not array.null_count or kind is Kind.TEXT:
        return cast("list[object]", array.to_numpy(zero_copy_only=False).tolist())
    missing = array.is_null().to_numpy(zero_copy_only=False)
    values = _python_values(array.fill_null(_zero(array.type)), kind)
    for i in missing.nonzero()[0]:
        values[i] = None
    return values


def _is_beyond(array: pa.Array) -> bool:
    """Whether there is an instant outside the years 1 to 9999, which numpy would make a number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_temporal(array.type):
        return False
    ends = pc.min_max(array.cast(pa.int32() if pa.types.is_date32(array.type) else pa.int64()))
    low, high = ends["min"].as_py(), ends["max"].as_py()
    unit = 1 if pa.types.is_date32(array.type) else _DAY
    return low is not None and not _FIRST_DAY * unit <= low <= high < (_LAST_DAY + 1) * unit


_DAY = 86_400 * 10**6  # microseconds
_FIRST_DAY, _LAST_DAY = (
    day.toordinal() - dt.date(1970, 1, 1).toordinal() for day in (dt.date.min, dt.date.max)
)


def _zero(arrow: pa.DataType) -> pa.Scalar:
    """A value that stands where NULL was."""
    import pyarrow as pa

    if pa.types.is_temporal(arrow):
        return pa.scalar(0, pa.int32() if pa.types.is_date32(arrow) else pa.int64()).cast(arrow)
    return pa.scalar(False) if pa.types.is_boolean(arrow) else pa.scalar(0).cast(arrow)


# --- streams -------------------------------------------------------------------------------


class RowStream(Stream):
    """A stream whose source gives row tuples; batches are made from them on demand."""

    def __init__(
        self, columns: tuple[Column, ...], source: Iterable[list[tuple[object, ...]]]
    ) -> None:
        self.columns = columns
        self._source = source

    def rows(self) -> Iterator[list[tuple[object, ...]]]:
        return (rows for rows in self._source if rows)

    def batches(self) -> Iterator[pa.RecordBatch]:
        return (batch_of(self.columns, rows) for rows in self._source if rows)

    def close(self) -> None:
        """There is nothing to let go of."""


class BatchStream(Stream):
    """A stream whose source gives record batches; rows are made from them on demand."""

    def __init__(
        self,
        columns: tuple[Column, ...],
        source: Iterable[pa.RecordBatch],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.columns = columns
        self._source = source
        self._close = close

    def rows(self) -> Iterator[list[tuple[object, ...]]]:
        return (rows_of(self.columns, b) for b in self._source if b.num_rows)

    def batches(self) -> Iterator[pa.RecordBatch]:
        return (b for b in self._source if b.num_rows)

    def close(self) -> None:
        self._close()
