"""Key lookup joins on a real server: partitions by the other side's keys instead of a scan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sqlshim.errors import OperationalError

Connect = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def _tables(cql: Any) -> None:
    cql.execute("CREATE TABLE chosen (id int PRIMARY KEY, station int, wide bigint, name text)")
    cql.execute(
        "CREATE TABLE measured (station int, at int, name text, value double, "
        "PRIMARY KEY (station, at))"
    )
    cql.execute("CREATE INDEX measured_by_name ON measured (name) USING 'sai'")
    cql.execute("CREATE TABLE pairs (a int, b int, v int, PRIMARY KEY ((a, b)))")
    for i in range(6):
        cql.execute(
            "INSERT INTO chosen (id, station, wide, name) VALUES (%s, %s, %s, %s)",
            (i, i * 10, 10 + 2**40 * (i % 2), f"n{i}"),
        )
    cql.execute("INSERT INTO chosen (id, name) VALUES (7, 'nowhere')")
    insert = cql.prepare("INSERT INTO measured (station, at, name, value) VALUES (?, ?, ?, ?)")
    for i in range(300):
        cql.execute(insert, (i % 100, i, f"n{i % 7}", i / 2))
    for i in range(20):
        cql.execute("INSERT INTO pairs (a, b, v) VALUES (%s, %s, %s)", (i % 5, i, i))


def explained(connection: Any, sql: str) -> str:
    return "\n".join(row[0] for row in connection.execute(f"EXPLAIN {sql}").fetchall())


BY_KEY = "SELECT c.name, m.value FROM chosen c JOIN measured m ON m.station = c.station"
BY_NAME = "SELECT c.name, m.value FROM chosen c JOIN measured m ON m.name = c.name"
JOINS = [
    BY_KEY,
    "SELECT c.name, m.value FROM chosen c LEFT JOIN measured m ON m.station = c.station",
    "SELECT c.name, m.value FROM chosen c JOIN measured m ON m.station = c.wide",
    "SELECT c.name, m.n FROM chosen c JOIN (SELECT station, count(*) AS n FROM measured "
    "GROUP BY station) m ON m.station = c.station",
    "SELECT count(*) FROM measured WHERE station IN (SELECT station FROM chosen WHERE id > 2)",
    "SELECT c.name, p.v FROM chosen c JOIN pairs p ON p.a = c.id",
    "SELECT c.name, p.v FROM chosen c JOIN pairs p ON p.b = c.station WHERE p.a = 0",
    f"{BY_KEY} AND m.at > 100",
    f"{BY_KEY} AND m.name = c.name",
    BY_NAME,
    f"{BY_NAME} AND m.value > 20",
    "SELECT name, count(*), max(at) FROM measured WHERE name IN (SELECT name FROM chosen WHERE "
    "id < 3) GROUP BY name",
    "SELECT c.name, m.n FROM chosen c JOIN (SELECT name, station, count(*) AS n FROM measured "
    "GROUP BY name, station) m ON m.name = c.name",
    "SELECT c.name, p.v FROM chosen c JOIN measured m ON m.name = c.name JOIN pairs p "
    "ON p.b = m.station WHERE c.name LIKE 'n%2'",
]


@pytest.mark.parametrize("sql", JOINS)
def test_answers_are_those_without_keys(connect: Connect, sql: str) -> None:
    answers = [sorted(connect(pushdown=m).execute(sql).fetchall(), key=repr)
               for m in ("always", "auto", "never")]  # fmt: skip
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]


def test_the_partition_key_is_looked_up(connect: Connect) -> None:
    plan = explained(connect(pushdown="always"), BY_KEY)
    assert "keys from station" in plan
    assert "several partitions by key" in plan


def test_an_indexed_column_is_looked_up_a_key_at_a_time(connect: Connect) -> None:
    plan = explained(connect(pushdown="always"), BY_NAME)
    assert "access path: index measured_by_name, a key at a time" in plan
    assert 'WHERE "name" = ?' in plan


def test_a_column_that_is_neither_key_nor_indexed_is_scanned(connect: Connect) -> None:
    plan = explained(
        connect(pushdown="always"),
        "SELECT c.name, m.value FROM chosen c JOIN measured m ON m.at = c.station",
    )
    assert "IN KEYS" not in plan


def test_a_forbidden_scan_is_avoided_by_looking_keys_up(connect: Connect) -> None:
    sql = f"{BY_KEY} WHERE c.id = 1"
    connection = connect(pushdown="auto", full_scan="forbid")
    assert len(connection.execute(sql).fetchall()) == 3
    with pytest.raises(OperationalError, match="scan of the whole ring"):
        connect(pushdown="never", full_scan="forbid").execute(sql).fetchall()
