"""Every relational node compiled and run, and the SQL of a few in full."""

from __future__ import annotations

import pytest

from sqlshim.backends.duckdb.compile.relations import compile_query
from sqlshim.backends.protocol import Backend
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import DataError
from sqlshim.functions import ALL
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    Scan,
    SetKind,
    SetOp,
    Shared,
    Sort,
    Values,
)
from sqlshim.ir.scalar import (
    AggregateCall,
    Call,
    Case,
    Column,
    InList,
    Literal,
    Param,
    SortKey,
    Subquery,
    SubqueryKind,
)
from sqlshim.types import BIGINT, BOOLEAN, DOUBLE, INTEGER, TEXT, decimal
from tests.backends.duckdb.build import (
    ONE_ROW,
    big,
    by_arrow,
    call,
    column,
    lit,
    rows,
    select,
    table,
    value,
)

NUMBERS = table(("n", INTEGER), rows=[(1,), (2,), (None,), (3,)])
OTHERS = table(("m", INTEGER), rows=[(2,), (3,), (None,), (4,)])
N, M = NUMBERS.columns[0], OTHERS.columns[0]
SAME = call(ALL["EQ"], N, M)


def count(over: Rel) -> Aggregate:
    return Aggregate(
        over, (), ((column("count", BIGINT), AggregateCall(ALL["COUNT"], (), BIGINT)),)
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (JoinKind.INNER, {(2, 2), (3, 3)}),
        (JoinKind.LEFT, {(1, None), (2, 2), (None, None), (3, 3)}),
        (JoinKind.RIGHT, {(2, 2), (3, 3), (None, None), (None, 4)}),
        (JoinKind.FULL, {(1, None), (2, 2), (None, None), (3, 3), (None, 4)}),
        (JoinKind.SEMI, {(2,), (3,)}),
        (JoinKind.ANTI, {(1,), (None,)}),
    ],
)
def test_join(calculator: Backend, kind: JoinKind, expected: set[object]) -> None:
    assert set(rows(calculator, Join(kind, NUMBERS, OTHERS, (SAME,)))) == expected


def test_inner_join_without_condition_is_the_cross_product(calculator: Backend) -> None:
    assert len(rows(calculator, Join(JoinKind.INNER, NUMBERS, OTHERS, ()))) == 16


def test_left_join_without_condition_keeps_rows_over_nothing(calculator: Backend) -> None:
    nothing = Filter(OTHERS, (lit(False),))
    assert len(rows(calculator, Join(JoinKind.LEFT, NUMBERS, nothing, ()))) == 4


def test_join_of_joins_on_both_sides(calculator: Backend) -> None:
    more = table(("k", INTEGER), rows=[(2,), (9,)])
    right = Join(JoinKind.LEFT, OTHERS, more, (call(ALL["EQ"], M, more.columns[0]),))
    rel = Join(JoinKind.INNER, NUMBERS, right, (SAME,))
    assert sorted(rows(calculator, rel)) == [(2, 2, 2), (3, 3, None)]


def test_not_in_with_null_is_never_true(calculator: Backend) -> None:
    within = Subquery(SubqueryKind.QUANTIFIED, OTHERS, BOOLEAN, (N,), ALL["EQ"])
    rel = select(N, within, call(ALL["NOT"], within), over=NUMBERS)
    assert set(rows(calculator, rel)) == {
        (1, None, None),
        (2, True, False),
        (None, None, None),
        (3, True, False),
    }


def test_correlated_subqueries(calculator: Backend) -> None:
    same = Filter(OTHERS, (SAME,))
    exists = Subquery(SubqueryKind.EXISTS, same, BOOLEAN)
    assert rows(calculator, Filter(NUMBERS, (exists,))) == [(2,), (3,)]
    smaller = Filter(OTHERS, (call(ALL["LT"], M, N),))
    counted = Subquery(SubqueryKind.SCALAR, count(smaller), BIGINT)
    rel = Project(NUMBERS, ((N, N), (column("c", BIGINT), counted)))
    assert set(rows(calculator, rel)) == {(1, 0), (2, 0), (None, 0), (3, 1)}


def test_comparison_with_all(calculator: Backend) -> None:
    three = table(("k", INTEGER), rows=[(1,), (2,)])
    node = Subquery(SubqueryKind.QUANTIFIED, three, BOOLEAN, (N,), ALL["GT"], every=True)
    assert rows(calculator, Filter(NUMBERS, (node,))) == [(3,)]


