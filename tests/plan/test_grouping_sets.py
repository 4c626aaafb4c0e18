"""What the rules do around grouping sets, and what they leave alone."""

from __future__ import annotations

from sqlshim.ir.relational import Filter, GroupingSets, Rel
from sqlshim.ir.show import show_rel
from sqlshim.plan.rules.propagate_empty import propagate_empty
from sqlshim.plan.rules.prune_columns import prune_columns
from sqlshim.plan.rules.push_filters import push_filters
from sqlshim.plan.rules.remove_distinct import remove_distinct
from sqlshim.types import INTEGER, TEXT
from tests.plan.build import (
    column,
    count_star,
    eq,
    group,
    lit,
    project,
    scan,
    sum_of,
    values,
)

T = scan("t", a=INTEGER, b=INTEGER, c=TEXT)
A, B, C = T.columns
KEY_A, KEY_C = column("ka", INTEGER), column("kc", TEXT)
N, S, MASK = (column(name, INTEGER) for name in ("n", "s", "m"))


def by_sets(rel: Rel, *sets: tuple[int, ...]) -> GroupingSets:
    calls = ((N, count_star()), (S, sum_of(B)))
    return GroupingSets(rel, ((KEY_A, A), (KEY_C, C)), sets, calls, ((MASK, (0, 1)),))


def test_a_condition_on_a_key_of_every_set_goes_below() -> None:
    plan = Filter(by_sets(T, (0, 1), (0,)), (eq(KEY_A, lit(1)), eq(KEY_C, lit("x"))))
    assert show_rel(push_filters(plan)) == (
        "Filter (kc = 'x')\n"
        "  GroupingSets COUNT(*) AS n, SUM(b) AS s, GROUPING(a, c) AS m BY a AS ka, c AS kc"
        " SETS (a, c), (a)\n"
        "    Filter (a = 1)\n"
        "      Scan t [a, b, c]"
    )


def test_beside_the_empty_set_no_condition_goes_below() -> None:
    plan = Filter(by_sets(T, (0, 1), ()), (eq(KEY_A, lit(1)), eq(lit(1), lit(2))))
    assert push_filters(plan) is plan


def test_over_nothing_only_the_empty_set_has_a_row() -> None:
    nothing = values(a=INTEGER, b=INTEGER, c=TEXT)
    a, _b, c = nothing.columns
    keys = ((KEY_A, a), (KEY_C, c))
    some = GroupingSets(nothing, keys, ((0,), ()), ((N, count_star()),))
    assert propagate_empty(some) is some
    none = GroupingSets(nothing, keys, ((0,), (0, 1)), ((N, count_star()),))
    assert show_rel(propagate_empty(none)) == "Values 0 row(s) [ka, kc, n]"


def test_a_distinct_above_stays() -> None:
    plan = group(by_sets(T, (0, 1), (0,)), "ka", "kc")
    assert remove_distinct(plan) is plan


def test_calls_and_masks_nobody_reads_go() -> None:
    plan = project(by_sets(T, (0,), ()), "ka", "n")
    assert show_rel(prune_columns(plan)) == (
        "Project ka, n\n"
        "  GroupingSets COUNT(*) AS n BY a AS ka, c AS kc SETS (a), ()\n"
        "    Scan t [a, c]"
    )
