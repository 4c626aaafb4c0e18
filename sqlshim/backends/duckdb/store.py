"""The store behind `memory://`: tables in an in-memory DuckDB database, with real transactions.

A transaction begins with the first write. Outside of one each statement streams from a
connection of its own; inside one, reads run on the transaction's connection, so that they see its
writes; see `shared`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from sqlshim.backends.arrow import batch_of
from sqlshim.backends.duckdb.compile.casts import quoted, type_text
from sqlshim.backends.duckdb.compile.relations import compile_query
from sqlshim.backends.duckdb.errors import not_committed
from sqlshim.backends.duckdb.fields import Labels
from sqlshim.backends.duckdb.run import DuckNative, DuckStream, bindings, bound
from sqlshim.backends.duckdb.session import Database
from sqlshim.backends.duckdb.shared import SharedStream
from sqlshim.backends.duckdb.sources import in_chunks, read_all
from sqlshim.backends.duckdb.stored import (
    ROW,
    Stored,
    create_statement,
    distinct_names,
    locatable,
)
from sqlshim.backends.protocol import (
    Accepted,
    Backend,
    Changed,
    Native,
    Options,
    Pushdown,
    RunContext,
    Stream,
    TableDefinition,
)
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import OperationalError, ProgrammingError, TableExists
from sqlshim.ir import walk
from sqlshim.ir.keys import is_key_test
from sqlshim.ir.relational import Filter, Rel, Remote, Scan
from sqlshim.ir.scalar import Column
from sqlshim.types import NESTED

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    import pyarrow as pa


class DuckStore(Backend):
    """Tables in memory."""

    kind = "duckdb"
    is_waited_for = False
    path = "table in memory"
    loss = "The tables of this memory:// were in it and are lost."

    def __init__(self, alias: str, options: Options, directory: Path | None = None) -> None:
        self.alias = alias
        self._options = options
        self._database = Database(options, directory, self.loss)
        self._tables: dict[str, Stored] = {}
        self._lock = threading.RLock()
        self._writer: duckdb.DuckDBPyConnection | None = None  # the open transaction's
        self._reading: SharedStream | None = None  # on the transaction's connection
        self._before: dict[str, Stored] = {}  # the tables when it began

    # --- catalog

    def table_names(self) -> Sequence[str]:
        with self._lock:
            return sorted(self._tables)

    def load_table(self, name: str) -> Table | None:
        with self._lock:
            stored = self._tables.get(name)
            if stored is None:
                return None
            return replace(stored.table, row_count=self._count(stored))

    def row_count(self, table: Table) -> int | None:
        with self._lock:
            stored = self._tables.get(table.name)
            return None if stored is None else self._count(stored)

    def _count(self, stored: Stored) -> int:
        connection = self._catalog_connection()
        with self._database.translated():
            found = connection.execute(f"SELECT count(*) FROM {quoted(stored.name)}").fetchall()
        return int(found[0][0])

    def _catalog_connection(self) -> duckdb.DuckDBPyConnection:
        return self._live().connection if self._writer is None else self._connection()

    # --- planning

    def accept(self, rel: Rel, pushdown: Pushdown) -> Accepted:
        for node in walk.every_rel(rel):
            if isinstance(node, Remote) and node.store != self.alias:
                return Accepted(None, why="reads another store")
            if isinstance(node, Scan) and node.table.store != self.alias:
                return Accepted(None, why="reads another store")
        if isinstance(rel, Filter) and any(map(is_key_test, rel.where)):
            return Accepted(None, why="a key set saves nothing in the same process")
        return Accepted(rel)

    def compile(self, rel: Rel) -> Native:
        return DuckNative(compile_query(rel, self._physical), self._path(rel))

    def _path(self, rel: Rel) -> str:
        return self.path

    def _physical(self, table: Table, column: str) -> tuple[str, str]:
        stored = self._tables.get(table.name)
        if stored is None:
            return table.name, column
        return stored.name, "rowid" if column == ROW.name else stored.columns.get(column, column)

    # --- running

    def _live(self) -> Database:
        """The database, if no fatal error has made an end of it. The caller holds the lock."""
        if self._database.dead:
            if self._writer is not None:
                raise OperationalError(
                    "the transaction was lost when the embedded engine failed",
                    sqlstate="25P02",
                    hint="Statements are refused until rollback.",
                )
            self._reopen()
        return self._database

    def _reopen(self) -> None:
        """Another database with the same tables; OperationalError where they are lost."""
        raise OperationalError(
            "the tables of this memory:// were lost when the embedded engine failed",
            sqlstate="57P02",
            hint="Connect anew.",
        )

    def open(self, native: Native, params: Sequence[object], context: RunContext) -> Stream:
        query = cast(DuckNative, native).query
        values = bindings(query, params)
        with self._lock:
            database = self._live()
            database.provide(query.sql)
            if self._writer is None:
                with database.translated():
                    cursor = database.cursor()
                return DuckStream(cursor, query, values, context, database.cause)
            connection = self._connection()
            stream = DuckStream(
                connection, query, values, context, database.cause, own_connection=False
            )
            self._reading = SharedStream(stream, self._lock)
            return self._reading

    # --- writing

    def create_table(self, definition: TableDefinition) -> None:
        with self._lock:
            if definition.name in self._tables:
                raise TableExists(definition.name)
            begun = self._begin()
            stored = self._new(definition)
            try:
                self._write(create_statement(definition, stored))
            except BaseException:
                self._undo(begun)
                raise
            self._tables[definition.name] = stored

    def _new(self, definition: TableDefinition) -> Stored:
        columns = tuple(
            TableColumn(c.name, c.type, native=type_text(c.type)) for c in definition.columns
        )
        table = locatable(
            Table(self.alias, "main", definition.name, columns, definition.primary_key)
        )
        (name,) = distinct_names([definition.name], (s.name for s in self._tables.values()))
        names = [c.name for c in definition.columns]
        return Stored(table, name, dict(zip(names, distinct_names(names), strict=True)))

    def drop_table(self, table: Table) -> None:
        with self._lock:
            stored = self._tables[table.name]
            begun = self._begin()
            try:
                self._drop(stored)
            except BaseException:
                self._undo(begun)
                raise
            del self._tables[table.name]

    def _drop(self, stored: Stored) -> None:
        self._write(f"DROP TABLE {quoted(stored.name)}")

    def insert(
        self,
        table: Table,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        context: RunContext,
    ) -> int:
        self._check_writable()
        # The first rows are drawn before the transaction begins: they may come from this store.
        chunks = in_chunks(rows)
        first = next(chunks, None)
        if first is None:
            return 0
        with self._lock:
            begun = self._begin()
            try:
                stored = self._changeable(table)
                total = self._insert_chunk(stored, columns, first)
                for chunk in chunks:
                    context.remaining()
                    total += self._insert_chunk(stored, columns, chunk)
            except BaseException:
                self._undo(begun)
                raise
        return total

    def _changeable(self, table: Table) -> Stored:
        return self._tables[table.name]

    def _insert_chunk(
        self, stored: Stored, columns: Sequence[str], rows: list[Sequence[object]]
    ) -> int:
        types = [stored.table.column(name).type for name in columns]
        names = ", ".join(quoted(stored.columns[name]) for name in columns)
        into = f"INSERT INTO {quoted(stored.name)} ({names})"
        if len(rows) == 1 and not any(t.kind in NESTED for t in types):
            cells = ", ".join(f"CAST(? AS {type_text(t)})" for t in types)
            self._write(f"{into} VALUES ({cells})", [bound(v) for v in rows[0]])
            return 1
        fields = [
            Column(i, name, t) for i, (name, t) in enumerate(zip(columns, types, strict=True))
        ]
        batch = Labels(fields).into_engine(batch_of(fields, rows))
        self._with_rows(batch, f"{into} SELECT * FROM new_rows")
        return len(rows)

    def update(
        self,
        table: Table,
        columns: Sequence[str],
        source: Callable[[], Stream],
        context: RunContext,
    ) -> Changed:
        with self._changing(table) as stored:
            stream = source()
            found = read_all(stream, context)
            new = (f"{quoted(stored.columns[n])} = s.v{i + 1}" for i, n in enumerate(columns))
            into = f"UPDATE {quoted(stored.name)} AS t SET {', '.join(new)}"
            labels = Labels(stream.columns)
            self._write_from(found, labels, f"{into} FROM new_rows AS s WHERE t.rowid = s.v0")
        return found

    def delete(self, table: Table, source: Callable[[], Stream], context: RunContext) -> Changed:
        with self._changing(table) as stored:
            stream = source()
            found = read_all(stream, context)
            where = "WHERE rowid IN (SELECT v0 FROM new_rows)"
            statement = f"DELETE FROM {quoted(stored.name)} {where}"
            self._write_from(found, Labels(stream.columns), statement)
        return found

    def truncate(self, table: Table) -> None:
        with self._changing(table) as stored, self._lock:
            self._write(f"DELETE FROM {quoted(stored.name)}")

    @contextlib.contextmanager
    def _changing(self, table: Table) -> Iterator[Stored]:
        """The table inside the transaction, which ends if the statement that began it fails.

        The lock is not held meanwhile: what is read may come through other threads.
        """
        with self._lock:
            begun = self._begin()
        try:
            with self._lock:
                stored = self._changeable(table)
            yield stored
        except BaseException:
            with self._lock:
                self._undo(begun)
            raise

    def _write_from(self, found: Changed, labels: Labels, statement: str) -> None:
        """Run a statement that reads `new_rows`, whose columns are v0, v1, …; takes the lock."""
        if not found.count:
            return
        import pyarrow as pa

        rows = pa.Table.from_batches(map(labels.into_engine, found.batches))
        named = rows.rename_columns([f"v{n}" for n in range(rows.num_columns)])
        with self._lock:
            self._with_rows(named, statement)

    def _with_rows(self, rows: pa.Table | pa.RecordBatch, statement: str) -> None:
        connection = self._connection()
        connection.register("new_rows", rows)
        try:
            self._write(statement)
        finally:
            with contextlib.suppress(Exception):  # refused after an error; ends with the writer
                connection.unregister("new_rows")

    # --- transactions

    def _check_writable(self) -> None:
        if self._options.read_only:
            raise ProgrammingError(
                "cannot write: the connection was opened with read_only=True", sqlstate="25006"
            )

    def _connection(self) -> duckdb.DuckDBPyConnection:
        """The transaction's connection, free for a statement."""
        assert self._writer is not None, "no transaction has begun"
        if self._reading is not None:
            self._reading.give_way()
            self._reading = None
        return self._writer

    def _write(self, statement: str, values: Sequence[object] | None = None) -> None:
        with self._database.translated():
            connection = self._connection()
            self._database.provide(statement)
            connection.execute(statement, values).fetchall()

    def _begin(self) -> bool:
        """Begin a transaction unless one is open; whether one was begun."""
        self._check_writable()
        if self._writer is not None:
            return False
        database = self._live()
        database.provide_all()
        with database.translated():
            writer = database.cursor()
            writer.execute("BEGIN TRANSACTION").fetchall()
        self._writer, self._before = writer, dict(self._tables)
        return True

    def _undo(self, begun: bool) -> None:
        """After a failed write: undo what the statement itself began."""
        if begun:
            self.rollback()

    def commit(self) -> None:
        with self._lock:
            if self._writer is None:
                return
            try:
                # COMMIT of a transaction that an error aborted succeeds and keeps nothing
                self._write("SELECT 1")
                self._before_commit()
                self._write("COMMIT")
            except Exception as error:
                self.rollback()
                raise not_committed(error) from error
            self._end()

    def _before_commit(self) -> None:
        """What must be done before the transaction ends."""

    def rollback(self) -> None:
        with self._lock:
            if self._writer is None:
                return
            try:
                if not self._database.dead:
                    self._write("ROLLBACK")
            finally:  # whatever it says: the transaction ends with its connection
                self._tables = self._before
                self._end()

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer, self._before = None, {}

    def close(self) -> None:
        self._database.close()
