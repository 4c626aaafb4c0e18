"""Subqueries that become joins, and those that must not."""

from __future__ import annotations

import pytest

from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.relational import Filter, Limit, Project, Rel
from sqlshim.ir.scalar import Case, Scalar, Subquery, SubqueryKind
from sqlshim.ir.show import show_rel
from sqlshim.plan.rules.unnest_subqueries import unnest_subqueries
from sqlshim.types import BIGINT, BOOLEAN, INTEGER
from tests.plan.build import (
    add,
    and_,
    col,
    column,
    count,
    count_star,
    divide,
    eq,
    exists,
    group,
    gt,
    lit,
    lt,
    not_,
    or_,
    project,
    scalar_of,
    scan,
    sum_of,
)

SURE = INTEGER.with_null(False)
T = scan("t", a=INTEGER, n=SURE)
U = scan("u", b=INTEGER, m=SURE)
A, N, B, M = col(T, "a"), col(T, "n"), col(U, "b"), col(U, "m")
TOTAL = group(U, total=sum_of(B))


def any_of(arg: Scalar, rel: Rel, *, every: bool = False, fn: Function = op.EQ) -> Subquery:
    return Subquery(SubqueryKind.QUANTIFIED, rel, BOOLEAN, (arg,), fn, every)


def correlated(*where: Scalar) -> Filter:
    return Filter(U, where)


IN = any_of(A, project(U, "b"))
SAME = exists(correlated(eq(B, A)))


@pytest.mark.parametrize(
    ("condition", "join"),
    [
        pytest.param(SAME, "Join semi ON (b = a)", id="exists"),
        pytest.param(not_(SAME), "Join anti ON (b = a)", id="not exists"),
        pytest.param(IN, "Join semi ON (a = b)", id="in"),
        pytest.param(not_(IN), "Join anti ON (NOT ((a = b) IS FALSE))", id="not in, perhaps NULLs"),
        pytest.param(
            not_(any_of(N, project(U, "m"))),
            "Join anti ON (n = m)",
            id="not in without NULLs",
        ),
        pytest.param(
            any_of(A, project(U, "b"), every=True, fn=op.LT),
            "Join anti ON (NOT ((a < b) IS TRUE))",
            id="all",
        ),
        pytest.param(
            not_(any_of(A, project(U, "b"), every=True, fn=op.LT)),
            "Join semi ON (a >= b)",
            id="not all",
        ),
        pytest.param(
            exists(project(correlated(lt(B, A), gt(M, lit(1))), "m")),
            "Join semi ON (b < a)",
            id="any correlation will do to find a row",
        ),
    ],
)
def test_a_condition_becomes_a_join(condition: Scalar, join: str) -> None:
    assert show_rel(unnest_subqueries(Filter(T, (condition,)))).splitlines()[0] == join


def values(expr: Scalar) -> list[str]:
    plan = Project(T, ((column("v", expr.type), expr),))
    return show_rel(unnest_subqueries(plan)).splitlines()


def test_a_query_of_one_row_is_a_product() -> None:
    assert values(add(A, scalar_of(TOTAL)))[:2] == [
        "Project a + total AS v",
        "  Join inner ON true",
    ]


def test_a_correlated_total_is_grouped_by_what_is_equated() -> None:
    assert values(scalar_of(group(correlated(eq(B, A)), s=sum_of(M)))) == [
        "Project s AS v",
        "  Join left ON (key = a)",
        "    Scan t [a, n]",
        "    Aggregate SUM(m) AS s BY b AS key",
        "      Scan u [b, m]",
    ]


def test_a_count_of_nothing_is_zero() -> None:
    assert values(scalar_of(group(correlated(eq(B, A)), c=count_star())))[0] == (
        "Project COALESCE(c, 0) AS v"
    )


def test_a_row_found_by_its_key_is_joined() -> None:
    keyed = scan("k", key=("id",), id=SURE, x=INTEGER)
    found = project(Filter(keyed, (eq(col(keyed, "id"), A),)), "x")
    assert values(scalar_of(found))[:2] == ["Project x AS v", "  Join left ON (id = a)"]


def test_exists_as_a_value_asks_for_a_distinct_key() -> None:
    assert values(SAME)[:2] == ["Project key IS NOT NULL AS v", "  Join left ON (key = a)"]


def test_in_under_or_needs_only_to_be_true_or_not() -> None:
    plan = unnest_subqueries(Filter(T, (or_(IN, eq(N, lit(1))),)))
    assert "Filter ((key IS NOT NULL) OR (n = 1))" in show_rel(plan)


@pytest.mark.parametrize(
    "expr",
    [
        pytest.param(scalar_of(project(U, "b")), id="two rows are an error"),
        pytest.param(scalar_of(project(correlated(eq(B, A)), "m")), id="no key finds the row"),
        pytest.param(
            scalar_of(group(correlated(lt(B, A)), s=sum_of(M))), id="a total over an inequality"
        ),
        pytest.param(IN, id="IN as a value may be NULL"),
        pytest.param(
            exists(Filter(Limit(U, count(2), None), (eq(B, A), gt(B, A)))), id="no equality alone"
        ),
        pytest.param(
            Case(
                ((eq(A, lit(1)), scalar_of(group(U, s=sum_of(divide(M, B))))),),
                lit(None, BIGINT),
                BIGINT,
            ),
            id="an arm that is not reached must not fail",
        ),
        pytest.param(
            scalar_of(group(correlated(eq(B, A), and_(gt(M, N), lt(M, N))), s=sum_of(M))),
            id="not every correlation is an equality",
        ),
    ],
)
def test_what_a_join_could_not_say_stays(expr: Scalar) -> None:
    plan = Project(T, ((column("v", expr.type), expr),))
    assert unnest_subqueries(plan) is plan


def test_a_total_keeps_its_row_over_nothing() -> None:
    """`EXISTS (SELECT SUM(..) ..)` is always true, whatever correlates."""
    plan = Filter(T, (exists(group(correlated(eq(B, A)), s=sum_of(M))),))
    assert unnest_subqueries(plan) is plan
