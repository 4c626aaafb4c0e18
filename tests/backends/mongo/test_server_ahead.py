"""Collections that are read at once: the cursors and operations that the server is left with."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from sqlshim import engine, errors

Connect = Callable[..., Any]
ROWS = 30_000
BOTH = "SELECT x.v, y.v AS w FROM left_side AS x JOIN right_side AS y ON x.n + y.n = 1"

DIVIDED = """
    SELECT COUNT(*) FROM left_side AS x
    FULL JOIN (SELECT n, SUM(1 / n) AS q FROM right_side GROUP BY n) AS y ON x._id = y.q"""


@pytest.fixture(scope="module", autouse=True)
def _data(database: Any) -> None:
    for name in ("left_side", "right_side"):
        database[name].insert_many(
            [{"_id": i, "n": i % 2, "v": "x" * 200} for i in range(ROWS)], ordered=False
        )


def _left_on_the_server(database: Any) -> list[str]:
    """Cursors and operations on the collections."""
    all_of_it = [{"$currentOp": {"idleCursors": True, "localOps": True}}]
    names = [f"{database.name}.{name}" for name in ("left_side", "right_side")]
    found = database.client.admin.aggregate([*all_of_it, {"$match": {"ns": {"$in": names}}}])
    return [entry["ns"] for entry in found]


def _until_nothing_is_left(database: Any) -> None:
    ends = time.monotonic() + 5
    while left := _left_on_the_server(database):
        assert time.monotonic() < ends, left
        time.sleep(0.01)


def test_they_are_begun_at_once_and_leave_nothing(connect: Connect, database: Any) -> None:
    cursor = connect(pushdown="never").cursor()
    cursor.execute("SELECT COUNT(*) FROM left_side AS x JOIN right_side AS y ON x._id = y._id + 1")
    assert cursor.fetchall() == [(ROWS - 1,)]
    _until_nothing_is_left(database)


def test_a_statement_that_is_not_read_to_its_end_leaves_nothing(
    connect: Connect, database: Any
) -> None:
    cursor = connect(pushdown="never").cursor()
    cursor.execute(BOTH)
    assert cursor.fetchone() is not None
    cursor.close()
    _until_nothing_is_left(database)


def test_an_error_of_one_ends_the_other(connect: Connect, database: Any) -> None:
    connection = connect(pushdown="auto")
    prepared, _ = engine.prepare(DIVIDED, None, connection._world)
    assert prepared.plan is not None
    assert len(prepared.plan.at_once) == 2
    with pytest.raises(errors.DivisionByZero):
        _fetch(connection.cursor(), DIVIDED)
    _until_nothing_is_left(database)


def test_a_timeout_ends_both(connect: Connect, database: Any) -> None:
    cursor = connect(pushdown="never", timeout=0.3).cursor()
    with pytest.raises(errors.QueryCanceled):
        _fetch(cursor, f"SELECT COUNT(*) FROM ({BOTH}) AS b WHERE b.v || b.w LIKE '%y'")
    _until_nothing_is_left(database)


def _fetch(cursor: Any, sql: str) -> list[Any]:
    cursor.execute(sql)
    rows: list[Any] = cursor.fetchall()
    return rows
