"""How far down conditions go, and what stops them."""

from __future__ import annotations

import pytest

from sqlshim.functions import conditional
from sqlshim.functions import math as maths
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Filter, Limit, SetKind, SetOp, Sort
from sqlshim.ir.scalar import Scalar
from sqlshim.ir.show import show_rel
from sqlshim.plan.nulls import reject_nulls
from sqlshim.plan.rules.push_filters import push_filters
from sqlshim.types import DOUBLE, INTEGER
from tests.plan.build import (
    add,
    and_,
    by,
    call,
    coalesce,
    col,
    column,
    count,
    count_star,
    eq,
    exists,
    group,
    gt,
    in_,
    is_null,
    join,
    lit,
    lt,
    not_,
    or_,
    project,
    scan,
)

T = scan("t", a=INTEGER, b=INTEGER)
U = scan("u", c=INTEGER, d=INTEGER)
A, B, C, D = col(T, "a"), col(T, "b"), col(U, "c"), col(U, "d")
A_IS_1, C_IS_1 = eq(A, lit(1)), eq(C, lit(1))
SAME = eq(A, C)
LUCKY = lt(call(maths.RANDOM, gives=DOUBLE), lit(0.5))


def test_filters_that_meet_become_one_the_lower_first() -> None:
    plan = Filter(Filter(T, (A_IS_1,)), (gt(B, lit(0)),))
    assert push_filters(plan) == Filter(T, (A_IS_1, gt(B, lit(0))))


def test_a_condition_passes_a_project_in_terms_of_what_is_below() -> None:
    made = project(T, "b", x=add(A, lit(1)))
    plan = Filter(made, (eq(col(made, "x"), lit(2)),))
    assert show_rel(push_filters(plan)) == (
        "Project b, a + 1 AS x\n  Filter ((a + 1) = 2)\n    Scan t [a, b]"
    )


def test_a_volatile_item_is_not_computed_anew_for_a_filter() -> None:
    made = project(T, x=call(maths.RANDOM, gives=DOUBLE))
    plan = Filter(made, (lt(col(made, "x"), lit(0.5)),))
    assert push_filters(plan) is plan


def test_a_volatile_condition_stays() -> None:
    plan = Filter(join("inner", T, U, SAME), (LUCKY,))
    assert push_filters(plan) is plan


def test_nothing_passes_a_limit() -> None:
    plan = Filter(Limit(T, count(1), None), (A_IS_1,))
    assert push_filters(plan) is plan


def test_a_condition_passes_a_sort() -> None:
    plan = Filter(Sort(T, (by(B),)), (A_IS_1,))
    assert push_filters(plan) == Sort(Filter(T, (A_IS_1,)), (by(B),))


def test_a_condition_on_keys_goes_below_the_grouping() -> None:
    grouped = group(T, "a", n=count_star())
    many = gt(col(grouped, "n"), lit(1))
    assert show_rel(push_filters(Filter(grouped, (A_IS_1, many)))) == (
        "Filter (n > 1)\n  Aggregate COUNT(*) AS n BY a\n    Filter (a = 1)\n      Scan t [a, b]"
    )


def test_nothing_goes_below_a_total() -> None:
    plan = Filter(group(T, n=count_star()), (eq(lit(1), lit(2)),))
    assert push_filters(plan) is plan


def test_a_condition_goes_into_every_arm_of_a_union() -> None:
    union = SetOp(SetKind.UNION_ALL, (project(T, "a"), project(U, "d")), (column("x", INTEGER),))
    plan = Filter(union, (eq(union.columns[0], lit(1)),))
    assert show_rel(push_filters(plan)) == (
        "SetOp union all [x]\n"
        "  Project a\n    Filter (a = 1)\n      Scan t [a, b]\n"
        "  Project d\n    Filter (d = 1)\n      Scan u [c, d]"
    )


# --- joins ---------------------------------------------------------------------------------


def shown(kind: str, on: tuple[Scalar, ...], where: tuple[Scalar, ...]) -> str:
    """The pushed plan on one line."""
    plan = push_filters(Filter(join(kind, T, U, *on), where))
    return " / ".join(line.strip() for line in show_rel(plan).splitlines())


