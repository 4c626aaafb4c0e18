"""Running a compiled query on one DuckDB connection as a Stream; Remote inputs fed in as Arrow.

Rows come from DuckDB's own tuples (cheapest for small answers), batches from its Arrow reader;
both stream with bounded memory and give the same values.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlshim import numerics
from sqlshim.backends.arrow import rows_of
from sqlshim.backends.duckdb.compile.draft import NO_COLUMN
from sqlshim.backends.duckdb.compile.relations import Query
from sqlshim.backends.duckdb.fields import Labels
from sqlshim.backends.protocol import Progress, RunContext, Stream
from sqlshim.durations import Duration, parse_duration
from sqlshim.errors import DataError, DatetimeOutOfRange, Error
from sqlshim.ir.scalar import Column
from sqlshim.types import NESTED, Interval, Kind, SqlType

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


@dataclass(frozen=True)
class DuckNative:
    """A query in DuckDB's SQL."""

    query: Query
    path: str

    @property
    def access_path(self) -> str:
        return self.path

    def show(self) -> list[str]:
        """The SQL, a clause a line."""
        return self.query.pretty()


# --- parameters ----------------------------------------------------------------------------


def bound(value: object) -> object:
    """A parameter as DuckDB takes it; the SQL casts it to its type."""
    match value:
        case dt.datetime(tzinfo=zone) if zone is not None:
            return value.astimezone(dt.UTC).replace(tzinfo=None)
        case uuid.UUID() | Interval() | Duration():
            return str(value)
        case Decimal():
            return format(value, "f") if value.is_finite() else str(value)
        case bytearray() | memoryview():
            return bytes(value)
        case list() | tuple():
            return [bound(v) for v in value]
        case dict():
            return {k: bound(v) for k, v in value.items()}
        case _:
            return value


def bindings(query: Query, params: Sequence[object]) -> dict[str, object]:
    """The parameters that occur in the query, by name. DataError for a negative LIMIT."""
    for index, is_offset in query.bounds:
        value = params[index]
        if isinstance(value, int) and value < 0:
            name, sqlstate = ("OFFSET", "2201X") if is_offset else ("LIMIT", "2201W")
            raise DataError(f"{name} must not be negative", sqlstate=sqlstate)
    return {f"p{index}": bound(_keyed(params[index], t)) for index, t in query.params}


def _keyed(value: object, t: SqlType) -> object:
    """A number of any size as its key; the same within lists and documents."""
    if t.kind is Kind.NUMERIC and isinstance(value, int | Decimal):
        return numerics.key(value)
    if t.kind is Kind.ARRAY and t.element and isinstance(value, list | tuple):
        return [_keyed(v, t.element) for v in value]
    if isinstance(value, dict) and t.kind is Kind.STRUCT:
        return {name: _keyed(value.get(name), field) for name, field in t.fields}
    if isinstance(value, dict) and t.key and t.element:
        return {_keyed(k, t.key): _keyed(v, t.element) for k, v in value.items()}
    return value


# --- values --------------------------------------------------------------------------------

Convert = Callable[[Any], Any]


def _checked(value: object) -> object:
    # DuckDB gives a text where Python has no such date
    if type(value) is str:
        raise DatetimeOutOfRange(f"date out of Python's range (years 1 to 9999): {value}")
    return value


def _uuid(value: str | None) -> uuid.UUID | None:
    return None if value is None else uuid.UUID(value)


def _converter(t: SqlType) -> Convert | None:
    match t.kind:
        case Kind.UUID:
            return _uuid
        case Kind.NUMERIC:
            return lambda v: None if v is None else numerics.number(v, t.scale == 0)
        case Kind.DURATION:
            return lambda v: None if v is None else parse_duration(v)
        case Kind.DATE | Kind.TIMESTAMP:
            return _checked
        case _:
            return None


def _needs_arrow(t: SqlType) -> bool:
    """Whether the rows must come by way of Arrow: DuckDB's own zoned datetimes want pytz."""
    return t.kind is Kind.TIMESTAMPTZ or t.kind in NESTED


def _converted(
    rows: list[tuple[Any, ...]], changes: dict[int, Convert]
) -> list[tuple[object, ...]]:
    if not changes or not rows:
        return rows
    columns: list[Sequence[object]] = list(zip(*rows, strict=True))
    for place, change in changes.items():
        columns[place] = [change(v) for v in columns[place]]
    return list(zip(*columns, strict=True))


# --- inputs --------------------------------------------------------------------------------


