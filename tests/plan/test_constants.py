"""Which expressions are constants of an execution, and what stands in their place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlshim.functions import math, text
from sqlshim.functions import operators as op
from sqlshim.functions.arrays import CONTAINS_ALL
from sqlshim.functions.documents import ARRAY_OF
from sqlshim.ir.relational import Filter, Limit, Rel, Sort
from sqlshim.ir.scalar import Case, Cast, Literal, Param, Scalar
from sqlshim.plan.constants import constants_in, known, with_values
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    JSON,
    NUMERIC,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    array,
    decimal,
    map_of,
)
from tests.fakes import FakeBackend
from tests.plan.build import (
    add,
    by,
    call,
    col,
    divide,
    eq,
    exists,
    group,
    gt,
    is_null,
    join,
    lit,
    or_,
    project,
    scalar_of,
    scan,
    sum_of,
)

FAR, NEAR = FakeBackend((), alias="far"), FakeBackend((), alias="near")
NEAR.is_waited_for = False
T = scan("t", store="far", a=INTEGER, b=TEXT, d=DATE)
U = scan("u", store="far", a=INTEGER)
A, B, D = (col(T, name) for name in "abd")
ONE = Param(0, INTEGER.with_null(False))
SUM = add(ONE, lit(1))
WIDE = Cast(ONE, BIGINT)
WORTH = (decimal(5, 1), NUMERIC, DOUBLE, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, UUID, BYTES)


def found(rel: Rel) -> list[Scalar]:
    return list(constants_in(rel, {"far": FAR, "near": NEAR}))


def where(*conditions: Scalar) -> Filter:
    return Filter(T, conditions)


@pytest.mark.parametrize(
    ("condition", "constants"),
    [
        (eq(A, SUM), [SUM]),
        (eq(A, ONE), []),
        (eq(A, lit(3)), []),
        (eq(A, add(A, SUM)), [SUM]),
        (eq(A, add(add(A, ONE), lit(1))), []),
        (eq(A, add(SUM, lit(2))), [add(SUM, lit(2))]),
        (or_(eq(A, SUM), gt(A, WIDE)), [SUM, WIDE]),
        (or_(eq(A, SUM), gt(A, SUM)), [SUM]),
        (gt(D, Cast(lit("2024-01-01"), DATE)), [Cast(lit("2024-01-01"), DATE)]),
        (eq(B, call(math.RANDOM, gives=DOUBLE)), []),
        (eq(A, add(Cast(call(math.RANDOM, gives=DOUBLE), INTEGER), SUM)), [SUM]),
        (eq(A, scalar_of(project(U, "a"))), []),
        (is_null(SUM), [SUM]),
        (gt(SUM, lit(1)), [SUM]),
        (eq(A, Case(((gt(A, lit(1)), SUM),), lit(1), INTEGER)), [SUM]),
        (gt(D, Cast(ONE, INTERVAL)), []),
        (eq(B, call(text.UPPER, Cast(ONE, JSON), gives=TEXT)), [
            call(text.UPPER, Cast(ONE, JSON), gives=TEXT)
        ]),
        (eq(Cast(A, array(BIGINT)), Cast(ONE, array(BIGINT))), [Cast(ONE, array(BIGINT))]),
        (eq(Cast(A, array(JSON)), Cast(ONE, array(JSON))), []),
        (eq(A, call(op.NOT, Cast(ONE, BOOLEAN))), []),
        (is_null(Cast(ONE, map_of(TEXT, INTEGER))), []),
        *((is_null(Cast(ONE, t)), [Cast(ONE, t)]) for t in WORTH),
    ],
    ids=[
        "a sum", "a parameter", "a literal", "beside a column", "no part of it is one",
        "the largest", "two", "one twice", "a cast of a literal", "volatile", "beside volatile",
        "a subquery", "below a test for NULL", "no column at all", "in a CASE", "no type for it",
        "inside any type", "a list", "a list of no such type", "a truth value",
        "a map",
        *(f"of type {t}" for t in WORTH),
    ],
)  # fmt: skip
def test_constants_of_a_condition(condition: Scalar, constants: list[Scalar]) -> None:
    assert found(where(condition)) == constants


def test_of_an_array_that_is_written_out_the_items_are_computed() -> None:
    """Stores look for them one by one."""
    written = call(ARRAY_OF, lit(3), SUM, gives=array(INTEGER))
    contains = call(CONTAINS_ALL, Cast(A, array(INTEGER)), written)
    assert found(where(contains)) == [SUM]
    put = with_values(where(contains), {SUM: lit(4)})
    items = call(ARRAY_OF, lit(3), lit(4), gives=array(INTEGER))
    assert put == where(call(CONTAINS_ALL, Cast(A, array(INTEGER)), items))


def test_where_rows_are_looked_up() -> None:
    assert found(join("inner", T, U, eq(A, add(col(U, "a"), SUM)))) == [SUM]
    assert found(Sort(T, (by(add(A, SUM)),))) == [SUM]
    assert found(Limit(T, SUM, WIDE)) == [SUM, WIDE]
    assert found(Limit(T, ONE, lit(3))) == []
    assert found(where(exists(Filter(U, (eq(col(U, "a"), SUM),))))) == [SUM]


def test_where_nothing_is_looked_up() -> None:
    assert found(project(T, "a", more=add(A, SUM))) == []
    assert found(group(T, "b", s=sum_of(add(A, SUM)))) == []


def test_a_store_that_computes_itself() -> None:
    near = scan("n", store="near", a=INTEGER)
    assert found(Filter(near, (eq(col(near, "a"), SUM),))) == []
    both = join("inner", near, U, eq(col(near, "a"), add(col(U, "a"), SUM)))
    assert found(both) == [SUM]


def test_values_stand_in_their_place() -> None:
    rel = Limit(where(or_(eq(A, SUM), gt(A, add(A, WIDE)))), WIDE, None)
    name, value = Param(7, BIGINT), lit(3)
    put = with_values(rel, {SUM: value, WIDE: name})
    assert put == Limit(where(or_(eq(A, value), gt(A, add(A, name)))), name, None)


def test_a_constant_without_a_value_stays() -> None:
    rel = where(or_(eq(A, SUM), gt(A, WIDE)))
    assert with_values(rel, {SUM: lit(3)}) == where(or_(eq(A, lit(3)), gt(A, WIDE)))


def test_values_inside_subqueries() -> None:
    rel = where(exists(Filter(U, (eq(col(U, "a"), SUM),))))
    put = with_values(rel, {SUM: lit(3)})
    assert put == where(exists(Filter(U, (eq(col(U, "a"), lit(3)),))))


def test_elsewhere_they_stay() -> None:
    rel = project(where(eq(A, SUM)), "a", more=SUM)
    put = with_values(rel, {SUM: lit(3)})
    assert put == replace(rel, input=where(eq(A, lit(3))))
    assert with_values(rel, {}) is rel


def test_what_folding_knows() -> None:
    assert known(SUM, (4,)) == Literal(5, INTEGER.with_null(False))
    assert known(WIDE, (4,)) == Literal(4, BIGINT.with_null(False))
    assert known(add(ONE, Param(1, INTEGER)), (4, 5)) == Literal(9, INTEGER.with_null(False))
    assert known(Case(((gt(ONE, lit(3)), lit(1)),), lit(2), INTEGER), (4,)) == lit(1)


@pytest.mark.parametrize(
    ("expr", "params"),
    [
        (add(ONE, lit(1)), (2**31 - 1,)),
        (divide(ONE, lit(0)), (1,)),
        (call(math.ABS, ONE, gives=INTEGER), (1,)),
    ],
    ids=["an overflow", "a division by zero", "a function that only the engine knows"],
)
def test_what_folding_does_not_know(expr: Scalar, params: tuple[object, ...]) -> None:
    assert known(expr, params) is None
