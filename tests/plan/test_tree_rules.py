"""The rules that go over whole trees: order of joins, transfer of filters, pruning."""

from __future__ import annotations

import pytest

from sqlshim.ir.relational import Filter, Limit, Rel, SetKind, SetOp, Shared, Sort
from sqlshim.ir.scalar import Param
from sqlshim.ir.show import show_rel
from sqlshim.plan.rules.order_joins import order_joins
from sqlshim.plan.rules.prune_columns import prune_columns
from sqlshim.plan.rules.transfer_filters import transfer_filters
from sqlshim.types import BIGINT, DATE, INTEGER, TEXT
from tests.plan.build import (
    add,
    and_,
    by,
    col,
    column,
    count,
    count_star,
    eq,
    exists,
    group,
    gt,
    in_,
    join,
    lit,
    or_,
    project,
    scalar_of,
    scan,
    sum_of,
    values,
)

T = scan("t", a=INTEGER, b=INTEGER)
U = scan("u", c=INTEGER, d=INTEGER)
V = scan("v", e=INTEGER, f=TEXT)
A, B, C, D, E, F = (*T.columns, *U.columns, *V.columns)


def leaves(rel: Rel) -> list[str]:
    return [line.split()[1] for line in show_rel(rel).splitlines() if "Scan" in line]


# --- order of joins ------------------------------------------------------------------------


def test_connected_tables_are_joined_before_others() -> None:
    plan = join("inner", join("inner", T, U), V, eq(A, E), eq(E, C))
    assert show_rel(order_joins(plan)) == (
        "Project a, b, c, d, e, f\n"
        "  Join inner ON (e = c)\n"
        "    Join inner ON (a = e)\n"
        "      Scan t [a, b]\n"
        "      Scan v [e, f]\n"
        "    Scan u [c, d]"
    )


def test_an_order_without_a_product_is_kept() -> None:
    plan = join("inner", join("inner", T, U, eq(A, C)), V, eq(A, E))
    assert order_joins(plan) is plan


def test_a_product_that_is_meant_is_kept() -> None:
    plan = join("inner", T, U)
    assert order_joins(plan) is plan


def test_a_whole_key_comes_before_an_equality() -> None:
    w = scan("w", key=("k",), k=INTEGER)
    on = (eq(A, C), eq(B, col(w, "k")), eq(A, E))
    plan = join("inner", join("inner", join("inner", V, U), w), T, *on)
    assert leaves(order_joins(plan)) == ["v", "t", "w", "u"]


def test_what_is_not_connected_comes_smallest_first() -> None:
    big, small = scan("big", rows=1000, x=INTEGER), scan("small", rows=10, y=INTEGER)
    plan = join("inner", join("inner", T, big), small)
    assert leaves(order_joins(plan)) == ["t", "small", "big"]


def test_outer_joins_stay_where_they_are() -> None:
    plan = join("left", join("inner", T, U), V, eq(A, E))
    assert order_joins(plan) is plan


def test_ordering_twice_changes_nothing_more() -> None:
    plan = join("inner", join("inner", T, U), V, eq(A, E), eq(E, C))
    once = order_joins(plan)
    assert order_joins(once) is once


# --- transfer ------------------------------------------------------------------------------


def transferred(kind: str, left: Rel, right: Rel) -> str:
    plan = transfer_filters(join(kind, left, right, eq(A, C)))
    return " / ".join(line.strip() for line in show_rel(plan).splitlines())


A_SET, C_SET = Filter(T, (in_(A, 1, 2),)), Filter(U, (gt(C, Param(0, INTEGER)),))
PLAIN_T, PLAIN_U = "Scan t [a, b]", "Scan u [c, d]"
BOTH_T = f"Filter (a > $1) / Filter (a IN (1, 2)) / {PLAIN_T}"
BOTH_U = f"Filter (c IN (1, 2)) / Filter (c > $1) / {PLAIN_U}"
ONE_T, ONE_U = f"Filter (a IN (1, 2)) / {PLAIN_T}", f"Filter (c > $1) / {PLAIN_U}"


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        ("inner", BOTH_T, BOTH_U),
        ("semi", BOTH_T, BOTH_U),
        ("left", ONE_T, BOTH_U),
        ("anti", ONE_T, BOTH_U),
        ("right", BOTH_T, ONE_U),
        ("full", ONE_T, ONE_U),
    ],
)
def test_what_holds_for_one_side_holds_for_the_other(kind: str, left: str, right: str) -> None:
    assert transferred(kind, A_SET, C_SET) == f"Join {kind} ON (a = c) / {left} / {right}"


def test_a_fact_travels_along_a_chain_of_equalities() -> None:
    plan = join("inner", join("inner", Filter(T, (eq(A, lit(1)),)), U, eq(A, C)), V, eq(C, E))
    shown = show_rel(transfer_filters(plan))
    assert "Filter (c = 1)" in shown
    assert "Filter (e = 1)" in shown


