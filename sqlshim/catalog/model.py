"""What is known of a store's tables: columns, keys, indexes, statistics. Frozen values.

Backends make `Table`s from their own metadata; the binder reads names and types, the planner
and the backends' `accept` read keys, indexes and statistics.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlshim.types import SqlType


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column. `native` is the store's own type name (such as `objectId`, `timeuuid`).

    A hidden column (a generated key) is not in `SELECT *` and cannot be named. One that is not
    `starred` (a field that only this statement's text has told of) can be named.
    """

    name: str
    type: SqlType
    native: str = ""
    hidden: bool = False
    has_default: bool = False  # the store fills it in when an INSERT omits it
    starred: bool = True


@dataclass(frozen=True, slots=True)
class RowFunction:
    """What only the store can say of one of its rows, such as Cassandra's `ttl(c)`.

    A Scan reads it like a column, called `ttl(c)`; it is in no `SELECT *`.
    """

    fn: str
    args: tuple[str, ...]  # names of columns
    type: SqlType
    native: str

    @property
    def name(self) -> str:
        return f"{self.fn}({', '.join(self.args)})"


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index: column names in key order, each with its direction (True: descending)."""

    name: str
    columns: tuple[tuple[str, bool], ...]
    unique: bool = False
    kind: str = ""  # the store's word: "sai", "btree", "2i", "hashed" ...


@dataclass(frozen=True, slots=True)
class Table:
    """A table, collection or file.

    `store` is the name of the store in the connection, `schema` the database, keyspace or
    directory inside it. `primary_key` are the columns that identify a row (MongoDB: `_id`);
    `partition_key` and `clustering` (name, descending) are Cassandra's.
    An `open` table may have columns that are not known: its documents follow no schema.
    `locator` names the row function by which the store finds a row again; without one, its rows
    cannot be changed.
    """

    store: str
    schema: str
    name: str
    columns: tuple[TableColumn, ...]
    primary_key: tuple[str, ...] = ()
    partition_key: tuple[str, ...] = ()
    clustering: tuple[tuple[str, bool], ...] = ()
    indexes: tuple[Index, ...] = ()
    row_count: int | None = field(default=None, compare=False)  # an estimate
    read_only: bool = False
    row_functions: tuple[RowFunction, ...] = ()
    open: bool = False
    locator: str = ""
    views: tuple[Table, ...] = ()  # that hold all its rows with a key in them (Cassandra's)
    lacks: frozenset[str] = frozenset()  # what its server cannot do, in the backend's words

    def column(self, name: str) -> TableColumn:
        """The column stored under exactly this name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def row_function(self, name: str) -> RowFunction | None:
        """The row function that a Scan reads under this name."""
        return next((f for f in self.row_functions if f.name == name), None)

    def native_of(self, name: str) -> str:
        """The store's type of a column or row function; KeyError if there is none."""
        function = self.row_function(name)
        return self.column(name).native if function is None else function.native

    @property
    def full_name(self) -> str:
        """`store.table`, or `table` when the connection has one unnamed store."""
        return f"{self.store}.{self.name}" if self.store else self.name
