"""The tables of golden/world.sql as a catalog, and short ways from SQL text to what is bound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sqlglot

from sqlshim.bind.statement import BoundStatement, bind
from sqlshim.catalog.catalog import Catalog
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import DatabaseError
from sqlshim.ir.relational import Rel
from sqlshim.ir.statement import CreateTable, Query
from sqlshim.sql.dialects import dialect_named
from sqlshim.sql.params import Arguments, uniform
from sqlshim.sql.parse import parse, with_caret
from sqlshim.types import Kind, SqlType
from sqlshim.values import type_of

WORLD_SQL = Path(__file__).parent / "golden" / "world.sql"


class Tables:
    """A store that only knows tables (`catalog.Source`)."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._tables = {table.name: table for table in tables}

    def table_names(self) -> list[str]:
        return sorted(self._tables)

    def load_table(self, name: str) -> Table | None:
        return self._tables.get(name)

    def schemas(self) -> list[str]:
        return []


class NoTables:
    """What CREATE TABLE is bound against."""

    def find(self, parts: Sequence[tuple[str, bool]]) -> Table:
        raise NotImplementedError


_CQL_TYPES = {Kind.TEXT: "text", Kind.TIMESTAMP: "timestamp", Kind.DOUBLE: "double"}


def _table(statement: CreateTable) -> Table:
    columns = tuple(TableColumn(c.name, c.type) for c in statement.columns)
    table = Table(statement.store, "world", statement.name, columns, statement.primary_key)
    if statement.store != "ring":
        return table
    first, *rest = statement.primary_key
    clustering = tuple((name, False) for name in rest)
    columns = tuple(TableColumn(c.name, c.type, _CQL_TYPES[c.type.kind]) for c in columns)
    return Table("ring", "world", statement.name, columns, (first, *rest), (first,), clustering)


def _tables() -> list[Table]:
    trees = sqlglot.parse(WORLD_SQL.read_text(encoding="utf-8"), dialect="postgres")
    created = [bind(tree, NoTables()).statement for tree in trees if tree is not None]
    return [_table(statement) for statement in created if isinstance(statement, CreateTable)]


TABLES = _tables()
STORES = tuple(dict.fromkeys(table.store for table in TABLES))


CATALOG = Catalog({s: Tables([t for t in TABLES if t.store == s]) for s in STORES})


def bound(
    text: str, arguments: Arguments | None = None, dialect: str = "postgres"
) -> BoundStatement:
    """`text` parsed and bound as `engine.prepare` does it, errors with their caret."""
    places = uniform(text, arguments is not None, backslash=dialect == "mysql")
    types = tuple(type_of(v) for v in places.values(arguments))
    tree = parse(text, places, dialect_named(dialect)).tree
    try:
        return bind(tree, CATALOG, types, dialect)
    except DatabaseError as error:
        if error.position is not None:
            error.position = places.original(error.position - 1) + 1
        raise with_caret(error, text) from error


def query(text: str, arguments: Arguments | None = None, dialect: str = "postgres") -> Query:
    """The bound form of a query."""
    statement = bound(text, arguments, dialect).statement
    assert isinstance(statement, Query)
    return statement


def rel(text: str, arguments: Arguments | None = None) -> Rel:
    return query(text, arguments).rel


def types(text: str, arguments: Arguments | None = None, dialect: str = "postgres") -> list[str]:
    """The types of a query's columns, with NOT NULL where NULL cannot occur."""
    return [type_name(column.type) for column in query(text, arguments, dialect).columns]


def type_name(t: SqlType) -> str:
    return str(t) + ("" if t.nullable else " NOT NULL")


def names(text: str, dialect: str = "postgres") -> list[str]:
    return [column.name for column in query(text, dialect=dialect).columns]


def error(text: str, arguments: Arguments | None = None, dialect: str = "postgres") -> str:
    """What goes wrong: class, SQLSTATE and whole message."""
    try:
        bound(text, arguments, dialect)
    except DatabaseError as found:
        return f"{type(found).__name__} {found.sqlstate}: {found}"
    raise AssertionError(f"no error: {text}")
