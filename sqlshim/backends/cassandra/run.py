"""Running a compiled query: requests in parallel, pages as they come, rows in SQL's values.

`start(...)` gives a Stream. A number of requests are under way and each holds one page, so a
scan's memory does not depend on the table. The next page of a request is asked for when the last
one is handed out: a reader that stops reading stops the servers too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from operator import itemgetter
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from sqlshim.backends.arrow import batch_of, schema_of
from sqlshim.backends.cassandra.compile import CqlQuery
from sqlshim.backends.cassandra.errors import translated, translating
from sqlshim.backends.cassandra.fold import fold_pages, grouped_rows
from sqlshim.backends.cassandra.paths.nearest import MOST
from sqlshim.backends.cassandra.paths.restrict import Path
from sqlshim.backends.cassandra.requests import Request, limit_of, plan
from sqlshim.backends.cassandra.ring import Ring
from sqlshim.backends.cassandra.session import Session
from sqlshim.backends.cassandra.values.batches import array_of
from sqlshim.backends.cassandra.values.decode import Page, Row, joined
from sqlshim.backends.cassandra.values.readers import Change, readers
from sqlshim.backends.protocol import RunContext, Stream

if TYPE_CHECKING:
    import pyarrow as pa

    from sqlshim.backends.cassandra.values import columns

# Requests under way. A server is kept busy by few that read ranges; those for keys are short.
RANGES_AHEAD, KEYS_AHEAD = 8, 32
TOGETHER = 1_000  # rows that a batch has at least, but the last

Rows = list[Row]
_Sliced = TypeVar("_Sliced", "Rows", "pa.RecordBatch")


def start(
    query: CqlQuery,
    params: Sequence[object],
    context: RunContext,
    session: Session,
    ring: Ring,
) -> CassandraStream:
    """The stream of a query's rows."""
    limit = limit_of(query, params)
    context.remaining()
    if limit == 0:
        return CassandraStream(query, Reading(session, iter(()), query, context), None)
    requests = plan(query, params, lambda: ring.ranges(query.table), ring.replicas.groups)
    return CassandraStream(query, Reading(session, requests, query, context), limit)


