"""Scalars as aggregation expressions: null guards only where they are needed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backends.mongo.build import native, value, why


def absent(expr: Any) -> Any:
    return {"$lte": [expr, None]}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("x + 1", {"$add": ["$x", 1.0]}),
        ("x * x", {"$multiply": ["$x", "$x"]}),
        ("n + must", {"$toInt": {"$add": ["$n", "$must"]}}),
        ("n / 2.0", {"$divide": ["$n", {"$toDouble": {"$numberDecimal": "2.0"}}]}),
        ("s || t", {"$concat": ["$s", "$t"]}),
        ("COALESCE(s, t, 'x')", {"$ifNull": ["$s", "$t", "x"]}),
        ("NULLIF(n, 0)", {"$cond": [{"$eq": ["$n", 0]}, None, "$n"]}),
        ("'$n'", {"$literal": "$n"}),
        ("TRUE", {"$literal": True}),
        ("7", {"$literal": 7}),
        ("CAST(NULL AS TEXT)", {"$literal": None}),
        ("oid || '!'", {"$concat": [{"$toString": "$oid"}, "!"]}),
        ("EXTRACT(YEAR FROM at)", {"$year": "$at"}),
        ("CAST(at AS DATE)", {"$dateTrunc": {"date": "$at", "unit": "day"}}),
    ],
)
def test_operators_that_pass_null_on_have_no_guard(sql: str, expected: Any) -> None:
    assert shown(value(sql)) == shown(expected)


def shown(expr: Any) -> Any:
    """Decimal128 values as extended JSON writes them, to be compared."""
    if isinstance(expr, dict):
        return {k: shown(v) for k, v in expr.items()}
    if isinstance(expr, list):
        return [shown(v) for v in expr]
    if type(expr).__name__ == "Decimal128":
        return {"$numberDecimal": str(expr)}
    return expr


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("LENGTH(s)", {"$cond": [absent("$s"), None, {"$strLenCP": "$s"}]}),
        (
            "LENGTH(s || t)",
            {"$let": {
                "vars": {"v0": {"$concat": ["$s", "$t"]}},
                "in": {"$cond": [absent("$$v0"), None, {"$strLenCP": "$$v0"}]},
            }},
        ),
        ("LENGTH(_id)", {"$strLenCP": {"$toString": "$_id"}}),
        ("LENGTH(COALESCE(s, ''))", {"$strLenCP": {"$ifNull": ["$s", ""]}}),
        (
            "POSITION(t IN s)",
            {"$cond": [
                {"$or": [absent("$s"), absent("$t")]},
                None,
                {"$add": [{"$indexOfCP": ["$s", "$t"]}, 1]},
            ]},
        ),
        ("SUBSTRING(s, 0, 3)", {"$cond": [absent("$s"), None, {"$substrCP": ["$s", 0, 2]}]}),
        ("SUBSTRING(s, 2)", {"$cond": [absent("$s"), None, {"$substrCP": ["$s", 1, 2**31 - 1]}]}),
    ],
)  # fmt: skip
def test_operators_that_fail_on_null_are_guarded_once(sql: str, expected: Any) -> None:
    assert value(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("must = 1", {"$eq": ["$must", 1]}),
        (
            "n = 1",
            {"$cond": [
                {"$eq": ["$n", 1]},
                True,
                {"$cond": [{"$and": [{"$gt": ["$n", None]}, {"$ne": ["$n", 1]}]}, False, None]},
            ]},
        ),
        ("n IS NULL", absent("$n")),
        ("n IS DISTINCT FROM must", {"$ne": [{"$ifNull": ["$n", None]}, "$must"]}),
    ],
)  # fmt: skip
def test_a_condition_as_a_value_is_null_where_sql_says_so(sql: str, expected: Any) -> None:
    assert value(sql) == expected


def test_a_bigint_sum_checks_for_the_double_an_overflow_becomes() -> None:
    checked = value("big + 1")["$let"]
    assert checked["vars"] == {"v0": {"$add": ["$big", 1]}}
    test, failure, result = checked["in"]["$cond"]
    assert (test, result) == ({"$eq": [{"$type": "$$v0"}, "double"]}, "$$v0")
    assert failure["$toInt"]["$concat"][0] == "sqlshim:22003 bigint out of range: "


def test_an_error_in_constants_waits_for_a_document() -> None:
    query = native("SELECT CASE WHEN must = 0 THEN 1 ELSE 1 / ? END AS v FROM docs", 0)
    (project,) = query.template.fill([0])
    assert project["$project"]["v"]["$cond"][2] == {
        "$let": {
            "vars": {"v0": 1, "v1": {"$literal": 0}},
            "in": {"$toInt": {"$toInt": {"$trunc": {"$divide": ["$$v0", "$$v1"]}}}},
        }
    }


def test_arms_are_never_the_same_bare_field() -> None:
    assert value("CASE WHEN ok THEN x ELSE x END") == {
        "$cond": ["$ok", "$x", {"$ifNull": ["$x", None]}]
    }


def test_an_interval_moves_months_then_days_then_time() -> None:
    moved = value("at + INTERVAL '1 month 2 days 3 hours'")["$dateAdd"]
    assert (moved["unit"], moved["amount"]) == ("millisecond", 3 * 3_600_000)
    whole = {"$dateTrunc": {"date": "$at", "unit": "second"}}
    month = {"$dateAdd": {"startDate": whole, "unit": "month", "amount": 1}}
    days = {"$dateAdd": {"startDate": month, "unit": "day", "amount": 2}}
    assert moved["startDate"] == {"$add": [days, {"$millisecond": "$at"}]}


@pytest.mark.parametrize("value_", ["$n", {"$ne": 1}, ["$n"]])
def test_a_parameter_is_a_value_and_never_an_operator(value_: object) -> None:
    text = value_ if isinstance(value_, str) else str(value_)
    query = native("SELECT s || ? AS v FROM docs WHERE s = ?", text, text)
    match, project = query.template.fill([text, text])
    assert match == {"$match": {"s": text}}
    assert project["$project"]["v"] == {"$concat": ["$s", {"$literal": text}]}


# --- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("INITCAP(s)", "INITCAP has no MongoDB form"),
        (
            "s ILIKE 'aA_' ESCAPE 'A'",
            "ILIKE with a capital letter as ESCAPE has no MongoDB form",
        ),
        ("s LIKE t", "LIKE with a computed pattern has no MongoDB form"),
        ("MD5(s)", "MD5 has no MongoDB form"),
        ("RANDOM()", "RANDOM has no MongoDB form"),
        ("raw < raw", "BYTEA cannot be compared exactly by MongoDB"),
        ("mixed = mixed", "JSON cannot be compared exactly by MongoDB"),
        ("tags = tags", "TEXT[] cannot be compared exactly by MongoDB"),
        ("GREATEST(x, 1)", "MongoDB orders NaN below all numbers"),
        ("r + r", "MongoDB has no 32-bit floats"),
        ("wide * wide", "MongoDB rounds products of more than 34 digits"),
        ("CAST(s AS DATE)", "CAST(TEXT AS DATE) has no exact MongoDB form"),
        ("CAST(x AS TEXT)", "CAST(DOUBLE AS TEXT) has no exact MongoDB form"),
        ("CAST(price AS TEXT)", "CAST(DECIMAL(10,2) AS TEXT) has no exact MongoDB form"),
        ("at - at", "SUB giving INTERVAL has no MongoDB form"),
        ("at + INTERVAL '1 microsecond'", "MongoDB keeps milliseconds"),
        ("ROUND(x, -2)", "ROUND to so many places has no MongoDB form"),
        ("DATE_TRUNC('century', at)", "DATE_TRUNC to century has no MongoDB form"),
        ("EXTRACT(HOUR FROM clock)", "EXTRACT from TIME has no MongoDB form"),
        (
            "CASE WHEN n > 0 THEN (SELECT 1 / n) ELSE 1 END = 1",
            "a subquery that CASE or COALESCE may skip could raise an error",
        ),
    ],
)
def test_what_is_not_exact_is_refused_with_a_reason(sql: str, reason: str) -> None:
    assert why(sql) == reason


@pytest.mark.parametrize(
    "sql",
    ["at = TIMESTAMP '2024-01-01 00:00:00.000001'", "at < TIMESTAMP '2024-01-01 00:00:00.000001'"],
)
def test_a_comparison_with_an_instant_finer_than_milliseconds_is_exact(sql: str) -> None:
    assert why(sql) == ""


def test_but_a_computation_with_one_is_refused() -> None:
    assert (
        why("COALESCE(at, TIMESTAMP '2024-01-01 00:00:00.000001')") == "MongoDB keeps milliseconds"
    )
