"""Guesses of how many rows a relation gives, which decide between $lookup and a local join."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlshim.backends.estimate import partitions, rows, selectivity
from sqlshim.catalog.model import Index, Table, TableColumn
from sqlshim.functions import operators as op
from sqlshim.functions.arrays import EQ_ANY
from sqlshim.ir.relational import Aggregate, Filter, Join, JoinKind, Limit, Rel, Scan, Series
from sqlshim.ir.scalar import Call, Column, InList, Literal, Param, Scalar
from sqlshim.types import BIGINT, BOOLEAN, array

ID, SIZE = Column(1, "id", BIGINT), Column(2, "size", BIGINT)
TABLE = Table(
    "",
    "db",
    "things",
    (TableColumn("id", BIGINT), TableColumn("size", BIGINT)),
    indexes=(Index("id_1", (("id", False),), unique=True),),
    row_count=10_000,
)
SCAN = Scan(TABLE, (ID, SIZE))
ONE = Literal(1, BIGINT)


def compared(fn: object, column: Column) -> Call:
    return Call(fn, (column, ONE), BOOLEAN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rel", "estimate"),
    [
        (SCAN, 10_000),
        (Filter(SCAN, (compared(op.EQ, ID),)), 1),
        (Filter(SCAN, (compared(op.EQ, SIZE),)), 500),
        (Filter(SCAN, (compared(op.LT, SIZE), compared(op.EQ, SIZE))), 150),
        (Limit(SCAN, Literal(20, BIGINT), None), 20),
        (Aggregate(SCAN, (), ()), 1),
        (Join(JoinKind.INNER, SCAN, SCAN, ()), 10_000),
        (Series(ONE, Literal(7, BIGINT), Literal(2, BIGINT), (ID,)), 4),
        (Series(Literal(7, BIGINT), ONE, ONE, (ID,)), 1),
        (Series(ONE, SIZE, ONE, (ID,)), 100),
    ],
    ids=[
        "table",
        "unique key",
        "equality",
        "conjunction",
        "limit",
        "one group",
        "join",
        "series",
        "no series",
        "series by rows",
    ],
)
def test_rows_are_guessed_from_counts_and_predicates(rel: Rel, estimate: float) -> None:
    assert rows(rel) == pytest.approx(estimate)


PARTS = replace(TABLE, indexes=(), partition_key=("id",), primary_key=("id", "size"))
BY_PARTS = Scan(PARTS, (ID, SIZE))
PAIRS = Scan(replace(PARTS, partition_key=("id", "size")), (ID, SIZE))
BY_ROW = Scan(replace(PARTS, primary_key=("id",)), (ID, SIZE))
LIST = Call(EQ_ANY, (ID, Param(0, array(BIGINT))), BOOLEAN)
ARGUMENT = Param(0, BIGINT)
THREE = (ONE, Literal(2, BIGINT), Literal(3, BIGINT))
FIRST_THREE = InList(ID, THREE, BOOLEAN)


@pytest.mark.parametrize(
    ("rel", "most"),
    [
        (Filter(SCAN, (FIRST_THREE,)), 3),
        (Filter(SCAN, (LIST,)), 100),
        (Filter(SCAN, (LIST, FIRST_THREE)), 3),
        (Filter(SCAN, (Call(op.EQ, (ONE, ID), BOOLEAN),)), 1),
        (Filter(SCAN, (compared(op.EQ, ID), FIRST_THREE)), 1),
        (Filter(SCAN, (Call(op.EQ, (ID, ARGUMENT), BOOLEAN),)), 1),
        (Filter(SCAN, (Call(op.EQ, (ARGUMENT, ID), BOOLEAN),)), 1),
        (Filter(SCAN, (InList(ID, (ONE, ARGUMENT), BOOLEAN),)), 2),
        (Filter(SCAN, (Call(op.EQ, (ID, SIZE), BOOLEAN),)), 500),
        (Filter(SCAN, (InList(ID, (ONE, SIZE), BOOLEAN),)), 1_000),
        (Filter(SCAN, (InList(SIZE, THREE, BOOLEAN),)), 1_500),
        (Filter(BY_PARTS, (compared(op.EQ, ID),)), 100),
        (Filter(BY_PARTS, (compared(op.EQ, ID), compared(op.EQ, SIZE))), 25),
        (Filter(BY_PARTS, (FIRST_THREE,)), 300),
        (Filter(BY_ROW, (FIRST_THREE,)), 3),
        (Filter(BY_PARTS, (compared(op.EQ, SIZE),)), 500),
        (Filter(PAIRS, (compared(op.EQ, ID), InList(SIZE, THREE, BOOLEAN))), 75),
        (Filter(PAIRS, (compared(op.EQ, ID),)), 500),
        (Filter(Limit(SCAN, Literal(20, BIGINT), None), (FIRST_THREE,)), 3),
    ],
    ids=[
        "a list of unique values",
        "a list that is a parameter",
        "the shorter list decides",
        "the constant first",
        "one value and a list",
        "a parameter",
        "the parameter first",
        "a parameter in a list",
        "another column is no constant",
        "nor is it in a list",
        "values that are not unique",
        "a partition",
        "a row of a partition",
        "several partitions",
        "partitions of a row each",
        "half a key",
        "partitions by two columns",
        "half of two columns",
        "not right above the table",
    ],
)
def test_keys_find_few_rows_however_large_the_table(rel: Rel, most: float) -> None:
    assert rows(rel) == pytest.approx(most)


def test_partitions_are_counted_by_all_columns_of_their_key() -> None:
    assert partitions(BY_PARTS, [ID]) == partitions(PAIRS, [SIZE, ID]) == 100
    assert partitions(PAIRS, [ID]) == partitions(SCAN, [ID]) == partitions(BY_PARTS, [SIZE]) == 0
    assert partitions(Filter(PAIRS, (compared(op.EQ, SIZE),)), [ID]) == 100
    assert partitions(Filter(PAIRS, (InList(SIZE, THREE, BOOLEAN),)), [ID]) == 0
    assert partitions(BY_PARTS, []) == 0


def test_what_was_measured_is_bounded_by_the_keys() -> None:
    assert rows(Filter(BY_PARTS, (FIRST_THREE,)), lambda _: 0.5) == 300
    assert rows(Filter(BY_PARTS, (FIRST_THREE,)), lambda _: 0.001) == 10


@pytest.mark.parametrize(
    ("term", "share"),
    [
        (InList(SIZE, (ONE, ONE)), 0.1),
        (InList(SIZE, (ONE,) * 100), 0.5),
        (Call(op.OR, (compared(op.EQ, SIZE), compared(op.EQ, SIZE)), BOOLEAN), 0.1),
        (compared(op.NE, SIZE), 0.95),
    ],
    ids=["in", "long in", "or", "not equal"],
)
def test_a_predicate_keeps_its_share(term: Scalar, share: float) -> None:
    assert selectivity(term) == pytest.approx(share)
