"""Long ORs of equalities as lists of rows."""

from __future__ import annotations

import pytest

from sqlshim.backends.duckdb.compile.equalities import rows_of_equalities
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Call, Scalar
from sqlshim.types import BOOLEAN, INTEGER
from tests.plan.build import and_, lit, scan

T = scan("t", a=INTEGER, b=INTEGER)
A, B = T.columns


def _eq(column: Scalar, value: int) -> Scalar:
    return Call(op.EQ, (column, lit(value)), BOOLEAN)


def _or(*arms: Scalar) -> Scalar:
    return Call(op.OR, arms, BOOLEAN)


def test_arms_of_equalities_are_rows_whatever_their_order() -> None:
    arms = [
        and_(_eq(A, i), _eq(B, -i)) if i % 2 else and_(_eq(B, -i), _eq(A, i)) for i in range(40)
    ]
    rows = rows_of_equalities(_or(*arms))
    assert rows is not None
    assert {tuple(v.value for v in row) for row in rows.items} == {(-i, i) for i in range(40)}


@pytest.mark.parametrize(
    "odd",
    [_eq(A, 1), and_(_eq(A, 1), _eq(A, 2)), and_(_eq(A, 1), Call(op.LT, (B, lit(1)), BOOLEAN))],
    ids=["another column set", "a column twice", "another comparison"],
)
def test_one_arm_of_another_shape_keeps_the_or(odd: Scalar) -> None:
    arms = [and_(_eq(A, i), _eq(B, i)) for i in range(40)]
    assert rows_of_equalities(_or(*arms, odd)) is None


def test_a_short_or_is_left_alone() -> None:
    assert rows_of_equalities(_or(*[and_(_eq(A, i), _eq(B, i)) for i in range(3)])) is None
