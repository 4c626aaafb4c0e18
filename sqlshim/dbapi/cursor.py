"""Cursors: execute, and fetch from the stream as it arrives.

A cursor holds one batch of rows at a time. Errors of the statement and of its stream are
sqlshim's own, whatever raised them below.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from sqlshim import engine
from sqlshim.backends.arrow import batch_of, published, published_type
from sqlshim.backends.protocol import RunContext, Stream
from sqlshim.dbapi.border import guarded
from sqlshim.dbapi.execute import execute
from sqlshim.errors import InterfaceError, ProgrammingError
from sqlshim.ir.scalar import Column
from sqlshim.ir.statement import Insert
from sqlshim.sql.params import Arguments

if TYPE_CHECKING:
    import pandas
    import pyarrow as pa

    from sqlshim.dbapi.connection import Connection

Row = tuple[Any, ...]
Description = tuple[str, Any, int | None, int | None, int | None, int | None, bool | None]


class Cursor:
    """A PEP 249 cursor. Also an iterator over rows and a context manager that closes itself.

    `arraysize` is the number of rows `fetchmany()` gives. `rowcount` is the number of rows an
    INSERT wrote; of a query it is known (not -1) when all rows have been fetched.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.arraysize = 1
        self.rowcount = -1
        self.lastrowid = None
        self.query: str | None = None
        self._closed = False
        self._columns: tuple[Column, ...] | None = None
        self._stream: Stream | None = None
        self._context: RunContext | None = None
        self._lists: Iterator[list[Row]] | None = None
        self._ready: list[Row] = []  # rows of the current batch
        self._next = 0  # the first of them not yet fetched
        self._fetched = 0

    # --- executing

    @property
    def description(self) -> list[Description] | None:
        """(name, kind, None, None, precision, scale, null_ok) a column; None without rows."""
        if self._columns is None:
            return None
        return [
            (c.name, c.type.kind, None, None, c.type.precision, c.type.scale, c.type.nullable)
            for c in self._columns
        ]

    def execute(self, operation: str, parameters: Arguments | None = None) -> Cursor:
        """Run one statement; returns the cursor itself.

        `parameters` is a sequence for ?, %s and $1, a mapping for :name and %(name)s.
        Raises the PEP 249 error of whatever goes wrong.
        """
        world = self._begin(operation)
        self._run(partial(execute, operation, parameters, world))
        return self

    def executemany(self, operation: str, seq_of_parameters: Iterable[Arguments]) -> Cursor:
        """Run one statement for each set of parameters. An INSERT is sent as one bulk."""
        world = self._begin(operation)
        sets = list(seq_of_parameters)
        groups: list[tuple[engine.Prepared, list[Sequence[object]]]] = []
        for parameters in sets:
            prepared, values = guarded(engine.prepare, operation, parameters, world)
            if prepared.columns is not None:
                raise ProgrammingError(
                    "executemany() cannot be used with a statement that gives rows"
                )
            if not groups or groups[-1][0] is not prepared:
                groups.append((prepared, []))
            groups[-1][1].append(values)
        self.rowcount = 0
        if groups and isinstance(groups[0][0].statement, Insert):
            self._run(lambda context: engine.run_many(groups, world, context))
            return self
        for prepared, rows in groups:
            for row in rows:
                self._run(partial(engine.run, prepared, row, world))
        return self

    def _run(self, start: Callable[[RunContext], engine.Result]) -> None:
        """Start an execution; one that fails is over at once."""
        try:
            self._accept(guarded(start, self._new_context()))
        except BaseException:
            self._finished()
            raise

    def _begin(self, operation: str) -> engine.World:
        self._check_open()
        if not isinstance(operation, str):
            raise ProgrammingError(f"a statement must be str, not {type(operation).__name__}")
        self._drop_result()
        self.query = operation
        return self.connection._world

    def _new_context(self) -> RunContext:
        self._context = self.connection._new_context()
        return self._context

    def _accept(self, result: engine.Result) -> None:
        self._columns = result.columns
        self._stream = result.stream
        self.rowcount = result.rowcount
        if result.stream is None:
            self._finished()
        if result.stream is None or result.wrote:
            self.connection._wrote()

    def _finished(self) -> None:
        if self._context is not None:
            self.connection._running.discard(self._context)
            self._context = None

    def _drop_result(self) -> None:
        if self._stream is not None:
            self._stream.close()
        self._finished()
        self._columns = self._stream = self._lists = None
        self._ready, self._next, self._fetched = [], 0, 0
        self.rowcount = -1

    # --- fetching

    def _more(self) -> bool:
        """Whether there is an unfetched row, getting the next batch if need be."""
        if self._next < len(self._ready):
            return True
        if self._lists is None:
            if self._stream is None:
                self._no_rows()
            self._lists = self._stream.rows()
        self._ready, self._next = guarded(next, self._lists, []), 0
        self._fetched += len(self._ready)
        if not self._ready:
            self.rowcount = self._fetched
            self._finished()
            return False
        return True

    def _no_rows(self) -> NoReturn:
        if self._columns is None:
            raise ProgrammingError(
                "no rows to fetch: the last statement gave none",
                sqlstate="24000",
                hint="Execute a SELECT first.",
            )
        raise InterfaceError("the result has been taken as Arrow batches", sqlstate="24000")

    def fetchone(self) -> Row | None:
        """The next row, or None after the last."""
        self._check_open()
        if not self._more():
            return None
        self._next += 1
        return self._ready[self._next - 1]

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """The next `size` rows (default `arraysize`), fewer at the end."""
        self._check_open()
        wanted = self.arraysize if size is None else size
        rows: list[Row] = []
        while len(rows) < wanted and self._more():
            taken = self._ready[self._next : self._next + wanted - len(rows)]
            self._next += len(taken)
            rows += taken
        return rows

    def fetchall(self) -> list[Row]:
        """All rows not fetched yet."""
        self._check_open()
        rows: list[Row] = []
        while self._more():
            rows += self._ready[self._next :] if self._next else self._ready
            self._next = len(self._ready)
        return rows

    def __iter__(self) -> Iterator[Row]:
        self._check_open()
        while self._more():
            self._next += 1
            yield self._ready[self._next - 1]

    # --- Arrow

    def fetch_record_batch(self) -> pa.RecordBatchReader:
        """The rows not fetched yet, as a streaming Arrow reader; fields have the result's names."""
        import pyarrow as pa

        self._check_open()
        if self._columns is None:
            self._no_rows()
        columns = self._columns
        names = [c.name for c in columns]
        schema = pa.schema(
            [pa.field(n, published_type(c.type)) for n, c in zip(names, columns, strict=True)]
        )
        source = (published(columns, batch) for batch in self._batches(columns))
        renamed = (pa.RecordBatch.from_arrays(b.columns, schema=schema) for b in source)
        return pa.RecordBatchReader.from_batches(schema, renamed)

    def _batches(self, columns: tuple[Column, ...]) -> Iterator[pa.RecordBatch]:
        if self._lists is None:
            if self._stream is None:
                self._no_rows()
            batches = iter(self._stream.batches())
            while (batch := guarded(next, batches, None)) is not None:
                yield batch
        else:
            while self._more():
                yield batch_of(columns, self._ready[self._next :])
                self._next = len(self._ready)
        self._finished()

    def fetch_arrow_table(self) -> pa.Table:
        """The rows not fetched yet as a pyarrow Table."""
        return self.fetch_record_batch().read_all()

    def fetch_df(self) -> pandas.DataFrame:
        """The rows not fetched yet as a pandas DataFrame (needs pandas)."""
        return self.fetch_arrow_table().to_pandas()

    # --- the rest of PEP 249

    def setinputsizes(self, sizes: object) -> None:
        """Nothing to prepare for."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Nothing to prepare for."""

    def close(self) -> None:
        """Free what the cursor holds. A closed cursor cannot be used again."""
        if not self._closed:
            self._drop_result()
            self._closed = True

    @property
    def closed(self) -> bool:
        return self._closed

    def _check_open(self) -> None:
        if self._closed:
            raise InterfaceError("the cursor is closed", sqlstate="24000")
        self.connection._check_open()

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True) and not sys.is_finalizing():
            self.close()
