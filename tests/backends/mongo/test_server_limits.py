"""What is beyond the server's limits, sent to a real one: answered, or told before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import sqlshim

Connect = Callable[..., Any]
MEGABYTE = 1_000_000


@pytest.fixture(scope="module", autouse=True)
def _data(database: Any) -> None:
    database.long.insert_many([{"_id": n, "s": "x" * MEGABYTE} for n in range(3)])
    database.few.insert_many([{"_id": n, "n": n} for n in range(3)])


TOO_LONG = "SELECT REPEAT(s, 20) AS s FROM long WHERE _id < 2"


def test_a_row_too_large_is_computed_locally(connect: Connect) -> None:
    connection = connect(pushdown="auto")
    plan = connection.execute(f"EXPLAIN {TOO_LONG}").fetchall()
    assert plan[0][0] == "Remote"  # the server is asked for all of it
    assert [len(s) for (s,) in connection.execute(TOO_LONG).fetchall()] == [20 * MEGABYTE] * 2
    table = connection.execute(TOO_LONG).fetch_arrow_table()
    assert table.num_rows == 2


def test_a_row_too_large_is_told_where_nothing_is_local(connect: Connect) -> None:
    connection = connect(pushdown="always")
    with pytest.raises(sqlshim.OperationalError, match="too large for MongoDB") as caught:
        connection.execute(TOO_LONG).fetchall()
    assert caught.value.sqlstate == "54000"


def test_what_is_collected_is_too_large(connect: Connect) -> None:
    sql = (
        "SELECT LENGTH(STRING_AGG(s, '')) FROM (SELECT s || s || s || s || s || s AS s FROM long) x"
    )
    assert connect(pushdown="auto").execute(sql).fetchall() == [(18 * MEGABYTE,)]
    with pytest.raises(sqlshim.OperationalError) as caught:
        connect(pushdown="always").execute(sql).fetchall()
    assert caught.value.sqlstate == "54000"


def _nested_joins(levels: int) -> str:
    joins = "".join(f" LEFT JOIN (few d{i}" for i in range(1, levels + 1))
    ends = "".join(f") ON d{i}.n = d{i - 1}.n" for i in range(levels, 0, -1))
    return f"SELECT COUNT(*) FROM few d0{joins}{ends}"


ANSWERED = {
    "1,200 arms": (" UNION ALL ".join(["SELECT n FROM few"] * 1_200), 3_600),
    "900 different arms": (
        " UNION ALL ".join(
            f"SELECT n FROM few WHERE n = {i % 3}"
            + "".join(f" {'AND' if i >> k & 1 else 'OR'} n <> {k + 5}" for k in range(10))
            for i in range(900)
        ),
        None,
    ),
    "25 lookups in one another": (_nested_joins(25), 1),
    "an expression 40 deep": (f"SELECT {'-(' * 40}n{')' * 40} FROM few", 3),
    "a CASE 60 deep": (
        f"SELECT {''.join(f'CASE WHEN n = {i} THEN {i} ELSE ' for i in range(60))}n{' END' * 60}"
        " FROM few",
        3,
    ),
    "a condition 60 deep": (
        f"SELECT n FROM few WHERE {'NOT (n = 1 OR ' * 60}n = 2{')' * 60}",
        None,
    ),
    "60 derived tables": (f"SELECT * FROM {'(SELECT n + 1 AS n FROM ' * 60}few{') x' * 60}", 3),
}


@pytest.mark.parametrize("pushdown", ["always", "auto"])
@pytest.mark.parametrize(("sql", "rows"), ANSWERED.values(), ids=ANSWERED.keys())
def test_limits_of_pipelines_are_kept(
    connect: Connect, pushdown: str, sql: str, rows: int | None
) -> None:
    found = connect(pushdown=pushdown).execute(sql).fetchall()
    assert sorted(found) == sorted(connect(pushdown="never").execute(sql).fetchall())
    assert rows is None or len(found) == rows
