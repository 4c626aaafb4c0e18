"""How many rows a table has is asked again when it may be another plan's: after many rows were
written, and from time to time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

import sqlshim
from sqlshim.catalog import catalog as catalogs
from sqlshim.catalog.catalog import COUNT_AGAIN, FEW, Catalog
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.types import INTEGER


class Counted:
    """A store with one table, whose size is set from outside."""

    schema_version = 0

    def __init__(self, rows: int | None) -> None:
        self.rows = rows
        self.asked = 0

    def table_names(self) -> list[str]:
        return ["t"]

    def load_table(self, name: str) -> Table | None:
        return Table("", "db", name, (TableColumn("a", INTEGER),), row_count=self.rows)

    def row_count(self, table: Table) -> int | None:
        self.asked += 1
        return self.rows

    def schemas(self) -> list[str]:
        return []


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(catalogs.time, "monotonic", lambda: now[0])
    return now


def opened(rows: int | None) -> tuple[Counted, Catalog, Callable[[], Table], int]:
    store = Counted(rows)
    catalog = Catalog({"": store})  # type: ignore[dict-item]
    catalog.refresh()

    def table() -> Table:
        return catalog.find([("t", False)])

    table()
    return store, catalog, table, catalog.version


@pytest.mark.parametrize(
    ("known", "written", "now", "again"),
    [
        (0, FEW, FEW, False),
        (0, FEW + 1, FEW + 1, True),
        (1000, 1000, 2000, False),
        (1000, 1001, 2001, True),
        (1000, 1001, 1500, False),  # asked, and about the size it had
        (100_000, 100_001, 10, True),
        (None, 10_000, 10_000, False),
    ],
)
def test_many_rows_written_make_another_version(
    clock: list[float], known: int | None, written: int, now: int, again: bool
) -> None:
    store, catalog, table, before = opened(known)
    store.rows = now
    catalog.wrote(table(), written)
    assert (catalog.version != before) is again
    assert table().row_count == (now if again else known)


def test_rows_written_add_up_and_are_counted_once(clock: list[float]) -> None:
    store, catalog, table, before = opened(0)
    store.rows = FEW + 1
    for _ in range(FEW + 1):
        assert catalog.version == before
        catalog.wrote(table(), 1)
    assert (catalog.version, store.asked) == (before + 1, 1)
    catalog.wrote(table(), FEW)
    assert (catalog.version, store.asked) == (before + 1, 1)


def test_another_table_of_that_name_is_not_meant(clock: list[float]) -> None:
    store, catalog, table, before = opened(0)
    store.rows = 10_000
    catalog.wrote(replace(table(), schema="other"), 10_000)
    assert (catalog.version, store.asked) == (before, 0)


@pytest.mark.parametrize(("now", "again"), [(50, False), (5000, True)])
def test_what_others_write_is_seen_in_time(clock: list[float], now: int, again: bool) -> None:
    store, catalog, _, before = opened(0)
    store.rows = now
    clock[0] += COUNT_AGAIN - 1
    assert (catalog.version, store.asked) == (before, 0)
    clock[0] += 2
    assert ((catalog.version != before), store.asked) == (again, 1)
    clock[0] += 1
    assert ((catalog.version != before), store.asked) == (again, 1)


# --- in stores -----------------------------------------------------------------------------


@contextmanager
def a_table(uri: str) -> Iterator[tuple[Any, str]]:
    name = f"counted_{uuid4().hex[:8]}"
    with sqlshim.connect(uri, autocommit=True, full_scan="allow") as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, name TEXT)")
        yield cursor, name
        cursor.execute(f"DROP TABLE {name}")


def plan(cursor: Any, sql: str) -> str:
    return "\n".join(row[0] for row in cursor.execute(f"EXPLAIN {sql}").fetchall())


@pytest.mark.parametrize("store", ["mongo", "cassandra"])
def test_a_table_that_was_filled_since_is_asked_by_key(
    store: str, request: pytest.FixtureRequest
) -> None:
    uri = str(request.getfixturevalue(f"{store}_uri"))
    with a_table(uri) as (cursor, name):
        sql = f"SELECT t.name FROM generate_series(1, 3) AS v(k) JOIN {name} AS t ON t.id = v.k"
        assert "keys from" not in plan(cursor, sql)
        assert cursor.execute(sql).fetchall() == []
        rows = [(i, f"n{i}") for i in range(1500)]
        cursor.executemany(f"INSERT INTO {name} VALUES (%s, %s)", rows)
        assert "keys from" in plan(cursor, sql)
        assert sorted(cursor.execute(sql).fetchall()) == [("n1",), ("n2",), ("n3",)]


def test_tables_of_the_local_engine_are_counted() -> None:
    def counted() -> int | None:
        assert catalog.version > 0
        return catalog.find([("few", False)]).row_count

    with sqlshim.connect("memory://", autocommit=True) as connection:
        catalog = connection._world.catalog
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE few (id INTEGER)")
        cursor.execute("INSERT INTO few SELECT n FROM generate_series(1, 5000) AS s(n)")
        assert counted() == 5000
        cursor.execute("DELETE FROM few WHERE id > 10")
        assert counted() == 5000
        cursor.execute("INSERT INTO few VALUES (1) RETURNING id").fetchall()
        cursor.execute("INSERT INTO few SELECT n FROM generate_series(1, 100) AS s(n)")
        assert counted() == 111
        cursor.execute("TRUNCATE few")
        assert counted() == 0
        cursor.execute("INSERT INTO few SELECT n FROM generate_series(1, 100) AS s(n)")
        assert counted() == 0  # a hundred are no reason for another plan