def test_row_in_subquery_is_null_where_it_might_match(calculator: Backend) -> None:
    pairs = table(("a", INTEGER), ("b", INTEGER), rows=[(1, 2), (3, None)])
    found = []
    for a, b in ((1, 2), (3, 4), (5, 6)):
        node = Subquery(SubqueryKind.QUANTIFIED, pairs, BOOLEAN, (lit(a), lit(b)), ALL["EQ"])
        found.append(value(calculator, node))
    assert found == [True, None, False]


def test_nulls_go_where_the_sort_key_says(calculator: Backend) -> None:
    found = {
        (descending, first): [n for (n,) in rows(calculator, Sort(NUMBERS, (key,)))]
        for descending in (False, True)
        for first in (False, True)
        if (key := SortKey(N, descending, first))
    }
    assert found == {
        (False, False): [1, 2, 3, None],
        (False, True): [None, 1, 2, 3],
        (True, False): [3, 2, 1, None],
        (True, True): [None, 3, 2, 1],
    }


def test_order_survives_a_projection_above(calculator: Backend) -> None:
    doubled = column("d", INTEGER)
    below = Project(NUMBERS, ((N, N), (doubled, call(ALL["MUL"], N, 2))))
    rel = Project(Sort(below, (SortKey(N, True, False),)), ((doubled, doubled),))
    assert rows(calculator, rel) == [(6,), (4,), (2,), (None,)]


def test_sorting_by_a_constant_is_not_by_position(calculator: Backend) -> None:
    rel = Sort(NUMBERS, (SortKey(lit(1)), SortKey(N, descending=True)))
    assert [n for (n,) in rows(calculator, rel)] == [3, 2, 1, None]


def test_limit_and_offset_nest(calculator: Backend) -> None:
    ordered = Sort(NUMBERS, (SortKey(N),))
    inner = Limit(ordered, big(3), big(1))
    assert rows(calculator, inner) == [(2,), (3,), (None,)]
    assert rows(calculator, Limit(inner, big(1), big(1))) == [(3,)]
    assert rows(calculator, Limit(ordered, None, Param(0, BIGINT)), [3]) == [(None,)]
    assert rows(calculator, Limit(ordered, Param(0, BIGINT), None), [None])[:1] == [(1,)]


@pytest.mark.parametrize(("is_offset", "sqlstate"), [(False, "2201W"), (True, "2201X")])
def test_negative_limit_is_an_error(calculator: Backend, is_offset: bool, sqlstate: str) -> None:
    bound = Param(0, BIGINT)
    rel = Limit(NUMBERS, None, bound) if is_offset else Limit(NUMBERS, bound, None)
    with pytest.raises(DataError, match="must not be negative") as caught:
        rows(calculator, rel, [-1])
    assert caught.value.sqlstate == sqlstate


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (SetKind.UNION_ALL, [1, 1, 1, 2, 2]),
        (SetKind.INTERSECT_ALL, [1]),
        (SetKind.INTERSECT, [1]),
        (SetKind.EXCEPT_ALL, [1, 2]),
        (SetKind.EXCEPT, [2]),
    ],
)
def test_set_operations(calculator: Backend, kind: SetKind, expected: list[int]) -> None:
    left = table(("a", INTEGER), rows=[(1,), (1,), (2,)])
    right = table(("b", INTEGER), rows=[(1,)] if kind is not SetKind.UNION_ALL else [(1,), (2,)])
    rel = SetOp(kind, (left, right), (column("x", INTEGER),))
    assert sorted(n for (n,) in rows(calculator, rel)) == expected


def test_union_all_of_a_thousand_inputs(calculator: Backend) -> None:
    inputs = tuple(table(("a", INTEGER), rows=[(i,)]) for i in range(1000))
    rel = SetOp(SetKind.UNION_ALL, inputs, (column("x", INTEGER),))
    assert len(rows(calculator, rel)) == 1000


def test_grouping_has_one_group_of_nulls(calculator: Backend) -> None:
    over = table(("g", TEXT), ("n", INTEGER), rows=[("a", 1), (None, 2), ("a", 3), (None, 4)])
    g, n = over.columns
    total = AggregateCall(ALL["SUM"], (n,), BIGINT)
    rel = Aggregate(over, ((g, g),), ((column("s", BIGINT), total),))
    assert set(rows(calculator, rel)) == {("a", 4), (None, 6)}


