"""Which trees are one flat SELECT: chains over a Scan, node by node."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.shape import Shape, aggregated, shape_of
from sqlshim.catalog.model import RowFunction
from sqlshim.functions import aggregates as agg
from sqlshim.functions import operators as op
from sqlshim.functions import windows
from sqlshim.functions.model import Function
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    Scan,
    Sort,
    Window,
)
from sqlshim.ir.scalar import (
    AggregateCall,
    Call,
    Cast,
    Column,
    Literal,
    Param,
    Scalar,
    SortKey,
    WindowCall,
)
from tests.backends.cassandra.trees import READINGS, col, eq, gt, scan

SCAN = scan("a", "v", "w")
THREE, GIVEN = Literal(3, t.BIGINT), Param(0, t.BIGINT)
NUMBER = Column(99, "n", t.BIGINT)


def filtered(rel: Rel, *where: Scalar) -> Filter:
    return Filter(rel, where or (gt("v", 1),))


def limited(rel: Rel, count: Scalar | None = THREE, offset: Scalar | None = None) -> Limit:
    return Limit(rel, count, offset)


def ordered(rel: Rel) -> Sort:
    return Sort(rel, (SortKey(col("v"), False, False),))


def counted(rel: Rel, arg: Scalar | None = None, key: Scalar | None = None) -> Aggregate:
    keys = ((Column(60, "k", t.INTEGER), key),) if key else ()
    call = AggregateCall(agg.MAX, (arg or col("v"),), t.INTEGER)
    return Aggregate(rel, keys, ((Column(61, "x", t.INTEGER), call),))


def renamed(rel: Rel) -> Project:
    return Project(rel, ((Column(50, "first", t.INTEGER), col("v")), (col("a"), col("a"))))


def first(
    rel: Rel,
    fn: Function = windows.ROW_NUMBER,
    test: Function = op.LE,
    most: Scalar = THREE,
    of: Column = NUMBER,
) -> Filter:
    call = WindowCall(fn, (), t.BIGINT, (col("a"),))
    return Filter(Window(rel, ((NUMBER, call),)), (Call(test, (of, most), t.BOOLEAN),))


def shape(rel: Rel) -> Shape:
    found = shape_of(rel)
    assert found is not None
    return found


FLAT = {
    "a scan": SCAN,
    "two filters": filtered(filtered(SCAN), eq("a", 1)),
    "a limit": limited(SCAN),
    "a limit that is a parameter": limited(SCAN, GIVEN),
    "a sort and a limit": limited(ordered(filtered(SCAN))),
    "an aggregate": counted(filtered(SCAN)),
    "groups and a limit": limited(counted(SCAN, key=col("a"))),
    "names everywhere": renamed(limited(ordered(filtered(SCAN)))),
    "the first of each group": first(filtered(SCAN)),
    "names above these": Project(first(SCAN), ((col("v"), col("v")),)),
}


@pytest.mark.parametrize("rel", FLAT.values(), ids=FLAT)
def test_chains_in_the_order_of_a_select(rel: Rel) -> None:
    assert shape_of(rel) is not None


OTHERS = {
    "a join": Join(JoinKind.INNER, SCAN, SCAN, ()),
    "something over a join": filtered(Join(JoinKind.INNER, SCAN, SCAN, ())),
    "a filter over a sort": filtered(ordered(SCAN)),
    "a filter over a limit": filtered(limited(SCAN)),
    "a filter over an aggregate": filtered(counted(SCAN)),
    "a sort over a sort": ordered(ordered(SCAN)),
    "a sort over a limit": ordered(limited(SCAN)),
    "a sort over an aggregate": ordered(counted(SCAN)),
    "an aggregate over a sort": counted(ordered(SCAN)),
    "an aggregate over a limit": counted(limited(SCAN)),
    "an aggregate over an aggregate": counted(counted(SCAN)),
    "a limit over a limit": limited(limited(SCAN)),
    "rows left out before": limited(SCAN, offset=THREE),
    "only rows left out": limited(SCAN, None, THREE),
    "a limit that is computed": limited(SCAN, Call(op.ADD, (GIVEN, THREE), t.BIGINT)),
    "a computed column": Project(SCAN, ((Column(50, "x", t.INTEGER), Cast(col("v"), t.BIGINT)),)),
    "a column from outside": Project(SCAN, ((col("d"), col("d")),)),
    "groups by an expression": counted(SCAN, key=Cast(col("a"), t.BIGINT)),
    "groups by a column from outside": counted(SCAN, key=col("d")),
    "an aggregate of an expression": counted(SCAN, arg=Cast(col("v"), t.BIGINT)),
    "an aggregate of a column from outside": counted(SCAN, arg=col("d")),
    "another window function": first(SCAN, fn=windows.RANK),
    "fewer than": first(SCAN, test=op.LT),
    "another column's first": first(SCAN, of=col("v")),
    "as many as a parameter": first(SCAN, most=GIVEN),
    "the first of a limit": first(limited(SCAN)),
    "the first of a sort": first(ordered(SCAN)),
    "the first of groups": first(counted(SCAN)),
    "the first of the first": first(first(SCAN)),
    "the first of a join": first(Join(JoinKind.INNER, SCAN, SCAN, ())),
    "a filter over the first": filtered(first(SCAN)),
    "a limit over the first": limited(first(SCAN)),
    "a sort over the first": ordered(first(SCAN)),
    "an aggregate over the first": counted(first(SCAN)),
}


@pytest.mark.parametrize("rel", OTHERS.values(), ids=OTHERS)
def test_other_trees_are_not_flat(rel: Rel) -> None:
    assert shape_of(rel) is None


def test_what_a_chain_says() -> None:
    found = shape(limited(ordered(filtered(filtered(SCAN), eq("a", 1))), GIVEN))
    assert found.where == (gt("v", 1), eq("a", 1))
    assert (found.limit, found.grouped, found.first) == (GIVEN, False, None)
    assert [key.expr for key in found.sort] == [col("v")]
    assert found.items == tuple((column, column.name) for column in SCAN.columns)


def test_names_are_followed_to_the_table() -> None:
    again = Column(51, "second", t.INTEGER)
    twice = Project(renamed(SCAN), ((again, Column(50, "first", t.INTEGER)),))
    found = shape(counted(twice, arg=again, key=again))
    assert found.names[50] == found.names[51] == found.names[60] == "v"
    assert (found.keys, found.grouped) == (("v",), True)
    assert [source for _, source in found.items[:1]] == ["v"]


def test_the_first_rows_keep_their_number() -> None:
    found = shape(first(SCAN))
    assert found.first == 3
    assert found.numbered is not None
    assert found.numbered.partition == (col("a"),)


def test_row_functions_are_neither_grouped_by_nor_aggregated() -> None:
    written = RowFunction("writetime", ("v",), t.BIGINT, "bigint")
    table = replace(READINGS, row_functions=(written,))
    column = Column(70, written.name, t.BIGINT)
    rows = Scan(table, (col("v"), column))
    assert shape_of(rows) is not None
    assert shape_of(counted(rows)) is not None
    assert shape_of(counted(rows, arg=column)) is None
    assert shape_of(counted(rows, key=column)) is None


ANY = Column(80, "any", t.NUMERIC)


@pytest.mark.parametrize(
    ("cast", "seen"),
    [
        (Cast(ANY, t.decimal(38, 0)), True),
        (Cast(ANY, t.decimal(38, 10)), True),
        (Cast(ANY, t.decimal(38, 2)), False),
        (Cast(ANY, t.decimal(20, 0)), False),
        (Cast(ANY, t.decimal(38, 0), safe=True), False),
        (Cast(col("v"), t.decimal(38, 0)), False),
    ],
    ids=["whole", "with ten digits", "with two", "of twenty", "safe", "of another number"],
)
def test_the_cast_that_numbers_of_any_size_get_is_seen_through(cast: Cast, seen: bool) -> None:
    assert aggregated(cast) is (cast.arg if seen else cast)
