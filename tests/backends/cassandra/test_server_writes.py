"""CREATE, INSERT and DROP on a real server: what is refused, and that a failure leaves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

import sqlshim
from sqlshim import types as t
from sqlshim.backends.cassandra import open_store
from sqlshim.backends.protocol import (
    Backend,
    ColumnDefinition,
    Options,
    RunContext,
    TableDefinition,
)
from sqlshim.catalog.model import Table
from sqlshim.errors import (
    DataError,
    NotNullViolation,
    NotSupportedError,
    ProgrammingError,
    TableExists,
    UniqueViolation,
)
from sqlshim.ir.relational import Scan
from sqlshim.ir.scalar import Column

PEOPLE = TableDefinition(
    "People",
    (
        ColumnDefinition("Name", t.TEXT.with_null(False)),
        ColumnDefinition("born", t.INTEGER.with_null(False)),
        ColumnDefinition("city", t.TEXT.with_null(False)),
        ColumnDefinition("note", t.TEXT),
    ),
    ("Name", "born"),
)
KEYLESS = TableDefinition(
    "keyless", (ColumnDefinition("b", t.INTEGER), ColumnDefinition("a", t.decimal(10, 2)))
)


@pytest.fixture
def people(store: Backend) -> Iterator[Table]:
    yield from _made(store, PEOPLE)


@pytest.fixture
def keyless(store: Backend) -> Iterator[Table]:
    yield from _made(store, KEYLESS)


def _made(store: Backend, definition: TableDefinition) -> Iterator[Table]:
    store.create_table(definition)
    table = store.load_table(definition.name)
    assert table is not None
    yield table
    store.drop_table(table)


def insert(store: Backend, table: Table, rows: Sequence[Sequence[object]], *names: str) -> int:
    columns = names or [c.name for c in table.columns if not c.hidden]
    return store.insert(table, columns, rows, RunContext())


def rows_of(store: Backend, table: Table) -> list[tuple[object, ...]]:
    columns = [c for c in table.columns if not c.hidden]
    scan = Scan(table, tuple(Column(i, c.name, c.type) for i, c in enumerate(columns)))
    pages = store.open(store.compile(scan), [], RunContext()).rows()
    return sorted((row for page in pages for row in page), key=repr)


def test_columns_keep_their_order_names_and_exact_types(keyless: Table) -> None:
    shown = [(c.name, str(c.type), c.hidden) for c in keyless.columns]
    assert shown == [
        ("b", "INTEGER", False),
        ("a", "DECIMAL(10,2)", False),
        ("_sqlshim_id", "UUID", True),
    ]


def test_the_key_is_the_declared_one(people: Table) -> None:
    assert people.partition_key == ("Name",)
    assert people.clustering == (("born", False),)


def test_equal_rows_without_a_key_are_kept_apart(store: Backend, keyless: Table) -> None:
    assert insert(store, keyless, [(1, None), (1, None), (None, None)]) == 3
    assert rows_of(store, keyless) == [(1, None), (1, None), (None, None)]


def test_empty_text_and_null_are_two_things(store: Backend, people: Table) -> None:
    insert(store, people, [("a", 1, "", None), ("a", 2, "x", "")])
    assert rows_of(store, people) == [("a", 1, "", None), ("a", 2, "x", "")]


def test_an_existing_key_is_not_overwritten(store: Backend, people: Table) -> None:
    insert(store, people, [("a", 1, "x", None)])
    with pytest.raises(UniqueViolation) as caught:
        insert(store, people, [("a", 1, "y", None)])
    assert caught.value.sqlstate == "23505"
    assert "(Name, born) = ('a', 1) already exists" in str(caught.value)
    assert rows_of(store, people) == [("a", 1, "x", None)]


def test_a_key_twice_in_one_statement_inserts_nothing(store: Backend, people: Table) -> None:
    with pytest.raises(UniqueViolation):
        insert(store, people, [("a", 1, "x", None), ("b", 1, "x", None), ("a", 1, "y", None)])
    assert rows_of(store, people) == []


def test_one_existing_key_among_many_inserts_nothing(store: Backend, people: Table) -> None:
    insert(store, people, [("a", 50, "x", None)])
    with pytest.raises(UniqueViolation):
        insert(store, people, [("a", i, "x", None) for i in range(100)])
    assert rows_of(store, people) == [("a", 50, "x", None)]


@pytest.mark.parametrize("row", [("a", None, "x"), ("a", 1, None), (None, 1, "x")])
def test_null_where_none_may_be_inserts_nothing(
    store: Backend, people: Table, row: tuple[object, ...]
) -> None:
    with pytest.raises(NotNullViolation):
        insert(store, people, [("b", 1, "x"), row], "Name", "born", "city")
    assert rows_of(store, people) == []


def test_a_missing_column_without_default_is_null(store: Backend, people: Table) -> None:
    with pytest.raises(NotNullViolation, match="city"):
        insert(store, people, [("a", 1)], "Name", "born")


def test_a_value_that_does_not_fit_inserts_nothing(store: Backend, cql: Any) -> None:
    cql.execute("CREATE TABLE tiny (k int PRIMARY KEY, n tinyint)")
    table = store.load_table("tiny")
    assert table is not None
    with pytest.raises(DataError, match="out of range for tinyint"):
        insert(store, table, [(1, 1), (2, 300)], "k", "n")
    assert rows_of(store, table) == []


def test_an_empty_text_cannot_be_the_only_key(store: Backend, cql: Any) -> None:
    cql.execute("CREATE TABLE by_text (k text PRIMARY KEY, n int)")
    table = store.load_table("by_text")
    assert table is not None
    with pytest.raises(DataError, match="empty"):
        insert(store, table, [("", 1)], "k", "n")


def test_counters_are_not_inserted(store: Backend, cql: Any) -> None:
    cql.execute("CREATE TABLE counts (k int PRIMARY KEY, n counter)")
    table = store.load_table("counts")
    assert table is not None
    with pytest.raises(NotSupportedError):
        insert(store, table, [(1, 1)], "k", "n")


def test_a_table_of_that_name_already_there(store: Backend, people: Table) -> None:
    with pytest.raises(TableExists):
        store.create_table(PEOPLE)


def test_a_dropped_table_is_gone_from_the_catalog(store: Backend) -> None:
    store.create_table(KEYLESS)
    table = store.load_table("keyless")
    assert table is not None
    assert "keyless" in store.table_names()
    store.drop_table(table)
    assert "keyless" not in store.table_names()
    assert store.load_table("keyless") is None


def test_a_table_made_by_another_client_is_found(cql: Any, store: Backend) -> None:
    cql.execute("CREATE TABLE others (k int PRIMARY KEY)")
    assert store.load_table("others") is not None


def test_a_read_only_connection_writes_nothing(uri: str, people: Table) -> None:
    backend = open_store(uri, "", Options(read_only=True))
    try:
        for write in (
            lambda: backend.create_table(KEYLESS),
            lambda: backend.drop_table(people),
            lambda: insert(backend, people, [("a", 1, "x", None)]),
        ):
            with pytest.raises(ProgrammingError) as caught:
                write()
            assert caught.value.sqlstate == "25006"
    finally:
        backend.close()


def test_rollback_after_a_write_is_refused_once(store: Backend, keyless: Table) -> None:
    store.commit()
    store.rollback()
    insert(store, keyless, [(1, None)])
    with pytest.raises(NotSupportedError):
        store.rollback()
    store.rollback()


def test_many_rows_through_sql(connect: Callable[..., Any]) -> None:
    connection = connect()
    connection.execute("CREATE TABLE many (id INTEGER PRIMARY KEY, label TEXT)")
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO many VALUES (?, ?)", [(i, f"n{i}") for i in range(300)])
    assert cursor.rowcount == 300
    assert connection.execute("SELECT COUNT(*), MAX(id) FROM many").fetchall() == [(300, 299)]
    with pytest.raises(sqlshim.IntegrityError):
        connection.execute("INSERT INTO many VALUES (7, 'again')")
    connection.execute("DROP TABLE many")


def test_a_name_that_cassandra_does_not_take_is_told(store: Backend) -> None:
    wrong = TableDefinition("odd t", PEOPLE.columns, PEOPLE.primary_key)
    with pytest.raises(ProgrammingError, match=r"refused the request: .*odd t"):
        store.create_table(wrong)
