"""Statements of unreasonable size on every store: the right answer or a ProgrammingError.

The bound is on this process's own work, so that a busy machine does not matter.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit, urlunsplit

import pytest

import sqlshim

SECONDS = 30
STORES = ["memory auto", "mongo always", "mongo auto", "mongo never", "cassandra auto"]
CONDITIONS = {
    "an OR of pairs": (" OR ".join(f"(a = {i} AND b = 'x')" for i in range(10_000)), 2),
    "an OR of pairs and patterns": (
        " OR ".join(f"(a = {i} AND b LIKE 'x{i}%')" for i in range(2_000)),
        0,
    ),
    "an OR of this and that": (
        " OR ".join(f"a = {i} OR b LIKE 'z{i}%'" for i in range(2_000)),
        2,
    ),
    "an AND of inequalities": (" AND ".join(f"a <> {i}" for i in range(2, 10_002)), 1),
    "an AND of ORs": (" AND ".join(f"(a <> {i} OR b <> 'x')" for i in range(2_000)), 2),
    "a long IN": (f"a IN ({', '.join(map(str, range(100_000)))})", 3),
    "a long NOT IN": (f"a NOT IN ({', '.join(map(str, range(2, 100_002)))})", 1),
    "a long IN with NULL": (f"a IN (NULL, {', '.join(map(str, range(2, 100_000)))})", 2),
    "a long NOT IN with NULL": (f"a NOT IN ({', '.join(map(str, range(2, 100_000)))}, NULL)", 0),
    "a long IN with casts": (
        f"a IN ({', '.join(map(str, range(9, 100_000)))}, '1'::int, CAST(2 AS bigint), ABS(-7))",
        3,
    ),
    "a long IN of casts": (
        f"a NOT IN ({', '.join(f'{i}::int' for i in range(2, 100_000))}, '3000')",
        1,
    ),
    "a long IN of texts": ("b IN ('y" + "', 'y".join(map(str, range(100_000))) + "', 'y')", 1),
    "a long IN beside others": (f"b = 'x' OR a IN ({', '.join(map(str, range(2, 50_000)))})", 3),
    "a long IN in a value": (
        f"CASE WHEN a IN ({', '.join(map(str, range(2, 9_000)))}) THEN a END > 2",
        1,
    ),
}
UNIONS = {
    "points": ("SELECT a FROM t WHERE a = {}", 5_000, 3),
    "the same again": ("SELECT a FROM t WHERE a = 1 AND b < 'y{}' AND a <> 7", 300, 300),
    "values of each": ("SELECT a + {}, 'x{}' FROM t WHERE b = 'x'", 300, 600),
    "rows": ("SELECT {} AS a, 'x{}' AS b", 5_000, 5_000),
    "rows with NULL": ("SELECT {0} AS a, NULLIF('{0}', '7') AS b", 300, 300),
}
DIFFERENT = " UNION ALL ".join(
    f"SELECT a FROM t WHERE a = {i}"
    + "".join(f" {'AND' if i >> k & 1 else 'OR'} a <> {k}" for k in range(11))
    for i in range(1_500)
)
NESTED = [
    f"SELECT {'(' * 1000}1{')' * 1000}",
    f"SELECT {'abs(' * 1000}a{')' * 1000} FROM t",
    f"SELECT * FROM t WHERE {'NOT (' * 1000}a = 1{')' * 1000}",
    f"SELECT {'CASE WHEN a = 1 THEN 2 ELSE ' * 1000}3{' END' * 1000} FROM t",
    f"SELECT a FROM t WHERE a IN ({'SELECT a FROM t WHERE a IN (' * 1000}1{')' * 1001}",
    f"{'(' * 1000}SELECT 1{' UNION SELECT 2)' * 1000}",
    f"SELECT {'ARRAY[' * 1000}1{']' * 1000}",
]
DEEP = f"SELECT a FROM t WHERE a IN ({'SELECT a FROM t WHERE a IN (' * 25}1{')' * 26}"


@pytest.fixture(scope="module", params=STORES)
def cursor(request: pytest.FixtureRequest) -> Iterator[sqlshim.Cursor]:
    store, pushdown = request.param.split()
    uri = "memory://" if store == "memory" else request.getfixturevalue(f"{store}_uri")
    if store == "mongo":
        uri = urlunsplit(urlsplit(uri)._replace(path="/test_sizes"))
    with sqlshim.connect(uri, pushdown=pushdown, full_scan="allow", autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute("DROP TABLE IF EXISTS t")
        cursor.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
        cursor.execute("INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3000, 'x')")
        yield cursor
        cursor.execute("DROP TABLE t")


def rows(cursor: sqlshim.Cursor, sql: str, arguments: Sequence[object] | None = None) -> int:
    """How many there are, found in time."""
    started = time.process_time()
    cursor.execute(sql, arguments)
    found = len(cursor.fetchall())
    assert time.process_time() - started < SECONDS
    return found


@pytest.mark.parametrize(("condition", "wanted"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_a_long_condition_is_answered(cursor: sqlshim.Cursor, condition: str, wanted: int) -> None:
    assert rows(cursor, f"SELECT * FROM t WHERE {condition}") == wanted


def test_a_long_list_of_wrong_casts_is_refused(cursor: sqlshim.Cursor) -> None:
    days = ", ".join(["DATE '2024-01-01'"] * 1_000)
    with pytest.raises(sqlshim.ProgrammingError, match="integer = date"):
        cursor.execute(f"SELECT * FROM t WHERE a IN ({days})")
    with pytest.raises(sqlshim.DataError, match="2024-02-30"):
        cursor.execute(f"SELECT CURRENT_DATE IN ({days}, DATE '2024-02-30')")


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [(f"a IN ({', '.join(['?'] * 100_000)})", 2), ("a = ANY(?)", 2), ("NOT (a = ANY(?))", 1)],
    ids=["placeholders", "ANY", "not ANY"],
)
def test_a_long_list_of_arguments_is_answered(
    cursor: sqlshim.Cursor, condition: str, wanted: int
) -> None:
    keys = list(range(2, 100_002))
    arguments = keys if "IN" in condition else [keys]
    assert rows(cursor, f"SELECT * FROM t WHERE {condition}", arguments) == wanted
    nothing = [None] * len(keys) if "IN" in condition else [[None]]
    assert rows(cursor, f"SELECT * FROM t WHERE {condition}", nothing) == 0


@pytest.mark.parametrize(("arm", "arms", "wanted"), UNIONS.values(), ids=UNIONS.keys())
def test_a_union_of_many_is_answered(
    cursor: sqlshim.Cursor, arm: str, arms: int, wanted: int
) -> None:
    assert rows(cursor, " UNION ALL ".join(arm.format(i, i) for i in range(arms))) == wanted


def test_a_union_of_too_many_is_told(cursor: sqlshim.Cursor) -> None:
    with pytest.raises(sqlshim.ProgrammingError, match="more than 1000 queries") as caught:
        rows(cursor, DIFFERENT)
    assert caught.value.sqlstate == "54001"


def test_subqueries_in_one_another_are_answered(cursor: sqlshim.Cursor) -> None:
    assert rows(cursor, DEEP) == 1


def test_what_is_nested_too_deep_is_told(cursor: sqlshim.Cursor) -> None:
    for sql in NESTED:
        with pytest.raises(sqlshim.ProgrammingError) as caught:
            cursor.execute(sql)
        assert caught.value.sqlstate == "54001"
