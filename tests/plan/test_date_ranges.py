"""Comparisons of a part of a date as ranges of the date."""

from __future__ import annotations

import pytest

from sqlshim.ir import walk
from sqlshim.ir.relational import Filter
from sqlshim.ir.show import show_scalar
from sqlshim.plan.optimize import optimize
from sqlshim.plan.rules.date_ranges import date_ranges
from tests.backends.mongo.build import condition, rel

YEAR = "day >= DATE '1995-01-01' AND day < DATE '1996-01-01'"


def _ranges(sql: str) -> str:
    filters = (r for r in walk.every_rel(optimize(rel(f"SELECT n FROM docs WHERE {sql}"))))
    return " AND ".join(show_scalar(e) for r in filters if isinstance(r, Filter) for e in r.where)


@pytest.mark.parametrize(
    ("sql", "range_"),
    [
        ("EXTRACT(YEAR FROM day) = 1995", YEAR),
        (
            "EXTRACT(YEAR FROM day) <> 1995",
            "(day < DATE '1995-01-01') OR (day >= DATE '1996-01-01')",
        ),
        ("EXTRACT(YEAR FROM day) < 1995", "day < DATE '1995-01-01'"),
        ("EXTRACT(YEAR FROM day) <= 1995", "day < DATE '1996-01-01'"),
        ("EXTRACT(YEAR FROM day) > 1995", "day >= DATE '1996-01-01'"),
        ("EXTRACT(YEAR FROM day) >= 1995", "day >= DATE '1995-01-01'"),
        ("DATE_TRUNC('year', day) = DATE '1995-01-01'", YEAR),
        (
            "DATE_TRUNC('quarter', day) = DATE '1995-10-01'",
            "day >= DATE '1995-10-01' AND day < DATE '1996-01-01'",
        ),
        ("DATE_TRUNC('week', day) < DATE '2024-02-26'", "day < DATE '2024-02-26'"),
        ("CAST(at AS DATE) <= '1995-03-31'", "at < TIMESTAMP '1995-04-01 00:00:00'"),
        (
            "DATE_TRUNC('hour', at) = '1995-03-31 23:00:00'",
            "at >= TIMESTAMP '1995-03-31 23:00:00' AND at < TIMESTAMP '1995-04-01 00:00:00'",
        ),
        ("EXTRACT(YEAR FROM CAST(at AS DATE)) < 1995", "at < TIMESTAMP '1995-01-01 00:00:00'"),
    ],
)
def test_a_part_compared_with_the_start_of_a_period_is_a_range(sql: str, range_: str) -> None:
    assert _ranges(sql) == range_


@pytest.mark.parametrize(
    "sql",
    [
        "DATE_TRUNC('month', at) = '1995-03-02'",
        "DATE_TRUNC('week', at) = '2024-02-27'",
        "EXTRACT(MONTH FROM day) = 3",
        "EXTRACT(YEAR FROM day) = 9999",
        "EXTRACT(YEAR FROM day) = n",
        "EXTRACT(YEAR FROM day + 1) = 1995",
        "EXTRACT(YEAR FROM day) IS DISTINCT FROM 1995",
    ],
    ids=[
        "no start of a month",
        "no Monday",
        "a part that comes again",
        "the last year",
        "no constant",
        "no column",
        "NULL counts",
    ],
)
def test_everything_else_is_left_alone(sql: str) -> None:
    found = condition(sql)
    assert date_ranges(found) is found
