"""Times of timeuuids, compared here and there, against what the server itself answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from cassandra.util import uuid_from_time

import sqlshim

MODES = ["auto", "always", "never"]
BASE = dt.datetime(2020, 1, 1)
NODES, SEQUENCES = (1, 0x7F7F7F7F7F7F, 0xFFFFFFFFFFFF), (0, 0x3FFF)


@pytest.fixture(scope="module", autouse=True)
def _events(cql: Any) -> None:
    """Three a millisecond, their other bits from end to end."""
    cql.execute("CREATE TABLE events (u int, id timeuuid, v timeuuid, PRIMARY KEY (u, id))")
    cql.execute("CREATE INDEX events_v ON events (v) USING 'sai'")
    insert = cql.prepare("INSERT INTO events (u, id, v) VALUES (1, ?, ?)")
    for i in range(20):
        for micros in (0, 500, 999):
            at = BASE + dt.timedelta(milliseconds=i, microseconds=micros)
            id_ = uuid_from_time(at, NODES[i % 3], SEQUENCES[i % 2])
            cql.execute(insert, [id_, id_])


@pytest.mark.parametrize("pushdown", MODES)
@pytest.mark.parametrize("column", ["id", "v"])
@pytest.mark.parametrize(
    "test", ["> maxTimeuuid", ">= maxTimeuuid", "< minTimeuuid", ">= minTimeuuid", "<= maxTimeuuid"]
)
def test_comparisons_with_bounds_are_the_servers(
    cql: Any, connect: Callable[..., Any], column: str, test: str, pushdown: str
) -> None:
    where = f"u = 1 AND {column} {test}"
    there = cql.execute(
        f"SELECT COUNT(*) FROM events WHERE {where}('2020-01-01 00:00:00.005+0000')"
    )
    here = connect(pushdown=pushdown).execute(
        f"SELECT COUNT(*) FROM events WHERE {where}('2020-01-01 00:00:00.005')"
    )
    assert here.fetchall() == [tuple(row) for row in there]


TIMES = [
    ("id BETWEEN minTimeuuid('2020-01-01 00:00:00.005') AND maxTimeuuid(?)", 9),
    ("NOT id > max_timeuuid('2020-01-01 00:00:00.005')", 18),
    ("mintimeuuid('2020-01-01 00:00:00.005') > id", 15),
    ("toTimestamp(id) = '2020-01-01 00:00:00.005'", 3),
    ("toTimestamp(id) <> '2020-01-01 00:00:00.005'", 57),
    ("to_timestamp(v) > '2020-01-01 00:00:00.0055'", 42),
    ("toTimestamp(id) >= '2020-01-01 00:00:00.0055'", 42),
    ("toTimestamp(id) < '2020-01-01 00:00:00.0055'", 18),
    ("toTimestamp(v) >= TIMESTAMPTZ '2020-01-01 02:00:00.006+02'", 42),
    ("toTimestamp(id) > '1500-01-01'", 60),
    ("toTimestamp(id) < '1500-01-01'", 0),
    ("toTimestamp(id) < '9999-01-01'", 60),
    ("toTimestamp(id) > '9999-01-01'", 0),
    ("toTimestamp(id) > NULL", 0),
    ("to_date(id) = '2020-01-01'", 60),
    ("toUnixTimestamp(id) % 1000 = 7", 3),
    (
        "toTimestamp(id) > '2020-01-01 00:00:00.005' "
        "OR (toTimestamp(id) = '2020-01-01 00:00:00.005' AND v > maxTimeuuid('2020-01-01'))",
        45,
    ),
]


@pytest.mark.parametrize("pushdown", MODES)
@pytest.mark.parametrize(("where", "count"), TIMES, ids=[where for where, _ in TIMES])
def test_times_are_compared_alike_here_and_there(
    connect: Callable[..., Any], where: str, count: int, pushdown: str
) -> None:
    values = [dt.datetime(2020, 1, 1, 0, 0, 0, 7000)] if "?" in where else None
    cursor = connect(pushdown=pushdown).execute(
        f"SELECT count(*) FROM events WHERE u = 1 AND {where}", values
    )
    assert cursor.fetchall() == [(count,)]


def test_a_time_is_the_servers(cql: Any, connect: Callable[..., Any]) -> None:
    (there,) = cql.execute("SELECT toTimestamp(id), toUnixTimestamp(id) FROM events LIMIT 1")
    here = connect().execute("SELECT toTimestamp(id), toUnixTimestamp(id) FROM events LIMIT 1")
    assert here.fetchall() == [tuple(there)]


def test_a_time_slices_the_clustering_columns(connect: Callable[..., Any]) -> None:
    sql = "EXPLAIN SELECT v FROM events WHERE u = 1 AND toTimestamp(id) >= '2020-01-01'"
    shown = "\n".join(line for (line,) in connect().execute(sql).fetchall())
    assert "access path: partition and clustering slice" in shown
    assert 'WHERE "u" = ? AND "id" >= ?' in shown


def test_a_bound_alone_is_refused(connect: Callable[..., Any]) -> None:
    with pytest.raises(sqlshim.NotSupportedError, match="in comparisons only"):
        connect().execute("SELECT minTimeuuid('2020-01-01')")
