"""What is accepted of filters, sorts, limits and aggregates, rule by rule; `test_cql` has the
statements that these become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.accept import accept, clustering_order, group_prefix, restriction_of
from sqlshim.backends.cassandra.servers import Feature
from sqlshim.backends.cassandra.shape import shape_of
from sqlshim.backends.protocol import Accepted, Pushdown
from sqlshim.catalog.model import RowFunction, Table
from sqlshim.functions import aggregates as agg
from sqlshim.functions import operators as op
from sqlshim.functions.arrays import EQ_ANY
from sqlshim.functions.model import Function
from sqlshim.ir.keys import key_test
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Limit,
    Project,
    Rel,
    Scan,
    SetKind,
    SetOp,
    Sort,
    Values,
    Window,
)
from sqlshim.ir.scalar import AggregateCall, Call, Cast, Column, Literal, Param, Scalar, SortKey
from tests.backends.cassandra.trees import (
    INDEXED,
    READINGS,
    col,
    either,
    eq,
    gt,
    is_null,
    isin,
    lt,
    ne,
    scan,
    table,
)

KEY = (eq("a", 1), eq("b", "x"))
TEN = Literal(10, t.BIGINT)
NAMES = ("a", "b", "c", "d", "v", "w")


def rows(*where: Scalar, of: Table = READINGS) -> Rel:
    read = scan(*NAMES, "price", "id", "host", "clock", "flag", of=of)
    return Filter(read, where) if where else read


def why(rel: Rel) -> str:
    """The reason against it, "" where it is taken as it is."""
    answer = accept(rel, Pushdown.ALWAYS)
    assert (answer.taken == rel) is not bool(answer.why)
    return answer.why


# --- filters ---------------------------------------------------------------------------------


def test_a_filter_of_which_nothing_can_be_said_stays_whole() -> None:
    where = (ne("v", 1), is_null("w"))
    expected = Accepted(None, where, "CQL has no <>; CQL has no IS NULL")
    assert accept(rows(*where), Pushdown.ALWAYS) == expected


def test_a_reason_is_said_once() -> None:
    answer = accept(rows(eq("v", 1), ne("v", 2), ne("w", 3.0)), Pushdown.ALWAYS)
    assert (answer.left, answer.why) == ((ne("v", 2), ne("w", 3.0)), "CQL has no <>")


def listed(column: str, keys: bool) -> Scalar:
    given = Param(0, t.array(t.INTEGER))
    return key_test(col(column), given) if keys else Call(EQ_ANY, (col(column), given), t.BOOLEAN)


AFTER = either(gt("c", 1), Call(op.AND, (eq("c", 1), gt("d", "m")), t.BOOLEAN))


@pytest.mark.parametrize("keys", [True, False], ids=["keys", "a list"])
def test_what_needs_the_keys_is_left_beside_them(keys: bool) -> None:
    """A slice needs its partition; with too many keys it would have to be checked locally."""
    where = (listed("a", keys), eq("b", "x"), AFTER)
    why = "CQL could not say it without the keys"
    assert accept(rows(*where), Pushdown.ALWAYS) == Accepted(rows(*where[:2]), (AFTER,), why)
    assert accept(rows(*where[:2]), Pushdown.ALWAYS) == Accepted(rows(*where[:2]))
    fixed = (*KEY, AFTER)
    assert accept(rows(*fixed), Pushdown.ALWAYS).taken == rows(*fixed)


@pytest.mark.parametrize("keys", [True, False], ids=["keys", "a list"])
def test_what_cql_cannot_say_does_not_keep_keys_from_being_looked_up(keys: bool) -> None:
    where = (listed("a", keys), ne("v", 2), eq("b", "x"))
    sent = rows(where[0], where[2])
    assert accept(rows(*where), Pushdown.ALWAYS) == Accepted(sent, (ne("v", 2),), "CQL has no <>")


@pytest.mark.parametrize("keys", [True, False], ids=["keys", "a list"])
def test_what_needs_the_keys_is_left_above_them(keys: bool) -> None:
    above = Filter(rows(listed("a", keys), eq("b", "x")), (AFTER,))
    why = "CQL could not say it without the keys"
    assert accept(above, Pushdown.ALWAYS) == Accepted(None, (AFTER,), why)


# --- nodes that CQL has not ------------------------------------------------------------------

WRITTEN = RowFunction("writetime", ("v",), t.BIGINT, "bigint")
SUM_V = AggregateCall(agg.SUM, (col("v"),), t.BIGINT)


def test_row_functions_are_read_by_a_projection_only() -> None:
    of = replace(READINGS, row_functions=(WRITTEN,))
    column = Column(70, WRITTEN.name, t.BIGINT)
    assert accept(Scan(of, (col("v"), column)), Pushdown.ALWAYS).taken is None
    assert accept(Scan(of, (col("v"),)), Pushdown.ALWAYS).taken is not None


def test_conditions_beside_a_row_function_are_sent() -> None:
    of = replace(READINGS, row_functions=(WRITTEN,))
    column = Column(70, WRITTEN.name, t.BIGINT)
    late = Call(op.GT, (column, Literal(5, t.BIGINT)), t.BOOLEAN)
    answer = accept(Filter(Scan(of, (col("v"), column)), (gt("v", 1), late)), Pushdown.ALWAYS)
    assert answer.left == (late,)
    assert answer.why == "CQL compares columns with values only"


@pytest.mark.parametrize(
    ("rel", "reason"),
    [
        (Values((col("a"),), ((Literal(1, t.INTEGER),),)), "CQL has no VALUES"),
        (SetOp(SetKind.EXCEPT, (scan("a"), scan("a")), (col("a"),)),
         "CQL has no UNION, INTERSECT or EXCEPT"),
        (GroupingSets(scan("a"), ((col("a"), col("a")),), (), ()), "CQL has no grouping sets"),
        (Window(scan("a"), ()), ""),
        (Project(scan("v"), ((Column(9, "x", t.BIGINT), Cast(col("v"), t.BIGINT)),)),
         "CQL computes no such expressions"),
    ],
    ids=["values", "a union", "grouping sets", "a window", "an expression"],
)  # fmt: skip
def test_what_cql_has_not(rel: Rel, reason: str) -> None:
    answer = accept(rel, Pushdown.ALWAYS)
    assert (answer.taken, answer.why) == (None, reason)


# --- limits and sorts ------------------------------------------------------------------------


def ordered(rel: Rel, *keys: str) -> Sort:
    words = [key.split() for key in keys]
    return Sort(rel, tuple(SortKey(col(w[0]), len(w) > 1, len(w) > 1) for w in words))


def grouped(rel: Rel, *keys: str, call: AggregateCall = SUM_V) -> Aggregate:
    made = ((Column(100, "x", call.type), call),)
    return Aggregate(rel, tuple((col(k), col(k)) for k in keys), made)


@pytest.mark.parametrize(
    "above",
    [
        Limit(rows(listed("a", keys=False), eq("b", "x")), TEN, None),
        grouped(rows(listed("a", keys=False), eq("b", "x")), "a", "b"),
        grouped(rows(listed("a", keys=False), eq("b", "x"))),
    ],
    ids=["limit", "groups", "one group"],
)
def test_rows_that_may_be_tested_later_are_not_cut_or_counted_before(above: Rel) -> None:
    answer = accept(above, Pushdown.ALWAYS)
    why = "of a long list the rows may be read first and tested then"
    assert answer == Accepted(None, why=why)


@pytest.mark.parametrize(
    ("rel", "reason"),
    [
        (Limit(rows(), TEN, None), ""),
        (Limit(grouped(rows(), "a", "b"), TEN, None), ""),
        (Limit(rows(), TEN, TEN), "CQL has no OFFSET"),
        (Limit(Limit(rows(), TEN, None), TEN, None), "CQL limits rows by a constant, once"),
        (Limit(grouped(rows()), TEN, None), "one row needs no limit"),
    ],
    ids=["rows", "groups", "an offset", "twice", "one row"],
)
def test_limits(rel: Rel, reason: str) -> None:
    assert why(rel) == reason


ONE_PARTITION = "CQL sorts within one partition only"
CLUSTERING = "CQL sorts by the clustering columns only"


@pytest.mark.parametrize(
    ("rel", "reason"),
    [
        (ordered(rows(*KEY), "c"), ""),
        (ordered(rows(*KEY, gt("c", 1)), "c DESC", "d"), ""),
        (ordered(rows(*KEY, eq("c", 1), eq("d", "y")), "d"), ""),
        (ordered(rows(*KEY), "a"), ""),
        (ordered(rows(isin("a", 1, 2), eq("b", "x")), "c"), ONE_PARTITION),
        (ordered(rows(eq("v", 1), of=INDEXED), "c"), ONE_PARTITION),
        (ordered(rows(), "c"), ONE_PARTITION),
        (ordered(rows(*KEY), "d"), CLUSTERING),
        (ordered(rows(*KEY), "c", "d DESC", "v"), CLUSTERING),
        (ordered(rows(*KEY, isin("c", 1, 2)), "d"), CLUSTERING),
        (ordered(rows(*KEY, eq("v", 1)), "v"), ""),
        (ordered(Limit(rows(*KEY), TEN, None), "c"), "CQL sorts rows of a table only"),
        (Sort(rows(*KEY), (SortKey(Cast(col("c"), t.BIGINT), False, False),)), CLUSTERING),
        (ordered(rows(*KEY, eq("v", 1), of=INDEXED), "c"), "CQL sorts no rows found by an index"),
        (ordered(rows(*KEY, gt("w", 1.0), of=INDEXED), "c"), ""),
    ],
    ids=[
        "a partition", "a slice", "a whole key", "a fixed column", "several partitions",
        "an index", "a scan", "a clustering column left out", "one column too many",
        "a column with IN left out", "a column fixed by a filter", "a limit", "an expression",
        "beside an index", "beside a filter",
    ],
)  # fmt: skip
def test_sorts(rel: Rel, reason: str) -> None:
    assert why(rel) == reason


def ending_in(native: str, held: t.SqlType) -> Table:
    """Clustered by d of another type."""
    columns = [
        replace(c, native=native, type=held) if c.name == "d" else c for c in READINGS.columns
    ]
    return replace(READINGS, columns=tuple(columns))


@pytest.mark.parametrize(
    ("native", "held", "sorts"),
    [
        ("text", t.TEXT.with_null(False), True),
        ("time", t.TIME.with_null(False), True),
        ("boolean", t.BOOLEAN.with_null(False), True),
        ("uuid", t.UUID.with_null(False), False),
        ("inet", t.TEXT.with_null(False), False),
        ("text", t.TEXT.with_null(True), False),
    ],
)
def test_clustering_columns_that_sort_as_in_sql(native: str, held: t.SqlType, sorts: bool) -> None:
    of = ending_in(native, held)
    assert why(ordered(rows(*KEY, of=of), "c DESC", "d")) == ("" if sorts else CLUSTERING)


def order_of(*keys: str, where: Sequence[Scalar] = ()) -> object:
    shape = shape_of(ordered(rows(*KEY, *where), *keys))
    assert shape is not None
    return clustering_order(shape, restriction_of(shape))


def test_the_order_names_all_columns_from_the_first_in_one_direction() -> None:
    """The table has c descending and d ascending."""
    assert order_of("c DESC") == (("c", True),)
    assert order_of("c") == (("c", False),)
    assert order_of("c DESC", "d") == (("c", True), ("d", False))
    assert order_of("c", "d DESC") == (("c", False), ("d", True))
    assert order_of("c", "d") is None
    assert order_of("c DESC", "d DESC") is None
    assert order_of("a", "b DESC") == ()
    assert order_of("d DESC", where=[eq("c", 1)]) == (("c", False), ("d", True))
    assert order_of("c", "d", where=[eq("c", 1)]) == (("c", True), ("d", False))
    assert order_of("c", where=[eq("c", 1)]) == ()


# --- aggregates ------------------------------------------------------------------------------


def call(fn: Function, name: str = "", **more: object) -> AggregateCall:
    args = (col(name),) if name else ()
    made = AggregateCall(fn, args, args[0].type if args else t.BIGINT)
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (call(agg.COUNT), ""),
        (call(agg.COUNT, "id"), ""),
        (call(agg.SUM, "v"), ""),
        (call(agg.SUM, "price"), ""),
        (call(agg.AVG, "v"), ""),
        (call(agg.MIN, "d"), ""),
        (call(agg.MAX, "w"), ""),
        (call(agg.MIN, "v", distinct=True), ""),
        (call(agg.MAX, "v", distinct=True), ""),
        (call(agg.SUM, "v", distinct=True), "CQL aggregates have no DISTINCT"),
        (call(agg.COUNT, "v", distinct=True), "CQL aggregates have no DISTINCT"),
        (call(agg.COUNT, filter=gt("v", 1)), "CQL aggregates have no FILTER and no ORDER BY"),
        (call(agg.MIN, "v", order=(SortKey(col("v"), False, False),)),
         "CQL aggregates have no FILTER and no ORDER BY"),
        (call(agg.SUM, "w"), "a sum of floats depends on the order of the rows"),
        (call(agg.AVG, "w"), "CQL has no exact AVG"),
        (call(agg.AVG, "price"), "CQL has no exact AVG"),
        (call(agg.MIN, "host"), "CQL orders inet differently"),
        (call(agg.MAX, "id"), "CQL orders uuid differently"),
        (call(agg.BOOL_AND, "flag"), "CQL has no exact BOOL_AND"),
        (call(agg.ANY_VALUE, "v"), "CQL has no exact ANY_VALUE"),
    ],
    ids=str,
)  # fmt: skip
def test_aggregates(made: AggregateCall, reason: str) -> None:
    assert why(grouped(rows(), call=made)) == reason


def test_the_first_call_that_cql_has_not_decides() -> None:
    both = replace(grouped(rows()), calls=((col("v"), SUM_V), (col("w"), call(agg.SUM, "w"))))
    assert why(both) == "a sum of floats depends on the order of the rows"


@pytest.mark.parametrize(
    ("made", "casts"),
    [
        (call(agg.SUM, "v"), True),
        (call(agg.AVG, "v"), True),
        (call(agg.SUM, "price"), False),
        (call(agg.MIN, "v"), False),
        (call(agg.COUNT, "v"), False),
    ],
    ids=str,
)
def test_sums_of_integers_need_casts(made: AggregateCall, casts: bool) -> None:
    of = table(lacks=frozenset({Feature.CASTS}))
    reason = f"the server is too old for {Feature.CASTS}"
    assert why(grouped(rows(of=of), call=made)) == (reason if casts else "")


def test_old_servers_have_no_groups() -> None:
    of = table(lacks=frozenset({Feature.GROUP_BY}))
    assert why(grouped(rows(of=of), "a", "b")) == f"the server is too old for {Feature.GROUP_BY}"
    assert why(grouped(rows(of=of))) == ""


def test_partitions_of_static_values_only_would_count() -> None:
    of = ending_in("text", t.TEXT.with_null(True))
    reason = "partitions that hold static values only would count as rows"
    assert why(grouped(rows(of=of), call=call(agg.COUNT))) == reason


def test_rows_of_a_union_are_counted_once() -> None:
    either_partition = either(
        Call(op.AND, KEY, t.BOOLEAN), Call(op.AND, (eq("a", 2), eq("b", "y")), t.BOOLEAN)
    )
    reason = "a row that several statements find is to be counted once"
    assert why(grouped(rows(either_partition))) == reason


def test_expressions_are_not_aggregated() -> None:
    made = AggregateCall(agg.MIN, (Cast(col("v"), t.BIGINT),), t.BIGINT)
    reason = "CQL groups and aggregates plain columns of a table only"
    assert why(grouped(rows(), call=made)) == reason


PREFIX = "CQL groups by a prefix of the key only"


@pytest.mark.parametrize(
    ("where", "keys", "reason"),
    [
        ((), ("a", "b"), ""),
        ((), ("a", "b", "c"), ""),
        ((), ("c", "b", "a", "d"), ""),
        ((eq("a", 1),), ("b",), ""),
        ((*KEY, eq("c", 1)), ("d",), ""),
        ((*KEY, eq("c", 1)), ("c",), ""),
        ((), ("a",), PREFIX),
        ((), ("a", "b", "d"), PREFIX),
        ((), ("a", "b", "v"), PREFIX),
        ((isin("a", 1, 2),), ("b",), PREFIX),
        ((lt("c", 5),), ("a", "b", "d"), PREFIX),
        ((), ("v",), PREFIX),
    ],
)
def test_groups(where: Sequence[Scalar], keys: Sequence[str], reason: str) -> None:
    assert why(grouped(rows(*where), *keys)) == reason


def test_the_prefix_of_groups_holds_what_is_fixed_as_far_as_it_is_needed() -> None:
    def prefix(where: Sequence[Scalar], *keys: str) -> tuple[str, ...]:
        shape = shape_of(grouped(rows(*where), *keys))
        assert shape is not None
        return group_prefix(shape, restriction_of(shape))

    assert prefix([], "b", "a") == ("a", "b")
    assert prefix([eq("c", 1)], "a", "b") == ("a", "b")
    assert prefix([eq("c", 1)], "a", "b", "d") == ("a", "b", "c", "d")
    assert prefix([*KEY, eq("c", 1)], "c") == ("a", "b", "c")


@pytest.mark.parametrize("native", ["decimal", "double", "float", "time"])
def test_equal_keys_that_can_be_different_groups(native: str) -> None:
    of = ending_in(native, t.DOUBLE.with_null(False))
    reason = "equal keys can be different groups in Cassandra"
    assert why(grouped(rows(of=of), "a", "b", "c", "d")) == reason
    assert why(grouped(rows(of=of), "a", "b", "c")) == ""


def test_rows_found_a_key_at_a_time_are_no_groups() -> None:
    found = rows(key_test(col("v"), Param(0, t.array(t.INTEGER))), of=INDEXED)
    reason = "rows of one partition are found by several statements"
    assert why(grouped(found, "a", "b")) == reason
    assert why(grouped(found)) == ""
