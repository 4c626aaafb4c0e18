"""Streams that were read ahead: wholly, so that their values reduce what others give, for
`execute.keys`; by one batch, for `execute.ahead`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from sqlshim.backends.arrow import BatchStream, arrow_type, from_arrow, rows_of, schema_of
from sqlshim.backends.protocol import Stream
from sqlshim.ir.scalar import Column
from sqlshim.types import Kind

if TYPE_CHECKING:
    import pyarrow as pa


class Kept:
    """A stream that was read ahead, up to `most` rows, and can still be read as one.

    `whole` says that no row is left in the stream.
    """

    def __init__(self, stream: Stream, most: int) -> None:
        self._stream = stream
        self._rest: Iterator[pa.RecordBatch] = stream.batches()
        self._batches: list[pa.RecordBatch] = []
        rows = 0
        for batch in self._rest:
            self._batches.append(batch)
            rows += batch.num_rows
            if rows > most:
                break
        self.whole = rows <= most
        if self.whole:
            stream.close()

    def again(self) -> Stream:
        """All of the rows; once only if they are not `whole`."""
        rest = () if self.whole else self._rest
        return BatchStream(self._stream.columns, chain(self._batches, rest), self.close)

    def distinct(self, column: Column, most: int) -> list[object] | None:
        """The different values of one column but NULL, of an array its elements; None if they are
        more than `most`, or not all known."""
        found = self.values(column)
        if found is None or len(found) > most:
            return None
        values: list[object] = found.to_pylist()
        change = from_arrow(column.type.element or column.type)
        return values if change is None else [change(v) for v in values]

    def distinct_rows(self, columns: Sequence[Column], most: int) -> list[object] | None:
        """The different rows of several columns without a NULL, as tuples; None likewise."""
        import pyarrow as pa

        if not self.whole:
            return None
        table = pa.Table.from_batches(self._batches, schema_of(self._stream.columns))
        names = [f"c{column.id}" for column in columns]
        found = table.group_by(names).aggregate([]).select(names).drop_null()
        if found.num_rows > most:
            return None
        return [row for batch in found.to_batches() for row in rows_of(columns, batch)]

    def values(self, column: Column) -> pa.Array | None:
        """The same as an array; None if not all are known."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self.whole:
            return None
        cells = [batch.column(f"c{column.id}") for batch in self._batches]
        values = pa.chunked_array(cells, arrow_type(column.type))
        if column.type.kind is Kind.ARRAY:
            values = pc.list_flatten(values)
        return pc.drop_null(pc.unique(values))

    def close(self) -> None:
        """Let go of the stream."""
        self._stream.close()


def sieved(stream: Stream, values: Sequence[tuple[Column, pa.Array | None]]) -> Stream:
    """The rows of which each of the columns has one of its values; where these are not known
    (None), all."""
    wanted = [(column, known) for column, known in values if known is not None]
    return BatchStream(stream.columns, _left(stream, wanted), stream.close) if wanted else stream


def _left(stream: Stream, wanted: Sequence[tuple[Column, pa.Array]]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.compute as pc

    for batch in stream.batches():
        for column, values in wanted:
            cells = batch.column(f"c{column.id}")
            if not values.type.equals(cells.type):  # integers of several widths
                cells, values = cells.cast(pa.int64()), values.cast(pa.int64())
            batch = batch.filter(pc.is_in(cells, values))
        yield batch


def begun(stream: Stream) -> Stream:
    """The stream with its first batch drawn already; it is closed if that fails."""
    try:
        batches = stream.batches()
        first = next(batches, None)
    except BaseException:
        stream.close()
        raise
    all_of_it = batches if first is None else chain((first,), batches)
    return BatchStream(stream.columns, all_of_it, stream.close)


def watched(stream: Stream, fail: Callable[[BaseException], None]) -> Stream:
    """The stream, whose errors are told to `fail`, which may raise another one."""
    return BatchStream(stream.columns, _telling(stream.batches(), fail), stream.close)


def _telling(
    batches: Iterator[pa.RecordBatch], fail: Callable[[BaseException], None]
) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except GeneratorExit:
        raise
    except BaseException as error:
        fail(error)
        raise