class Input:
    """A store's stream as an Arrow reader that DuckDB pulls on; opened at the first pull."""

    def __init__(
        self, columns: Sequence[Column], open_stream: Callable[[], Stream], stored: bool = True
    ) -> None:
        import pyarrow as pa

        self.stored = stored  # rows of a store, not of the engine itself
        self.rows = 0  # given so far
        self.error: BaseException | None = None
        self._open = open_stream
        self._stream: Stream | None = None
        self._closed = False
        self._counted = not columns  # without columns only the number of rows counts
        self._labels = Labels(columns)
        self._schema = self._labels.inner
        if self._counted:
            self._schema = pa.schema([pa.field(NO_COLUMN, pa.bool_())])

    def reader(self) -> pa.RecordBatchReader:
        """The Arrow reader; can be read once."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self._schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            self._stream = self._open()
            for batch in self._stream.batches():
                if self._closed:
                    return
                self.rows += batch.num_rows
                yield self._conformed(batch)
        except GeneratorExit:
            raise
        except BaseException as error:
            self.error = error
            raise

    def _conformed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow as pa

        if self._counted:
            return pa.record_batch([pa.nulls(batch.num_rows, pa.bool_())], schema=self._schema)
        return self._labels.into_engine(conformed(batch, self._labels.outer))

    def close(self) -> None:
        """Let go of the store's stream."""
        self._closed = True
        if self._stream is not None:
            self._stream.close()


# --- the stream ----------------------------------------------------------------------------


class DuckStream(Stream):
    """One execution on a connection of its own, which closes with the stream.

    `own_connection=False` runs on a transaction's connection instead: the caller has taken its
    lock, and reads everything at once.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        query: Query,
        params: Mapping[str, object],
        context: RunContext,
        translate: Callable[[Exception], Error],
        inputs: Sequence[Input] = (),
        own_connection: bool = True,
    ) -> None:
        self.columns = query.columns
        self._connection = connection
        self._interrupt = connection.interrupt
        self._query = query
        self._params = params
        self._context = context
        self._translate = translate  # the database's `cause`, which learns of its end
        self._inputs = inputs
        self._own = own_connection
        self._timer: threading.Timer | None = None
        self._closed = False
        self._over = threading.Event()
        self._ending = threading.Lock()

    def rows(self) -> Iterator[list[tuple[object, ...]]]:
        if any(_needs_arrow(c.type) for c in self.columns):
            return (rows_of(self.columns, batch) for batch in self.batches())
        return self._tuples()

    def _tuples(self) -> Iterator[list[tuple[object, ...]]]:
        changes = {i: f for i, c in enumerate(self.columns) if (f := _converter(c.type))}
        with self._running():
            connection = self._connection
            connection.execute(self._query.sql, self._params or None)
            while rows := connection.fetchmany(self._context.batch_rows):
                yield _converted(rows, changes) if self.columns else [()] * len(rows)
                self._context.remaining()

    def batches(self) -> Iterator[pa.RecordBatch]:
        with self._running():
            relation = self._connection.sql(self._query.sql, params=self._params or None)
            reader = relation.to_arrow_reader(self._context.batch_rows)
            try:
                labels = Labels(self.columns)
                for batch in reader:
                    if batch.num_rows:
                        yield labels.out_of_engine(conformed(batch, labels.inner))
                    self._context.remaining()
            finally:
                reader.close()

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        """Register for cancellation and deadline, translate errors, close at the end."""
        left = self._context.remaining()
        self._context.on_cancel.append(self._stop)
        self._context.on_progress.append(self._progress)
        if left is not None:
            self._timer = threading.Timer(left, self._stop)
            self._timer.daemon = True
            self._timer.start()
        try:
            yield
        except GeneratorExit:
            raise
        except Error:
            raise
        except Exception as error:
            raise self._cause(error) from error
        finally:
            self.close()

    def _progress(self) -> Progress:
        rows = sum(source.rows for source in self._inputs if source.stored)
        with self._ending:
            percent = -1.0 if self._over.is_set() else self._connection.query_progress()
        # of what comes from streams DuckDB knows no length: it says 0 all the time, or -1
        return Progress(rows, percent if 0 < percent < 100 else None)

    def _stop(self) -> None:
        threading.Thread(target=self._interrupt_until_over, daemon=True).start()

    def _interrupt_until_over(self) -> None:
        """Again and again: DuckDB forgets an interruption that comes before the query begins."""
        while True:
            with self._ending:
                if self._over.is_set():
                    return
                self._interrupt()
            self._over.wait(0.05)

    def _cause(self, error: Exception) -> BaseException:
        """What really happened: a failed input, a cancellation, or DuckDB's own error."""
        own = self._translate(error)
        for source in self._inputs:
            if source.error is not None:
                return source.error
        try:
            self._context.remaining()
        except Error as over:
            return over
        return own

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        with contextlib.suppress(ValueError):
            self._context.on_cancel.remove(self._stop)
        with contextlib.suppress(ValueError):
            self._context.on_progress.remove(self._progress)
        with self._ending:
            self._over.set()
        if self._own:
            with contextlib.suppress(Exception):
                self._interrupt()
            with contextlib.suppress(Exception):
                self._connection.close()
        for source in self._inputs:
            source.close()


def conformed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch in exactly this schema; one of no columns keeps its number of rows."""
    if not len(schema):
        return batch.select([])
    return batch if batch.schema.equals(schema) else batch.cast(schema)
