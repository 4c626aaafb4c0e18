"""What the rules do around window functions, and what they leave alone."""

from __future__ import annotations

from sqlshim.functions import windows
from sqlshim.ir.relational import Filter, Limit, Rel, Window
from sqlshim.ir.scalar import Column, Scalar, WindowCall
from sqlshim.ir.show import show_rel
from sqlshim.plan.rules.propagate_empty import propagate_empty
from sqlshim.plan.rules.prune_columns import prune_columns
from sqlshim.plan.rules.push_filters import push_filters
from sqlshim.plan.rules.push_limits import push_limits
from sqlshim.types import BIGINT, INTEGER, TEXT
from tests.plan.build import by, col, column, count, eq, lit, project, scan, values

T = scan("t", a=INTEGER, b=INTEGER, c=TEXT)
A, B, C = T.columns


def ranked(rel: Rel, name: str, *partition: Scalar) -> tuple[Column, WindowCall]:
    call = WindowCall(windows.RANK, (), BIGINT.with_null(False), partition, (by(B),))
    return column(name, call.type), call


def over(rel: Rel, *partitions: tuple[Scalar, ...]) -> Window:
    return Window(rel, tuple(ranked(rel, f"r{i}", *p) for i, p in enumerate(partitions)))


def test_a_condition_on_the_partition_goes_below() -> None:
    plan = Filter(over(T, (A,)), (eq(A, lit(1)),))
    assert show_rel(push_filters(plan)) == (
        "Window RANK() OVER (PARTITION BY a ORDER BY b) AS r0\n"
        "  Filter (a = 1)\n"
        "    Scan t [a, b, c]"
    )


def test_a_condition_that_not_every_call_partitions_by_stays() -> None:
    plan = Filter(over(T, (A, C), (A,)), (eq(C, lit("x")),))
    assert push_filters(plan) is plan


def test_a_condition_on_a_sort_key_or_a_result_stays() -> None:
    window = over(T, (A,))
    plan = Filter(window, (eq(B, lit(1)), eq(window.columns[-1], lit(1))))
    assert push_filters(plan) is plan


def test_a_window_without_partitions_lets_nothing_through() -> None:
    plan = Filter(over(T, ()), (eq(A, lit(1)),))
    assert push_filters(plan) is plan


def test_a_limit_stays_above() -> None:
    plan = Limit(over(T, (A,)), count(1), None)
    assert push_limits(plan) is plan


def test_calls_nobody_reads_go_with_what_they_read() -> None:
    plan = project(over(T, (C,)), "a")
    assert show_rel(prune_columns(plan)) == "Scan t [a]"


def test_a_call_that_is_read_keeps_its_keys() -> None:
    plan = project(over(T, (C,), (A,)), "r0")
    assert show_rel(prune_columns(plan)) == (
        "Project r0\n  Window RANK() OVER (PARTITION BY c ORDER BY b) AS r0\n    Scan t [b, c]"
    )


def test_windows_over_nothing_are_nothing() -> None:
    nothing = values(a=INTEGER, b=INTEGER)
    call = WindowCall(windows.RANK, (), BIGINT, (), (by(col(nothing, "b")),))
    plan = Window(nothing, ((column("r", BIGINT), call),))
    assert show_rel(propagate_empty(plan)) == "Values 0 row(s) [a, b, r]"