def test_grouping_by_expressions_constants_and_parameters(calculator: Backend) -> None:
    parity = column("p", INTEGER)
    keys = (
        (parity, call(ALL["MOD"], N, 2)),
        (column("one", INTEGER), lit(1)),
        (column("param", INTEGER), Param(0, INTEGER)),
    )
    many = AggregateCall(ALL["COUNT"], (N,), BIGINT)
    rel = Aggregate(NUMBERS, keys, ((column("c", BIGINT), many),))
    assert set(rows(calculator, rel, [7])) == {(1, 1, 7, 2), (0, 1, 7, 1), (None, 1, 7, 0)}


def test_aggregate_over_nothing_is_one_row(calculator: Backend) -> None:
    nothing = Filter(NUMBERS, (lit(False),))
    calls = (
        (column("c", BIGINT), AggregateCall(ALL["COUNT"], (), BIGINT)),
        (column("s", BIGINT), AggregateCall(ALL["SUM"], (N,), BIGINT)),
    )
    assert rows(calculator, Aggregate(nothing, (), calls)) == [(0, None)]


def test_aggregates_with_distinct_filter_and_order(calculator: Backend) -> None:
    over = table(("t", TEXT), rows=[("b",), ("a",), ("b",), (None,), ("c",)])
    t = over.columns[0]
    comma = lit(",")
    calls = (
        AggregateCall(ALL["STRING_AGG"], (t, comma), TEXT, order=(SortKey(t, True),)),
        AggregateCall(ALL["STRING_AGG"], (t, comma), TEXT, distinct=True, order=(SortKey(t),)),
        AggregateCall(ALL["COUNT"], (t,), BIGINT, distinct=True),
        AggregateCall(ALL["COUNT"], (), BIGINT, filter=call(ALL["IS_NULL"], t)),
        AggregateCall(ALL["MIN"], (t,), TEXT),
        AggregateCall(ALL["MAX"], (t,), TEXT),
    )
    rel = Aggregate(over, (), tuple((column("x", c.type), c) for c in calls))
    assert rows(calculator, rel) == [("c,b,b,a", "a,b,c", 3, 1, "a", "c")]


def test_statistics_of_numbers(calculator: Backend) -> None:
    over = table(("x", DOUBLE), rows=[(1.0,), (3.0,), (None,)])
    x = over.columns[0]
    names = ("AVG", "STDDEV_SAMP", "STDDEV_POP", "VAR_SAMP", "VAR_POP", "SUM")
    calls = tuple((column(n, DOUBLE), AggregateCall(ALL[n], (x,), DOUBLE)) for n in names)
    ((*found,),) = rows(calculator, Aggregate(over, (), calls))
    assert found == pytest.approx([2.0, 2**0.5, 1.0, 2.0, 1.0, 4.0])


def test_booleans_aggregate(calculator: Backend) -> None:
    over = table(("b", BOOLEAN), rows=[(True,), (None,), (False,)])
    b = over.columns[0]
    calls = tuple(
        (column(n, BOOLEAN), AggregateCall(ALL[n], (b,), BOOLEAN)) for n in ("BOOL_AND", "BOOL_OR")
    )
    assert rows(calculator, Aggregate(over, (), calls)) == [(False, True)]


def test_sum_of_decimals_has_38_digits(calculator: Backend) -> None:
    from decimal import Decimal

    over = table(("d", decimal(5, 2)), rows=[(Decimal("999.99"),), (Decimal("0.01"),)])
    node = AggregateCall(ALL["SUM"], (over.columns[0],), decimal(38, 2))
    rel = Aggregate(over, (), ((column("s", node.type), node),))
    assert rows(calculator, rel) == [(Decimal("1000.00"),)]
    assert by_arrow(calculator, rel) == [(Decimal("1000.00"),)]


def test_relations_without_columns_keep_their_rows(calculator: Backend) -> None:
    empty = Project(NUMBERS, ())
    assert rows(calculator, empty) == [()] * 4
    assert by_arrow(calculator, empty) == [()] * 4
    assert rows(calculator, count(empty)) == [(4,)]
    assert rows(calculator, ONE_ROW) == [()]
    assert rows(calculator, count(Values((), ((), (), ())))) == [(3,)]
    assert rows(calculator, Join(JoinKind.INNER, NUMBERS, ONE_ROW, ())) == rows(calculator, NUMBERS)


