"""Key lookup joins on a real server: partitions by the other side's keys instead of a scan."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from sqlshim.backends.cassandra import compile as compiling
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


MADE = [
    "SELECT m.value FROM (VALUES (1), (2)) v(k) JOIN measured m ON m.station = v.k",
    "SELECT m.value FROM (VALUES (1), (NULL), (5000000000)) v(k) JOIN measured m "
    "ON CAST(m.station AS BIGINT) = v.k",
    "SELECT v.k, m.value FROM (VALUES (1), (200)) v(k) LEFT JOIN measured m ON m.station = v.k",
    "SELECT value FROM measured WHERE station IN (VALUES (1), (2))",
    "SELECT value FROM measured WHERE station IN (SELECT 1)",
    "SELECT value FROM measured WHERE station IN (SELECT g * 2 FROM generate_series(1, 3) AS g)",
    "SELECT value FROM measured WHERE station IN (SELECT * FROM UNNEST(ARRAY[1, 2]))",
    "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 4) "
    "SELECT m.value FROM n JOIN measured m ON m.station = n.k",
]


@pytest.mark.parametrize("sql", MADE)
def test_rows_that_no_table_has_are_keys(connect: Connect, sql: str) -> None:
    for pushdown in ("always", "auto"):
        connection = connect(pushdown=pushdown, full_scan="forbid")
        plan = explained(connection, sql)
        assert "Remote (local)" in plan
        assert plan.count("several partitions by key") == 1
        found = sorted(connection.execute(sql).fetchall(), key=repr)
        assert found
        assert found == sorted(connect(pushdown="never").execute(sql).fetchall(), key=repr)


def test_an_indexed_column_is_looked_up_by_rows_of_no_table(connect: Connect) -> None:
    sql = "SELECT value FROM measured WHERE name IN (VALUES ('n1'), ('nowhere'))"
    connection = connect(pushdown="always")
    assert "index measured_by_name, a key at a time" in explained(connection, sql)
    rows = sorted(connection.execute(sql).fetchall())
    assert rows == [(i / 2,) for i in range(300) if i % 7 == 1]


def test_a_parameter_is_a_key(connect: Connect) -> None:
    sql = "SELECT m.at FROM (VALUES (?), (?)) v(k) JOIN measured m ON m.station = v.k ORDER BY 1"
    connection = connect(full_scan="forbid")
    for wanted in ((3, 4), (3, None), (7, 2**40)):
        known = {k for k in wanted if k is not None}
        found = connection.execute(sql, wanted).fetchall()
        assert found == [(i,) for i in range(300) if i % 100 in known]


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


# --- keys that a join computes -----------------------------------------------------------------

COMPUTED = [
    "SELECT c.name, m.value FROM chosen c JOIN measured m ON m.station = c.id * 10 + 1",
    "SELECT l.id, m.value FROM listed l JOIN measured m ON m.station = ANY (l.stations)",
    "SELECT l.id, m.value FROM listed l LEFT JOIN measured m ON m.station = ANY (l.stations)",
    "SELECT l.id, m.value FROM listed l JOIN measured m ON m.station = l.stations[1]",
    "SELECT l.id, m.value FROM listed l JOIN measured m ON m.name = ANY (l.names)",
    "SELECT l.id, m.value FROM listed l, UNNEST(l.stations) AS u(s) JOIN measured m "
    "ON m.station = u.s",
    "SELECT count(*) FROM measured WHERE station IN "
    "(SELECT u.s FROM listed l, UNNEST(l.stations) AS u(s))",
    "SELECT l.id, m.value FROM listed l JOIN measured m ON m.station = ANY (l.stations || 3)",
]


@pytest.mark.parametrize("sql", COMPUTED)
def test_computed_keys_are_looked_up(connect: Connect, cql: Any, sql: str) -> None:
    cql.execute(
        "CREATE TABLE IF NOT EXISTS listed "
        "(id int PRIMARY KEY, stations list<int>, names set<text>)"
    )
    cql.execute("INSERT INTO listed (id, stations, names) VALUES (1, [7, 7, 300], {'n1', 'none'})")
    cql.execute("INSERT INTO listed (id, stations) VALUES (2, [8])")
    cql.execute("INSERT INTO listed (id) VALUES (3)")
    connection = connect(pushdown="always")
    plan = explained(connection, sql)
    assert '"station" IN ?' in plan or '"name" = ?' in plan
    found = sorted(connection.execute(sql).fetchall(), key=repr)
    assert found == sorted(connect(pushdown="never").execute(sql).fetchall(), key=repr) != []


# --- partition keys of several columns ---------------------------------------------------------


@pytest.fixture(scope="module")
def buckets(cql: Any) -> None:
    cql.execute(
        "CREATE TABLE buckets (sensor text, day date, at int, v int, "
        "PRIMARY KEY ((sensor, day), at))"
    )
    cql.execute("CREATE TABLE spots (x int, y bigint, z text, v int, PRIMARY KEY ((x, y, z)))")
    cql.execute("CREATE TABLE asked (id int PRIMARY KEY, sensor text, day date, x bigint, n int)")
    insert = cql.prepare("INSERT INTO buckets (sensor, day, at, v) VALUES (?, ?, ?, ?)")
    for i in range(240):
        cql.execute(insert, (f"s{i % 4}", dt.date(2024, 1, 1 + i % 30), i, i))
    place = cql.prepare("INSERT INTO spots (x, y, z, v) VALUES (?, ?, ?, ?)")
    for i in range(600):
        cql.execute(place, (i % 20, i // 20 % 10, f"z{i // 200 % 2}", i))
    asked = cql.prepare("INSERT INTO asked (id, sensor, day, x, n) VALUES (?, ?, ?, ?, ?)")
    for i in range(6):
        cql.execute(asked, (i, f"s{i % 2}", dt.date(2024, 1, 1 + i), 2**40 * (i == 5) + i % 2, i))
    cql.execute(asked, (6, "s0", None, None, 1))  # with NULLs: no partition
    cql.execute(asked, (7, "s0", dt.date(2024, 1, 1), 1, 1))
    cql.execute("CREATE TABLE many (day date PRIMARY KEY)")
    for i in range(30):  # more of one sensor than a request takes
        cql.execute("INSERT INTO many (day) VALUES (%s)", (dt.date(2024, 1, 1 + i),))


BUCKETS = "b ON b.sensor = a.sensor AND b.day = a.day"
ROWS = [
    f"SELECT a.id, b.v FROM asked a JOIN buckets {BUCKETS}",
    "SELECT b.v FROM many m JOIN buckets b ON b.day = m.day "
    "AND b.sensor = 's' || (m.day - m.day + 1)",
    f"SELECT a.id, b.v FROM asked a LEFT JOIN buckets {BUCKETS} AND b.v > 20",
    f"SELECT a.id, b.n FROM asked a JOIN (SELECT sensor, day, count(*) AS n FROM buckets "
    f"GROUP BY sensor, day) {BUCKETS}",
    "SELECT count(*) FROM buckets WHERE (sensor, day) IN (SELECT sensor, day FROM asked)",
    "SELECT v FROM buckets b JOIN (VALUES ('s1', DATE '2024-01-02'), ('s2', DATE '2024-01-03'), "
    "('none', DATE '2024-01-03')) x(s, d) ON b.sensor = x.s AND b.day = x.d",
    "SELECT a.id, s.v FROM asked a JOIN spots s ON s.x = a.x AND s.y = a.n AND s.z = 'z1'",
    "SELECT a.id, s.v FROM asked a JOIN spots s ON s.x = a.x AND s.y = a.n AND s.z = "
    "right(a.sensor || 'z1', 2)",
    "SELECT a.id, b.v FROM asked a CROSS JOIN LATERAL (SELECT v FROM buckets b WHERE "
    "b.sensor = a.sensor AND b.day = a.day ORDER BY at LIMIT 1) b",
]


@pytest.mark.usefixtures("buckets")
@pytest.mark.parametrize("sql", ROWS)
def test_a_key_of_several_columns_is_looked_up(connect: Connect, sql: str) -> None:
    connection = connect(pushdown="always")
    plan = explained(connection, sql)
    assert '"sensor" = ? AND "day" = ?' in plan or '"x" = ? AND "y" = ? AND "z" = ?' in plan
    found = sorted(connection.execute(sql).fetchall(), key=repr)
    assert found == sorted(connect(pushdown="never").execute(sql).fetchall(), key=repr) != []


def test_a_fixed_part_is_sent_as_it_was_bound(connect: Connect, cql: Any) -> None:
    """An instant is a number there already."""
    cql.execute(
        "CREATE TABLE hours (a int, hour timestamp, b text, v int, PRIMARY KEY ((a, hour, b)))"
    )
    cql.execute("CREATE TABLE some (id int PRIMARY KEY, a int, b text)")
    hour = dt.datetime(2024, 1, 1, 5)
    for i in range(200):
        row = (i, hour + dt.timedelta(hours=i % 2), f"b{i}", i)
        cql.execute("INSERT INTO hours (a, hour, b, v) VALUES (%s, %s, %s, %s)", row)
    for i in range(3):
        cql.execute("INSERT INTO some (id, a, b) VALUES (%s, %s, %s)", (i, i, f"b{i}"))
    sql = (
        "SELECT s.id, h.v FROM some s JOIN hours h ON h.a = s.a AND h.b = s.b "
        "AND h.hour = TIMESTAMP '2024-01-01 05:00'"
    )
    connection = connect(pushdown="always")
    assert '"a" = ? AND "hour" = ? AND "b" = ?' in explained(connection, sql)
    assert sorted(connection.execute(sql).fetchall()) == [(0, 0), (2, 2)]


@pytest.mark.usefixtures("buckets")
def test_more_rows_of_keys_than_are_looked_up(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "MANY_KEYS", -1)
    for sql in ROWS:
        found = sorted(connect(pushdown="always").execute(sql).fetchall(), key=repr)
        assert found == sorted(connect(pushdown="never").execute(sql).fetchall(), key=repr)


@pytest.mark.usefixtures("buckets")
def test_rows_of_keys_need_no_scan(connect: Connect) -> None:
    sql = next(sql for sql in ROWS if "VALUES" in sql)
    found = connect(pushdown="always", full_scan="forbid").execute(sql).fetchall()
    assert len(found) == 8


PARTS: dict[str, tuple[list[Any], str]] = {
    "int": ([1, -7], "-7"),
    "bigint": ([2**40, 5], "5"),
    "smallint": ([1, 2], "2"),
    "varint": ([10**20, 3], "3"),
    "text": (["a", "é"], "'é'"),
    "ascii": (["a", "b"], "'b'"),
    "boolean": ([True, False], "false"),
    "date": ([dt.date(2024, 2, 29), dt.date(2024, 3, 1)], "DATE '2024-03-01'"),
    "timestamp": ([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)], "TIMESTAMP '2024-01-02'"),
    "uuid": ([uuid.UUID(int=4), uuid.UUID(int=5)], f"CAST('{uuid.UUID(int=5)}' AS uuid)"),
    "inet": (["127.0.0.1", "::1"], "'::1'"),
    "blob": ([b"a", b"b"], "'\\x62'::bytea"),
}


@pytest.mark.parametrize("native", PARTS)
def test_a_part_of_every_type(connect: Connect, cql: Any, native: str) -> None:
    """Passed with another part, and fixed beside two that are."""
    values, fixed = PARTS[native]
    cql.execute(
        f"CREATE TABLE part_{native} (x int, k {native}, y text, v int, PRIMARY KEY ((x, k, y)))"
    )
    cql.execute(f"CREATE TABLE from_{native} (id int PRIMARY KEY, x int, k {native}, y text)")
    insert = cql.prepare(f"INSERT INTO part_{native} (x, k, y, v) VALUES (?, ?, ?, ?)")
    source = cql.prepare(f"INSERT INTO from_{native} (id, x, k, y) VALUES (?, ?, ?, ?)")
    for i in range(400):
        cql.execute(insert, (i % 100, values[i % 2], f"y{i // 100}", i))
    for i in range(4):
        cql.execute(source, (i, i, values[i % 2], f"y{i // 2}"))
    passed = f"SELECT s.id, p.v FROM from_{native} s JOIN part_{native} p ON p.y = s.y "
    for sql in (f"{passed} AND p.k = s.k AND p.x = 1", f"{passed} AND p.x = s.x AND p.k = {fixed}"):
        found = sorted(connect(pushdown="always").execute(sql).fetchall())
        assert found == sorted(connect(pushdown="never").execute(sql).fetchall()) != []
        if native not in ("varint", "boolean", "blob"):  # of which no keys are passed
            plan = explained(connect(pushdown="always"), sql)
            assert '"x" = ? AND "k" = ? AND "y" = ?' in plan
