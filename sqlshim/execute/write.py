"""INSERT, CREATE TABLE and DROP TABLE on the store they belong to.

Rows of VALUES whose cells are constants go to the store as they are; all others are first
computed by a plan, as any query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sqlshim.backends.protocol import (
    Backend,
    ColumnDefinition,
    RunContext,
    Stream,
    TableDefinition,
)
from sqlshim.catalog.model import Table
from sqlshim.errors import Error
from sqlshim.ir.relational import Rel, Values
from sqlshim.ir.scalar import Literal, Param, Scalar
from sqlshim.ir.statement import CreateTable, DropTable, Insert

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
