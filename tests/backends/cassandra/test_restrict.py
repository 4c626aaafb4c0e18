"""The rules of CQL's WHERE, as a table: conjuncts in; access path, terms and the rest out."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.paths.bounds import Term
from sqlshim.backends.cassandra.paths.restrict import Path, Restriction, restrict
from sqlshim.backends.cassandra.paths.terms import MOST_ITEMS
from sqlshim.catalog.model import Index, Table
from sqlshim.functions import arrays
from sqlshim.functions import operators as op
from sqlshim.ir.keys import key_test, row_test
from sqlshim.ir.scalar import Call, Cast, Literal, Param, Scalar
from tests.backends.cassandra.trees import (
    COLUMNS,
    INDEXED,
    READINGS,
    col,
    either,
    eq,
    ge,
    gt,
    is_null,
    isin,
    lit,
    lt,
    ne,
    widened,
)

KEY = [eq("a", 1), eq("b", "x")]
SOME_ID = uuid.UUID(int=1)


def shown(terms: Sequence[Term]) -> list[str]:
    return [f"{term.column} {term.op}" for term in terms]


def summary(where: Sequence[Scalar], of: Table = READINGS) -> tuple[Path, list[str], bool]:
    found = restrict(where, COLUMNS, of)
    assert found.left == ()
    return found.path, shown(found.terms), found.filtering


def reasons(where: Sequence[Scalar], of: Table = READINGS) -> list[str]:
    return [why for _, why in restrict(where, COLUMNS, of).left]


@pytest.mark.parametrize(
    ("where", "path", "terms", "filtering"),
    [
        pytest.param([], Path.RING, [], False, id="no condition reads the ring"),
        pytest.param(KEY, Path.PARTITION, ["a =", "b ="], False, id="the whole partition key"),
        pytest.param(
            KEY[::-1], Path.PARTITION, ["a =", "b ="], False, id="terms come in the key's order"
        ),
        pytest.param(
            [*KEY, eq("c", 1), eq("d", "y")],
            Path.KEY,
            ["a =", "b =", "c =", "d ="],
            False,
            id="the whole primary key",
        ),
        pytest.param(
            [*KEY, gt("c", 1)], Path.SLICE, ["a =", "b =", "c >"], False, id="a clustering slice"
        ),
        pytest.param(
            [*KEY, ge("c", 1), lt("c", 9)],
            Path.SLICE,
            ["a =", "b =", "c >=", "c <"],
            False,
            id="a slice with two ends",
        ),
        pytest.param(
            [*KEY, lt("c", 9), ge("c", 1)],
            Path.SLICE,
            ["a =", "b =", "c <", "c >="],
            False,
            id="the ends of a slice come as the statement has them",
        ),
        pytest.param(
            [*KEY, isin("c", 1, 2), gt("d", "y")],
            Path.SLICE,
            ["a =", "b =", "c IN", "d >"],
            False,
            id="a range may follow IN",
        ),
        pytest.param(
            [*KEY, gt("c", 1), eq("d", "y")],
            Path.SLICE,
            ["a =", "b =", "c >", "d ="],
            True,
            id="what follows a range is filtered",
        ),
        pytest.param(
            [*KEY, eq("d", "y")],
            Path.PARTITION,
            ["a =", "b =", "d ="],
            True,
            id="a gap in the clustering prefix is filtered",
        ),
        pytest.param(
            [*KEY, gt("v", 5)],
            Path.PARTITION,
            ["a =", "b =", "v >"],
            True,
            id="other columns are filtered within the partition",
        ),
        pytest.param(
            [isin("a", 1, 2), eq("b", "x")],
            Path.PARTITIONS,
            ["a IN", "b ="],
            False,
            id="IN over partitions",
        ),
        pytest.param([eq("a", 1)], Path.RING, ["a ="], True, id="half a partition key is no key"),
        pytest.param(
            [gt("a", 1), eq("b", "x")],
            Path.RING,
            ["b =", "a >"],
            True,
            id="a range of the partition key is no key",
        ),
        pytest.param(
            [lt("v", 5), ge("day", dt.date(2020, 1, 1))],
            Path.RING,
            ["v <", "day >="],
            True,
            id="a scan filters on the server",
        ),
        pytest.param(
            [eq("flag", True), eq("id", SOME_ID), eq("host", "::1")],
            Path.RING,
            ["flag =", "id =", "host ="],
            True,
            id="types that only compare for equality",
        ),
        pytest.param(
            [eq("w", 0.0)],
            Path.RING,
            ["w >=", "w <="],
            True,
            id="floating zero is a closed range, for -0.0 is another value",
        ),
        pytest.param([eq("w", 2.5)], Path.RING, ["w ="], True, id="other floats are themselves"),
        pytest.param([col("flag")], Path.RING, ["flag ="], True, id="a boolean column alone"),
        pytest.param(
            [Call(op.NOT, (col("flag"),), t.BOOLEAN)],
            Path.RING,
            ["flag ="],
            True,
            id="NOT of a boolean column",
        ),
        pytest.param(
            [widened("a", t.BIGINT), widened("b", t.TEXT)],
            Path.PARTITION,
            ["a =", "b ="],
            False,
            id="casts that lose nothing are seen through",
        ),
        pytest.param(
            [Call(op.LT, (lit("v", 5), col("v")), t.BOOLEAN)],
            Path.RING,
            ["v >"],
            True,
            id="the value may stand first",
        ),
    ],
)
def test_without_indexes(
    where: list[Scalar], path: Path, terms: list[str], filtering: bool
) -> None:
    assert summary(where) == (path, terms, filtering)


@pytest.mark.parametrize(
    ("where", "path", "terms", "filtering"),
    [
        pytest.param([eq("v", 5)], Path.INDEX, ["v ="], False, id="SAI equality"),
        pytest.param([gt("v", 5), lt("v", 9)], Path.INDEX, ["v >", "v <"], False, id="SAI range"),
        pytest.param(
            [eq("v", 5), eq("name", "x")], Path.INDEX, ["v =", "name ="], False, id="two SAI ANDed"
        ),
        pytest.param(
            [gt("name", "x")], Path.RING, ["name >"], True, id="an SAI of text has no ranges"
        ),
        pytest.param(
            [eq("v", 5), eq("day", dt.date(2020, 1, 1))],
            Path.INDEX,
            ["v =", "day ="],
            True,
            id="the rest is filtered",
        ),
        pytest.param(
            [eq("v", 5), eq("a", 1)],
            Path.INDEX,
            ["v =", "a ="],
            True,
            id="half a partition key is filtered beside an index",
        ),
        pytest.param(
            [eq("v", 5), isin("c", 1, 2)],
            Path.INDEX,
            ["v =", "c IN"],
            True,
            id="IN on another column is filtered beside an index",
        ),
        pytest.param(
            [isin("w", *range(1, MOST_ITEMS + 1))],
            Path.RING,
            ["w IN"],
            True,
            id="the longest IN list",
        ),
        pytest.param([isin("v", 5, 6)], Path.RING, ["v IN"], True, id="no index serves IN"),
        pytest.param([eq("small", 5)], Path.INDEX, ["small ="], False, id="2i equality"),
        pytest.param(
            [eq("small", 5), eq("v", 5)],
            Path.INDEX,
            ["small =", "v ="],
            True,
            id="2i beside an SAI: one of them is used, the other's rows are filtered",
        ),
        pytest.param([gt("small", 5)], Path.RING, ["small >"], True, id="2i has no ranges"),
        pytest.param(
            [*KEY, eq("v", 5)],
            Path.PARTITION,
            ["a =", "b =", "v ="],
            False,
            id="a key is better than an index",
        ),
    ],
)
def test_with_indexes(where: list[Scalar], path: Path, terms: list[str], filtering: bool) -> None:
    assert summary(where, INDEXED) == (path, terms, filtering)


@pytest.mark.parametrize(
    ("where", "why"),
    [
        pytest.param([either(eq("a", 1), eq("a", 2))], "CQL has no OR", id="OR"),
        pytest.param([ne("v", 1)], "CQL has no <>", id="not equal"),
        pytest.param([is_null("v")], "CQL has no IS NULL", id="IS NULL"),
        pytest.param(
            [eq("clock", dt.time(1))],
            "CQL compares time differently from SQL",
            id="nanoseconds are cut when read",
        ),
        pytest.param(
            [gt("id", SOME_ID)], "CQL orders uuid differently from SQL", id="the order of uuids"
        ),
        pytest.param(
            [gt("host", "::1")], "CQL orders inet differently from SQL", id="the order of addresses"
        ),
        pytest.param(
            [eq("tags", ["x"])], "CQL compares set<text> differently from SQL", id="collections"
        ),
        pytest.param(
            [Call(op.EQ, (col("a"), col("c")), t.BOOLEAN)],
            "CQL compares columns with values only",
            id="two columns",
        ),
        pytest.param(
            [Call(op.EQ, (Cast(col("price"), t.DOUBLE), Literal(1.5, t.DOUBLE)), t.BOOLEAN)],
            "CQL compares columns with values only",
            id="a cast that loses digits",
        ),
        pytest.param(
            [isin("w", 0.0, 1.0)], "-0.0 and 0.0 are two values in Cassandra", id="IN with zero"
        ),
        pytest.param(
            [eq("v", 1), gt("v", 0)], "CQL takes one restriction a column", id="= and > of a column"
        ),
        pytest.param(
            [gt("v", 1), gt("v", 2)], "CQL takes one restriction a column", id="two lower ends"
        ),
        pytest.param(
            [lt("v", 1), lt("v", 2)], "CQL takes one restriction a column", id="two upper ends"
        ),
        pytest.param(
            [isin("c", *range(1001))], "an IN list of more than 1000 values", id="a very long IN"
        ),
        pytest.param(
            [isin("a", *range(1001))],
            "an IN list of more than 1000 values",
            id="a very long IN on half a key",
        ),
    ],
)
def test_stays_local(where: list[Scalar], why: str) -> None:
    assert reasons(where) == [why]


def test_a_long_in_over_partitions_is_taken() -> None:
    where = [isin("a", *range(5000)), eq("b", "x")]
    assert summary(where) == (Path.PARTITIONS, ["a IN", "b ="], False)


def test_an_analyzed_index_makes_equality_something_else() -> None:
    assert reasons([eq("note", "x")], INDEXED) == ["the column's index compares analyzed text"]


def test_an_index_cannot_be_used_beside_several_partitions() -> None:
    where = [isin("a", 1, 2), eq("b", "x"), eq("v", 5)]
    assert reasons(where, INDEXED) == ["the server refuses an index beside IN on the partition key"]


def test_an_index_cannot_be_used_beside_in_on_half_a_key() -> None:
    where = [isin("a", 1, 2), eq("v", 5)]
    assert reasons(where, INDEXED) == ["the server refuses an index beside IN on the partition key"]


@pytest.mark.parametrize(
    "where",
    [
        pytest.param([*KEY, gt("c", 1), gt("c", 2), ne("v", 1)], id="by key"),
        pytest.param([eq("v", 5), gt("v", 2), isin("a", 1, 2), eq("w", 0.0)], id="by index"),
        pytest.param([isin("v", 5, 6), gt("v", 2), eq("clock", dt.time(1))], id="by ring"),
    ],
)
def test_what_was_taken_is_taken_again(where: list[Scalar]) -> None:
    once = restrict(where, COLUMNS, INDEXED)
    left = {conjunct for conjunct, _ in once.left}
    again = restrict([c for c in where if c not in left], COLUMNS, INDEXED)
    assert again == Restriction(once.path, once.terms, (), once.filtering, once.indexes)


def keys_of(column: str) -> Scalar:
    return key_test(col(column), Param(0, t.array(t.INTEGER)))


def test_a_set_of_keys_is_found_by_an_index_a_key_at_a_time() -> None:
    found = restrict([keys_of("v")], COLUMNS, INDEXED)
    assert (found.path_name, found.filtering) == ("index by_v, a key at a time", False)


def test_beside_a_set_of_keys_no_other_index_is_asked() -> None:
    where = [keys_of("v"), eq("small", 1), gt("w", 1.5)]
    found = restrict(where, COLUMNS, INDEXED)
    assert shown(found.terms) == ["v IN", "w >"]
    assert found.left == ((where[1], "one index finds a set of keys"),)


@pytest.mark.parametrize(("items", "sent"), [(MOST_ITEMS, True), (MOST_ITEMS + 1, False)])
def test_beside_a_set_of_keys_a_very_long_in_is_not_sent_with_each(items: int, sent: bool) -> None:
    where = [keys_of("v"), isin("a", *range(items))]
    found = restrict(where, COLUMNS, INDEXED)
    assert found.path is Path.INDEX_KEYS
    assert shown(found.terms) == ["v IN", "a IN"][: 1 + sent]
    assert [conjunct for conjunct, _ in found.left] == where[1 + sent :]


def test_keys_of_a_column_without_an_index_are_not_looked_up() -> None:
    found = restrict([keys_of("c")], COLUMNS, INDEXED)
    assert (found.path, found.terms, len(found.left)) == (Path.RING, (), 1)


def rows_of(*columns: str) -> Scalar:
    kinds = tuple((name, col(name).type) for name in columns)
    return row_test([col(name) for name in columns], Param(0, t.array(t.struct(kinds))))


def test_rows_of_keys_are_looked_up_by_the_whole_partition_key() -> None:
    where = [rows_of("b", "a"), eq("c", 1), gt("v", 2)]
    found = restrict(where, COLUMNS, READINGS)
    assert (found.path, found.left, found.filtering) == (Path.PARTITIONS, (), True)
    assert [(term.column, term.part) for term in found.terms] == [
        ("a", 1), ("b", 0), ("c", None), ("v", None),
    ]  # fmt: skip


def test_rows_of_keys_beside_a_fixed_part_of_the_key() -> None:
    table = replace(
        READINGS,
        primary_key=("a", "b", "c", "d"),
        partition_key=("a", "b", "c"),
        clustering=(("d", False),),
    )
    found = restrict([rows_of("a", "c"), eq("b", "x")], COLUMNS, table)
    assert [(term.column, term.part) for term in found.terms] == [("a", 0), ("b", None), ("c", 1)]
    several = restrict([rows_of("a", "c"), isin("b", "x", "y")], COLUMNS, table)
    assert several.path is Path.RING


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ([rows_of("a", "c")], "keys are looked up by key or index only"),
        ([rows_of("v", "small")], "keys are looked up by key or index only"),
        ([eq("a", 1), rows_of("a", "b")], "CQL takes one restriction a column"),
        ([rows_of("a", "w")], "CQL compares columns with values only"),
        ([rows_of("a", "clock")], "CQL compares time differently from SQL"),
    ],
    ids=["half of the key", "indexes", "beside a value", "floats", "no keys"],
)
def test_rows_of_keys_that_are_not_looked_up(where: list[Scalar], why: str) -> None:
    assert restrict(where, COLUMNS, INDEXED).left == ((where[-1], why),)


def test_rows_of_keys_that_have_several_forms() -> None:
    for name in ("a", "b"):
        found = restrict([rows_of("a", "b")], COLUMNS, with_native(name, "decimal"))
        assert found.left == (
            (rows_of("a", "b"), "equal decimal keys can be different partitions"),
        )


def test_two_sets_of_keys_are_not_looked_up() -> None:
    assert len(reasons([keys_of("v"), keys_of("small")], INDEXED)) == 2


def with_native(name: str, native: str) -> Table:
    columns = (replace(c, native=native) if c.name == name else c for c in READINGS.columns)
    return replace(READINGS, columns=tuple(columns))


@pytest.mark.parametrize("native", ["double", "float", "decimal"])
def test_a_partition_is_not_found_by_what_has_several_forms(native: str) -> None:
    found = restrict([eq("a", 1), eq("b", "x")], COLUMNS, with_native("a", native))
    assert found.path is Path.RING
    assert dict(found.left)[eq("a", 1)] == f"equal {native} keys can be different partitions"


def test_a_clustering_column_may_have_several_forms() -> None:
    table = with_native("c", "decimal")
    assert restrict([*KEY, eq("c", 1)], COLUMNS, table).path is Path.SLICE


def test_a_long_in_is_taken_by_a_partition_key_only() -> None:
    few, many = isin("c", *range(MOST_ITEMS)), isin("c", *range(MOST_ITEMS + 1))
    assert restrict([*KEY, few], COLUMNS, READINGS).path is Path.SLICE
    found = restrict([*KEY, many], COLUMNS, READINGS)
    assert found.path is Path.PARTITION
    assert found.left == ((many, f"an IN list of more than {MOST_ITEMS} values"),)


def test_elements_of_a_key_column_are_not_looked_for() -> None:
    table = replace(
        READINGS, primary_key=("a", "b", "old"), clustering=(("old", False),), indexes=()
    )
    keys = Call(arrays.MAP_KEYS, (col("old"),), t.array(t.TEXT))
    holds = Call(arrays.EQ_ANY, (Literal("x", t.TEXT), keys), t.BOOLEAN)
    assert restrict([holds], COLUMNS, READINGS).left == ()
    found = restrict([*KEY, holds], COLUMNS, table)
    assert found.left == ((holds, "CQL asks for no elements of a key column"),)


def test_a_clustering_column_behind_a_range_is_filtered_by_although_it_has_an_index() -> None:
    table = replace(INDEXED, indexes=(*INDEXED.indexes, Index("by_d", (("d", False),), kind="sai")))
    where = [*KEY, lt("c", 1), eq("d", "y")]
    assert summary(where, table) == (Path.SLICE, ["a =", "b =", "c <", "d ="], True)


def list_of(column: str) -> Scalar:
    """`column = ANY($1)`."""
    return Call(arrays.EQ_ANY, (col(column), Param(0, t.array(t.INTEGER))), t.BOOLEAN)


def test_a_list_is_looked_up_by_partition_key() -> None:
    where = [list_of("a"), eq("b", "x")]
    found = restrict(where, COLUMNS, READINGS)
    assert (found.path, shown(found.terms), found.left) == (Path.PARTITIONS, ["a IN", "b ="], ())


@pytest.mark.parametrize("column", ["c", "v"])
def test_a_list_of_another_column_is_not_looked_up(column: str) -> None:
    found = restrict([*KEY, list_of(column)], COLUMNS, INDEXED)
    assert found.path is Path.PARTITION
    assert found.left == ((list_of(column), "a list is looked up by partition key only"),)


def test_a_list_of_half_a_key_is_left() -> None:
    found = restrict([list_of("a")], COLUMNS, READINGS)
    assert (found.path, found.terms) == (Path.RING, ())
    assert found.left == ((list_of("a"), "keys are looked up by key or index only"),)


OF_OLD = Call(
    arrays.EQ_ANY,
    (Literal("x", t.TEXT), Call(arrays.MAP_KEYS, (col("old"),), t.array(t.TEXT))),
    t.BOOLEAN,
)


@pytest.mark.parametrize(
    ("beside", "taken"),
    [
        (eq("v", 1), False),
        (gt("v", 1), False),
        (keys_of("v"), False),
        (eq("small", 1), True),
        (keys_of("small"), True),
        (eq("w", 1.5), True),
    ],
    ids=["SAI", "a range of an SAI", "keys for an SAI", "2i", "keys for a 2i", "no index"],
)
def test_elements_of_a_frozen_collection_are_not_looked_for_beside_an_sai(
    beside: Scalar, taken: bool
) -> None:
    left = dict(restrict([beside, OF_OLD], COLUMNS, INDEXED).left)
    why = "Cassandra finds no elements of a frozen collection beside an SAI"
    assert left == ({} if taken else {OF_OLD: why})


def test_of_restrictions_of_a_column_equality_comes_first_then_in_then_ranges() -> None:
    where = [gt("v", 1), isin("v", 1, 2), eq("v", 3)]
    for order in (where, where[::-1]):
        found = restrict(order, COLUMNS, READINGS)
        assert shown(found.terms) == ["v ="]
        assert {conjunct for conjunct, _ in found.left} == set(where[:2])
    assert shown(restrict(where[:2], COLUMNS, READINGS).terms) == ["v IN"]
    assert shown(restrict(where[1::-1], COLUMNS, READINGS).terms) == ["v IN"]
