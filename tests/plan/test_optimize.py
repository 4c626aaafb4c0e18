"""The rules together."""

from __future__ import annotations

from sqlshim.ir.relational import Filter, Limit, Sort
from sqlshim.ir.show import show_rel
from sqlshim.plan.optimize import RULES, optimize
from sqlshim.types import INTEGER, TEXT
from tests.plan.build import (
    and_,
    col,
    count,
    count_star,
    eq,
    exists,
    group,
    gt,
    join,
    lit,
    or_,
    project,
    scan,
)

T = scan("t", a=INTEGER, b=INTEGER, note=TEXT)
U = scan("u", c=INTEGER, d=INTEGER)
V = scan("v", e=INTEGER, f=TEXT)
A, B, NOTE = T.columns
C, D = U.columns
E, F = V.columns


def test_a_comma_join_becomes_a_tree_of_equi_joins() -> None:
    product = join("inner", join("inner", T, U), V)
    where = (eq(A, E), eq(E, C), eq(C, lit(3)), gt(B, lit(2)))
    plan = Limit(
        Sort(project(group(Filter(product, where), "f", n=count_star()), "n"), ()), count(5), None
    )
    assert show_rel(optimize(plan)) == (
        "Project n\n"
        "  Limit 5\n"
        "    Aggregate COUNT(*) AS n BY f\n"
        "      Join inner ON (e = c)\n"
        "        Join inner ON (a = e)\n"
        "          Filter (b > 2) AND (a = 3)\n"
        "            Scan t [a, b]\n"
        "          Filter (e = 3)\n"
        "            Scan v [e, f]\n"
        "        Filter (c = 3)\n"
        "          Scan u [c]"
    )


def test_the_join_key_comes_out_of_an_or() -> None:
    choice = or_(and_(eq(A, C), gt(B, lit(1))), and_(eq(A, C), gt(D, lit(2))))
    plan = project(Filter(join("inner", T, U), (choice,)), "b")
    assert show_rel(optimize(plan)) == (
        "Project b\n"
        "  Join inner ON (a = c) AND ((b > 1) OR (d > 2))\n"
        "    Scan t [a, b]\n"
        "    Scan u [c, d]"
    )


def test_a_contradiction_reads_no_table() -> None:
    plan = project(Filter(join("left", T, U, eq(A, C)), (eq(lit(1), lit(2)),)), "a")
    assert show_rel(optimize(plan)) == "Values 0 row(s) [a]"


def test_queries_inside_subqueries_are_optimized_too() -> None:
    inner = project(Filter(join("inner", U, V), (eq(C, E), eq(D, A), eq(F, lit("x")))), "c", "f")
    plan = project(Filter(T, (exists(inner),)), "a")
    assert show_rel(optimize(plan)) == (
        "Join semi ON (d = a)\n"
        "  Scan t [a]\n"
        "  Join inner ON (c = e)\n"
        "    Scan u [c, d]\n"
        "    Filter (f = 'x')\n"
        "      Scan v [e, f]"
    )


def test_a_plan_that_cannot_be_better_is_the_same_object() -> None:
    plan = Filter(scan("w", x=INTEGER), (gt(col(T, "a"), lit(0)),))
    assert optimize(plan) is plan


def test_optimizing_twice_changes_nothing_more() -> None:
    plan = project(Filter(join("left", T, U, eq(A, C)), (gt(D, lit(1)),)), "note")
    once = optimize(plan)
    assert optimize(once) is once


def test_every_rule_says_what_it_does_and_why_it_is_safe() -> None:
    texts = [rule.__doc__ for rule in RULES]
    assert all(texts)
    assert len({rule.__name__ for rule in RULES}) == len(RULES)
