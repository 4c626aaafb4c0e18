"""Fields whose type varies and documents that no SQL program wrote, in all three modes."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from bson.binary import Binary
from bson.code import Code
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp

Ask = Callable[..., list[Any]]
OID = ObjectId("0123456789abcdef01234567")
UNIQUE = uuid.UUID("12345678-1234-5678-1234-567812345678")
AT = dt.datetime(2024, 1, 2, 3, 4, 5, 6000)
VALUES = [
    1, Int64(2), 2.5, Decimal128("3.50"), "text", OID, AT, Timestamp(5, 1), UNIQUE,
    Binary(b"ab", 0), Binary(b"cd", 128), Regex("x", "i"), MinKey(), MaxKey(), Code("f()"),
    {"a": 1}, [1, "text"], True, None, float("nan"),
]  # fmt: skip
IDS = [1, "a", OID, {"x": 1}, UNIQUE, AT, 2.5, True]


@pytest.fixture(scope="module", autouse=True)
def documents(database: Any) -> None:
    database.varied.insert_many([{"_id": i, "v": v} for i, v in enumerate(VALUES)])
    database.ids.insert_many([{"_id": v, "n": i} for i, v in enumerate(IDS)])
    database.by_document.insert_many([{"_id": {"a": i, "b": "x"}, "n": i} for i in range(3)])
    database.by_uuid.insert_many([{"_id": uuid.UUID(int=i), "n": i} for i in range(3)])
    database.by_date.insert_many([{"_id": dt.datetime(2024, 1, 1 + i), "n": i} for i in range(3)])
    database.odd_keys.insert_one({"_id": 2, "a": {"b": 99}})
    sub = {"x.y": 1, "$z": 2, "sp ace": 4}
    odd = {"_id": 1, "a.b": 5, "$c": 6, "sub": sub, "list": [{"k.k": 1, "$d": 2}]}
    database.command("insert", "odd_keys", documents=[odd])


@pytest.fixture(params=["always", "auto", "never"])
def ask(connect: Callable[..., Any], request: pytest.FixtureRequest) -> Ask:
    connection = connect(pushdown=request.param)

    def run(sql: str, *params: object) -> list[Any]:
        rows: list[Any] = connection.execute(sql, params or None).fetchall()
        return rows

    return run


def test_every_value_is_kept(ask: Ask) -> None:
    rows = ask("SELECT v FROM varied ORDER BY _id")
    assert [None if v is None else json.loads(v) for (v,) in rows] == [
        1, 2, 2.5, {"$numberDecimal": "3.50"}, "text", {"$oid": str(OID)},
        {"$date": "2024-01-02T03:04:05.006Z"}, {"$timestamp": {"t": 5, "i": 1}},
        {"$binary": {"base64": "EjRWeBI0VngSNFZ4EjRWeA==", "subType": "04"}},
        {"$binary": {"base64": "YWI=", "subType": "00"}},
        {"$binary": {"base64": "Y2Q=", "subType": "80"}},
        {"$regularExpression": {"pattern": "x", "options": "i"}}, {"$minKey": 1}, {"$maxKey": 1},
        {"$code": "f()"}, {"a": 1}, [1, "text"], True, None, {"$numberDouble": "NaN"},
    ]  # fmt: skip
    assert ask("SELECT COUNT(v), COUNT(*) FROM varied") == [(19, 20)]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("v = 1", [0]),
        ("v = 3.5", [3]),
        ("v <> 1", [1, 2, 3, 19]),
        ("v > 1", [1, 2, 3, 19]),
        ("v < 2.5", [0, 1]),
        ("2 <= v", [1, 2, 3, 19]),
        ("v BETWEEN 1 AND 3", [0, 1, 2]),
        ("v IN (1, 2)", [0, 1]),
        ("v NOT IN (1, 2)", [2, 3, 19]),
        ("NOT v = 1", [1, 2, 3, 19]),
        ("v = 'text'", [4]),
        ("v <> 'text'", [5]),
        ("v > 'a'", [4]),
        ("v IN ('text', 'x')", [4]),
        ("v LIKE 't%'", [4]),
        (f"v = '{OID}'", [5]),
        ("v = TRUE", [17]),
        ("v >= TIMESTAMP '2024-01-01'", [6]),
        ("v IS NULL", [18]),
        ("v IS NOT NULL AND v = 2", [1]),
        ("v IS NOT DISTINCT FROM 1", [0]),
    ],
)
def test_a_comparison_sees_the_values_of_its_own_type(
    ask: Ask, condition: str, found: list[int]
) -> None:
    assert [i for (i,) in ask(f"SELECT _id FROM varied WHERE {condition} ORDER BY _id")] == found


@pytest.mark.parametrize(
    ("value", "found"), [(1, 0), (3.5, 3), ("text", 4), (str(OID), 5), (AT, 6), (True, 17)]
)
def test_a_parameter_too(ask: Ask, value: object, found: int) -> None:
    assert ask("SELECT _id FROM varied WHERE v = ?", value) == [(found,)]


def test_a_comparison_with_another_type_is_null(ask: Ask) -> None:
    rows = ask("SELECT v = 1, v > 'a', v IS NULL FROM varied WHERE _id IN (0, 4, 18) ORDER BY _id")
    assert rows == [(True, None, False), (None, True, False), (None, None, True)]


def test_a_key_may_be_of_any_type(ask: Ask) -> None:
    assert ask("SELECT n FROM ids WHERE _id = 1") == [(0,)]
    assert ask("SELECT n FROM ids WHERE _id = 'a'") == [(1,)]
    assert ask("SELECT n FROM ids WHERE _id = ?", str(OID)) == [(2,)]
    assert ask("SELECT n FROM by_document WHERE _id.a = 1 AND _id.b = 'x'") == [(1,)]
    assert ask("SELECT n FROM by_document WHERE _id = {'a': 2, 'b': 'x'}") == [(2,)]
    assert ask("SELECT n FROM by_uuid WHERE _id = ?", uuid.UUID(int=2)) == [(2,)]
    assert ask(f"SELECT n FROM by_uuid WHERE _id > '{uuid.UUID(int=1)}'") == [(2,)]
    assert ask("SELECT n FROM by_date WHERE _id >= '2024-01-02' ORDER BY n") == [(1,), (2,)]
    assert ask("SELECT a.n FROM by_document a JOIN by_document b ON a._id = b._id ORDER BY 1") == [
        (0,), (1,), (2,)]  # fmt: skip


def test_varying_keys_are_joined_with_keys_of_one_type(ask: Ask) -> None:
    sql = "SELECT v._id, d.n FROM varied v JOIN by_date d ON v.v = d.n ORDER BY 1"
    assert ask(sql) == [(0, 1), (1, 2)]


def test_odd_keys_are_names_like_others(ask: Ask) -> None:
    assert ask('SELECT _id FROM odd_keys WHERE "a.b" = 5') == [(1,)]
    assert ask("SELECT _id FROM odd_keys WHERE a.b = 99") == [(2,)]
    sql = 'SELECT _id FROM odd_keys WHERE sub."x.y" = 1 AND sub."$z" = 2 AND sub."sp ace" = 4'
    assert ask(sql) == [(1,)]
    assert ask('SELECT o._id, i."k.k", i."$d" FROM odd_keys o, UNNEST(o.list) AS i') == [(1, 1, 2)]
    sql = 'SELECT "a.b", COUNT(*), MAX("$c") FROM odd_keys GROUP BY "a.b" ORDER BY 1'
    assert ask(sql) == [(5, 1, 6), (None, 1, None)]


def test_an_index_serves_a_comparison_of_a_varying_field(connect: Callable[..., Any]) -> None:
    lines = [line for (line,) in connect().execute("EXPLAIN SELECT n FROM ids WHERE _id = 'a'")]
    assert any("primary key _id" in line for line in lines)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("_id IN (SELECT n + 1 FROM ids WHERE n < 2)", [0]),
        ("_id NOT IN (SELECT n + 1 FROM ids WHERE n < 2)", [6]),
        ("n + 1 = ANY (SELECT _id FROM ids)", [0]),
        ("'a' IN (SELECT _id FROM ids) AND n = 0", [0]),
        ("_id = ANY (SELECT lower('A'))", [1]),
        ("(_id, n) IN (SELECT 1, 0)", [0]),
    ],
)
def test_a_varying_field_is_compared_with_a_query_within_its_type(
    ask: Ask, condition: str, found: list[int]
) -> None:
    assert ask(f"SELECT n FROM ids WHERE {condition} ORDER BY n") == [(n,) for n in found]