class Reading:
    """The pages of several requests, in the order in which they arrive."""

    def __init__(
        self, session: Session, requests: Iterator[Request], query: CqlQuery, context: RunContext
    ) -> None:
        self._session = session
        self._requests = requests
        self._stamp = query.stamp
        self._context = context
        self._arrived: SimpleQueue[tuple[Any, Any] | None] = SimpleQueue()
        self._waiting = 0
        self._closed = False
        by_keys = query.restriction.path in (Path.PARTITIONS, Path.UNION, Path.INDEX_KEYS)
        self._ahead = KEYS_AHEAD if by_keys else RANGES_AHEAD
        # However many the requests are, their pages together hold as many rows.
        most = max(1, session.page_rows * RANGES_AHEAD // self._ahead)
        self._page_rows = min(most, context.batch_rows)
        if query.vector is not None:  # the server wants its rows in one page
            self._page_rows = MOST + 1
        context.on_cancel.append(self._wake)

    def _wake(self) -> None:
        self._arrived.put(None)

    def pages(self) -> Iterator[Page]:
        """Pages, none of them empty, until there are no more or the reading is closed."""
        try:
            self._fill()
            while self._waiting and not self._closed:
                future, result = self._next_arrival()
                if isinstance(result, BaseException):
                    raise translated(result) from result
                self._waiting -= 1
                if future.has_more_pages:
                    self._waiting += 1
                    future.start_fetching_next_page()
                self._fill()
                if result:
                    yield result
        finally:
            self.close()

    def _fill(self) -> None:
        """Start requests until enough are under way."""
        while self._waiting < self._ahead and not self._closed:
            request = next(self._requests, None)
            if request is None:
                return
            self._send(request)

    def _send(self, request: Request) -> None:
        statement = self._session.prepare(request.text, self._stamp)
        with translating():
            future = self._session.send(
                statement,
                request.values,
                self._context.remaining(),
                idempotent=True,
                page_rows=self._page_rows,
                hints=self._context.hints,
                routing_key=request.routing_key,
            )
        self._waiting += 1
        arrived = self._arrived
        future.add_callbacks(
            callback=lambda rows: arrived.put((future, rows)),
            errback=lambda error: arrived.put((future, error)),
        )

    def _next_arrival(self) -> tuple[Any, Any]:
        """The next page that arrives; QueryCanceled when time is over or the user cancels."""
        while True:
            try:
                arrival = self._arrived.get(timeout=self._context.remaining())
            except Empty:
                arrival = None
            self._context.remaining()
            if arrival is not None:
                return arrival

    def close(self) -> None:
        """Ask for nothing more. Pages under way are dropped when they arrive."""
        self._closed = True
        if self._wake in self._context.on_cancel:
            self._context.on_cancel.remove(self._wake)


class CassandraStream(Stream):
    """Rows or batches of one execution."""

    def __init__(self, query: CqlQuery, reading: Reading, limit: int | None) -> None:
        self.columns = query.columns
        self._query = query
        self._reading = reading
        self._limit = limit
        self._readers = readers(query.columns)
        if query.is_global:  # folded in SQL's values already
            self._readers = [None] * len(query.columns)

    def _row_pages(self) -> Iterator[Rows]:
        """Rows of cells in the order of the columns, cut at the limit."""
        query = self._query
        pages = (_rows(page) for page in self._reading.pages())
        if query.is_global:
            yield fold_pages(pages, query)
            return
        yield from self._cut(
            map(self._arranged, once_each(pages, query.key_at) if query.arms else pages)
        )

    def _cut(self, parts: Iterator[_Sliced]) -> Iterator[_Sliced]:
        """As many rows of lists or batches as are wanted."""
        left = self._limit
        for part in parts:
            if left is not None:
                part = part[:left]
                left -= len(part)
            yield part
            if left == 0:
                break
        self.close()

    def _arranged(self, page: Rows) -> Rows:
        query = self._query
        if query.grouped:
            return grouped_rows(page, query)
        if not query.columns:
            return [()] * len(page)
        if query.in_order:
            return page
        places = [output.at for output in query.outputs]
        return [tuple(row[i] for i in places) for row in page]

    def rows(self) -> Iterator[Rows]:
        changes = [(i, change) for i, change in enumerate(self._readers) if change]
        for page in self._row_pages():
            yield _changed(page, changes) if changes else page

    def batches(self) -> Iterator[pa.RecordBatch]:
        query = self._query
        if not query.columns or query.grouped or query.arms:
            return map(self._batch_of, self._row_pages())
        return self._cut(map(self._batch, _together(self._reading.pages())))

    def _batch_of(self, rows: Rows) -> pa.RecordBatch:
        import pyarrow as pa

        if not self.columns:
            return pa.RecordBatch.from_struct_array(pa.array(rows, pa.struct([])))
        if self._query.is_global:
            return batch_of(self.columns, rows)
        schema = schema_of(self.columns)
        parts = zip(self.columns, zip(*rows, strict=True), self._readers, schema.types, strict=True)
        return pa.record_batch([array_of(*part) for part in parts], schema=schema)

    def _batch(self, page: Page) -> pa.RecordBatch:
        import pyarrow as pa

        from sqlshim.backends.cassandra.values import columns

        if len(page) < columns.FEWEST_ROWS:
            return self._batch_of(self._arranged(_rows(page)))
        arrays = columns.arrays(page, self._readings)
        return pa.record_batch(arrays, schema=schema_of(self.columns))

    @cached_property
    def _readings(self) -> list[columns.Reading]:
        """How each column is read out of a page's bytes."""
        from sqlshim.backends.cassandra.values.columns import Reading

        query, types = self._query, schema_of(self.columns).types
        places = [output.at for output in query.outputs]
        parts = zip(query.columns, query.natives, places, self._readers, types, strict=True)
        return [Reading(*part) for part in parts]

    def close(self) -> None:
        self._reading.close()


def _together(pages: Iterator[Page]) -> Iterator[Page]:
    """Small pages, as lookups by key give them, joined: a batch of few rows costs like a large."""
    waiting: list[Page] = []
    rows = 0
    for page in pages:
        waiting.append(page)
        rows += len(page)
        if rows >= TOGETHER:
            yield joined(waiting)
            waiting, rows = [], 0
    if waiting:
        yield joined(waiting)


def _rows(page: Page) -> Rows:
    with translating():
        return page.rows()


def once_each(pages: Iterator[Rows], key_at: Sequence[int]) -> Iterator[Rows]:
    """Rows without those whose key came before: several statements of a union can find one. The
    keys are remembered, so its memory grows with the answer (not with the table)."""
    key, seen = itemgetter(*key_at), set[object]()
    for page in pages:
        new: Rows = []
        for row in page:
            if (found := key(row)) not in seen:
                seen.add(found)
                new.append(row)
        if new:
            yield new


def _changed(page: Rows, changes: Sequence[tuple[int, Change]]) -> Rows:
    """The rows with some columns' cells changed."""
    columns: list[Any] = list(zip(*page, strict=True))
    for i, change in changes:
        columns[i] = map(change, columns[i])
    return list(zip(*columns, strict=True))