@pytest.mark.parametrize(
    ("kind", "on", "where", "result"),
    [
        pytest.param(
            "inner", (), (SAME, A_IS_1, C_IS_1),
            "Join inner ON (a = c)"
            " / Filter (a = 1) / Scan t [a, b] / Filter (c = 1) / Scan u [c, d]",
            id="inner: WHERE goes to both sides and into ON",
        ),
        pytest.param(
            "left", (SAME, A_IS_1, C_IS_1), (eq(B, lit(2)),),
            "Join left ON (a = c) AND (a = 1)"
            " / Filter (b = 2) / Scan t [a, b] / Filter (c = 1) / Scan u [c, d]",
            id="left: ON about the right side goes there, about the left side stays",
        ),
        pytest.param(
            "left", (SAME,), (is_null(C),),
            "Filter (c IS NULL) / Join left ON (a = c) / Scan t [a, b] / Scan u [c, d]",
            id="left: a test for NULL stays above",
        ),
        pytest.param(
            "left", (SAME,), (gt(D, lit(5)),),
            "Join inner ON (a = c) / Scan t [a, b] / Filter (d > 5) / Scan u [c, d]",
            id="left: a condition no NULL passes makes it inner",
        ),
        pytest.param(
            "right", (SAME, A_IS_1, C_IS_1), (eq(D, lit(2)),),
            "Join right ON (a = c) AND (c = 1)"
            " / Filter (a = 1) / Scan t [a, b] / Filter (d = 2) / Scan u [c, d]",
            id="right: the mirror image of left",
        ),
        pytest.param(
            "full", (SAME, A_IS_1), (or_(is_null(A), is_null(C)),),
            "Filter ((a IS NULL) OR (c IS NULL))"
            " / Join full ON (a = c) AND (a = 1) / Scan t [a, b] / Scan u [c, d]",
            id="full: nothing moves",
        ),
        pytest.param(
            "full", (SAME,), (A_IS_1,),
            "Join left ON (a = c) / Filter (a = 1) / Scan t [a, b] / Scan u [c, d]",
            id="full: no NULLs on the left make it left",
        ),
        pytest.param(
            "full", (SAME,), (A_IS_1, C_IS_1),
            "Join inner ON (a = c)"
            " / Filter (a = 1) / Scan t [a, b] / Filter (c = 1) / Scan u [c, d]",
            id="full: no NULLs on either side make it inner",
        ),
        pytest.param(
            "semi", (SAME, A_IS_1, C_IS_1), (eq(B, lit(2)),),
            "Join semi ON (a = c)"
            " / Filter (a = 1) AND (b = 2) / Scan t [a, b] / Filter (c = 1) / Scan u [c, d]",
            id="semi: like inner",
        ),
        pytest.param(
            "anti", (SAME, A_IS_1, C_IS_1), (eq(B, lit(2)),),
            "Join anti ON (a = c) AND (a = 1)"
            " / Filter (b = 2) / Scan t [a, b] / Filter (c = 1) / Scan u [c, d]",
            id="anti: ON about the left side stays",
        ),
    ],
)  # fmt: skip
def test_joins(kind: str, on: tuple[Scalar, ...], where: tuple[Scalar, ...], result: str) -> None:
    assert shown(kind, on, where) == result


def test_a_condition_with_a_subquery_stays_above_a_join() -> None:
    plan = Filter(join("inner", T, U, SAME), (exists(scan("v", e=INTEGER)),))
    assert push_filters(plan) is plan


@pytest.mark.parametrize(
    ("expr", "rejects"),
    [
        pytest.param(A_IS_1, True, id="a comparison"),
        pytest.param(eq(add(A, B), C), True, id="strict all the way down"),
        pytest.param(eq(B, C), False, id="of other columns"),
        pytest.param(is_null(A), False, id="IS NULL"),
        pytest.param(not_(is_null(A)), True, id="NOT IS NULL"),
        pytest.param(call(op.IS_NOT_NULL, A), True, id="IS NOT NULL"),
        pytest.param(not_(A_IS_1), True, id="NOT of NULL is NULL"),
        pytest.param(and_(A_IS_1, is_null(C)), True, id="one part of AND"),
        pytest.param(or_(A_IS_1, is_null(C)), False, id="one part of OR"),
        pytest.param(or_(A_IS_1, lt(A, B)), True, id="all parts of OR"),
        pytest.param(not_(and_(A_IS_1, eq(B, C))), False, id="NOT (NULL AND FALSE) is TRUE"),
        pytest.param(not_(or_(A_IS_1, eq(B, C))), True, id="NOT (NULL OR x) is never TRUE"),
        pytest.param(eq(coalesce(A, lit(0)), lit(0)), False, id="COALESCE"),
        pytest.param(in_(A, 1, 2), True, id="IN"),
        pytest.param(
            eq(call(conditional.NULLIF, A, B, gives=INTEGER), lit(1)), True, id="NULLIF of NULL"
        ),
        pytest.param(call(op.IS_NOT_DISTINCT, A, B), False, id="IS NOT DISTINCT FROM"),
        pytest.param(call(op.IS_FALSE, A_IS_1), True, id="IS FALSE"),
        pytest.param(not_(call(op.IS_TRUE, A_IS_1)), False, id="NOT IS TRUE"),
    ],
)
def test_which_conditions_no_null_passes(expr: Scalar, rejects: bool) -> None:
    assert reject_nulls(expr, {A.id}) is rejects
