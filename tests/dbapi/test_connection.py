"""Connections: transactions, several stores, settings, cancelling, timeouts, streaming, depth."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Iterator

import pytest

import sqlshim
from sqlshim import engine

COUNT = "SELECT count(*) FROM people"
NUMBERS = "(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS {}(n)"


def rows(power: int) -> str:
    """A FROM clause of 10 ** power rows that cost next to nothing to make."""
    return ", ".join(NUMBERS.format(f"t{i}") for i in range(power))


# --- transactions --------------------------------------------------------------------------


def test_rollback_undoes_rows_and_tables(connection: sqlshim.Connection) -> None:
    connection.execute("INSERT INTO people (id) VALUES (5)")
    connection.execute("CREATE TABLE new (a int)")
    connection.rollback()
    assert connection.execute(COUNT).fetchall() == [(4,)]
    assert connection.tables() == ["empty", "people"]


def test_commit_keeps_what_was_written(connection: sqlshim.Connection) -> None:
    connection.execute("INSERT INTO people (id) VALUES (5)")
    connection.commit()
    connection.rollback()
    assert connection.execute(COUNT).fetchall() == [(5,)]


def test_a_transaction_sees_its_own_writes(connection: sqlshim.Connection) -> None:
    connection.execute("INSERT INTO people (id) VALUES (5)")
    assert connection.execute(COUNT).fetchall() == [(5,)]


def test_autocommit_keeps_each_statement() -> None:
    connection = sqlshim.connect("memory://", autocommit=True)
    connection.execute("CREATE TABLE t (a int)")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.rollback()
    assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
    connection.close()


def test_with_commits_and_stays_open(connection: sqlshim.Connection) -> None:
    with connection:
        connection.execute("INSERT INTO people (id) VALUES (5)")
    connection.rollback()
    assert connection.execute(COUNT).fetchall() == [(5,)]


def test_with_rolls_back_after_an_exception(connection: sqlshim.Connection) -> None:
    with pytest.raises(sqlshim.DataError), connection:  # noqa: PT012 - two statements are the point
        connection.execute("INSERT INTO people (id) VALUES (5)")
        connection.execute("SELECT 1 / (id - id) FROM people").fetchall()
    assert connection.execute(COUNT).fetchall() == [(4,)]


def test_a_closed_connection_cannot_be_used(connection: sqlshim.Connection) -> None:
    connection.close()
    connection.close()
    for use in (connection.cursor, connection.commit, connection.rollback, connection.tables):
        with pytest.raises(sqlshim.InterfaceError, match="the connection is closed"):
            use()
    assert connection.closed


# --- inspection and settings ---------------------------------------------------------------


def test_tables_and_columns_are_told(connection: sqlshim.Connection) -> None:
    assert connection.tables() == ["empty", "people"]
    assert connection.columns("People") == [
        ("id", "INTEGER", False, "primary key"),
        ("name", "TEXT", True, ""),
        ("age", "INTEGER", True, ""),
        ("born", "DATE", True, ""),
    ]


@pytest.mark.parametrize("pushdown", ["auto", "always", "never"])
def test_every_pushdown_gives_the_same_answer(
    connection: sqlshim.Connection, pushdown: str
) -> None:
    connection.pushdown = pushdown
    sql = "SELECT age, count(*) FROM people WHERE id < 4 GROUP BY age ORDER BY age"
    assert (connection.pushdown, connection.execute(sql).fetchall()) == (
        pushdown,
        [(31, 2), (42, 1)],
    )


def test_pushdown_never_leaves_the_store_only_the_reading(connection: sqlshim.Connection) -> None:
    sql = "EXPLAIN SELECT name FROM people WHERE age > 31"
    first = connection.execute(sql).fetchone()
    connection.pushdown = "never"
    second = connection.execute(sql).fetchone()
    assert (first, second) == (("Remote",), ("Project name",))


def test_an_unknown_pushdown_is_refused(connection: sqlshim.Connection) -> None:
    with pytest.raises(sqlshim.InterfaceError, match="pushdown must be one of"):
        connection.pushdown = "sometimes"
    assert connection.pushdown == "auto"


def test_the_dialect_may_change_between_statements(connection: sqlshim.Connection) -> None:
    connection.dialect = "mysql"
    assert connection.execute('SELECT "a", `name` FROM `people` LIMIT 1, 1').fetchall() == [
        ("a", "Bob")
    ]
    with pytest.raises(sqlshim.InterfaceError, match="unknown dialect"):
        connection.dialect = "mysq"


def test_a_repeated_statement_is_prepared_once(connection: sqlshim.Connection) -> None:
    world = connection._world
    sql = "SELECT name FROM people WHERE age = ?"
    first, _ = engine.prepare(sql, [31], world)
    second, values = engine.prepare(sql, [42], world)
    other, _ = engine.prepare(sql, [1.5], world)
    assert (second is first, other is first, values) == (True, False, (42,))


def test_a_new_table_makes_prepared_statements_stale(connection: sqlshim.Connection) -> None:
    assert connection.execute("SELECT * FROM empty").fetchall() == []
    connection.execute("DROP TABLE empty")
    connection.execute("CREATE TABLE empty (b text, c int)")
    assert connection.execute("SELECT * FROM empty").description[0][0] == "b"


def test_no_repr_shows_a_password(connection: sqlshim.Connection) -> None:
    assert repr(connection) == "<sqlshim.Connection to <DuckStore duckdb>>"


# --- several stores ------------------------------------------------------------------------


@pytest.fixture
def both() -> Iterator[sqlshim.Connection]:
    connection = sqlshim.connect({"shop": "memory://", "crm": "memory://"})
    connection.execute("CREATE TABLE shop.orders (id int PRIMARY KEY, person int, total int)")
    connection.execute("CREATE TABLE crm.people (id int PRIMARY KEY, name text)")
    connection.execute("CREATE TABLE shop.same (a int)")
    connection.execute("CREATE TABLE crm.same (a int)")
    connection.execute("INSERT INTO shop.orders VALUES (1, 7, 10), (2, 7, 20), (3, 8, 30)")
    connection.execute("INSERT INTO crm.people VALUES (7, 'Ann'), (9, 'Bob')")
    yield connection
    connection.close()


def test_tables_are_named_by_store(both: sqlshim.Connection) -> None:
    assert both.tables() == ["shop.orders", "shop.same", "crm.people", "crm.same"]


@pytest.mark.parametrize("pushdown", ["auto", "always", "never"])
def test_a_join_over_two_stores_answers(both: sqlshim.Connection, pushdown: str) -> None:
    both.pushdown = pushdown
    sql = """SELECT p.name, sum(o.total) AS sum FROM crm.people p
             LEFT JOIN shop.orders o ON o.person = p.id GROUP BY p.name ORDER BY 1"""
    assert both.execute(sql).fetchall() == [("Ann", 30), ("Bob", None)]


def test_a_name_that_one_store_has_needs_no_store(both: sqlshim.Connection) -> None:
    sql = "SELECT count(*) FROM people, orders WHERE orders.person = people.id"
    assert both.execute(sql).fetchall() == [(2,)]


def test_a_name_that_two_stores_have_is_ambiguous(both: sqlshim.Connection) -> None:
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        both.execute("SELECT a FROM same")
    assert (caught.value.sqlstate, caught.value.hint) == (
        "42P09",
        "It could be shop.same or crm.same; qualify or quote it.",
    )


def test_a_new_table_needs_its_store(both: sqlshim.Connection) -> None:
    with pytest.raises(sqlshim.ProgrammingError, match="in which store is the table to be made"):
        both.execute("CREATE TABLE t (a int)")


def test_an_insert_may_read_the_other_store(both: sqlshim.Connection) -> None:
    both.execute("INSERT INTO crm.same SELECT total FROM shop.orders")
    assert both.execute("SELECT sum(a) FROM crm.same").fetchall() == [(60,)]


# --- streaming, cancelling, timeouts, depth ------------------------------------------------


def test_a_cursor_over_a_million_rows_holds_a_bounded_number(
    connection: sqlshim.Connection,
) -> None:
    cursor = connection.execute(f"SELECT t0.n, 'some text' FROM {rows(6)}")
    tracemalloc.start()
    seen = sum(1 for _ in cursor)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == 1_000_000
    assert peak < 30_000_000  # all of them would be ten times that


def test_the_first_rows_come_before_the_last_are_made(connection: sqlshim.Connection) -> None:
    began = time.monotonic()
    cursor = connection.execute(f"SELECT t0.n FROM {rows(9)}")
    assert len(cursor.fetchmany(10)) == 10
    cursor.close()
    assert time.monotonic() - began < 5


ENDLESS = {
    "a large join": f"SELECT count(*), max(t0.n + t1.n * t2.n) FROM {rows(12)}",
    "a recursion without end": "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 1 - n FROM t) "
    "SELECT count(*) FROM t",
}
endless = pytest.mark.parametrize("endless", ENDLESS.values(), ids=ENDLESS)


@endless
def test_cancel_from_another_thread_ends_the_statement(
    connection: sqlshim.Connection, endless: str
) -> None:
    threading.Timer(0.3, connection.cancel).start()
    began = time.monotonic()
    with pytest.raises(sqlshim.OperationalError) as caught:
        connection.execute(endless).fetchall()
    assert (caught.value.sqlstate, time.monotonic() - began < 5) == ("57014", True)
    assert str(caught.value) == "canceling statement due to user request"
    assert connection.execute("SELECT 1").fetchall() == [(1,)]


@endless
def test_a_timeout_ends_the_statement(endless: str) -> None:
    connection = sqlshim.connect("memory://", timeout=0.3)
    began = time.monotonic()
    with pytest.raises(sqlshim.OperationalError) as caught:
        connection.execute(endless).fetchall()
    assert (caught.value.sqlstate, time.monotonic() - began < 5) == ("57014", True)
    assert "statement timeout (0.3 s)" in str(caught.value)
    connection.close()


MANY = range(5, 20_000)
LARGE = {
    "OR": "SELECT count(*) FROM people WHERE id = 1 OR " + " OR ".join(f"id = {n}" for n in MANY),
    "IN": f"SELECT count(*) FROM people WHERE id IN (1, {', '.join(map(str, MANY))})",
    "UNION of 1,000": "SELECT count(*) FROM (" + " UNION ".join(["SELECT 1"] * 1000) + ") AS t",
    "300 parentheses": "SELECT " + "(" * 300 + "1" + ")" * 300,
}


@pytest.mark.parametrize("statement", LARGE.values(), ids=LARGE)
def test_a_large_statement_answers(connection: sqlshim.Connection, statement: str) -> None:
    assert connection.execute(statement).fetchall() == [(1,)]


TOO_DEEP = {
    "derived tables": "SELECT * FROM " + "(SELECT * FROM " * 1000 + "people" + ") AS x" * 1000,
    "parentheses": "SELECT " + "(" * 1000 + "1" + ")" * 1000,
    "sums": "SELECT " + "id + " * 5000 + "1 FROM people",
    "scalar subqueries": "SELECT " + "(SELECT " * 500 + "1" + ")" * 500,
    "EXCEPT": " EXCEPT ".join(["SELECT 1"] * 1000),
}


@pytest.mark.parametrize("statement", TOO_DEEP.values(), ids=TOO_DEEP)
def test_what_is_too_deep_is_a_programming_error(
    connection: sqlshim.Connection, statement: str
) -> None:
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        connection.execute(statement).fetchall()
    assert caught.value.sqlstate == "54001"


def test_many_parameters_are_quick(connection: sqlshim.Connection) -> None:
    values = list(range(5000))
    began = time.monotonic()
    sql = f"SELECT count(*) FROM people WHERE id IN ({', '.join('?' * len(values))})"
    assert connection.execute(sql, values).fetchall() == [(4,)]
    assert time.monotonic() - began < 5
