"""What is computed before anything runs, and what must not be."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from sqlshim.functions import conditional, text
from sqlshim.functions import datetime as dates
from sqlshim.functions import math as maths
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Filter
from sqlshim.ir.scalar import Call, Case, Cast, Column, Scalar, Subquery, SubqueryKind
from sqlshim.ir.show import show_scalar
from sqlshim.plan.rules.fold_constants import fold, fold_constants
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    SMALLINT,
    TEXT,
    TIMESTAMP,
    Interval,
    SqlType,
    decimal,
)
from tests.plan.build import (
    add,
    and_,
    call,
    coalesce,
    divide,
    eq,
    exists,
    in_,
    is_null,
    lit,
    lt,
    not_,
    or_,
    scan,
    values,
)

A = Column(1, "a", INTEGER)
B = Column(2, "b", BOOLEAN)
SURE = Column(3, "sure", INTEGER.with_null(False))
NULL = lit(None, BOOLEAN)
TRUE, FALSE = lit(True), lit(False)
MOST = lit(2**31 - 1)
JANUARY_31 = lit(dt.datetime(2024, 1, 31))


def cast(value: object, to: SqlType) -> Scalar:
    return Cast(lit(value), to.with_null(False))


def shift(months: int, days: int = 0) -> Call:
    return call(op.ADD, JANUARY_31, lit(Interval(months, days)), gives=TIMESTAMP)


@pytest.mark.parametrize(
    ("expr", "result"),
    [
        pytest.param(add(lit(1), lit(2)), "3", id="integers add"),
        pytest.param(divide(lit(-7), lit(2)), "-3", id="division cuts towards zero"),
        pytest.param(call(op.MOD, lit(-7), lit(2), gives=INTEGER), "-1", id="sign of a remainder"),
        pytest.param(add(MOST, lit(1)), "2147483647 + 1", id="an overflow is left to fail"),
        pytest.param(divide(lit(1), lit(0)), "1 / 0", id="a division by zero is left to fail"),
        pytest.param(
            call(op.ADD, lit(Decimal("0.10")), lit(Decimal("0.20")), gives=decimal(19, 2)),
            "0.30",
            id="decimals are exact",
        ),
        pytest.param(
            call(op.MUL, lit(Decimal("0.5")), lit(Decimal("0.5")), gives=decimal(38, 1)),
            "0.5 * 0.5",
            id="a decimal that does not fit is left",
        ),
        pytest.param(
            call(op.MUL, lit(1e200), lit(1e200), gives=DOUBLE), "1e+200 * 1e+200", id="no infinity"
        ),
        pytest.param(
            call(op.MUL, lit(1e-200), lit(1e-200), gives=DOUBLE),
            "1e-200 * 1e-200",
            id="no underflow",
        ),
        pytest.param(shift(1), "TIMESTAMP '2024-02-29 00:00:00'", id="months clamp the day"),
        pytest.param(shift(1, 1), "TIMESTAMP '2024-03-01 00:00:00'", id="days come after months"),
        pytest.param(shift(-2), "TIMESTAMP '2023-11-30 00:00:00'", id="months back over new year"),
        pytest.param(
            shift(12 * 9000),
            "TIMESTAMP '2024-01-31 00:00:00' + INTERVAL '108000 months'",
            id="a year too far is left",
        ),
        pytest.param(
            call(op.SUB, lit(dt.date(2024, 3, 1)), lit(dt.date(2024, 2, 1)), gives=INTEGER),
            "29",
            id="days between dates",
        ),
        pytest.param(
            call(op.ADD, lit(dt.date(2024, 2, 28)), lit(2), gives=DATE),
            "DATE '2024-03-01'",
            id="a date and days",
        ),
        pytest.param(
            call(op.MUL, lit(3), lit(Interval(1)), gives=INTERVAL),
            "INTERVAL '3 months'",
            id="a multiple of an interval",
        ),
        pytest.param(lt(lit("a"), lit("b")), "TRUE", id="text compares by code point"),
        pytest.param(lt(lit(float("nan")), lit(1.0)), "nan < 1.0", id="NaN is left"),
        pytest.param(lt(lit(1), A), "a > 1", id="the constant stands on the right"),
        pytest.param(
            call(text.UPPER, lit("é"), gives=TEXT), "UPPER('é')", id="no case beyond ASCII"
        ),
        pytest.param(
            call(dates.EXTRACT, lit("year"), lit(dt.date(1995, 6, 1)), gives=BIGINT),
            "1995",
            id="the year of a date",
        ),
        pytest.param(add(A, lit(None, INTEGER)), "NULL", id="strict functions of NULL"),
        pytest.param(call(maths.RANDOM, gives=DOUBLE), "RANDOM()", id="volatile stays"),
    ],
)
def test_functions_of_constants(expr: Scalar, result: str) -> None:
    assert show_scalar(fold(expr)) == result


@pytest.mark.parametrize(
    ("expr", "result"),
    [
        pytest.param(and_(B, TRUE), "b", id="x AND TRUE is x"),
        pytest.param(and_(B, FALSE), "FALSE", id="x AND FALSE is FALSE"),
        pytest.param(and_(B, NULL), "b AND NULL", id="x AND NULL is undecided"),
        pytest.param(or_(B, TRUE), "TRUE", id="x OR TRUE is TRUE"),
        pytest.param(or_(B, FALSE, B), "b", id="repetitions go"),
        pytest.param(and_(B, and_(is_null(A), TRUE)), "b AND (a IS NULL)", id="nested AND is flat"),
        pytest.param(not_(lt(A, lit(1))), "a >= 1", id="NOT turns a comparison"),
        pytest.param(not_(not_(B)), "b", id="two NOTs are none"),
        pytest.param(not_(is_null(A)), "a IS NOT NULL", id="NOT over IS NULL"),
        pytest.param(not_(and_(B, eq(A, lit(1)))), "(NOT b) OR (a <> 1)", id="De Morgan"),
        pytest.param(not_(NULL), "NULL", id="NOT NULL is NULL"),
        pytest.param(is_null(SURE), "FALSE", id="what is never NULL"),
        pytest.param(is_null(lit(None)), "TRUE", id="NULL is NULL"),
        pytest.param(call(op.IS_TRUE, NULL), "FALSE", id="NULL is not true"),
        pytest.param(
            call(op.IS_DISTINCT, lit(None, INTEGER), A), "a IS NOT NULL", id="distinct from NULL"
        ),
        pytest.param(coalesce(lit(None, INTEGER), A, lit(1), A), "COALESCE(a, 1)", id="COALESCE"),
        pytest.param(coalesce(lit(2), A), "2", id="COALESCE of a constant"),
        pytest.param(
            call(conditional.NULLIF, lit(1), lit(1), gives=INTEGER), "NULL", id="NULLIF of equals"
        ),
        pytest.param(in_(lit(1), 2, None), "NULL", id="not found, but a NULL in the list"),
        pytest.param(in_(lit(1), 1, None), "TRUE", id="found in the list"),
        pytest.param(
            Case(((FALSE, lit(1)), (B, lit(2)), (TRUE, lit(3)), (B, lit(4))), A, INTEGER),
            "CASE WHEN b THEN 2 ELSE 3 END",
            id="arms that cannot be reached",
        ),
        pytest.param(
            Case(((NULL, divide(lit(1), lit(0))),), A, INTEGER), "a", id="a WHEN that is NULL"
        ),
    ],
)
def test_logic_and_conditionals(expr: Scalar, result: str) -> None:
    assert show_scalar(fold(expr)) == result


@pytest.mark.parametrize(
    ("expr", "result"),
    [
        pytest.param(cast("1994-01-01", DATE), "DATE '1994-01-01'", id="text to date"),
        pytest.param(
            cast("1994-1-1", DATE), "CAST('1994-1-1' AS DATE)", id="an unusual date is left"
        ),
        pytest.param(
            cast("1994-13-01", DATE), "CAST('1994-13-01' AS DATE)", id="a wrong date is left"
        ),
        pytest.param(cast("12", INTEGER), "12", id="text to integer"),
        pytest.param(cast("x", INTEGER), "CAST('x' AS INTEGER)", id="no number is left"),
        pytest.param(cast(70000, SMALLINT), "CAST(70000 AS SMALLINT)", id="out of range is left"),
        pytest.param(cast(Decimal("2.5"), INTEGER), "3", id="decimals round half away from zero"),
        pytest.param(cast(2.5, INTEGER), "2", id="doubles round half to even"),
        pytest.param(cast(Decimal("1.005"), decimal(5, 2)), "1.01", id="decimal to fewer places"),
        pytest.param(cast(1, decimal(5, 2)), "1.00", id="integer to decimal"),
        pytest.param(Cast(lit(None), DATE), "NULL", id="NULL of any type"),
        pytest.param(Cast(A, INTEGER.with_null(False)), "a", id="a cast to the same type"),
        pytest.param(
            cast(dt.date(1994, 1, 1), TIMESTAMP),
            "TIMESTAMP '1994-01-01 00:00:00'",
            id="date to timestamp",
        ),
    ],
)
def test_casts_of_constants(expr: Scalar, result: str) -> None:
    assert show_scalar(fold(expr)) == result


@pytest.mark.parametrize(
    ("kind", "every", "result"),
    [
        (SubqueryKind.EXISTS, False, "FALSE"),
        (SubqueryKind.SCALAR, False, "NULL"),
        (SubqueryKind.QUANTIFIED, False, "FALSE"),
        (SubqueryKind.QUANTIFIED, True, "TRUE"),
    ],
)
def test_a_subquery_without_rows_is_a_constant(
    kind: SubqueryKind, every: bool, result: str
) -> None:
    args = (A,) if kind is SubqueryKind.QUANTIFIED else ()
    expr = Subquery(kind, values(x=INTEGER), BOOLEAN, args, op.EQ, every)
    assert show_scalar(fold(expr)) == result


def test_a_plan_without_constants_is_not_copied() -> None:
    t = scan("t", a=INTEGER)
    plan = Filter(t, (exists(t), eq(A, SURE)))
    assert fold_constants(plan) is plan
