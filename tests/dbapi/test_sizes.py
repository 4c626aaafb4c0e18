"""Statements of unreasonable size: an answer or a ProgrammingError, never a RecursionError."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import sqlshim


@pytest.fixture(scope="module")
def cursor() -> Iterator[sqlshim.Cursor]:
    with sqlshim.connect("memory://") as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        cursor.execute("INSERT INTO t VALUES (1, 'x'), (2, 'y'), (30000, 'x'), (NULL, 'x')")
        yield cursor


LONG = {
    "an OR of equalities": (" OR ".join(f"a = {i}" for i in range(10_000)), 2),
    "an OR of pairs": (" OR ".join(f"(a = {i} AND b = 'x{i}')" for i in range(3_000)), 0),
    "an OR of pairs, some of them there": (
        " OR ".join(f"(a = {i} AND b = '{'yx'[i % 2]}')" for i in range(3_000)),
        2,
    ),
    "rows in a list": ("(a, b) IN (" + ", ".join(f"({i}, 'y')" for i in range(5_000)) + ")", 1),
    "an AND of inequalities": (" AND ".join(f"a <> {i}" for i in range(10_000)), 1),
    "a long IN": (f"a IN ({', '.join(map(str, range(20_000)))})", 2),
    "a long NOT IN": (f"a NOT IN ({', '.join(map(str, range(10_000)))})", 1),
}


@pytest.mark.parametrize(("condition", "rows"), LONG.values(), ids=LONG.keys())
def test_a_long_condition_is_answered(cursor: sqlshim.Cursor, condition: str, rows: int) -> None:
    cursor.execute(f"SELECT * FROM t WHERE {condition}")
    assert len(cursor.fetchall()) == rows


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (" UNION ALL ".join(["SELECT 1 AS a"] * 2_000), 2_000),
        (f"SELECT {', '.join(f'a + {i} AS c{i}' for i in range(2_000))} FROM t WHERE a = 1", 1),
        (f"SELECT CASE a {' '.join(f'WHEN {i} THEN {-i}' for i in range(5_000))} END FROM t", 4),
    ],
    ids=["arms of a UNION", "columns", "arms of a CASE"],
)
def test_a_long_list_is_answered(cursor: sqlshim.Cursor, sql: str, rows: int) -> None:
    cursor.execute(sql)
    assert len(cursor.fetchall()) == rows


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT {'(' * 1000}1{')' * 1000}",
        f"SELECT {'abs(' * 1000}a{')' * 1000} FROM t",
        f"SELECT {'+'.join('a' * 10_000)} FROM t",
        f"SELECT * FROM t WHERE {'NOT ' * 1000}a = 1",
        f"SELECT {'CASE WHEN a = 1 THEN 2 ELSE ' * 1000}3{' END' * 1000} FROM t",
        f"SELECT * FROM {'(SELECT * FROM ' * 1000}t{') x' * 1000}",
        f"SELECT a FROM t WHERE a IN ({'SELECT a FROM t WHERE a IN (' * 1000}1{')' * 1001}",
    ],
    ids=["parentheses", "calls", "a sum", "NOT", "CASE", "tables", "subqueries"],
)
def test_what_is_nested_too_deep_is_told(cursor: sqlshim.Cursor, sql: str) -> None:
    with pytest.raises(sqlshim.ProgrammingError) as caught:
        cursor.execute(sql)
    assert caught.value.sqlstate == "54001"
