"""Conditions as $match documents: query operators where they mean the same, else $expr."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from bson.decimal128 import Decimal128
from bson.objectid import ObjectId
from bson.regex import Regex

from sqlshim.backends.mongo.compile import compile_rel
from sqlshim.errors import InvalidText
from sqlshim.plan.optimize import optimize
from tests.backends.mongo.build import condition, match, native

HEX = "5f" * 12
NO_VALUE = ["missing", "null", "undefined"]
SINGLE = {"$not": {"$type": "array"}}  # query operators look into arrays
NAN = pytest.approx(math.nan, nan_ok=True)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("n = 5", {"n": 5}),
        ("5 = n", {"n": 5}),
        ("n > 5", {"n": {"$gt": 5}}),
        ("5 > n", {"n": {"$lt": 5}}),
        ("n <> 5", {"n": {"$nin": [5, None]}}),
        ("must <> 5", {"must": {"$ne": 5}}),
        ("NOT n = 5", {"n": {"$nin": [5, None]}}),
        ("NOT n < 5", {"n": {"$gte": 5}}),
        ("n = NULL", {"$expr": False}),
        ("n IS NULL", {"n": None}),
        ("n IS NOT NULL", {"n": {"$ne": None}}),
        ("NOT (n IS NULL)", {"n": {"$ne": None}}),
        ("n IS DISTINCT FROM 5", {"n": {"$ne": 5}}),
        ("n IS NOT DISTINCT FROM 5", {"n": 5}),
        ("n IS NOT DISTINCT FROM NULL", {"n": None}),
        ("n IN (1, 2)", {"n": {"$in": [1, 2]}}),
        ("n IN (1, NULL)", {"n": {"$in": [1]}}),
        ("n NOT IN (1, 2)", {"n": {"$nin": [1, 2, None]}}),
        ("must NOT IN (1, 2)", {"must": {"$nin": [1, 2]}}),
        ("n NOT IN (1, NULL)", {"$expr": False}),
        ("n BETWEEN 1 AND 5", {"n": {"$gte": 1, "$lte": 5}}),
        ("n > 1 AND s = 'a'", {"n": {"$gt": 1}, "s": "a"}),
        ("n > 1 AND n > 2", {"n": {"$gt": 1}, "$and": [{"n": {"$gt": 2}}]}),
        ("n = 1 OR s = 'a'", {"$or": [{"n": 1}, {"s": "a"}]}),
        ("NOT (n = 1 OR s = 'a')", {"n": {"$nin": [1, None]}, "s": {"$nin": ["a", None]}}),
        ("ok", {"ok": True}),
        ("NOT ok", {"ok": False}),
        ("ok IS TRUE", {"ok": True}),
        ("s = '$n'", {"s": "$n"}),
        ("price > 1.5", {"price": {"$gt": Decimal128("1.5")}}),
        ("day = DATE '2024-02-29'", {"day": dt.datetime(2024, 2, 29)}),
        ("day > TIMESTAMP '2024-02-29 12:00:00'", {"day": {"$gt": dt.datetime(2024, 2, 29, 12)}}),
    ],
)
def test_a_condition_becomes_query_operators(sql: str, expected: Any) -> None:
    assert match(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("small > 1.5", {"small": {"$gt": Decimal128("1.5")}}),
        ("big = 5", {"big": 5}),
        ("n = 5.0", {"n": Decimal128("5.0")}),
        ("big > CAST(5 AS DOUBLE PRECISION)", {"big": {"$gt": 5.0}}),
    ],
)
def test_a_cast_that_changes_nothing_keeps_the_index(sql: str, expected: Any) -> None:
    stages = compile_rel(optimize(condition(sql))).stages
    assert [s["$match"] for s in stages if "$match" in s] == [expected]


def test_nan_is_above_every_number() -> None:
    assert match("x > 1.5") == {"$or": [{"x": {"$gt": 1.5}}, {"x": NAN}]}
    assert match("x < 1.5") == {"x": {"$lt": 1.5}}


def test_an_upper_bound_keeps_nan_out_already() -> None:
    assert match("x >= 1.5 AND x <= 2.5") == {"x": {"$gte": 1.5, "$lte": 2.5}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, {"$or": [{"x": {"$gt": 1.5}}, {"x": {"$eq": NAN}}]}),
        (math.nan, {"$expr": False}),
    ],
)
def test_a_bound_double_knows_nan(value: float, expected: Any) -> None:
    query = native("SELECT n FROM docs WHERE x > ?", value)
    assert query.template.fill([value])[0] == {"$match": {"$and": [expected]}}


# --- ObjectIds -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"_id = '{HEX}'", {"_id": ObjectId(HEX)}),
        (f"_id > '{HEX}'", {"_id": {"$gt": ObjectId(HEX)}}),
        (f"oid <> '{HEX}'", {"oid": {"$nin": [ObjectId(HEX), None]}}),
        (f"oid IN ('{HEX}', 'x')", {"oid": {"$in": [ObjectId(HEX), "x"]}}),
        ("_id = 'no id'", {"_id": "no id"}),
        (f"_id = '{HEX.upper()}'", {"_id": HEX.upper()}),
        ("_id > 'no id'", {"$expr": {"$gt": [{"$toString": "$_id"}, "no id"]}}),
        (
            "oid LIKE '5f%'",
            {"$expr": {"$regexMatch": {
                "input": {"$toString": "$oid"}, "regex": "^5f", "options": "s"}}},
        ),
    ],
)  # fmt: skip
def test_an_object_id_compares_with_text(sql: str, expected: Any) -> None:
    assert match(sql) == expected


def test_a_parameter_becomes_an_object_id() -> None:
    query = native("SELECT n FROM docs WHERE _id = ?", HEX)
    assert query.template.fill([HEX])[0] == {"$match": {"_id": ObjectId(HEX)}}
    assert query.template.fill(["x"])[0] == {"$match": {"_id": "x"}}


def test_a_range_needs_a_whole_object_id() -> None:
    query = native("SELECT n FROM docs WHERE _id > ?", HEX)
    with pytest.raises(InvalidText, match="ObjectId"):
        query.template.fill(["x"])


# --- instants finer than milliseconds ------------------------------------------------------

FINE = dt.datetime(2024, 1, 1, 0, 0, 0, 1500)
BELOW = dt.datetime(2024, 1, 1, 0, 0, 0, 1000)
ABOVE = dt.datetime(2024, 1, 1, 0, 0, 0, 2000)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("at < ?", {"at": {"$lt": ABOVE}}),
        ("at <= ?", {"at": {"$lte": BELOW}}),
        ("at > ?", {"at": {"$gt": BELOW}}),
        ("at >= ?", {"at": {"$gte": ABOVE}}),
    ],
)
def test_a_bound_instant_is_rounded_to_keep_the_answer(sql: str, expected: Any) -> None:
    query = native(f"SELECT n FROM docs WHERE {sql}", FINE)
    assert query.template.fill([FINE])[0] == {"$match": expected}


def test_no_stored_instant_equals_one_with_microseconds() -> None:
    query = native("SELECT n FROM docs WHERE at = ?", FINE)
    bound = query.template.fill([FINE])[0]["$match"]["at"]
    assert type(bound).__name__ == "MinKey"
    assert query.template.fill([BELOW])[0] == {"$match": {"at": BELOW}}


# --- texts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("abc", {"s": "abc"}),
        ("abc%", {"s": {"$regex": "^abc"}}),
        ("%", {"s": {"$ne": None}}),
        ("%b%", {"s": {"$regex": "b"}}),
        ("a_c", {"s": {"$regex": r"^a.c\z", "$options": "s"}}),
        ("a\\_c", {"s": "a_c"}),
    ],
)
def test_like_becomes_the_cheapest_test(pattern: str, expected: Any) -> None:
    assert match(f"s LIKE '{pattern}'") == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("s NOT LIKE 'abc'", {"s": {"$nin": ["abc", None]}}),
        ("s NOT LIKE '%'", {"$expr": False}),
        ("s NOT LIKE 'a%'", {"s": {"$nin": [None, Regex("^a")]}}),
        ("s LIKE 'a!%' ESCAPE '!'", {"s": "a%"}),
        ("s LIKE 'a%' AND s LIKE '%b'", {
            "s": {"$regex": "^a"}, "$and": [{"s": {"$regex": r"^.*b\z", "$options": "s"}}]}),
    ],
)  # fmt: skip
def test_not_like_leaves_null_out(sql: str, expected: Any) -> None:
    assert match(sql) == expected


def test_a_bound_pattern_is_translated_when_it_runs() -> None:
    query = native("SELECT n FROM docs WHERE s LIKE ?", "a.%")
    expected = {"$match": {"s": {"$regex": r"^a\.", "$options": "s"}}}
    assert query.template.fill(["a.%"])[0] == expected


# --- what needs $expr ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("s = t", {"$and": [{"$gt": ["$s", None]}, {"$eq": ["$s", "$t"]}]}),
        ("s < t", {"$and": [{"$gt": ["$s", None]}, {"$lt": ["$s", "$t"]}]}),
        ("s > t", {"$and": [{"$gt": ["$t", None]}, {"$gt": ["$s", "$t"]}]}),
        ("must < big", {"$lt": ["$must", "$big"]}),
        ("tags IS NULL", {"$lte": ["$tags", None]}),
        ("mixed IS NOT NULL", {"$not": [{"$in": [{"$type": "$mixed"}, NO_VALUE]}]}),
    ],
)
def test_other_conditions_guard_against_null_where_it_matters(sql: str, expected: Any) -> None:
    assert match(sql) == {"$expr": expected}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("mixed = 5", {"mixed": {"$eq": 5.0, **SINGLE}}),
        ("5 > mixed", {"mixed": {"$lt": 5.0, **SINGLE}}),
        ("mixed IN (1, 2)", {"mixed": {"$in": [1.0, 2.0], **SINGLE}}),
        ("mixed = 'a'", {"mixed": {"$in": ["a"], **SINGLE}}),
        (f"mixed = '{HEX}'", {"mixed": {"$in": [HEX, ObjectId(HEX)], **SINGLE}}),
        ("mixed = TRUE", {"mixed": {"$eq": True, **SINGLE}}),
        (
            "mixed > 5",
            {"$or": [{"mixed": {"$gt": 5.0, **SINGLE}}, {"mixed": {"$eq": NAN, **SINGLE}}]},
        ),
        (
            "mixed <> 'a'",
            {
                "$and": [
                    {"mixed": {"$type": ["string", "objectId"]}},
                    {"mixed": {"$nin": ["a"], **SINGLE}},
                ]
            },
        ),
    ],
)
def test_a_field_whose_type_varies_is_compared_within_the_type(sql: str, expected: Any) -> None:
    assert match(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("'a' = ANY (tags)", {"tags": "a"}),
        ("NOT 'a' = ANY (tags)", {"tags": {"$nin": ["a", None]}}),
        ("'a' <> ALL (tags)", {"tags": {"$nin": ["a", None]}}),
        ("'a' <> ANY (tags)", {"tags": {"$elemMatch": {"$nin": ["a", None]}}}),
        ("'a' < ANY (tags)", {"tags": {"$gt": "a"}}),
        ("tags @> ARRAY['a', 'b']", {"tags": {"$all": ["a", "b"]}}),
        ("tags && ARRAY['a', 'b']", {"tags": {"$in": ["a", "b"]}}),
    ],
)
def test_a_search_of_an_array_is_a_query_operator(sql: str, expected: Any) -> None:
    assert match(sql) == expected


def test_fields_that_a_match_keeps_null_out_of_need_no_guard() -> None:
    assert match("s = 'a' AND s < t") == {"s": "a", "$expr": {"$lt": ["$s", "$t"]}}
