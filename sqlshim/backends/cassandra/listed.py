"""Rows tested for their place in lists: what is left to do where a list was too long to be looked
up and the table was read instead (`CqlQuery.chosen`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sqlshim.backends.arrow import BatchStream, arrow_type, column_array
from sqlshim.backends.cassandra.compile import CqlQuery, ListTest
from sqlshim.backends.cassandra.paths.bounds import KeyPart, decide
from sqlshim.backends.cassandra.values.batches import timestamps
from sqlshim.backends.protocol import Stream
from sqlshim.types import INSTANTS, Kind

if TYPE_CHECKING:
    import pyarrow as pa


def tested(stream: Stream, query: CqlQuery, width: int, params: Sequence[object]) -> Stream:
    """The rows of `stream` that pass the query's tests, in its first `width` columns."""
    wanted = [(test.at, _values(query, test, params)) for test in query.tests]
    return BatchStream(stream.columns[:width], _passing(stream, wanted, width), stream.close)


def _passing(
    stream: Stream, wanted: Sequence[tuple[int, pa.Array]], width: int
) -> Iterator[pa.RecordBatch]:
    import pyarrow.compute as pc

    for batch in stream.batches():
        for at, values in wanted:
            batch = batch.filter(pc.is_in(batch.column(at), values))
        yield batch.select(range(width))


def _values(query: CqlQuery, test: ListTest, params: Sequence[object]) -> pa.Array:
    """The list as the column has its values: what it cannot hold is in no row."""
    import pyarrow as pa

    column = query.columns[test.at]
    bound = decide(test.term, query.native(test.term.column), params, KeyPart())
    values = bound.value if bound is not None and isinstance(bound.value, list) else []
    arrow = arrow_type(column.type)
    if column.type.kind in INSTANTS - {Kind.DATE}:  # milliseconds
        return timestamps(pa.array(values, pa.int64()), arrow)
    return column_array(column, values, arrow)
