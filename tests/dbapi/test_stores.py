"""The stores of an open connection: ATTACH, DETACH, and tables made of a query over them."""

from __future__ import annotations

import pytest

import sqlshim


@pytest.fixture
def attached(connection: sqlshim.Connection) -> sqlshim.Connection:
    connection.execute("ATTACH 'memory://' AS extra")
    return connection


def test_an_attached_store_is_one_to_write_to_and_join_with(attached: sqlshim.Connection) -> None:
    made = attached.execute(
        "CREATE TABLE extra.old AS SELECT id AS person FROM people WHERE age > 40"
    )
    assert made.rowcount == 1
    found = attached.execute("SELECT p.name FROM people p JOIN extra.old o ON o.person = p.id")
    assert found.fetchall() == [("Bob",)]


def test_the_uri_may_be_a_parameter(connection: sqlshim.Connection) -> None:
    connection.execute("ATTACH ? AS extra", ["memory://"])
    connection.execute("CREATE TABLE extra.t (a int)")
    assert "extra.t" in connection.tables()


def test_a_plain_name_means_the_first_store(attached: sqlshim.Connection) -> None:
    attached.execute("CREATE TABLE extra.people (id int)")
    assert attached.execute("SELECT count(*) FROM people").fetchone() == (4,)


def test_a_detached_store_is_gone(attached: sqlshim.Connection) -> None:
    attached.execute("CREATE TABLE extra.t (a int)")
    attached.execute("DETACH extra")
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        attached.execute("SELECT * FROM extra.t")
    assert caught.value.sqlstate == "42P01"


@pytest.mark.parametrize(
    ("sql", "sqlstate", "message"),
    [
        ("ATTACH 'memory://' AS Extra", "42P04", "a store named 'Extra' is attached already"),
        ("ATTACH 'memory://'", "42601", "ATTACH needs a name for the store"),
        ("ATTACH 'memory://' AS x (READ_ONLY)", "0A000", "ATTACH takes no options"),
        ("DETACH nothing", "3F000", "no store named 'nothing' is attached"),
        ("CREATE TEMP TABLE t AS SELECT 1 AS a", "0A000", "TEMPORARY is not supported yet"),
        ("CREATE OR REPLACE TABLE t (a int)", "0A000", "OR REPLACE TABLE is not supported"),
        ("CREATE TABLE t (a int) AS SELECT 1", "0A000", "takes names of columns"),
    ],
)
def test_what_is_refused(
    attached: sqlshim.Connection, sql: str, sqlstate: str, message: str
) -> None:
    with pytest.raises(sqlshim.Error, match=message) as caught:
        attached.execute(sql)
    assert caught.value.sqlstate == sqlstate


def test_detach_if_exists_is_content(connection: sqlshim.Connection) -> None:
    connection.execute("DETACH DATABASE IF EXISTS nothing")
    assert connection.tables() == ["empty", "people"]


def test_no_password_of_a_uri_is_shown(connection: sqlshim.Connection) -> None:
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        connection.execute("ATTACH 'mongodb://me:geheim@h/db' extra")
    assert "geheim" not in str(caught.value)
    assert caught.value.sqlstate == "42601"


def test_a_table_whose_query_fails_is_not_left_behind(connection: sqlshim.Connection) -> None:
    connection.autocommit = True
    with pytest.raises(sqlshim.DataError) as caught:
        connection.execute("CREATE TABLE half AS SELECT 10 / (id - 4) AS q FROM people")
    connection.rollback()
    assert caught.value.sqlstate == "22012"
    assert connection.tables() == ["empty", "people"]
