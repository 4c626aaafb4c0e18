"""Key sets on a real server: what equals what must not depend on where the join runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId
from bson.int64 import Int64

Connect = Callable[..., Any]
IDS = [ObjectId() for _ in range(40)]
DAY = dt.datetime(2020, 1, 1)


@pytest.fixture(scope="module", autouse=True)
def _data(database: Any) -> None:
    database.small.insert_many([
        {"_id": IDS[i], "n": i, "t": f"k{i}", "at": DAY + dt.timedelta(days=i), "keep": i < 3}
        for i in range(4)
    ])  # fmt: skip
    database.small.insert_one({"_id": IDS[9], "n": None, "keep": True})
    database.large.insert_many([
        {
            "of": IDS[i % 40],
            "n": Int64(i % 40) if i % 2 else i % 40,
            "t": f"k{i % 40}",
            "at": DAY + dt.timedelta(days=i % 40),
        }
        for i in range(4000)
    ])  # fmt: skip
    database.large.insert_many([{"of": None, "n": None}, {}])
    database.large.create_index("n")


JOINS = {
    "integers of two widths": "s.n = l.n",
    "texts": "s.t = l.t",
    "instants": "s.at = l.at",
    "ObjectIds": "s._id = l.of",
}
QUERY = """
    SELECT s.n, count(l.t) FROM (SELECT * FROM small WHERE keep) s {kind} JOIN large l ON {on}
    GROUP BY s.n ORDER BY s.n"""


@pytest.mark.parametrize("on", JOINS.values(), ids=JOINS)
@pytest.mark.parametrize("kind", ["", "LEFT", "RIGHT", "FULL"])
def test_answers_are_those_without_keys(connect: Connect, on: str, kind: str) -> None:
    sql = QUERY.format(kind=kind, on=on)
    answers = [connect(pushdown=mode).execute(sql).fetchall() for mode in ("auto", "never")]
    assert answers[0] == answers[1]


# MongoDB has no md5: the join stays local under "always" too, and keys are passed.
LOCAL = (
    "SELECT l.n FROM large l JOIN small s ON s.n = l.n AND md5(s.t) = md5(l.t) WHERE s.n {which}"
)


def test_keys_that_were_found_are_looked_up(connect: Connect) -> None:
    sql = LOCAL.format(which="< 3")
    connection = connect(pushdown="always")
    plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {sql}").fetchall())
    assert "keys from n" in plan
    assert "{n: {$in: $1}}" in plan
    assert len(connection.execute(sql).fetchall()) == 300


def test_no_key_at_all_finds_no_row(connect: Connect) -> None:
    assert connect(pushdown="always").execute(LOCAL.format(which="= 77")).fetchall() == []


def test_an_index_that_is_gone_does_not_matter(connect: Connect, database: Any) -> None:
    """The plan names the index that finds the keys; dropped afterwards, it is done without."""
    database.wide.insert_many([{"n": i, "m": i % 3, "t": f"k{i}"} for i in range(12_000)])
    database.few.insert_many([{"n": i, "t": f"k{i}", "keep": i < 3} for i in range(100)])
    database.wide.create_index("n")
    database.wide.create_index("m")
    connection = connect(pushdown="auto")
    sql = """SELECT count(*) FROM wide w JOIN few f ON f.n = w.n AND md5(f.t) = md5(w.t)
        WHERE w.m <= 2 AND f.keep"""
    before = connection.execute(sql).fetchall()
    database.wide.drop_index("n_1")
    assert connection.execute(sql).fetchall() == before == [(3,)]
