"""INSERT, UPDATE, DELETE, CREATE TABLE and DROP TABLE on the store they belong to.

Rows of VALUES whose cells are constants go to the store as they are; all others are first
computed by a plan, as any query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sqlshim.backends import arrow
from sqlshim.backends.protocol import (
    Backend,
    Changed,
    ColumnDefinition,
    RunContext,
    Stream,
    TableDefinition,
)
from sqlshim.catalog.model import Table
from sqlshim.errors import Error
from sqlshim.ir.relational import Rel, Values
from sqlshim.ir.scalar import Literal, Param, Scalar
from sqlshim.ir.statement import Change, CreateTable, Delete, DropTable, Insert, Update

Row = Sequence[object]


def is_constant(source: Rel) -> bool:
    """Whether `source` is a VALUES made of literals and parameters only."""
    return isinstance(source, Values) and all(
        isinstance(cell, Literal | Param) for row in source.rows for cell in row
    )


def constant_rows(source: Rel, params: Sequence[object]) -> list[Row]:
    """The rows of a constant VALUES."""
    assert isinstance(source, Values)
    return [tuple(constant(cell, params) for cell in row) for row in source.rows]


def constant(cell: Scalar, params: Sequence[object]) -> object:
    """The value of a Literal or Param."""
    if isinstance(cell, Param):
        return params[cell.index]
    assert isinstance(cell, Literal)
    return cell.value


def insert(
    statement: Insert,
    stores: Mapping[str, Backend],
    rows: Iterable[Row],
    context: RunContext,
) -> int:
    """Insert the rows; how many there were."""
    table = statement.table
    return stores[table.store].insert(table, statement.columns, rows, context)


def insert_returning(
    statement: Insert,
    stores: Mapping[str, Backend],
    source: Callable[[], Stream],
    context: RunContext,
) -> Changed:
    """Insert the first columns of the source's rows; all of them, as they were inserted."""
    width = len(statement.columns)
    stream = source()
    try:
        batches = tuple(stream.batches())
    finally:
        stream.close()
    columns = stream.columns[:width]
    rows = (
        row for batch in batches for row in arrow.rows_of(columns, batch.select(list(range(width))))
    )
    return Changed(insert(statement, stores, rows, context), batches)


def change(
    statement: Change,
    stores: Mapping[str, Backend],
    source: Callable[[], Stream],
    context: RunContext,
) -> Changed:
    """UPDATE or DELETE the rows that the source tells."""
    store = stores[statement.table.store]
    match statement:
        case Update(table=table, columns=columns):
            return store.update(table, columns, source, context)
        case Delete(table=table):
            return store.delete(table, source, context)


def truncate(tables: Sequence[Table], stores: Mapping[str, Backend]) -> None:
    """TRUNCATE, one after the other."""
    for table in tables:
        stores[table.store].truncate(table)


def rows_of(open_source: Callable[[], Stream]) -> Iterator[Row]:
    """The rows of a source plan, opened when first needed and closed at the end."""
    stream = open_source()
    try:
        for rows in stream.rows():
            yield from rows
    finally:
        stream.close()


def create_table(statement: CreateTable, store: Backend) -> None:
    """CREATE TABLE in `store`."""
    columns = tuple(ColumnDefinition(c.name, c.type) for c in statement.columns)
    store.create_table(
        TableDefinition(statement.name, columns, statement.primary_key, statement.unique)
    )


def drop_tables(statement: DropTable, stores: Mapping[str, Backend]) -> None:
    """DROP TABLE, one after the other."""
    for table in statement.tables:
        stores[table.store].drop_table(table)


def drop_after(error: BaseException, table: Table, store: Backend) -> None:
    """Drop a table that could not be filled; `error` learns of it if that fails as well."""
    try:
        store.drop_table(table)
    except Error as failure:  # a transaction that is aborted anyway, or the store is gone
        error.add_note(f"The new table {table.name!r} was not dropped: {failure}")
