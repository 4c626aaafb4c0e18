"""What becomes one pipeline under "always" gives what the local engine gives, over documents as
they are: ObjectIds, values of several types, missing fields, arrays, odd names."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from bson.decimal128 import Decimal128
from bson.objectid import ObjectId

import sqlshim

IDS = [ObjectId(f"{n:024x}") for n in range(6)]


@pytest.fixture(scope="module", autouse=True)
def _data(database: Any) -> None:
    database.owner.insert_many(
        [
            {"_id": IDS[0], "name": "Ada", "tags": ["a", "b"], "v": 1, "geo": {"x": 1.5}, "a b": 1},
            {"_id": IDS[1], "name": "Bob", "tags": [], "v": "one", "geo": {"x": None}, "a b": 2},
            {"_id": IDS[2], "name": "Cid", "v": None, "geo": {}, "a b": None},
            {"_id": IDS[3], "tags": ["b"], "v": 2.5, "name": None},
        ]
    )
    database.thing.insert_many(
        [
            {"_id": 1, "owner": IDS[0], "n": 1, "m": Decimal128("1.10"), "of": [IDS[0], IDS[1]]},
            {"_id": 2, "owner": IDS[0], "n": None, "m": Decimal128("2.20"), "of": [IDS[3]]},
            {"_id": 3, "owner": IDS[1], "n": 3.5, "m": Decimal128("3.30")},
            {"_id": 4, "n": 2, "m": Decimal128("2.20"), "of": []},
            {"_id": 5, "owner": IDS[5], "n": 2.0, "m": None},
        ]
    )


ALIKE = [
    "SELECT name, (SELECT max(t.n) FROM thing t WHERE t.owner = o._id) FROM owner o",
    "SELECT t._id, (SELECT o._id FROM owner o WHERE o._id = t.owner) FROM thing t",
    "SELECT t._id, (SELECT o.geo FROM owner o WHERE o._id = t.owner) FROM thing t",
    "SELECT t._id, (SELECT (o.geo).x FROM owner o WHERE o.name > (SELECT min(name) FROM owner p "
    "WHERE p._id <> t.owner) LIMIT 1) FROM thing t",
    "SELECT _id, owner IN (SELECT _id FROM owner) FROM thing",
    "SELECT _id, owner NOT IN (SELECT o._id FROM owner o WHERE o.name > 'B') FROM thing",
    "SELECT _id, m = ANY (SELECT m FROM thing u WHERE u._id <> t._id) FROM thing t",
    "SELECT o.name, l._id FROM owner o, LATERAL (SELECT _id FROM thing t WHERE t.owner = o._id "
    "ORDER BY n DESC NULLS LAST LIMIT 1) l",
    "SELECT o.name, l.x FROM owner o LEFT JOIN LATERAL (SELECT o.geo AS x FROM thing t "
    "WHERE t.n > (o.geo).x) l ON TRUE",
    "SELECT o.name, EXISTS (SELECT 1 FROM UNNEST(o.tags) AS u (t) WHERE u.t = 'b') FROM owner o",
    "SELECT o.name, (SELECT count(*) FROM UNNEST(o.tags) AS u (t)) FROM owner o",
    "SELECT t._id FROM thing t WHERE (SELECT count(*) FROM UNNEST(t.of) AS u (o)) > 0",
    'SELECT o.name, (SELECT max(t.n) FROM thing t WHERE t.n > o."a b") FROM owner o',
    "SELECT owner FROM thing INTERSECT SELECT _id FROM owner",
    "SELECT owner, n FROM thing EXCEPT ALL SELECT _id, 1.0 FROM owner",
    "SELECT m FROM thing EXCEPT SELECT 2.2",
    "SELECT o._id, t._id FROM owner o FULL JOIN thing t ON t.owner = o._id",
    "SELECT o.v, t.n FROM owner o FULL JOIN thing t ON o.v = t.n",
    "SELECT o.name, w.k FROM owner o JOIN (VALUES ('000000000000000000000001', 'x')) AS w (i, k) "
    "ON w.i = o._id",
    "WITH t AS (SELECT owner, count(*) AS c, sum(n) AS s FROM thing GROUP BY owner) "
    "SELECT a.owner, a.s, b.c FROM t a JOIN t b ON a.owner = b.owner",
    "WITH t AS (SELECT v, _id, geo, tags FROM owner ORDER BY _id LIMIT 3) "
    "SELECT a.v, b.geo, a.tags FROM t a JOIN t b ON a._id = b._id",
    "WITH t AS (SELECT v, count(*) AS n FROM owner GROUP BY v) SELECT * FROM t a, t b",
    "SELECT _id, (SELECT v FROM owner o WHERE o._id = t.owner) FROM thing t",
]


@pytest.mark.parametrize("sql", ALIKE)
def test_always_answers_as_the_local_engine(sql: str, connect: Callable[..., Any]) -> None:
    answers = []
    for pushdown in ("always", "never", "auto"):
        cursor = connect(pushdown=pushdown).cursor()
        cursor.execute(sql)
        answers.append(sorted(map(repr, cursor.fetchall())))
    assert answers[0] == answers[1]
    assert answers[2] == answers[1]


def test_a_decimal_that_a_subquery_gives_is_one(connect: Callable[..., Any]) -> None:
    cursor = connect().cursor()
    cursor.execute(
        "SELECT (SELECT m FROM thing u WHERE u._id = t._id - 1) FROM thing t WHERE n = 2"
    )
    assert sorted(cursor.fetchall()) == [(Decimal("2.2"),), (Decimal("3.3"),)]


def test_a_second_row_is_an_error_only_where_the_value_is_used(
    connect: Callable[..., Any],
) -> None:
    cursor = connect().cursor()
    value = "(SELECT t._id FROM thing t WHERE t.owner = o._id)"
    sql = "SELECT CASE WHEN name = 'Ada' THEN 0 ELSE {0} END FROM owner o ORDER BY o._id"
    cursor.execute(sql.format(value))
    assert cursor.fetchall() == [(0,), (3,), (None,), (None,)]
    with pytest.raises(sqlshim.DataError) as caught:
        cursor.execute(f"SELECT {value} FROM owner o").fetchall()
    assert caught.value.sqlstate == "21000"


def test_parameters_reach_the_pipelines_inside(connect: Callable[..., Any]) -> None:
    cursor = connect().cursor()
    cursor.execute(
        "SELECT o.name, (SELECT count(*) FROM thing t WHERE t.n > ? AND t.owner = o._id), l.x "
        "FROM owner o, LATERAL (VALUES (?), (?)) AS l (x) WHERE o.name = ? LIMIT ?",
        [0.5, "$name", "$$ROOT", "Ada", 5],
    )
    assert sorted(cursor.fetchall()) == [("Ada", 1, "$$ROOT"), ("Ada", 1, "$name")]


def test_more_pipelines_in_one_another_than_the_server_takes_are_local(
    connect: Callable[..., Any],
) -> None:
    query = "SELECT max(n) FROM thing"
    for number in range(24):
        query = f"SELECT max(n) FROM thing t{number} WHERE t{number}.n <= ({query})"
        query += f" OR t{number}.n = (SELECT min(n) FROM thing u WHERE u.n > t{number}.n)"
    cursor = connect().cursor()
    cursor.execute(query)
    assert cursor.fetchall() == [(3.5,)]
