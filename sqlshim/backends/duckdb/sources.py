"""What a write of the store draws from: all rows of a stream, or rows in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sqlshim.backends.protocol import Changed, RunContext, Stream

ROWS_AT_ONCE = 10_000


def read_all(stream: Stream, context: RunContext) -> Changed:
    """All rows of a source, before the first of them is changed."""
    batches = []
    try:
        for batch in stream.batches():
            context.remaining()
            batches.append(batch)
    finally:
        stream.close()
    return Changed(sum(batch.num_rows for batch in batches), tuple(batches))


def in_chunks(rows: Iterable[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    """At most ROWS_AT_ONCE rows each, none of them empty."""
    if isinstance(rows, list) and len(rows) <= ROWS_AT_ONCE:
        if rows:
            yield rows
        return
    source = iter(rows)
    while chunk := list(islice(source, ROWS_AT_ONCE)):
        yield chunk
