"""UPDATE, DELETE, TRUNCATE and RETURNING on the embedded stores; the others refuse them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import sqlshim
from sqlshim import errors


@pytest.fixture
def connection() -> Iterator[sqlshim.Connection]:
    with sqlshim.connect("memory://") as opened:
        opened.execute("CREATE TABLE t (id integer PRIMARY KEY, a integer, b text)")
        opened.execute("INSERT INTO t VALUES (1, 1, 'x'), (2, 1, 'y'), (3, NULL, 'z')")
        opened.execute("CREATE TABLE s (id integer, v integer)")
        opened.execute("INSERT INTO s VALUES (1, 10), (1, 10), (2, 20), (9, 9)")
        opened.commit()
        yield opened


def _table(connection: sqlshim.Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT * FROM t ORDER BY id").fetchall()


def test_an_update_changes_the_rows_it_chooses(connection: sqlshim.Connection) -> None:
    cursor = connection.execute("UPDATE t SET a = a + ?, b = upper(b) WHERE id < ?", (5, 3))
    assert (cursor.rowcount, cursor.description) == (2, None)
    assert _table(connection) == [(1, 6, "X"), (2, 6, "Y"), (3, None, "z")]


def test_every_value_of_an_update_is_that_before_it(connection: sqlshim.Connection) -> None:
    connection.execute("UPDATE t SET a = id, id = a + 10 WHERE id = 1")
    assert _table(connection)[-1] == (11, 1, "x")


def test_a_key_may_move_to_that_of_another_row(connection: sqlshim.Connection) -> None:
    connection.execute("UPDATE t SET id = id + 1")
    assert [row[0] for row in _table(connection)] == [2, 3, 4]


def test_an_update_from_another_table(connection: sqlshim.Connection) -> None:
    cursor = connection.execute(
        "UPDATE t AS x SET a = s.v FROM s WHERE s.id = x.id RETURNING x.*, s.v + 1 AS more"
    )
    assert [c[0] for c in cursor.description or ()] == ["id", "a", "b", "more"]
    assert sorted(cursor.fetchall()) == [(1, 10, "x", 11), (2, 20, "y", 21)]


def test_rows_in_set_and_a_subquery_and_a_cte(connection: sqlshim.Connection) -> None:
    sql = "UPDATE t SET (a, b) = (5, DEFAULT) WHERE id = (SELECT MAX(id) FROM t) RETURNING a, b"
    assert connection.execute(sql).fetchall() == [(5, None)]
    sql = "WITH w AS (SELECT 7 AS n) UPDATE t SET a = n FROM w WHERE id = 1 RETURNING a"
    assert connection.execute(sql).fetchall() == [(7,)]


def test_a_delete_and_what_it_returns(connection: sqlshim.Connection) -> None:
    sql = "DELETE FROM t USING s WHERE s.id = t.id AND t.id = 1 RETURNING t.id, b"
    cursor = connection.execute(sql)
    assert (cursor.rowcount, cursor.fetchall()) == (1, [(1, "x")])
    assert connection.execute("DELETE FROM t WHERE a IS NULL").rowcount == 1
    assert _table(connection) == [(2, 1, "y")]


def test_an_insert_returns_the_rows_it_made(connection: sqlshim.Connection) -> None:
    cursor = connection.execute("INSERT INTO t (id) VALUES (7), (8) RETURNING id * 2 AS d, b")
    assert (cursor.rowcount, cursor.fetchall()) == (2, [(14, None), (16, None)])


def test_truncate_empties_tables(connection: sqlshim.Connection) -> None:
    connection.execute("TRUNCATE TABLE t, s")
    assert _table(connection) == []
    connection.rollback()
    assert len(_table(connection)) == 3


def test_a_rollback_undoes_changes_and_autocommit_keeps_them(
    connection: sqlshim.Connection,
) -> None:
    connection.execute("DELETE FROM t")
    connection.rollback()
    connection.autocommit = True
    connection.execute("UPDATE t SET b = 'new' WHERE id = 1 RETURNING b").fetchall()
    connection.autocommit = False
    connection.rollback()
    assert _table(connection)[0] == (1, 1, "new")


def test_executemany_updates_with_each_set(connection: sqlshim.Connection) -> None:
    cursor = connection.cursor()
    cursor.executemany("UPDATE t SET b = ? WHERE id = ?", [("one", 1), ("two", 2)])
    assert [row[2] for row in _table(connection)] == ["one", "two", "z"]


@pytest.mark.parametrize(
    ("sql", "error", "text"),
    [
        ("UPDATE t SET nope = 1", errors.UnknownColumn, "nope"),
        ("UPDATE nope SET a = 1", errors.UnknownTable, "nope"),
        ("UPDATE t SET a = 'x'", errors.DataError, "invalid input syntax"),
        ("UPDATE t SET b = 1 = 1, a = true", errors.TypeMismatch, "type integer"),
        ("UPDATE t SET a = 1, a = 2", errors.ProgrammingError, "multiple assignments"),
        ("UPDATE t SET a = count(*)", errors.GroupingError, "UPDATE"),
        ("UPDATE t SET id = NULL", errors.NotNullViolation, "id"),
        ("UPDATE t SET id = 1", errors.UniqueViolation, "duplicate key"),
        ("UPDATE t SET (a, b) = (SELECT 1, 2)", errors.NotSupportedError, "one by one"),
        ("DELETE FROM t WHERE nope = 1", errors.UnknownColumn, "nope"),
        ("DELETE FROM t ORDER BY a LIMIT 1", errors.NotSupportedError, "subquery"),
        ("DELETE FROM t RETURNING nope", errors.UnknownColumn, "nope"),
        ("TRUNCATE nope", errors.UnknownTable, "nope"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(
    sql: str, error: type[Exception], text: str, connection: sqlshim.Connection
) -> None:
    with pytest.raises(error, match=text):
        connection.execute(sql)
    connection.rollback()
    assert _table(connection) == [(1, 1, "x"), (2, 1, "y"), (3, None, "z")]


def test_a_read_only_connection_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "cities.csv").write_text("id,name\n1,Oslo\n")
    with sqlshim.connect(f"file://{tmp_path}", read_only=True) as opened:
        for sql in ("UPDATE cities SET id = 2", "DELETE FROM cities", "TRUNCATE cities"):
            with pytest.raises(errors.ProgrammingError, match="read_only"):
                opened.execute(sql)


def test_files_change_when_it_is_committed(tmp_path: Path) -> None:
    (tmp_path / "cities.csv").write_text("id,name\n1,Oslo\n2,Rome\n")
    with sqlshim.connect(f"file://{tmp_path}") as opened:
        opened.execute("UPDATE cities SET name = 'Roma' WHERE id = 2")
        opened.execute("DELETE FROM cities WHERE id = 1")
        assert "Rome" in (tmp_path / "cities.csv").read_text()
        opened.commit()
    assert (tmp_path / "cities.csv").read_text().splitlines() == ["id,name", "2,Roma"]


@pytest.mark.parametrize("store", ["mongodb", "cassandra"])
def test_a_store_without_locators_refuses(store: str, request: pytest.FixtureRequest) -> None:
    uri = request.getfixturevalue("mongo_uri" if store == "mongodb" else "cassandra_uri")
    with sqlshim.connect(uri, autocommit=True) as opened:
        opened.execute("DROP TABLE IF EXISTS changes")
        opened.execute("CREATE TABLE changes (id integer PRIMARY KEY)")
        try:
            with pytest.raises(errors.NotSupportedError, match="UPDATE of 'changes'"):
                opened.execute("UPDATE changes SET id = 1")
        finally:
            opened.execute("DROP TABLE changes")
