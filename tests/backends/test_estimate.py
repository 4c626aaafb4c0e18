"""Guesses of how many rows a relation gives, which decide between $lookup and a local join."""

from __future__ import annotations

import pytest

from sqlshim.backends.estimate import rows, selectivity
from sqlshim.catalog.model import Index, Table, TableColumn
from sqlshim.functions import operators as op
from sqlshim.ir.relational import Aggregate, Filter, Join, JoinKind, Limit, Rel, Scan, Series
from sqlshim.ir.scalar import Call, Column, InList, Literal, Scalar
from sqlshim.types import BIGINT, BOOLEAN

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
