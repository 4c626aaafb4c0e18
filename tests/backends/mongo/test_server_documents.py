"""Documents that no SQL program wrote: missing fields, nesting, types that vary, odd names."""

from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId
from bson.regex import Regex

import sqlshim

OID = ObjectId("0123456789abcdef01234567")
UNIQUE = uuid.UUID("12345678-1234-5678-1234-567812345678")


@pytest.fixture
def ask(connect: Callable[..., Any]) -> Callable[..., list[Any]]:
    def run(sql: str, *params: object, **options: Any) -> list[Any]:
        cursor = connect(**options).cursor()
        cursor.execute(sql, params or None)
        rows: list[Any] = cursor.fetchall()
        return rows

    return run


Ask = Callable[..., list[Any]]


def test_every_value_comes_back_as_its_python_type(database: Any, ask: Ask) -> None:
    at = dt.datetime(2024, 2, 29, 1, 2, 3, 4000)
    database.all_types.insert_one(
        {
            "_id": OID, "i": 1, "big": Int64(2**60), "x": 1.5, "m": Decimal128("1.5"),
            "s": "é", "ok": False, "at": at, "raw": b"\x00", "u": UNIQUE, "tags": ["a", None],
            "sub": {"n": Int64(5), "deep": {"at": at}}, "subs": [{"a": Int64(1)}, {}],
        }
    )  # fmt: skip
    (row,) = ask("SELECT * FROM all_types")
    expected = (
        str(OID), 1, 2**60, 1.5, Decimal("1.5000000000"), "é", False, at, b"\x00", UNIQUE,
        ["a", None], {"n": 5, "deep": {"at": at}}, [{"a": 1}, {"a": None}],
    )  # fmt: skip
    assert row == expected
    assert list(map(type, row)) == list(map(type, expected))


def test_a_missing_field_is_null(database: Any, ask: Ask) -> None:
    database.gaps.insert_many([{"_id": 1, "a": 1, "b": None}, {"_id": 2}, {"_id": 3, "a": 3}])
    assert ask("SELECT _id, a, b FROM gaps ORDER BY _id") == [
        (1, 1, None), (2, None, None), (3, 3, None)]  # fmt: skip
    assert ask("SELECT a, COUNT(*) FROM gaps GROUP BY a ORDER BY a") == [(1, 1), (3, 1), (None, 1)]
    assert ask("SELECT _id FROM gaps WHERE a <> 1") == [(3,)]
    assert ask("SELECT _id FROM gaps WHERE a IS NULL") == [(2,)]


def test_a_field_of_several_types_keeps_every_value(database: Any, ask: Ask) -> None:
    database.varied.insert_many(
        [{"_id": i, "v": v} for i, v in enumerate([1, "a", {"n": [1]}, None, True, Regex("x")])]
    )
    values = [v for (v,) in ask("SELECT v FROM varied ORDER BY _id")]
    assert [None if v is None else json.loads(v) for v in values][:5] == [
        1, "a", {"n": [1]}, None, True]  # fmt: skip
    assert ask("SELECT COUNT(v) FROM varied WHERE v IS NOT NULL") == [(5,)]


def test_a_value_that_does_not_fit_is_an_error_and_not_another_value(
    database: Any, ask: Ask
) -> None:
    database.late.insert_many([{"n": i} for i in range(200)] + [{"n": "text"}])
    with pytest.raises(sqlshim.DataError, match=r"column 'n' does not fit its type BIGINT: 'text'"):
        ask("SELECT n FROM late", sample_size=10)
    assert ask("SELECT COUNT(n) FROM late", sample_size=10) == [(201,)]


def test_an_object_id_compares_with_text_both_ways(database: Any, ask: Ask) -> None:
    database.parents.insert_one({"_id": OID, "name": "p"})
    database.children.insert_many([{"_id": 1, "parent": OID, "text": str(OID)}, {"_id": 2}])
    assert ask("SELECT name FROM parents WHERE _id = ?", str(OID)) == [("p",)]
    assert ask(f"SELECT name FROM parents WHERE '{OID}' = _id") == [("p",)]
    join = "SELECT c._id FROM children c JOIN parents p ON p._id = "
    assert ask(join + "c.parent") == [(1,)]
    assert ask(join + "c.text") == [(1,)]
    assert ask("SELECT parent || '!' FROM children WHERE _id = 1") == [(f"{OID}!",)]
    assert ask("SELECT MAX(parent) FROM children") == [(str(OID),)]
    assert ask("SELECT parent, COUNT(*) FROM children GROUP BY parent ORDER BY 2, 1") == [
        (str(OID), 1), (None, 1)]  # fmt: skip


