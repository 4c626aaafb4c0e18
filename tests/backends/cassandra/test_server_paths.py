"""Each access path on a real server: the plan names it, and rows equal those without pushdown."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest

Connect = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def _tables(cql: Any) -> None:
    cql.execute(
        "CREATE TABLE readings (station int, day date, at int, value double, state text, "
        "note text, code int, PRIMARY KEY ((station, day), at)) "
        "WITH CLUSTERING ORDER BY (at DESC)"
    )
    cql.execute("CREATE INDEX ON readings (code) USING 'sai'")
    cql.execute("CREATE INDEX by_state ON readings (state)")
    insert = cql.prepare(
        "INSERT INTO readings (station, day, at, value, state, note, code) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)"
    )
    for i in range(240):
        day = dt.date(2020, 1, 1 + i % 2)
        note = None if i % 5 else "x"
        row = (i % 4, day, i, i / 2, "good" if i % 3 else "bad", note, i % 10)
        cql.execute(insert, row)
    cql.execute("CREATE TABLE shared (p int, c int, s int static, v int, PRIMARY KEY (p, c))")
    cql.execute("INSERT INTO shared (p, c, s, v) VALUES (1, 1, 10, 5)")
    cql.execute("INSERT INTO shared (p, s) VALUES (2, 20)")
    cql.execute('CREATE TABLE "Mixed" ("Key" int PRIMARY KEY, "a ""b" text)')
    cql.execute('INSERT INTO "Mixed" ("Key", "a ""b") VALUES (1, \'x\')')


DAY = "DATE '2020-01-01'"
PATHS = [
    (f"station = 0 AND day = {DAY} AND at = 8", "whole primary key", 1),
    (f"station = 0 AND day = {DAY}", "whole partition", 60),
    (f"station = 0 AND day = {DAY} AND at < 40", "partition and clustering slice", 10),
    (f"station = 0 AND day = {DAY} AND at IN (8, 12, 12)", "partition and clustering slice", 2),
    (f"station = 0 AND day = {DAY} AND value >= 100.0", "whole partition", 10),
    (f"station IN (0, 2, 2, 0) AND day = {DAY}", "several partitions by key", 120),
    ("station IN (0, 1) AND day IN (DATE '2020-01-01', DATE '2020-01-02')", "several", 120),
    ("code = 7", "index readings_code_idx", 24),
    ("code >= 2 AND code < 4", "index readings_code_idx", 48),
    ("code = 3 AND state = 'bad'", "index readings_code_idx, by_state", 8),
    ("state = 'bad'", "index by_state", 80),
    ("state = 'bad' AND value < 3.0", "index by_state", 2),
    ("value < 5.0", "token ranges", 10),
    ("value < 5.0 AND note IS NULL", "token ranges", 8),
    ("station = 0", "token ranges", 60),
    (
        f"station = 0 AND day = {DAY} OR station = 1 AND day = DATE '2020-01-02' AND at > 200",
        "union of whole partition; partition and clustering slice",
        70,
    ),
    (f"station = 0 AND day = {DAY} OR code = 7", "union of whole partition; index readings", 84),
    (f"(station = 0 AND day = {DAY} OR code = 7) AND value < 50.0", "union of", 35),
    (f"(station = 0 AND day = {DAY} OR code = 7) AND note IS NULL", "union of", 72),
    (f"station = 0 AND day = {DAY} AND value <> 4.0 OR code = 7", "union of", 83),
    (f"station = 0 AND day = {DAY} AND (at = 8 OR at > 230)", "union of whole primary", 3),
    (f"station = 0 AND day = {DAY} OR code = 8 AND at < 20", "union of", 61),
    (f"station = 0 AND day = {DAY} OR value < 5.0", "token ranges", 67),
]


@pytest.mark.parametrize(("where", "path", "count"), PATHS, ids=[w for w, _, _ in PATHS])
def test_path(connect: Connect, where: str, path: str, count: int) -> None:
    sql = f"SELECT station, day, at, value FROM readings WHERE {where}"
    pushed, local = connect(pushdown="always"), connect(pushdown="never")
    plan = "\n".join(line for (line,) in pushed.execute(f"EXPLAIN {sql}"))
    assert f"access path: {path}" in plan
    rows = pushed.execute(sql).fetchall()
    assert sorted(rows) == sorted(local.execute(sql).fetchall())
    assert len(rows) == count


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*), COUNT(note), SUM(at), SUM(code), MIN(value), MAX(day) FROM readings",
        "SELECT COUNT(*), SUM(at), MIN(at) FROM readings WHERE value < -1.0",
        "SELECT station, day, COUNT(*), SUM(at) FROM readings GROUP BY station, day",
        "SELECT DISTINCT station, day FROM readings",
        f"SELECT at, COUNT(*) FROM readings WHERE station = 1 AND day = {DAY} GROUP BY at",
        "SELECT COUNT(*) FROM readings WHERE station IN (0, 1, 1) AND day = DATE '2020-01-02'",
    ],
)
def test_aggregates_agree_with_local_ones(connect: Connect, sql: str) -> None:
    pushed = connect(pushdown="always").execute(sql).fetchall()
    assert sorted(pushed) == sorted(connect(pushdown="never").execute(sql).fetchall())


def test_clustering_order_either_way(connect: Connect) -> None:
    where = f"FROM readings WHERE station = 0 AND day = {DAY}"
    connection = connect()
    up = connection.execute(f"SELECT at {where} ORDER BY at LIMIT 3").fetchall()
    down = connection.execute(f"SELECT at {where} ORDER BY at DESC LIMIT 2").fetchall()
    assert up == [(0,), (4,), (8,)]
    assert down == [(236,), (232,)]
    plan = "\n".join(x for (x,) in connection.execute(f"EXPLAIN SELECT at {where} ORDER BY at"))
    assert 'ORDER BY "at" ASC' in plan


def test_limits(connect: Connect) -> None:
    connection = connect()
    assert len(connection.execute("SELECT at FROM readings LIMIT 7").fetchall()) == 7
    assert (
        len(connection.execute("SELECT at FROM readings WHERE value > 1.0 LIMIT ?", [9]).fetchall())
        == 9
    )
    assert connection.execute("SELECT at FROM readings LIMIT 0").fetchall() == []


def test_a_union_gives_a_row_once_and_stops_at_its_limit(connect: Connect) -> None:
    connection = connect()
    either = "code = 3 OR state = 'bad'"
    assert connection.execute(f"SELECT COUNT(*) FROM readings WHERE {either}").fetchone() == (96,)
    sql = f"SELECT station, at FROM readings WHERE {either} LIMIT 90"
    assert len(set(connection.execute(sql).fetchall())) == 90
    sql = f"SELECT note FROM readings WHERE station = ? AND day = {DAY} OR code = ?"
    assert len(connection.execute(sql, [None, 3]).fetchall()) == 24


def test_a_null_parameter_matches_nothing(connect: Connect) -> None:
    sql = "SELECT at FROM readings WHERE value = ?"
    assert connect().execute(sql, [None]).fetchall() == []


def test_parameters_beyond_the_column_are_decided_not_refused(connect: Connect) -> None:
    sql = "SELECT COUNT(*) FROM readings WHERE code < ?"
    connection = connect()
    assert connection.execute(sql, [10**12]).fetchall() == [(240,)]
    assert connection.execute(sql, [-(10**12)]).fetchall() == [(0,)]


def test_a_partition_with_static_values_only_is_a_row(connect: Connect) -> None:
    connection = connect()
    everything = "SELECT p, c, s, v FROM shared"
    rows = [(1, 1, 10, 5), (2, None, 20, None)]
    assert sorted(connection.execute(everything).fetchall(), key=lambda r: r[0]) == rows
    assert connection.execute(f"{everything} WHERE s = 20").fetchall() == rows[1:]
    assert connection.execute(f"{everything} WHERE c IS NULL").fetchall() == rows[1:]
    assert connection.execute("SELECT COUNT(*), COUNT(c) FROM shared").fetchall() == [(2, 1)]


def test_names_are_found_as_stored(connect: Connect) -> None:
    rows = connect().execute('SELECT "Key", "a ""b" FROM "Mixed" WHERE "Key" = 1').fetchall()
    assert rows == [(1, "x")]


BUILT = "SELECT view_name FROM system.built_views WHERE keyspace_name = %s"


def test_a_materialized_view_is_a_table_to_read(cql: Any, connect: Connect) -> None:
    cql.execute(
        "CREATE MATERIALIZED VIEW by_code AS SELECT code, station, day, at FROM readings "
        "WHERE code IS NOT NULL AND station IS NOT NULL AND day IS NOT NULL "
        "AND at IS NOT NULL PRIMARY KEY (code, station, day, at)"
    )
    until = time.monotonic() + 120
    while "by_code" not in {name for (name,) in cql.execute(BUILT, [cql.keyspace])}:
        assert time.monotonic() < until, "the server has not built the view"
        time.sleep(0.1)
    assert connect().execute("SELECT COUNT(*) FROM by_code WHERE code = 3").fetchall() == [(24,)]


def test_a_table_made_anew_with_other_types_is_read_with_those(cql: Any, connect: Connect) -> None:
    for native, value in (("int", 5), ("text", "five")):
        cql.execute("DROP TABLE IF EXISTS changing")
        cql.execute(f"CREATE TABLE changing (k int PRIMARY KEY, x {native})")
        cql.execute(cql.prepare("INSERT INTO changing (k, x) VALUES (1, ?)"), [value])
        sql = "SELECT x FROM changing WHERE x = ?"
        assert connect().execute(sql, [value]).fetchall() == [(value,)]
