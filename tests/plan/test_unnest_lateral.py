"""Lateral joins, and the first rows of each outer row: what becomes a plain join, what stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlshim.functions import math
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Filter, Join, JoinKind, Limit, Project, Rel, Scan, Sort
from sqlshim.ir.scalar import Cast, Column, Param, Scalar, Subquery, SubqueryKind
from sqlshim.ir.show import show_rel
from sqlshim.plan.rules.unnest_subqueries import unnest_subqueries
from sqlshim.types import BIGINT, BOOLEAN, DOUBLE, INTEGER, SqlType
from tests.plan.build import (
    add,
    by,
    call,
    col,
    column,
    count,
    count_star,
    divide,
    eq,
    exists,
    group,
    gt,
    join,
    lit,
    lt,
    project,
    scalar_of,
    scan,
    sum_of,
)


def partitioned(*key: str, **columns: SqlType) -> Scan:
    """A table whose store finds its rows by these columns."""
    plain = scan("u", **columns)
    return replace(plain, table=replace(plain.table, partition_key=key))


T = scan("t", a=INTEGER, n=INTEGER)
U = partitioned("b", b=INTEGER, m=INTEGER)
A, N, B, M = col(T, "a"), col(T, "n"), col(U, "b"), col(U, "m")


def mine(*more: Scalar, of: Rel = U) -> Filter:
    """The rows that belong to the outer row."""
    return Filter(of, (eq(col(of, "b"), A), *more))


def first(rel: Rel, most: int = 2, order: Scalar = M) -> Limit:
    return Limit(Sort(rel, (by(order),)), count(most), None)


def lateral(right: Rel, *on: Scalar, kind: str = "inner") -> Join:
    return Join(JoinKind(kind), T, right, on, lateral=True)


def shown(rel: Rel) -> list[str]:
    return [line.strip() for line in show_rel(unnest_subqueries(rel)).splitlines()]


NUMBERED = "Window ROW_NUMBER() OVER (PARTITION BY b ORDER BY m) AS row_number"


# --- lateral joins -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["inner", "left"])
def test_a_correlated_side_is_joined(kind: str) -> None:
    assert shown(lateral(mine(), gt(M, N), kind=kind)) == [
        "Project a, n, b, m",
        f"Join {kind} ON (m > n) AND (b = a)",
        "Scan t [a, n]",
        "Scan u [b, m]",
    ]


def test_what_the_right_side_computes_is_computed_of_the_rows_found() -> None:
    right = project(mine(), "m", x=divide(M, add(B, N)))
    assert shown(lateral(right, gt(col(right, "x"), lit(1)))) == [
        "Project a, n, m, m / (b + n) AS x",
        "Join inner ON ((m / (b + n)) > 1) AND (b = a)",
        "Scan t [a, n]",
        "Scan u [b, m]",
    ]


def test_beside_an_outer_join_nothing_that_may_fail_moves() -> None:
    harmless = lateral(project(mine(), "m"), kind="left")
    assert shown(harmless)[1] == "Join left ON (b = a)"
    failing = lateral(project(mine(), x=divide(M, B)), kind="left")
    assert unnest_subqueries(failing) is failing


def test_groups_are_joined() -> None:
    assert shown(lateral(group(mine(), "m", s=sum_of(B))))[1:3] == [
        "Join inner ON (key = a)",
        "Scan t [a, n]",
    ]


@pytest.mark.parametrize("kind", ["inner", "left"])
def test_a_total_has_its_row_over_nothing(kind: str) -> None:
    right = group(mine(), c=count_star(), s=sum_of(M))
    assert shown(lateral(right, kind=kind)) == [
        "Project a, n, COALESCE(c, 0) AS c, s",
        "Join left ON (key = a)",
        "Scan t [a, n]",
        "Aggregate COUNT(*) AS c, SUM(m) AS s BY b AS key",
        "Scan u [b, m]",
    ]


RANDOM = call(math.RANDOM, gives=DOUBLE)
OUTSIDE = column("outside", INTEGER)


@pytest.mark.parametrize(
    "rel",
    [
        pytest.param(lateral(project(mine(), x=RANDOM)), id="another value for each outer row"),
        pytest.param(lateral(mine(gt(M, OUTSIDE))), id="reads rows further out"),
        pytest.param(
            lateral(group(mine(), s=sum_of(M)), gt(A, lit(1))), id="a total under a condition"
        ),
        pytest.param(
            lateral(Filter(group(mine(), c=count_star()), (gt(A, lit(1)),))),
            id="a total that may not be there",
        ),
        pytest.param(lateral(group(mine(lt(M, N)), s=sum_of(M))), id="a total of an inequality"),
    ],
)
def test_what_stays_lateral(rel: Join) -> None:
    assert "Join lateral" in show_rel(unnest_subqueries(rel))


# --- the first rows ------------------------------------------------------------------------


def test_the_first_rows_of_an_outer_row_are_those_of_its_key() -> None:
    assert shown(lateral(first(mine()), gt(M, N))) == [
        "Project a, n, b, m",
        "Join inner ON (m > n) AND (b = a)",
        "Scan t [a, n]",
        "Filter (row_number <= 2)",
        NUMBERED,
        "Scan u [b, m]",
    ]


def test_conditions_below_a_limit_are_asked_before_it_and_those_above_after() -> None:
    inside = shown(lateral(first(mine(gt(M, lit(5))))))
    assert inside[3:] == ["Filter (row_number <= 2)", NUMBERED, "Filter (m > 5)", "Scan u [b, m]"]
    above = shown(lateral(Filter(first(mine()), (gt(M, lit(5)), lt(M, N)))))
    assert above[1] == "Join inner ON (b = a) AND (m < n)"
    assert above[3:] == ["Filter (m > 5)", "Filter (row_number <= 2)", NUMBERED, "Scan u [b, m]"]


def test_a_limit_without_an_order_or_by_a_parameter() -> None:
    assert "Filter (row_number <= $1)" in shown(
        lateral(Limit(mine(), Param(0, BIGINT.with_null(False)), None))
    )


def test_the_first_row_as_a_value() -> None:
    value = scalar_of(project(first(mine(), 1), "m"))
    assert shown(Project(T, ((column("v", INTEGER), value),))) == [
        "Project m AS v",
        "Join left ON (b = a)",
        "Scan t [a, n]",
        "Project m, b",
        "Filter (row_number <= 1)",
        NUMBERED,
        "Scan u [b, m]",
    ]


def test_the_first_two_rows_are_no_value() -> None:
    value = scalar_of(project(first(mine(), 2), "m"))
    plan = Project(T, ((column("v", INTEGER), value),))
    assert unnest_subqueries(plan) is plan


def test_one_of_the_first_rows() -> None:
    found = project(first(mine()), "m")
    condition = Subquery(SubqueryKind.QUANTIFIED, found, BOOLEAN, (N,), op.EQ)
    assert shown(Filter(T, (condition,)))[:2] == [
        "Join semi ON (b = a) AND (n = m)",
        "Scan t [a, n]",
    ]


def test_a_total_of_the_first_rows() -> None:
    assert shown(lateral(group(first(mine()), s=sum_of(M))))[3:] == [
        "Aggregate SUM(m) AS s BY b AS key",
        "Filter (row_number <= 2)",
        NUMBERED,
        "Scan u [b, m]",
    ]


TWO = partitioned("b", "c", b=INTEGER, c=INTEGER, m=INTEGER)
WIDE = partitioned("b", b=INTEGER, m=INTEGER)
FLOAT = partitioned("b", b=DOUBLE, m=INTEGER)


MIXED = partitioned("b", "f", b=INTEGER, f=DOUBLE)
MADE = project(U, "b", "m", x=add(B, lit(1)))
OTHER = scan("w", y=INTEGER)
BOTH = join("inner", U, OTHER, eq(M, col(OTHER, "y")))


def few(rel: Rel, *key: tuple[str, Column]) -> Limit:
    """A row of those with this key."""
    same = tuple(eq(col(rel, name), outer) for name, outer in key)
    return Limit(Filter(rel, same), count(1), None)


def wide(column_: Column) -> Cast:
    return Cast(column_, BIGINT)


def test_integers_of_several_widths_are_one_key() -> None:
    same = Filter(WIDE, (eq(wide(col(WIDE, "b")), wide(A)),))
    assert "Window ROW_NUMBER() OVER (PARTITION BY b) AS row_number" in shown(
        lateral(Limit(same, count(1), None))
    )


@pytest.mark.parametrize(
    "right",
    [
        pytest.param(few(scan("v", b=INTEGER, m=INTEGER), ("b", A)), id="no partition"),
        pytest.param(
            Limit(Filter(U, (eq(M, A),)), count(1), None), id="another column than the key"
        ),
        pytest.param(Limit(mine(of=TWO), count(1), None), id="half of the key"),
        pytest.param(Limit(mine(lt(M, N)), count(1), None), id="not an equality alone"),
        pytest.param(Limit(mine(of=FLOAT), count(1), None), id="floats"),
        pytest.param(Limit(mine(), count(1), count(1)), id="not from the first row on"),
        pytest.param(Limit(mine(), None, count(1)), id="all but the first"),
        pytest.param(first(Limit(mine(), count(3), count(1))), id="the first of the later rows"),
        pytest.param(first(mine(), order=add(M, lit(1))), id="an order that is computed"),
        pytest.param(first(mine(), order=N), id="an order of outer rows"),
        pytest.param(Limit(Filter(U, (eq(add(B, lit(1)), A),)), count(1), None), id="no column"),
        pytest.param(few(MIXED, ("b", A), ("f", N)), id="a float beside"),
        pytest.param(few(MADE, ("x", A)), id="a column that is computed"),
        pytest.param(few(MADE, ("b", A), ("x", N)), id="a computed one beside the key"),
        pytest.param(few(BOTH, ("b", A), ("y", N)), id="columns of two tables"),
    ],
)
def test_first_rows_that_stay(right: Rel) -> None:
    kept = lateral(right)
    found = unnest_subqueries(kept)
    assert isinstance(found, Join)
    assert found.lateral


def test_the_whole_key_of_two_columns_and_a_column_beside_it() -> None:
    rows = Filter(TWO, (eq(col(TWO, "b"), A), eq(col(TWO, "c"), N), eq(col(TWO, "m"), A)))
    assert "Window ROW_NUMBER() OVER (PARTITION BY b, c, m) AS row_number" in shown(
        lateral(Limit(rows, count(1), None))
    )


def test_rows_joined_with_those_of_the_key() -> None:
    other = scan("v", x=INTEGER)
    joined = join("inner", mine(), other, eq(M, col(other, "x")))
    plan = shown(lateral(Limit(joined, count(1), None)))
    assert plan[4:6] == [
        "Window ROW_NUMBER() OVER (PARTITION BY b) AS row_number",
        "Join inner ON (m = x)",
    ]


def test_whether_there_is_a_first_row_needs_no_numbers() -> None:
    assert shown(Filter(T, (exists(first(mine())),)))[0] == "Join semi ON (b = a)"