def test_columns_of_different_types_share_nothing() -> None:
    w = scan("w", big=BIGINT)
    plan = join("inner", Filter(T, (eq(A, lit(1)),)), w, eq(A, col(w, "big")))
    assert transfer_filters(plan) is plan


def test_what_is_known_already_is_not_added_again() -> None:
    plan = join("inner", Filter(T, (eq(A, lit(1)),)), Filter(U, (eq(C, lit(1)),)), eq(A, C))
    assert transfer_filters(plan) is plan


def test_an_or_over_two_tables_says_something_about_each() -> None:
    choice = or_(and_(eq(B, lit(1)), eq(D, lit(2))), and_(eq(B, lit(3)), eq(D, lit(4)), eq(A, C)))
    assert show_rel(transfer_filters(join("inner", T, U, choice))).splitlines()[1:] == [
        "  Filter (b IN (1, 3))",
        "    Scan t [a, b]",
        "  Filter (d IN (2, 4))",
        "    Scan u [c, d]",
    ]


# --- pruning -------------------------------------------------------------------------------


def test_only_what_is_read_is_scanned() -> None:
    plan = project(Filter(T, (eq(B, lit(1)),)), x=add(A, A))
    assert "Scan t [a, b]" in show_rel(prune_columns(plan))
    plan = project(join("inner", T, U, eq(A, C)), "b")
    assert show_rel(prune_columns(plan)) == (
        "Project b\n  Join inner ON (a = c)\n    Scan t [a, b]\n    Scan u [c]"
    )


def test_counting_reads_the_key_or_the_narrowest_column() -> None:
    keyed = scan("k", key=("id",), x=INTEGER, id=TEXT)
    assert "Scan k [id]" in show_rel(prune_columns(group(keyed, n=count_star())))
    plain = scan("p", word=TEXT, day=DATE, n=BIGINT)
    assert "Scan p [day]" in show_rel(prune_columns(group(plain, n=count_star())))


def test_aggregates_nobody_reads_go_but_keys_stay() -> None:
    grouped = group(T, "a", n=count_star(), s=sum_of(B))
    assert show_rel(prune_columns(project(grouped, "n"))) == (
        "Project n\n  Aggregate COUNT(*) AS n BY a\n    Scan t [a]"
    )


def test_a_total_keeps_one_aggregate() -> None:
    plan = project(group(T, s=sum_of(B), n=count_star()), x=lit(1))
    assert "Aggregate SUM(b) AS s" in show_rel(prune_columns(plan))


def test_the_root_keeps_its_columns_in_order() -> None:
    plan = Sort(project(Filter(T, (eq(B, lit(1)),)), "a"), (by(A),))
    pruned = prune_columns(plan)
    assert pruned.columns == plan.columns
    assert prune_columns(pruned) is pruned


def test_arms_of_a_union_lose_the_same_columns() -> None:
    made = (column("x", INTEGER), column("y", INTEGER))
    union = SetOp(SetKind.UNION_ALL, (T, U), made)
    assert show_rel(prune_columns(project(union, "y"))) == (
        "SetOp union all [y]\n  Scan t [b]\n  Scan u [d]"
    )


def test_arms_of_an_intersection_keep_all() -> None:
    made = (column("x", INTEGER), column("y", INTEGER))
    plan = project(SetOp(SetKind.INTERSECT, (T, U), made), "y")
    assert prune_columns(plan) is plan


def test_exists_reads_what_its_conditions_read() -> None:
    plan = Filter(T, (exists(Filter(U, (eq(C, A),))),))
    assert "Scan u [c]" in show_rel(prune_columns(plan))


def test_a_scalar_subquery_keeps_its_column_and_the_outer_one_it_reads() -> None:
    inner = project(Filter(U, (eq(C, A),)), "d")
    plan = project(T, x=scalar_of(inner))
    shown = show_rel(prune_columns(plan))
    assert "Scan u [c, d]" in shown
    assert "Scan t [a]" in shown


def test_values_lose_columns_but_no_rows() -> None:
    rows = values((1, 2), (3, 4), x=INTEGER, y=INTEGER)
    assert "Values 2 row(s) [y]" in show_rel(prune_columns(project(rows, "y")))
    assert "Values 2 row(s) [x]" in show_rel(prune_columns(group(rows, n=count_star())))


def test_what_is_shared_keeps_all_columns() -> None:
    shared = Shared(1, T, (column("x", INTEGER), column("y", INTEGER)))
    assert "Scan t [a, b]" in show_rel(prune_columns(project(shared, "y")))


def test_projects_that_only_drop_columns_go_below_a_join() -> None:
    plan = group(join("inner", project(T, "b", "a"), U, eq(A, C)), n=count_star())
    assert show_rel(prune_columns(plan)) == (
        "Aggregate COUNT(*) AS n\n  Join inner ON (a = c)\n    Scan t [a]\n    Scan u [c]"
    )


def test_a_limit_between_keeps_the_rows_it_cuts() -> None:
    plan = project(Limit(Sort(T, (by(B),)), count(1), None), "a")
    assert show_rel(prune_columns(plan)).splitlines()[1] == "  Limit 1"
