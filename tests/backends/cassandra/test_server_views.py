"""A materialized view answers a query on its base table where its key finds the rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

import sqlshim

MODES = ["auto", "always", "never"]


@pytest.fixture(scope="module", autouse=True)
def _people(cql: Any) -> None:
    cql.execute(
        "CREATE TABLE people (id int, n int, city text, age int, name text, secret text, "
        "tags set<text>, PRIMARY KEY (id, n))"
    )
    keys = "id IS NOT NULL AND n IS NOT NULL"
    cql.execute(
        "CREATE MATERIALIZED VIEW by_city AS SELECT id, n, city, age, name FROM people "
        f"WHERE city IS NOT NULL AND {keys} PRIMARY KEY (city, id, n)"
    )
    cql.execute(
        "CREATE MATERIALIZED VIEW grown AS SELECT id, n, name, age FROM people "
        f"WHERE name IS NOT NULL AND {keys} AND n > 2 PRIMARY KEY (name, id, n)"
    )
    cql.execute(
        "CREATE MATERIALIZED VIEW by_n AS SELECT * FROM people "
        f"WHERE age IS NOT NULL AND {keys} PRIMARY KEY (n, age, id)"
    )
    for i in range(40):
        city = f"'c{i % 4}'" if i % 5 else "null"
        age = i if i % 3 else "null"
        cql.execute(
            "INSERT INTO people (id, n, city, age, name, secret, tags) "
            f"VALUES ({i}, {i % 6}, {city}, {age}, 'p{i % 7}', 's', {{'t{i}'}})"
        )
    for _ in range(200):  # views follow their table
        (counted,) = cql.execute("SELECT COUNT(*) FROM by_city")
        (other,) = cql.execute("SELECT COUNT(*) FROM by_n")
        if (counted[0], other[0]) == (32, 26):
            return
        time.sleep(0.05)


BY_VIEW = [
    ("SELECT id, n, name FROM people WHERE city = 'c1' ORDER BY id", "whole partition", "by_city"),
    ("SELECT id FROM people WHERE city = 'c1' AND id > 20 ORDER BY id", "slice", "by_city"),
    ("SELECT name FROM people WHERE city = 'c1' AND age < 30 ORDER BY id, 1", "", "by_city"),
    ("SELECT id FROM people WHERE city IN ('c1', 'c2') ORDER BY id", "several", "by_city"),
    ("SELECT count(*), min(age), sum(age) FROM people WHERE city = 'c2'", "", "by_city"),
    ("SELECT id, secret, tags FROM people WHERE n = 2 AND age > 7 ORDER BY id", "slice", "by_n"),
    ("SELECT id FROM people WHERE n = 2 AND age = 8", "slice", "by_n"),
    ("SELECT p.id FROM people p WHERE city = 'c1' AND name LIKE 'p1%' ORDER BY 1", "", "by_city"),
]
BY_TABLE = [
    "SELECT id, secret FROM people WHERE city = 'c1' ORDER BY id",  # the view has no such column
    "SELECT id FROM people WHERE city = 'c1' AND secret = 's' ORDER BY id",
    "SELECT id FROM people WHERE name = 'p1' ORDER BY id",  # the view leaves rows out
    "SELECT id FROM people WHERE n = 2 ORDER BY id",  # rows without an age are not in the view
    "SELECT id FROM people WHERE id = 5 AND city = 'c1'",  # found by its own key
    "SELECT id FROM people WHERE city > 'c1' ORDER BY id",
    "SELECT id FROM people WHERE city IS NULL ORDER BY id",
    "SELECT id, count(*) FROM people WHERE city = 'c1' GROUP BY id ORDER BY id",
    "SELECT token(id) FROM people WHERE city = 'c1' ORDER BY 1",
]


@pytest.mark.parametrize("pushdown", MODES)
@pytest.mark.parametrize(("sql", "path", "view"), BY_VIEW, ids=[sql for sql, _, _ in BY_VIEW])
def test_the_view_finds_the_rows(
    uri: str, connect: Callable[..., Any], sql: str, path: str, view: str, pushdown: str
) -> None:
    scans = "forbid" if pushdown == "auto" else "allow"
    with sqlshim.connect(f"{uri}&views=true", full_scan=scans, pushdown=pushdown) as connection:
        if pushdown != "never":
            shown = _explained(connection, sql)
            assert f"of the view {view}" in shown
            assert path in shown
        rows = connection.execute(sql).fetchall()
    assert rows == connect(pushdown="never").execute(sql).fetchall()


@pytest.mark.parametrize("sql", BY_TABLE)
def test_a_view_that_lacks_something_is_left_alone(
    uri: str, connect: Callable[..., Any], sql: str
) -> None:
    with sqlshim.connect(f"{uri}&views=true", full_scan="allow") as connection:
        assert "of the view" not in _explained(connection, sql)
        rows = connection.execute(sql).fetchall()
    assert rows == connect(pushdown="never").execute(sql).fetchall()


def test_without_the_option_the_table_is_scanned_and_the_view_named(uri: str) -> None:
    sql = "SELECT id FROM people WHERE city = 'c1'"
    with sqlshim.connect(uri, full_scan="forbid") as connection:
        assert "of the view" not in _explained(connection, sql)
        with pytest.raises(sqlshim.OperationalError) as caught:
            connection.execute(sql).fetchall()
    assert caught.value.sqlstate == "54000"
    assert caught.value.hint == (
        "restrict the partition key (id) by = or IN, "
        "or ask the view by_city by city (or connect with views=true), "
        "or ask the view by_n by n (or connect with views=true)"
    )


def test_a_view_that_is_dropped_is_not_asked(cql: Any, uri: str) -> None:
    cql.execute("CREATE TABLE short (k int PRIMARY KEY, x int)")
    cql.execute("INSERT INTO short (k, x) VALUES (1, 5)")
    cql.execute(
        "CREATE MATERIALIZED VIEW by_x AS SELECT k, x FROM short "
        "WHERE x IS NOT NULL AND k IS NOT NULL PRIMARY KEY (x, k)"
    )
    sql = "SELECT k FROM short WHERE x = 5"
    with sqlshim.connect(f"{uri}&views=true", full_scan="allow") as connection:
        assert "of the view by_x" in _explained(connection, sql)
        cql.execute("DROP MATERIALIZED VIEW by_x")
        until = time.monotonic() + 10
        while "of the view" in _explained(connection, sql) and time.monotonic() < until:
            time.sleep(0.02)
        assert connection.execute(sql).fetchall() == [(1,)]


def _explained(connection: Any, sql: str) -> str:
    return "\n".join(line for (line,) in connection.execute(f"EXPLAIN {sql}").fetchall())
