"""Long lists of keys on a real server: looked up by key, or too long for that, so that the table is
read and its rows tested. Both must say the same."""

from __future__ import annotations

import datetime as dt
import uuid
import warnings
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from sqlshim.backends.cassandra import compile as compiling

Connect = Callable[..., Any]
FIRST = uuid.UUID("8d2b0a60-0d1c-11ee-be56-0242ac120002")
SECOND = uuid.UUID("9e3c1b71-0d1c-11ee-be56-0242ac120002")
NOON = dt.datetime(2024, 2, 29, 12, 0, 0, 5000)

# For each type values that are stored and, in a list, some of them and others that no row has.
KEYS: dict[str, tuple[Sequence[Any], str, Sequence[Any]]] = {
    "int": ([1, -7, 2**31 - 1], "bigint[]", [1, 2**31 - 1, 2**40, None]),
    "bigint": ([1, -(2**63), 5], "numeric[]", [Decimal("1.0"), Decimal("5.5"), -(2**63)]),
    "smallint": ([1, 2, -32768], "integer[]", [2, -32768, 40000]),
    "varint": ([1, 10**30, -4], "", [10**30, -4, 5]),
    "text": (["a", "é", "a "], "text[]", ["a", "é", "", "A", None]),
    "ascii": (["a", "b"], "text[]", ["b", "é"]),
    "boolean": ([True, False], "boolean[]", [False, None]),
    "blob": ([b"a", b"\x00\xff"], "bytea[]", [b"\x00\xff", b""]),
    "date": ([dt.date(2024, 2, 29), dt.date(1, 1, 1)], "date[]", [dt.date(1, 1, 1)]),
    "timestamp": ([NOON, dt.datetime(1970, 1, 1)], "timestamp[]", [NOON, NOON.replace(year=2000)]),
    "uuid": ([FIRST, SECOND], "uuid[]", [SECOND]),
    "timeuuid": ([FIRST, SECOND], "uuid[]", [FIRST, uuid.UUID(int=4)]),
    "inet": (["127.0.0.1", "::1"], "text[]", ["::1", "0:0:0:0:0:0:0:1", "no address"]),
}


@pytest.fixture(scope="module", autouse=True)
def _tables(cql: Any) -> None:
    for native, (values, _, _) in KEYS.items():
        cql.execute(
            f"CREATE TABLE of_{native} "
            f"(k {native}, c int, s text static, v int, PRIMARY KEY (k, c))"
        )
        insert = cql.prepare(f"INSERT INTO of_{native} (k, c, s, v) VALUES (?, ?, ?, ?)")
        for n, value in enumerate(values):
            for c in range(3):
                cql.execute(insert, (value, c, f"s{n}", 10 * n + c))
    cql.execute("CREATE TABLE by_two (a int, b text, v int, PRIMARY KEY ((a, b)))")
    for a in range(4):
        for b in "xy":
            cql.execute("INSERT INTO by_two (a, b, v) VALUES (%s, %s, %s)", (a, b, a))


def both(
    connect: Connect, patch: pytest.MonkeyPatch, sql: str, items: Sequence[Any] | None
) -> tuple[list[Any], list[Any]]:
    """The rows of the lookup, and those of the scan that is made of it."""
    found = []
    for most, scans in ((compiling.MANY_KEYS, False), (-1, True)):
        patch.setattr(compiling, "MANY_KEYS", most)
        cursor = connect(full_scan="warn").cursor()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            cursor.execute(sql, (items,))
            found.append(sorted(cursor.fetchall(), key=repr))
        assert any("reads every row" in str(w.message) for w in said) == scans
    return found[0], found[1]


@pytest.mark.parametrize("select", ["*", "v", "c, k", "s, v"])
@pytest.mark.parametrize("native", KEYS)
def test_a_type(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, native: str, select: str
) -> None:
    values, array, items = KEYS[native]
    listed = f"CAST(%s AS {array})" if array else "%s"
    sql = f"SELECT {select} FROM of_{native} WHERE k = ANY({listed})"
    by_key, by_scan = both(connect, monkeypatch, sql, items)
    assert by_key == by_scan
    assert len(by_key) == 3 * sum(value in items for value in values) > 0


SHAPES = [
    "SELECT count(*), max(v) FROM of_int WHERE k = ANY(%s)",
    "SELECT k, count(*), sum(v) FROM of_int WHERE k = ANY(%s) GROUP BY k",
    "SELECT v FROM of_int WHERE k = ANY(%s) AND v > 1 AND c < 2",
    "SELECT v FROM of_int WHERE k = ANY(%s) AND s || 'x' <> 's0x'",
    "SELECT v FROM of_int WHERE k = ANY(%s) AND (c > 1 OR v = 1)",
    "SELECT 1 FROM of_int WHERE k = ANY(%s)",
    "SELECT v FROM of_int WHERE k = ANY(%s) ORDER BY v DESC LIMIT 2",
    "SELECT a, b, v FROM by_two WHERE a = ANY(%s) AND b = 'x'",
    "SELECT DISTINCT k FROM of_int WHERE k = ANY(%s)",
    "SELECT k, v FROM (SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY c) AS n FROM of_int "
    "WHERE k = ANY(%s)) t WHERE n <= 2",
]


@pytest.mark.parametrize("sql", SHAPES)
def test_a_shape(connect: Connect, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    by_key, by_scan = both(connect, monkeypatch, sql, [1, 2, -7])
    assert by_key == by_scan != []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT v FROM by_two WHERE a = ANY(%s) AND b IN ('x', 'z')",
        "SELECT t.v, o.v FROM by_two t JOIN of_int o ON o.k = t.a AND o.k = ANY(%s) AND t.b = 'y'",
    ],
    ids=["two lists", "a join"],
)
def test_without_pushdown_it_is_the_same(connect: Connect, sql: str) -> None:
    found = []
    for pushdown in ("auto", "never"):
        cursor = connect(pushdown=pushdown).cursor()
        cursor.execute(sql, ([1, 2, -7],))
        found.append(sorted(cursor.fetchall()))
    assert found[0] == found[1] != []


@pytest.mark.parametrize("items", [None, [], [None]], ids=["NULL", "empty", "of NULL"])
def test_no_list(connect: Connect, items: list[Any] | None) -> None:
    """Nothing is asked, although nothing could be looked up."""
    cursor = connect(full_scan="forbid").cursor()
    cursor.execute("SELECT v FROM of_int WHERE k = ANY(%s::int[])", (items,))
    assert cursor.fetchall() == []


def test_a_list_is_said_to_be_looked_up_beside_what_is_left(connect: Connect) -> None:
    cursor = connect(full_scan="forbid").cursor()
    cursor.execute("EXPLAIN SELECT v FROM of_int WHERE k = ANY(%s) AND upper(s) = 'S1'", ([1],))
    plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "several partitions by key" in plan
    assert "(a list too long for that is looked for in the whole table)" in plan
    cursor.execute("SELECT v FROM of_int WHERE k = ANY(%s) AND upper(s) = 'S1'", ([1, -7],))
    assert sorted(cursor.fetchall()) == [(10,), (11,), (12,)]
