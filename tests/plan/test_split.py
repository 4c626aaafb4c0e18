"""What goes to a store and what stays local."""

from __future__ import annotations

import pytest

from sqlshim.backends.protocol import Accepted, Pushdown
from sqlshim.errors import InternalError
from sqlshim.functions import aggregates, text
from sqlshim.functions import operators as op
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    Shared,
    Sort,
    Values,
)
from sqlshim.ir.show import show_rel
from sqlshim.plan.split import split
from sqlshim.types import INTEGER, TEXT
from tests.fakes import FakeBackend
from tests.plan.build import (
    by,
    call,
    col,
    column,
    count,
    eq,
    exists,
    group,
    gt,
    join,
    lit,
    project,
    scan,
    sum_of,
    values,
)

ALL_NODES: tuple[type[Rel], ...] = (Filter, Project, Join, Aggregate, Sort, Limit)
SOME = frozenset({op.EQ, op.GT, aggregates.SUM})


def whys(rel: Rel) -> list[str]:
    lines = show_rel(rel, lambda remote: [f"why: {remote.why_not_more}"]).splitlines()
    return [line.split("why: ")[1] for line in lines if "why: " in line]


def run(rel: Rel, backend: FakeBackend, pushdown: Pushdown = Pushdown.ALWAYS) -> Rel:
    return split(rel, {"": backend}, pushdown)


def test_a_store_that_knows_everything_runs_everything() -> None:
    t = scan("t", a=INTEGER, b=INTEGER)
    plan = group(Filter(t, (eq(col(t, "a"), lit(1)),)), "a", s=sum_of(col(t, "b")))
    assert show_rel(run(plan, FakeBackend(ALL_NODES, SOME))) == (
        "Remote\n  Aggregate SUM(b) AS s BY a\n    Filter (a = 1)\n      Scan t [a, b]"
    )


def test_never_asks_for_nothing_but_rows() -> None:
    t = scan("t", a=INTEGER)
    backend = FakeBackend(ALL_NODES, SOME)
    result = run(Filter(t, (eq(col(t, "a"), lit(1)),)), backend, Pushdown.NEVER)
    assert show_rel(result) == "Filter (a = 1)\n  Remote\n    Scan t [a]"
    assert backend.asked == []
    assert whys(result) == ['pushdown="never"']


def test_conjuncts_a_store_cannot_say_stay_local() -> None:
    t = scan("t", a=INTEGER, b=TEXT)
    strange = eq(call(text.REVERSE, col(t, "b"), gives=TEXT), lit("x"))
    result = run(Filter(t, (strange, eq(col(t, "a"), lit(1)))), FakeBackend(ALL_NODES, SOME))
    assert show_rel(result) == (
        "Filter (REVERSE(b) = 'x')\n  Remote\n    Filter (a = 1)\n      Scan t [a, b]"
    )
    assert whys(result) == ["unknown function"]


def test_a_sieve_runs_in_both_places() -> None:
    t = scan("t", a=INTEGER)
    where = (gt(col(t, "a"), lit(1)),)
    backend = FakeBackend(ALL_NODES, sieves=frozenset({op.GT}))
    assert show_rel(run(Filter(t, where), backend)) == (
        "Filter (a > 1)\n  Remote\n    Filter (a > 1)\n      Scan t [a]"
    )


def test_limit_above_a_local_filter_is_not_offered() -> None:
    t = scan("t", a=INTEGER)
    backend = FakeBackend(ALL_NODES, sieves=frozenset({op.GT}))
    plan = Limit(Filter(t, (gt(col(t, "a"), lit(1)),)), count(5), None)
    assert show_rel(run(plan, backend)).splitlines()[:2] == ["Limit 5", "  Filter (a > 1)"]
    assert not any(isinstance(rel, Limit) for rel in backend.asked)


def test_a_refused_node_stays_local_with_the_reason() -> None:
    t = scan("t", a=INTEGER)
    result = run(Sort(t, (by(col(t, "a")),)), FakeBackend((Filter,)))
    assert show_rel(result) == "Sort a\n  Remote\n    Scan t [a]"
    assert whys(result) == ["no Sort here"]


