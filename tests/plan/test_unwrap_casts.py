"""Columns compared in their own type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import Filter
from sqlshim.ir.scalar import Cast, Column, InList, Literal, Scalar
from sqlshim.ir.show import show_rel, show_scalar
from sqlshim.plan.rules.unwrap_casts import unwrap_casts
from sqlshim.types import BIGINT, DATE, DOUBLE, INTEGER, TEXT, TIMESTAMP, decimal
from tests.plan.build import call, lit, lt, values

DAY, SMALL = Column(1, "day", DATE), Column(2, "small", INTEGER)
BIG, PRICE = Column(3, "big", BIGINT), Column(4, "price", decimal(15, 2))
MIDNIGHT, NOON = lit(dt.datetime(1998, 1, 1)), lit(dt.datetime(1998, 1, 1, 12))


@pytest.mark.parametrize(
    ("expr", "result"),
    [
        pytest.param(
            lt(Cast(DAY, TIMESTAMP), MIDNIGHT), "day < DATE '1998-01-01'", id="a date at midnight"
        ),
        pytest.param(
            lt(Cast(DAY, TIMESTAMP), NOON),
            "CAST(day AS TIMESTAMP) < TIMESTAMP '1998-01-01 12:00:00'",
            id="no date is at noon",
        ),
        pytest.param(lt(Cast(SMALL, BIGINT), lit(5, BIGINT)), "small < 5", id="a narrow integer"),
        pytest.param(
            lt(Cast(SMALL, BIGINT), lit(2**40, BIGINT)),
            "CAST(small AS BIGINT) < 1099511627776",
            id="a number too large",
        ),
        pytest.param(lt(Cast(SMALL, DOUBLE), lit(5.0)), "small < 5", id="an integer as a double"),
        pytest.param(
            lt(Cast(SMALL, DOUBLE), lit(5.5)), "CAST(small AS DOUBLE) < 5.5", id="a fraction"
        ),
        pytest.param(
            lt(Cast(BIG, DOUBLE), lit(5.0)),
            "CAST(big AS DOUBLE) < 5.0",
            id="a BIGINT may be rounded",
        ),
        pytest.param(
            lt(Cast(SMALL, TEXT), lit("5")),
            "CAST(small AS TEXT) < '5'",
            id="text has another order",
        ),
        pytest.param(
            call(op.IS_DISTINCT, Cast(DAY, TIMESTAMP), lit(None, TIMESTAMP)),
            "day IS DISTINCT FROM NULL",
            id="NULL is in every type",
        ),
        pytest.param(
            InList(Cast(SMALL, BIGINT), (lit(1, BIGINT), lit(2, BIGINT))),
            "small IN (1, 2)",
            id="every item of a list",
        ),
    ],
)
def test_casts_around_columns(expr: Scalar, result: str) -> None:
    (where,) = walk.scalars(unwrap_casts(Filter(values(x=INTEGER), (expr,))))
    assert show_scalar(where) == result


def test_a_decimal_constant_takes_the_columns_scale() -> None:
    wide = decimal(20, 4)
    expr = lt(Cast(PRICE, wide), Literal(Decimal("0.0500"), wide))
    plan = unwrap_casts(Filter(values(x=INTEGER), (expr,)))
    assert show_rel(plan).splitlines()[0] == "Filter (price < 0.05)"