def test_values_without_rows(calculator: Backend) -> None:
    assert rows(calculator, Values((column("a", TEXT),), ())) == []


def test_case_and_in_list(calculator: Backend) -> None:
    two = lit(2)
    node = Case(((call(ALL["EQ"], N, 2), lit("two")),), lit("other"), TEXT)
    assert [x for (x,) in rows(calculator, select(node, over=NUMBERS))] == [
        "other",
        "two",
        "other",
        "other",
    ]
    null = Literal(None, INTEGER)
    assert value(calculator, InList(lit(1), (two, null))) is None
    assert value(calculator, InList(two, (two, null))) is True
    assert value(calculator, InList(two, ())) is False


@pytest.mark.parametrize("name", ["AND", "OR"])
def test_thousands_of_terms_do_not_recurse(calculator: Backend, name: str) -> None:
    terms = tuple(call(ALL["NE" if name == "AND" else "EQ"], N, i) for i in range(10, 4010))
    rel = Filter(NUMBERS, (Call(ALL[name], terms, BOOLEAN),))
    assert len(rows(calculator, rel)) == (3 if name == "AND" else 0)


def test_thousands_of_terms_that_can_fail_do_not_recurse(calculator: Backend) -> None:
    ratio = call(ALL["DIV"], N, 2)
    terms = tuple(call(ALL["NE"], ratio, call(ALL["DIV"], i, N)) for i in range(10, 1010))
    rel = select(Call(ALL["AND"], terms, BOOLEAN), over=NUMBERS)
    assert [x for (x,) in rows(calculator, rel)] == [True, True, None, True]


def test_an_in_list_of_thousands(calculator: Backend) -> None:
    rel = Filter(NUMBERS, (InList(N, tuple(lit(i) for i in range(2, 5000))),))
    assert rows(calculator, rel) == [(2,), (3,)]


def test_parameters_are_passed_by_index_and_only_those_used(calculator: Backend) -> None:
    rel = select(Param(2, TEXT), Param(0, INTEGER))
    assert rows(calculator, rel, [1, object(), "x"]) == [("x", 1)]


PEOPLE = Table("", "main", "people", (TableColumn("id", INTEGER), TableColumn('the "name"', TEXT)))
ID, NAME = Column(1, "id", INTEGER), Column(2, 'the "name"', TEXT)


def test_the_sql_of_a_query_reads_from_inside_out() -> None:
    scan = Scan(PEOPLE, (ID, NAME))
    total = Column(3, "n", BIGINT)
    grouped = Aggregate(
        Filter(scan, (call(ALL["GT"], ID, 5), call(ALL["LIKE"], NAME, "a%", "\\"))),
        ((NAME, NAME),),
        ((total, AggregateCall(ALL["SUM"], (ID,), BIGINT)),),
    )
    rel = Limit(Sort(grouped, (SortKey(total, True, True),)), Param(0, BIGINT), None)
    assert compile_query(rel).sql == (
        "SELECT c2, CAST(SUM(c1) AS BIGINT) AS c3 "
        'FROM (SELECT "id" AS c1, "the ""name""" AS c2 FROM "people") AS t1 '
        "WHERE c1 > 5 AND c2 LIKE 'a%' GROUP BY c2 "
        "ORDER BY c3 DESC NULLS FIRST LIMIT CAST($p0 AS BIGINT)"
    )


def test_a_scan_alone_is_one_select() -> None:
    rel = Project(Scan(PEOPLE, (ID, NAME)), ((Column(9, "x", INTEGER), ID),))
    assert compile_query(rel).sql == 'SELECT "id" AS c9 FROM "people"'


def test_a_shared_relation_is_evaluated_once(calculator: Backend) -> None:
    chance = column("r", DOUBLE)
    random = Project(NUMBERS, ((chance, call(ALL["RANDOM"])),))
    inner = Shared(1, random, (column("r", DOUBLE),))
    outer = Shared(2, inner, (column("a", DOUBLE),)), Shared(2, inner, (column("b", DOUBLE),))
    rel = SetOp(SetKind.EXCEPT, outer, (column("x", DOUBLE),))
    assert rows(calculator, rel) == []
    both = SetOp(SetKind.UNION_ALL, (outer[0], inner), (column("x", DOUBLE),))
    assert len(set(rows(calculator, both))) == 4
    assert compile_query(both).sql.count("RANDOM()") == 1