def test_a_join_inside_one_store_is_offered_to_it() -> None:
    t, u = scan("t", a=INTEGER), scan("u", b=INTEGER)
    plan = join("inner", t, u, eq(col(t, "a"), col(u, "b")))
    assert show_rel(run(plan, FakeBackend(ALL_NODES, SOME))).startswith("Remote\n  Join inner")


STRANGE = "(REVERSE(b) = 'x')"


@pytest.mark.parametrize("kind", ["inner", "left", "semi", "anti"])
def test_a_local_condition_on_the_kept_side_stands_above_the_join(kind: str) -> None:
    t, u = scan("t", a=INTEGER, b=TEXT), scan("u", c=INTEGER)
    strange = eq(call(text.REVERSE, col(t, "b"), gives=TEXT), lit("x"))
    plan = join(kind, Filter(t, (strange,)), u, eq(col(t, "a"), col(u, "c")))
    result = show_rel(run(plan, FakeBackend(ALL_NODES, SOME))).splitlines()
    assert result[:3] == [f"Filter {STRANGE}", "  Remote", f"    Join {kind} ON (a = c)"]


def test_a_local_condition_on_the_other_side_of_an_outer_join_stays_there() -> None:
    t, u = scan("t", a=INTEGER, b=TEXT), scan("u", c=INTEGER)
    strange = eq(call(text.REVERSE, col(t, "b"), gives=TEXT), lit("x"))
    plan = join("left", u, Filter(t, (strange,)), eq(col(t, "a"), col(u, "c")))
    result = show_rel(run(plan, FakeBackend(ALL_NODES, SOME))).splitlines()
    assert result[0] == "Join left ON (a = c)"
    assert f"  Filter {STRANGE}" in result


def test_local_conditions_keep_joins_local_where_the_store_need_not_do_all() -> None:
    t, u = scan("t", a=INTEGER, b=TEXT), scan("u", c=INTEGER)
    strange = eq(call(text.REVERSE, col(t, "b"), gives=TEXT), lit("x"))
    plan = join("inner", Filter(t, (strange,)), u, eq(col(t, "a"), col(u, "c")))
    result = show_rel(run(plan, FakeBackend(ALL_NODES, SOME), Pushdown.AUTO))
    assert result.startswith("Join inner")


def test_rows_of_no_table_go_along_with_those_of_a_store() -> None:
    t = scan("t", a=INTEGER)
    listed = values((1,), (2,), b=INTEGER)
    plan = join("inner", t, listed, eq(col(t, "a"), col(listed, "b")))
    result = show_rel(run(plan, FakeBackend((*ALL_NODES, Values), SOME)))
    assert result.startswith("Remote\n  Join inner")


def test_a_lateral_join_is_offered_as_a_whole() -> None:
    t, u = scan("t", a=INTEGER), scan("u", b=INTEGER)
    right = Limit(Filter(u, (eq(col(t, "a"), col(u, "b")),)), count(1), None)
    plan = Join(JoinKind.INNER, t, right, (), lateral=True)
    assert show_rel(run(plan, FakeBackend(ALL_NODES, SOME))).startswith("Remote\n  Join lateral")
    refused = run(plan, FakeBackend((Filter, Limit), SOME))
    assert show_rel(refused).startswith("Join lateral inner ON true\n  Remote\n    Scan t [a]")
    assert "no Join here" in whys(refused)


def test_references_to_a_shared_query_end_up_in_one_place() -> None:
    t = scan("t", a=INTEGER)
    first, second = (Shared(1, t, (column("a", INTEGER),)) for _ in range(2))
    plan = join("inner", first, Limit(second, count(1), None), eq(col(first, "a"), lit(1)))
    together = run(plan, FakeBackend((*ALL_NODES, Shared), SOME))
    assert show_rel(together).startswith("Remote\n  Join inner")
    apart = run(plan, FakeBackend((Limit, Shared), SOME))
    assert [line.strip() for line in show_rel(apart).splitlines()].count("Remote") == 1
    assert "the local engine reads the shared query too" in whys(apart)


