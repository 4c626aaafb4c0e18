"""The first rows of each partition: PER PARTITION LIMIT where it is what SQL asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sqlshim.backends.cassandra import compile as compiling
from sqlshim.backends.cassandra.paths.first import keeps_first
from sqlshim.backends.cassandra.servers import lacking
from sqlshim.functions import operators as op
from sqlshim.functions import windows as win
from sqlshim.ir.relational import Filter, Project, Rel, Window
from sqlshim.ir.scalar import Call, Column, Literal, SortKey, WindowCall
from sqlshim.types import BIGINT, BOOLEAN
from tests.backends.cassandra.trees import col, scan, table


@pytest.fixture(scope="module", autouse=True)
def _visits(cql: Any) -> None:
    cql.execute(
        "CREATE TABLE visits (a int, b text, at int, page text, n int, s int static, "
        "PRIMARY KEY ((a, b), at, page)) WITH CLUSTERING ORDER BY (at DESC, page ASC)"
    )
    cql.execute("CREATE TABLE plain (k int, c int, v int, w int, PRIMARY KEY (k, c))")
    cql.execute("CREATE INDEX plain_w ON plain (w) USING 'sai'")
    for i in range(60):
        cql.execute(
            "INSERT INTO visits (a, b, at, page, n) "
            f"VALUES ({i % 3}, 'b{i % 2}', {i // 2}, 'p{i % 5}', {i})"
        )
        cql.execute(f"INSERT INTO plain (k, c, v, w) VALUES ({i % 7}, {i}, {i % 4}, {i % 2})")
    cql.execute("INSERT INTO visits (a, b, s) VALUES (9, 'none', 1)")


def _numbered(over: str, test: str, of: str = "plain", where: str = "true") -> str:
    return (
        f"SELECT * FROM (SELECT *, row_number() OVER ({over}) AS number FROM {of} WHERE {where}) x "
        f"WHERE {test} ORDER BY 1, 2, 3, 4"
    )


BY_K = "PARTITION BY k ORDER BY c"
CUT = [
    ("SELECT DISTINCT ON (k) k, c, v FROM plain ORDER BY k, c", 1),
    (_numbered(BY_K, "number <= 2"), 2),
    (_numbered(BY_K, "number < 3"), 2),
    (_numbered(BY_K, "3 >= number AND v > 0"), 3),
    (_numbered(BY_K, "number = 2"), 2),
    (_numbered(BY_K, "number BETWEEN 2 AND 3"), 3),
    (_numbered(BY_K, "number = 1", where="v > 1"), 1),
    (_numbered(BY_K, "number = 1", where="k IN (1, 2, 3) AND c > 20"), 1),
    (_numbered(BY_K, "number = 1", where="k = 4"), 1),
    (_numbered("PARTITION BY k ORDER BY k, c", "number <= 2"), 2),
    (f"SELECT k, c FROM plain QUALIFY row_number() OVER ({BY_K}) = 1 ORDER BY k", 1),
    ("SELECT count(*), sum(c) FROM (SELECT DISTINCT ON (k) k, c FROM plain ORDER BY k, c) x", 1),
    ("SELECT x.k, p.v FROM (SELECT DISTINCT ON (k) k, c FROM plain ORDER BY k, c) x "
     "JOIN plain p ON p.k = x.k AND p.c = x.c ORDER BY 1", 1),
]  # fmt: skip
WHOLE = [
    _numbered("PARTITION BY k ORDER BY c DESC", "number <= 2"),
    _numbered("PARTITION BY k ORDER BY v, c", "number <= 2"),
    _numbered("PARTITION BY v ORDER BY c", "number <= 2"),
    _numbered("PARTITION BY k, c ORDER BY c", "number <= 2"),
    _numbered("ORDER BY k, c", "number <= 2"),
    _numbered(BY_K, "number >= 2"),
    _numbered(BY_K, "number <= 2 OR v = 1"),
    _numbered(BY_K, "number <= 2", where="c % 2 = 0"),
    _numbered(BY_K, "number <= 2", where="w = 1"),
    _numbered(BY_K, "number <= 0"),
    _numbered("PARTITION BY a, b ORDER BY at DESC, page", "number <= 2", of="visits"),
    "SELECT * FROM (SELECT k, c, rank() OVER (PARTITION BY k ORDER BY c) AS r FROM plain) x "
    "WHERE r <= 2 ORDER BY 1, 2",
    "SELECT * FROM (SELECT k, c, row_number() OVER (PARTITION BY k ORDER BY c) AS r, "
    "count(*) OVER (PARTITION BY k) AS n FROM plain) x WHERE r <= 2 ORDER BY 1, 2",
]


@pytest.mark.parametrize(("sql", "count"), CUT, ids=[sql for sql, _ in CUT])
def test_the_server_cuts_its_partitions(connect: Callable[..., Any], sql: str, count: int) -> None:
    connection = connect()
    assert f"PER PARTITION LIMIT {count}" in _explained(connection, sql)
    assert connection.execute(sql).fetchall() == connect(pushdown="never").execute(sql).fetchall()


@pytest.mark.parametrize("sql", WHOLE)
def test_what_is_no_prefix_of_partitions_is_read_whole(
    connect: Callable[..., Any], sql: str
) -> None:
    connection = connect()
    assert "PER PARTITION LIMIT" not in _explained(connection, sql)
    assert connection.execute(sql).fetchall() == connect(pushdown="never").execute(sql).fetchall()


LATEST = "SELECT {} FROM plain p WHERE p.k = o.id ORDER BY p.c LIMIT {}"
OF_EACH = [
    (f"SELECT o.name, x.c FROM owners o CROSS JOIN LATERAL ({LATEST.format('c', 2)}) x", 2),
    (f"SELECT o.name, x.c FROM owners o LEFT JOIN LATERAL ({LATEST.format('c', 1)}) x ON true", 1),
    (f"SELECT o.name, ({LATEST.format('v', 1)}) FROM owners o", 1),
    (f"SELECT o.name, x.v FROM owners o JOIN ({_numbered(BY_K, 'number = 1')}) x ON x.k = o.id", 1),
    ("SELECT o.name, x.v FROM owners o JOIN (SELECT DISTINCT ON (k) k, v FROM plain ORDER BY k, c) "
     "x ON x.k = o.id", 1),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "count"), OF_EACH, ids=[sql for sql, _ in OF_EACH])
def test_first_rows_are_looked_up_by_the_keys_of_outer_rows(
    connect: Callable[..., Any], cql: Any, sql: str, count: int
) -> None:
    cql.execute("CREATE TABLE IF NOT EXISTS owners (id int PRIMARY KEY, name text)")
    for i in (1, 4, 99):
        cql.execute(f"INSERT INTO owners (id, name) VALUES ({i}, 'n{i}')")
    connection = connect(pushdown="always")
    plan = _explained(connection, sql)
    assert '"k" IN ? PER PARTITION LIMIT' in plan
    assert f"PER PARTITION LIMIT {count}" in plan
    without = sorted(connect(pushdown="never").execute(sql).fetchall(), key=repr)
    assert sorted(connection.execute(sql).fetchall(), key=repr) == without != []


def test_more_keys_than_are_looked_up_are_cut_as_well(
    connect: Callable[..., Any], cql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cql.execute("CREATE TABLE IF NOT EXISTS owners (id int PRIMARY KEY, name text)")
    cql.execute("INSERT INTO owners (id, name) VALUES (1, 'n1')")
    monkeypatch.setattr(compiling, "MANY_KEYS", -1)
    sql, _ = OF_EACH[0]
    found = connect(pushdown="always").execute(sql).fetchall()
    assert sorted(found) == sorted(connect(pushdown="never").execute(sql).fetchall()) != []


def _explained(connection: Any, sql: str) -> str:
    return "\n".join(line for (line,) in connection.execute(f"EXPLAIN {sql}").fetchall())


# --- without a server ------------------------------------------------------------------------


def _first(*order: SortKey, partition: tuple[str, ...] = ("a", "b"), lacks: str = "") -> Rel:
    """The first two rows of each partition of `readings`, whose clustering is c DESC, d ASC."""
    lack = lacking((3, 0)) if lacks else frozenset()
    rows = scan(of=table(lacks=lack))
    number = Column(900, "n", BIGINT)
    call = WindowCall(win.ROW_NUMBER, (), BIGINT, tuple(map(col, partition)), order)
    few = Call(op.LE, (number, Literal(2, BIGINT)), BOOLEAN)
    kept = Filter(Window(rows, ((number, call),)), (few,))
    return Project(kept, tuple((c, c) for c in rows.columns))


DOWN, UP = SortKey(col("c"), descending=True), SortKey(col("c"))
THEN, THEN_DOWN = SortKey(col("d")), SortKey(col("d"), descending=True)


@pytest.mark.parametrize(
    ("rel", "kept"),
    [
        (_first(), True),
        (_first(DOWN), True),
        (_first(DOWN, THEN), True),
        (_first(SortKey(col("a")), DOWN), True),
        (_first(UP), False),
        (_first(UP, THEN_DOWN), False),
        (_first(DOWN, THEN_DOWN), False),
        (_first(THEN), False),
        (_first(SortKey(col("v"))), False),
        (_first(DOWN, THEN, SortKey(col("v"))), False),
        (_first(DOWN, partition=("a",)), False),
        (_first(DOWN, partition=("a", "b", "c")), False),
        (_first(DOWN, lacks="PER PARTITION LIMIT"), False),
    ],
)
def test_groups_and_order_are_those_of_partitions(rel: Rel, kept: bool) -> None:
    assert keeps_first(rel) is kept
