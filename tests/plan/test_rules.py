"""The rules that look at one node and its inputs: what they do and what they leave alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlshim.functions import aggregates
from sqlshim.functions import math as maths
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, Filter, Limit, Project, Rel, SetKind, SetOp, Sort
from sqlshim.ir.scalar import AggregateCall, Param
from sqlshim.ir.show import show_rel
from sqlshim.plan.rules.merge_projects import merge_projects
from sqlshim.plan.rules.merge_unions import merge_unions
from sqlshim.plan.rules.propagate_empty import propagate_empty
from sqlshim.plan.rules.push_limits import push_limits
from sqlshim.plan.rules.remove_distinct import remove_distinct
from sqlshim.plan.rules.remove_projects import remove_projects
from sqlshim.plan.rules.remove_sorts import remove_sorts
from sqlshim.types import BIGINT, DOUBLE, INTEGER, TEXT
from tests.plan.build import (
    add,
    by,
    call,
    col,
    column,
    count,
    count_star,
    eq,
    group,
    join,
    lit,
    project,
    scalar_of,
    scan,
    sum_of,
    values,
)

T = scan("t", a=INTEGER, b=INTEGER)
U = scan("u", c=INTEGER)
A, B, C = col(T, "a"), col(T, "b"), col(U, "c")
NOTHING = values(e=INTEGER)
ONE = values((1,), o=INTEGER)


def union(*arms: Rel) -> SetOp:
    made = tuple(column(c.name, c.type) for c in arms[0].columns)
    return SetOp(SetKind.UNION_ALL, arms, made)


# --- nothing in, nothing out ---------------------------------------------------------------


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(Filter(NOTHING, (lit(True),)), id="Filter"),
        pytest.param(project(NOTHING, x=lit(1)), id="Project"),
        pytest.param(group(NOTHING, "e", n=count_star()), id="Aggregate with keys"),
        pytest.param(join("inner", T, NOTHING), id="inner join, either side"),
        pytest.param(join("left", NOTHING, T), id="left join of nothing"),
        pytest.param(join("right", T, NOTHING), id="right join of nothing"),
        pytest.param(join("semi", T, NOTHING), id="semi join with nothing"),
        pytest.param(join("full", NOTHING, values(f=INTEGER)), id="full join of nothing"),
        pytest.param(union(NOTHING, NOTHING), id="union of nothing"),
        pytest.param(SetOp(SetKind.INTERSECT, (U, NOTHING), U.columns), id="intersection"),
        pytest.param(SetOp(SetKind.EXCEPT, (NOTHING, U), U.columns), id="nothing except"),
    ],
)
def test_nothing_comes_of_nothing(plan: Rel) -> None:
    result = propagate_empty(plan)
    assert show_rel(result).startswith("Values 0 row(s)")
    assert result.columns == plan.columns


def test_a_total_over_nothing_is_one_row() -> None:
    plan = group(NOTHING, n=count_star())
    assert propagate_empty(plan) is plan


def test_the_kept_side_of_an_outer_join_remains_with_nulls() -> None:
    assert show_rel(propagate_empty(join("left", U, NOTHING))) == (
        "Project c, NULL AS e\n  Scan u [c]"
    )
    assert show_rel(propagate_empty(join("full", NOTHING, U))) == (
        "Project NULL AS e, c\n  Scan u [c]"
    )


def test_an_anti_join_with_nothing_keeps_everything() -> None:
    assert propagate_empty(join("anti", T, NOTHING)) is T


def test_a_union_of_one_arm_is_that_arm() -> None:
    assert show_rel(propagate_empty(union(NOTHING, U))) == "Project c AS e\n  Scan u [c]"


def test_except_nothing_stays_distinct() -> None:
    plan = SetOp(SetKind.EXCEPT, (U, NOTHING), U.columns)
    assert propagate_empty(plan) is plan


# --- projects ------------------------------------------------------------------------------


def test_two_projects_become_one() -> None:
    inner = project(T, "b", x=add(A, lit(1)))
    plan = project(inner, y=add(col(inner, "x"), col(inner, "b")))
    assert show_rel(merge_projects(plan)) == "Project (a + 1) + b AS y\n  Scan t [a, b]"


def test_what_is_used_twice_is_not_computed_twice() -> None:
    inner = project(T, x=add(A, lit(1)))
    plan = project(inner, y=add(col(inner, "x"), col(inner, "x")))
    assert merge_projects(plan) is plan


def test_a_volatile_item_is_not_repeated() -> None:
    inner = project(T, x=call(maths.RANDOM, gives=DOUBLE))
    plan = project(inner, "x", y=add(col(inner, "x"), lit(1.0)))
    assert merge_projects(plan) is plan


def test_nothing_dear_goes_into_a_subquery() -> None:
    inner = project(T, x=add(A, lit(1)))
    plan = project(inner, y=scalar_of(Filter(U, (eq(C, col(inner, "x")),))))
    assert merge_projects(plan) is plan


def test_grouping_computes_its_keys_and_arguments_itself() -> None:
    inner = project(T, k=add(A, lit(1)), v=add(B, lit(2)))
    plan = group(inner, "k", s=sum_of(col(inner, "v")))
    assert show_rel(merge_projects(plan)) == (
        "Aggregate SUM(b + 2) AS s BY a + 1 AS k\n  Scan t [a, b]"
    )


def test_a_constant_does_not_become_a_key() -> None:
    plan = group(project(T, k=lit(1)), "k", n=count_star())
    assert merge_projects(plan) is plan


def test_a_project_of_everything_in_order_goes() -> None:
    assert remove_projects(project(T, "a", "b")) is T


def test_a_project_in_another_order_stays() -> None:
    plan = project(T, "b", "a")
    assert remove_projects(plan) is plan


# --- order and distinctness ----------------------------------------------------------------

SORTED = Sort(T, (by(A),))


def test_nobody_sees_the_order_below_a_join_or_a_group() -> None:
    assert remove_sorts(join("inner", SORTED, Sort(U, (by(C),)))) == join("inner", T, U)
    assert remove_sorts(Aggregate(project(SORTED, "a"), (), ())) == Aggregate(
        project(T, "a"), (), ()
    )
    assert remove_sorts(Sort(SORTED, (by(B),))) == Sort(T, (by(B),))


def test_the_order_that_decides_a_limit_stays() -> None:
    plan = join("inner", Limit(SORTED, count(1), None), U)
    assert remove_sorts(plan) is plan


def test_an_aggregate_that_depends_on_order_keeps_it() -> None:
    glued = AggregateCall(aggregates.STRING_AGG, (A, B), TEXT)
    plan = Aggregate(SORTED, (), ((column("s", TEXT), glued),))
    assert remove_sorts(plan) is plan


def test_constant_and_repeated_keys_do_not_sort() -> None:
    plan = Sort(T, (by(lit("x")), by(A), by(A, descending=True)))
    assert remove_sorts(plan) == SORTED


def test_one_row_is_in_order() -> None:
    assert remove_sorts(Sort(ONE, (by(ONE.columns[0]),))) is ONE


def test_distinct_over_grouped_rows_is_a_project() -> None:
    grouped = group(T, "a", n=count_star())
    assert show_rel(remove_distinct(group(grouped, "a", "n"))).startswith("Project a, n\n")


def test_distinct_with_the_primary_key_is_a_project() -> None:
    t = scan("t", key=("id",), id=INTEGER, x=INTEGER)
    filtered = Filter(t, (eq(col(t, "x"), lit(1)),))
    assert show_rel(remove_distinct(group(filtered, "x", "id"))).startswith("Project x, id\n")


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(group(group(T, "a", n=count_star()), "n"), id="of other columns"),
        pytest.param(group(join("inner", group(T, "a"), U), "a"), id="after a join"),
        pytest.param(group(T, "a", "b"), id="of a table without a key"),
    ],
)
def test_distinct_that_does_something_stays(plan: Rel) -> None:
    assert remove_distinct(plan) is plan


def test_above_a_distinct_union_the_arms_need_not_be_distinct() -> None:
    plan = group(union(group(U, "c"), ONE), "c")
    assert "Aggregate" not in show_rel(walk.inputs(remove_distinct(plan))[0])


def test_unions_of_unions_are_flat() -> None:
    plan = union(union(U, ONE), union(NOTHING, U))
    assert merge_unions(plan) == replace(plan, inputs=(U, ONE, NOTHING, U))


# --- limits --------------------------------------------------------------------------------


def test_limit_zero_is_nothing() -> None:
    assert show_rel(push_limits(Limit(T, count(0), None))) == "Values 0 row(s) [a, b]"


def test_a_limit_goes_below_a_project() -> None:
    assert show_rel(push_limits(Limit(project(T, "b"), count(5), count(2)))) == (
        "Project b\n  Limit 5 OFFSET 2\n    Scan t [a, b]"
    )


def test_the_arms_of_a_union_need_no_more_than_count_and_offset() -> None:
    result = push_limits(Limit(union(U, ONE), count(5), count(2)))
    assert show_rel(Project(result, ())) == (
        "Project\n"
        "  Limit 5 OFFSET 2\n"
        f"    SetOp union all [c#{result.columns[0].id}]\n"
        "      Limit 7\n"
        f"        Scan u [c#{C.id}]\n"
        "      Values 1 row(s) [o]"
    )
    assert push_limits(result) is result


def test_the_kept_side_of_an_outer_join_needs_no_more_rows() -> None:
    assert show_rel(push_limits(Limit(join("left", T, U), count(3), None))) == (
        "Limit 3\n  Join left ON true\n    Limit 3\n      Scan t [a, b]\n    Scan u [c]"
    )


@pytest.mark.parametrize("kind", ["inner", "full", "semi", "anti"])
def test_other_joins_may_need_all_rows(kind: str) -> None:
    plan = Limit(join(kind, T, U), count(3), None)
    assert push_limits(plan) is plan


@pytest.mark.parametrize(
    ("outer", "inner", "result"),
    [
        pytest.param((5, None), (3, None), "Limit 3", id="the smaller count"),
        pytest.param((5, 2), (10, 4), "Limit 5 OFFSET 6", id="offsets add up"),
        pytest.param((5, 2), (3, 4), "Limit 1 OFFSET 6", id="the inner count less the skipped"),
        pytest.param((5, 4), (3, None), "Limit 0 OFFSET 4", id="all skipped"),
        pytest.param((5, None), (None, 4), "Limit 5 OFFSET 4", id="no inner count"),
    ],
)
def test_two_limits_are_one(
    outer: tuple[int | None, int | None], inner: tuple[int | None, int | None], result: str
) -> None:
    def limit(rel: Rel, numbers: tuple[int | None, int | None]) -> Limit:
        counts = [None if n is None else count(n) for n in numbers]
        return Limit(rel, counts[0], counts[1])

    assert show_rel(push_limits(limit(limit(T, inner), outer))).splitlines()[0] == result


def test_a_limit_that_is_a_parameter_stays_where_it_is() -> None:
    plan = Limit(Limit(T, count(3), None), Param(0, BIGINT), None)
    assert push_limits(plan) is plan


def test_a_limit_that_cuts_nothing_goes() -> None:
    assert push_limits(Limit(ONE, count(5), None)) is ONE
    total = group(T, n=count_star())
    assert push_limits(Limit(total, count(1), count(0))) is total


def test_a_limit_keeps_the_sort_that_decides_it() -> None:
    plan = Limit(SORTED, count(3), None)
    assert push_limits(plan) is plan


def test_rules_leave_other_nodes_alone() -> None:
    plan = Project(replace(T), ((column("x", INTEGER), call(op.ADD, A, B, gives=INTEGER)),))
    for rule in (propagate_empty, merge_projects, remove_projects, remove_sorts, push_limits):
        assert rule(plan) is plan