def test_a_join_across_stores_is_local() -> None:
    t, u = scan("t", store="x", a=INTEGER), scan("u", store="y", b=INTEGER)
    plan = join("inner", t, u, eq(col(t, "a"), col(u, "b")))
    backend = FakeBackend(ALL_NODES, SOME)
    result = split(plan, {"x": backend, "y": backend}, Pushdown.AUTO)
    assert show_rel(result) == (
        "Join inner ON (a = b)\n  Remote x\n    Scan x.t [a]\n  Remote y\n    Scan y.u [b]"
    )
    assert whys(result) == ["the inputs are in different stores"] * 2


def test_a_plan_without_a_table_is_local() -> None:
    plan = project(values((1,), a=INTEGER), "a")
    assert run(plan, FakeBackend(ALL_NODES)) is plan


def test_a_subquery_on_the_same_store_goes_along_unsplit() -> None:
    t, u = scan("t", a=INTEGER), scan("u", b=INTEGER)
    inner = Filter(u, (eq(col(t, "a"), col(u, "b")),))
    backend = FakeBackend(ALL_NODES, SOME, subqueries=True)
    result = run(Filter(t, (exists(inner),)), backend)
    assert show_rel(result).count("Remote") == 1


def test_a_refused_subquery_is_split_itself_and_keeps_what_is_correlated_local() -> None:
    t, u = scan("t", a=INTEGER), scan("u", b=INTEGER, c=INTEGER)
    inner = Filter(u, (eq(col(t, "a"), col(u, "b")), eq(col(u, "c"), lit(1))))
    result = run(Filter(t, (exists(inner),)), FakeBackend(ALL_NODES, SOME))
    assert show_rel(result) == (
        "Filter EXISTS (Filter < Remote < Project < Filter < Scan u)\n"
        "  Subquery (exists)\n"
        "    Filter (a = b)\n"
        "      Remote\n"
        "        Project b\n"
        "          Filter (c = 1)\n"
        "            Scan u [b, c]\n"
        "  Remote\n"
        "    Scan t [a]"
    )


def test_a_subquery_on_another_store_is_not_offered() -> None:
    t, u = scan("t", store="x", a=INTEGER), scan("u", store="y", b=INTEGER)
    backend = FakeBackend(ALL_NODES, SOME, subqueries=True)
    plan = Filter(t, (exists(u), eq(col(t, "a"), lit(1))))
    assert show_rel(split(plan, {"x": backend, "y": backend}, Pushdown.ALWAYS)) == (
        "Filter EXISTS (Remote < Scan y.u)\n"
        "  Subquery (exists)\n"
        "    Remote y\n"
        "      Scan y.u [b]\n"
        "  Remote x\n"
        "    Filter (a = 1)\n"
        "      Scan x.t [a]"
    )


def test_a_store_that_loses_columns_is_caught() -> None:
    class Careless(FakeBackend):
        def accept(self, rel: Rel, pushdown: Pushdown) -> Accepted:
            return Accepted(Project(rel, ()))

    t = scan("t", a=INTEGER)
    with pytest.raises(InternalError, match="changed the columns of a Filter"):
        run(Filter(t, (eq(col(t, "a"), lit(1)),)), Careless(ALL_NODES))


def test_a_store_sends_only_what_is_read_above_it() -> None:
    t = scan("t", a=INTEGER, b=INTEGER, c=TEXT)
    filtered = Filter(t, (eq(col(t, "a"), lit(1)),))
    reverse = call(text.REVERSE, col(t, "c"), gives=TEXT)
    assert show_rel(run(project(filtered, r=reverse), FakeBackend(ALL_NODES, SOME))) == (
        "Project REVERSE(c) AS r\n"
        "  Remote\n"
        "    Project c\n"
        "      Filter (a = 1)\n"
        "        Scan t [a, b, c]"
    )


def test_a_store_without_projection_sends_more() -> None:
    t = scan("t", a=INTEGER, c=TEXT)
    filtered = Filter(t, (eq(col(t, "a"), lit(1)),))
    assert show_rel(run(project(filtered, "c"), FakeBackend((Filter,), SOME))) == (
        "Project c\n  Remote\n    Filter (a = 1)\n      Scan t [a, c]"
    )
