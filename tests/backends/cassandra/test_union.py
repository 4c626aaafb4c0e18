"""OR as a union of access paths: which conditions become one, and what stays to be checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.accept import accept
from sqlshim.backends.cassandra.compile import compile_query
from sqlshim.backends.cassandra.paths.restrict import Path, Restriction
from sqlshim.backends.cassandra.paths.terms import MOST_ITEMS
from sqlshim.backends.cassandra.paths.union import choose
from sqlshim.backends.cassandra.run import once_each
from sqlshim.backends.protocol import Pushdown
from sqlshim.functions import aggregates as agg
from sqlshim.functions import operators as op
from sqlshim.functions.arrays import EQ_ANY
from sqlshim.functions.keys import IN_KEYS
from sqlshim.functions.model import Function
from sqlshim.ir.relational import Aggregate, Filter, Limit
from sqlshim.ir.scalar import AggregateCall, Call, Column, Literal, Param, Scalar
from tests.backends.cassandra.trees import (
    COLUMNS,
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
)


def both(*args: Scalar) -> Call:
    return Call(op.AND, args, t.BOOLEAN)


ONE = both(eq("a", 1), eq("b", "x"))
TWO = both(eq("a", 2), eq("b", "y"), gt("c", 3))


def choice(*where: Scalar) -> Restriction:
    return choose(where, COLUMNS, INDEXED)


@pytest.mark.parametrize(
    ("where", "paths"),
    [
        ([either(ONE, TWO)], [Path.PARTITION, Path.SLICE]),
        ([either(ONE, eq("v", 5))], [Path.PARTITION, Path.INDEX]),
        ([either(lt("v", 1), gt("v", 9))], [Path.INDEX, Path.INDEX]),
        ([either(ONE, both(isin("a", 1, 2), eq("b", "x")))], [Path.PARTITION, Path.PARTITIONS]),
        ([either(ONE, either(TWO, eq("v", 1)))], [Path.PARTITION, Path.SLICE, Path.INDEX]),
        ([either(ONE, ONE, TWO)], [Path.PARTITION, Path.SLICE]),
        ([eq("a", 1), eq("b", "x"), either(eq("c", 1), gt("c", 9))], [Path.SLICE, Path.SLICE]),
        ([either(ONE, TWO), either(eq("v", 1), eq("v", 2))], [Path.PARTITION, Path.SLICE]),
    ],
    ids=[
        "two partitions",
        "a partition and an index",
        "two ranges of an index",
        "several partitions in an arm",
        "an OR in an arm of an OR",
        "an arm said twice is one statement",
        "slices of a partition are better than all of it",
        "the first of two ORs",
    ],
)
def test_each_arm_has_a_path(where: Sequence[Scalar], paths: list[Path]) -> None:
    found = choice(*where)
    assert found.path is Path.UNION
    assert [arm.path for arm in found.arms] == paths


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ([either(ONE, eq("w", 0.5))], Path.RING),
        ([either(ONE, is_null("v"))], Path.RING),
        ([either(ONE, eq("v", 7)), eq("v", 5)], Path.INDEX),
        ([eq("a", 1), eq("b", "x"), either(eq("v", 1), eq("w", 0.5))], Path.PARTITION),
    ],
    ids=[
        "one arm without a path",
        "one arm that CQL cannot say",
        "an index for the whole is kept when an arm is no better",
        "arms that read the partition again",
    ],
)
def test_no_union(where: Sequence[Scalar], path: Path) -> None:
    assert choice(*where).path is path


@pytest.mark.parametrize("native", ["decimal", "double", "float", "inet", "time"])
def test_no_union_where_equal_keys_can_be_two(native: str) -> None:
    columns = tuple(replace(c, native=native) if c.name == "d" else c for c in INDEXED.columns)
    odd = replace(INDEXED, columns=columns)
    path = Path.UNION if native == "inet" else Path.RING
    assert choose([either(ONE, TWO)], COLUMNS, odd).path is path


def test_no_union_of_very_many_statements() -> None:
    few = either(*(both(eq("a", i), eq("b", "x")) for i in range(MOST_ITEMS)))
    many = either(*(both(eq("a", i), eq("b", "x")) for i in range(MOST_ITEMS + 1)))
    assert choice(few).path is Path.UNION
    assert choice(many).path is Path.RING


@pytest.mark.parametrize(("before", "path"), [(7, Path.UNION), (8, Path.RING)])
def test_of_very_many_ors_the_first_ones_are_tried(before: int, path: Path) -> None:
    without = [either(ONE, eq("w", i / 2)) for i in range(1, before + 1)]
    assert choice(*without, either(ONE, TWO)).path is path


def test_what_every_arm_can_say_is_sent_with_each() -> None:
    found = choice(either(ONE, TWO), gt("w", 0.5))
    assert [[term.column for term in arm.terms] for arm in found.arms] == [
        ["a", "b", "w"],
        ["a", "b", "c", "w"],
    ]
    assert found.left == found.checked == ()


def test_what_an_arm_cannot_say_stays() -> None:
    again = gt("c", 1)  # TWO has a range on c already
    found = choice(either(ONE, TWO), again, is_null("v"))
    assert found.left == (
        (again, "CQL takes one restriction a column"),
        (is_null("v"), "CQL has no IS NULL"),
    )
    assert found.checked == ()


@pytest.mark.parametrize("fn", [IN_KEYS, EQ_ANY], ids=["a set of keys", "a list"])
def test_many_keys_are_not_looked_up_beside_each_arm(fn: Function) -> None:
    """Beside b they would find partitions, each arm as many."""
    keys = Call(fn, (col("a"), Param(0, t.array(t.INTEGER))), t.BOOLEAN)
    arms = either(both(eq("b", "x"), eq("v", 1)), both(eq("b", "y"), eq("v", 2)))
    found = choice(arms, keys)
    assert found.path is Path.UNION
    assert [arm.path for arm in found.arms] == [Path.INDEX, Path.INDEX]
    assert [conjunct for conjunct, _ in found.left] == [keys]


def test_arms_said_in_part_are_checked_once_and_others_left_for_their_own_reason() -> None:
    condition = either(both(ONE, ne("v", 3)), both(TWO, ne("v", 4)))
    found = choice(condition, is_null("v"))
    assert found.checked == ((condition, "CQL has no <>"),)
    assert found.left == ((is_null("v"), "CQL has no IS NULL"),)


def test_an_arm_said_in_part_is_checked_again() -> None:
    condition = either(both(ONE, ne("v", 3)), TWO)
    answer = accept(Filter(scan(of=READINGS), (condition,)), Pushdown.ALWAYS)
    assert isinstance(answer.taken, Filter)
    assert answer.taken.where == answer.left == (condition,)
    assert answer.why == "CQL has no <>"


def test_the_key_is_selected_to_tell_rows_apart() -> None:
    plan = Limit(Filter(scan("w", "a", "b", "c"), (either(ONE, TWO),)), Literal(3, t.BIGINT), None)
    answer = accept(plan, Pushdown.ALWAYS)
    assert answer.taken is not None
    query = compile_query(answer.taken)
    assert query.key_at == (1, 2, 3, 4)
    assert query.show() == [
        'SELECT "w", "a", "b", "c", "d" FROM "ks"."readings" WHERE "a" = ? AND "b" = ? LIMIT ?',
        'SELECT "w", "a", "b", "c", "d" FROM "ks"."readings" '
        'WHERE "a" = ? AND "b" = ? AND "c" > ? LIMIT ?',
    ]
    assert query.access_path == "union of whole partition; partition and clustering slice"


def test_rows_of_a_union_are_counted_locally() -> None:
    call = AggregateCall(agg.COUNT, (), t.BIGINT)
    plan = Aggregate(
        Filter(scan("w", "a", "b", "c"), (either(ONE, TWO),)),
        (),
        ((Column(99, "n", t.BIGINT), call),),
    )
    assert accept(plan, Pushdown.ALWAYS).taken is None


def test_once_each() -> None:
    pages = iter([[("x", 1), ("y", 1)], [("z", 1)], [("y", 2), ("w", 1), ("y", 2)]])
    assert list(once_each(pages, (1,))) == [[("x", 1)], [("y", 2)]]