def test_odd_names_are_read_and_filtered(database: Any, ask: Ask) -> None:
    database.command(
        "insert", "odd", documents=[{"_id": 1, "a.b": 5, "$c": 6, "with space": 7, "": 8}]
    )
    assert ask('SELECT "a.b", "$c", "with space", "" FROM odd WHERE "a.b" = 5 AND "$c" > 1') == [
        (5, 6, 7, 8)
    ]


KEYS = {"$x": 1, "y.z": 2, "p q": 3, "": 4, "n": 5, "N": 6}


@pytest.mark.parametrize("pushdown", ["always", "auto", "never"])
def test_any_key_of_a_document_is_a_field(database: Any, ask: Ask, pushdown: str) -> None:
    database.odd_keys.drop()
    items = [{"": 1, "$k": 2, "K": 3, "k": 4}, {}]
    documents = [{"_id": 1, "sub": KEYS, "items": items}, {"_id": 2, "sub": {"N": 7}}]
    database.command("insert", "odd_keys", documents=documents)
    always = partial(ask, pushdown=pushdown)
    assert always("SELECT sub FROM odd_keys ORDER BY _id") == [
        (KEYS,), ({**dict.fromkeys(KEYS), "N": 7},)]  # fmt: skip
    fields = 'sub."$x", sub."y.z", sub."p q", sub."", sub."n", sub."N"'
    assert always(f'SELECT {fields} FROM odd_keys WHERE sub."" = 4') == [(1, 2, 3, 4, 5, 6)]
    assert always('SELECT sub.* FROM odd_keys WHERE sub."N" = 7') == [(*[None] * 5, 7)]
    assert always('SELECT i."", i."$k", i."K", i."k" FROM odd_keys, UNNEST(items) AS i') == [
        (1, 2, 3, 4), (None,) * 4]  # fmt: skip
    assert always('SELECT items[1]."", items[1]."k" FROM odd_keys ORDER BY _id') == [
        (1, 4), (None, None)]  # fmt: skip
    assert always('SELECT sub."", COUNT(*) FROM odd_keys GROUP BY sub."" ORDER BY 1') == [
        (4, 1), (None, 1)]  # fmt: skip


def test_nan_is_the_largest_number(database: Any, ask: Ask) -> None:
    database.nans.insert_many(
        [{"_id": i, "x": x} for i, x in enumerate([math.nan, 1.0, math.inf, None, -1.0])]
    )
    assert [i for (i,) in ask("SELECT _id FROM nans ORDER BY x")] == [4, 1, 2, 0, 3]
    assert [i for (i,) in ask("SELECT _id FROM nans WHERE x > 0 ORDER BY _id")] == [0, 1, 2]
    assert [i for (i,) in ask("SELECT _id FROM nans WHERE x < 2 ORDER BY _id")] == [1, 4]
    ((low, high),) = ask("SELECT MIN(x), MAX(x) FROM nans")
    assert low == -1.0
    assert math.isnan(high)


def test_text_that_looks_like_an_operator_is_text(database: Any, ask: Ask) -> None:
    database.texts.insert_many(
        [{"_id": 1, "s": "$s"}, {"_id": 2, "s": "a.c"}, {"_id": 3, "s": "abc"}]
    )
    assert ask("SELECT _id FROM texts WHERE s = '$s'") == [(1,)]
    assert ask("SELECT _id FROM texts WHERE s LIKE 'a.c'") == [(2,)]
    assert ask("SELECT '$s' || s FROM texts WHERE _id = 1") == [("$s$s",)]
    assert ask("SELECT _id FROM texts WHERE s = ?", '{"$ne": 1}') == []


def test_a_sum_of_big_integers_is_exact_or_an_error(database: Any, ask: Ask) -> None:
    database.bigs.insert_many([{"n": Int64(2**62)}, {"n": Int64(2**62 - 1)}])
    assert ask("SELECT SUM(n) FROM bigs") == [(2**63 - 1,)]
    database.bigs.insert_one({"n": Int64(1)})
    with pytest.raises(sqlshim.DataError) as caught:
        ask("SELECT SUM(n) FROM bigs")
    assert caught.value.sqlstate == "22003"


@pytest.mark.parametrize("pushdown", ["always", "auto", "never"])
def test_an_aggregate_over_nothing_gives_one_row_anywhere(
    database: Any, ask: Ask, pushdown: str
) -> None:
    database.one.drop()
    database.one.insert_one({"_id": 1, "n": 1})
    nothing = "SELECT COUNT(*) AS c, SUM(n) AS s FROM one WHERE n > 5"
    assert ask(nothing, pushdown=pushdown) == [(0, None)]
    assert ask(f"SELECT one._id, q.c FROM one JOIN ({nothing}) q ON TRUE", pushdown=pushdown) == [
        (1, 0)
    ]
    assert ask(f"{nothing} UNION ALL {nothing}", pushdown=pushdown) == [(0, None), (0, None)]
