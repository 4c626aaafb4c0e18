"""PER PARTITION LIMIT: which numbered rows are the first of a partition."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.paths.first import keeps_first
from sqlshim.backends.cassandra.servers import Feature
from sqlshim.catalog.model import Table
from sqlshim.functions import operators as op
from sqlshim.functions import windows
from sqlshim.functions.arrays import EQ_ANY
from sqlshim.functions.model import Function
from sqlshim.ir.keys import key_test
from sqlshim.ir.relational import Filter, Rel, Window
from sqlshim.ir.scalar import Call, Column, Literal, Param, Scalar, SortKey, WindowCall
from tests.backends.cassandra.trees import (
    INDEXED,
    READINGS,
    col,
    eq,
    gt,
    is_null,
    isin,
    lt,
    scan,
    table,
)

NUMBER = Column(99, "n", t.BIGINT)
WHOLE = (eq("a", 1), eq("b", "x"))
NEXT = Call(op.ADD, (col("a"), Literal(1, t.INTEGER)), t.INTEGER)


def first(
    groups: str,
    order: str,
    *where: Scalar,
    most: int = 2,
    of: Table = READINGS,
    fn: Function = windows.ROW_NUMBER,
) -> Rel:
    """`fn() OVER (PARTITION BY groups ORDER BY order) <= most`; `-c` is `c DESC`."""
    keys = tuple(SortKey(col(name.strip("-")), name[0] == "-") for name in order.split())
    call = WindowCall(fn, (), t.BIGINT, tuple(map(col, groups.split())), keys)
    rows: Rel = Filter(scan(of=of), where) if where else scan(of=of)
    few = Call(op.LE, (NUMBER, Literal(most, t.BIGINT)), t.BOOLEAN)
    return Filter(Window(rows, ((NUMBER, call),)), (few,))


@pytest.mark.parametrize(
    "rel",
    [
        pytest.param(first("a b", "-c d"), id="the clustering order"),
        pytest.param(first("b a", "-c"), id="its beginning"),
        pytest.param(first("a b", ""), id="any order"),
        pytest.param(first("a b", "a -c b d"), id="the partition key says nothing"),
        pytest.param(first("a b", "-c", *WHOLE), id="in one partition"),
        pytest.param(first("a b", "-c", *WHOLE, lt("c", 5)), id="in a slice"),
        pytest.param(first("a b", "-c", isin("a", 1, 2), eq("b", "x")), id="in several"),
        pytest.param(first("a b", "-c", gt("v", 1)), id="among rows that the server leaves"),
        pytest.param(first("a b", "-c", most=2**31 - 1), id="the largest limit"),
    ],
)
def test_kept(rel: Rel) -> None:
    assert keeps_first(rel)


OLD = table(lacks=frozenset({Feature.PER_PARTITION_LIMIT}))
BOUND = table(indexes=INDEXED.indexes)
LOOSE = replace(
    READINGS,
    columns=tuple(replace(c, type=c.type.with_null(True)) for c in READINGS.columns),
)


@pytest.mark.parametrize(
    "rel",
    [
        pytest.param(first("a", "-c"), id="half of the partition key"),
        pytest.param(first("a b c", "d"), id="more than the partition key"),
        pytest.param(first("", "-c"), id="no groups"),
        pytest.param(first("a b", "c"), id="the other direction"),
        pytest.param(first("a b", "-c -d"), id="one key in the other direction"),
        pytest.param(first("a b", "d"), id="not from the first clustering column on"),
        pytest.param(first("a b", "-d"), id="the second one in the direction of the first"),
        pytest.param(first("a b", "v"), id="another column"),
        pytest.param(first("a b", "-c", of=LOOSE), id="keys that may be NULL, beside statics"),
        pytest.param(first("a b", "-c d v"), id="more than the clustering columns"),
        pytest.param(first("a b", "-c", is_null("v")), id="beside what CQL cannot say"),
        pytest.param(first("a b", "-c", eq("v", 4), of=BOUND), id="rows found by an index"),
        pytest.param(first("a b", "-c d", *WHOLE, eq("c", 1), eq("d", "x")), id="a single row"),
        pytest.param(first("a b", "-c", of=OLD), id="a server that is too old"),
        pytest.param(first("a b", "-c", most=2**31), id="a limit that CQL cannot say"),
        pytest.param(first("a b", "-c", fn=windows.RANK), id="a rank is no number of rows"),
        pytest.param(scan(), id="no numbers at all"),
    ],
)
def test_not_kept(rel: Rel) -> None:
    assert not keeps_first(rel)


@pytest.mark.parametrize(
    ("groups", "order"),
    [
        pytest.param((NEXT, col("b")), col("c"), id="groups"),
        pytest.param((col("a"), col("b"), NEXT), col("c"), id="one group more"),
        pytest.param((col("a"), col("b")), NEXT, id="the order"),
    ],
)
def test_what_is_computed_is_no_key(groups: tuple[Scalar, ...], order: Scalar) -> None:
    call = WindowCall(windows.ROW_NUMBER, (), t.BIGINT, groups, (SortKey(order, True),))
    few = Call(op.LE, (NUMBER, Literal(2, t.BIGINT)), t.BOOLEAN)
    assert not keeps_first(Filter(Window(scan(), ((NUMBER, call),)), (few,)))


def test_rows_that_may_be_tested_later_are_not_cut_before() -> None:
    """A list that is too long is not sent: rows of other partitions come, too."""
    listed = Call(EQ_ANY, (col("a"), Param(0, t.array(t.INTEGER))), t.BOOLEAN)
    assert not keeps_first(first("a b", "-c", listed, eq("b", "x")))
    assert keeps_first(first("a b", "-c", isin("a", 1, 2), eq("b", "x")))


def test_a_set_of_keys_must_leave_a_path_that_cuts() -> None:
    """Without its keys, of which there may be too many, an index would find the rows."""
    keys = key_test(col("a"), Param(0, t.array(t.INTEGER)))
    assert keeps_first(first("a b", "-c", keys, eq("b", "x"), of=BOUND))
    assert not keeps_first(first("a b", "-c", keys, eq("b", "x"), eq("v", 4), of=BOUND))
    by_index = key_test(col("v"), Param(0, t.array(t.INTEGER)))
    assert not keeps_first(first("a b", "-c", by_index, of=BOUND))
