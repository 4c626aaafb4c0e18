"""Which sort key is a search of an SAI index of vectors, among which rows, and for what."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.paths.nearest import Vector, searched, vector_of
from sqlshim.backends.cassandra.shape import shape_of
from sqlshim.catalog.model import Index
from sqlshim.functions import arrays, documents
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.relational import Aggregate, Filter, Join, JoinKind, Limit, Rel, Sort
from sqlshim.ir.scalar import Call, Cast, Literal, Param, Scalar, SortKey
from tests.backends.cassandra.trees import INDEXED, col, either, eq, gt, is_null, isin, lt, scan

VECTORS = tuple(
    Index(f"by_{column}_{similarity}", ((column, False),), kind=f"sai vector {similarity}")
    for column, similarity in (
        ("shares", "cosine"),
        ("shares", "euclidean"),
        ("shares", "dot_product"),
        ("tags", "cosine"),
    )
)
TABLE = replace(INDEXED, indexes=(*INDEXED.indexes, *VECTORS))
ROWS = scan(of=TABLE)
LIST, SHARES = t.array(t.DOUBLE), col("shares")
HERE, THERE = Literal(1.0, t.DOUBLE), Param(1, t.DOUBLE)
PARTS = Call(documents.ARRAY_OF, (HERE, THERE), LIST)
WHOLE, GIVEN = Param(0, LIST), Literal((1.0, 2.0), LIST)
TEN = Literal(10, t.BIGINT)


def by(
    fn: Function, descending: bool = False, stored: Scalar = SHARES, wanted: Scalar = PARTS
) -> SortKey:
    return SortKey(Call(fn, (stored, wanted), t.DOUBLE), descending)


NEAREST = by(arrays.L2_DISTANCE)


def found(key: SortKey, rel: Rel = ROWS) -> Vector | None:
    shape = shape_of(rel)
    assert shape is not None
    return vector_of(key, shape)


@pytest.mark.parametrize(
    ("fn", "descending", "similarity"),
    [
        (arrays.SIMILARITY_COSINE, True, "cosine"),
        (arrays.COSINE_DISTANCE, False, "cosine"),
        (arrays.SIMILARITY_EUCLIDEAN, True, "euclidean"),
        (arrays.L2_DISTANCE, False, "euclidean"),
        (arrays.SIMILARITY_DOT_PRODUCT, True, "dot_product"),
        (arrays.INNER_PRODUCT, True, "dot_product"),
        (arrays.NEGATIVE_INNER_PRODUCT, False, "dot_product"),
    ],
)
def test_a_measure_needs_an_index_of_its_similarity(
    fn: Function, descending: bool, similarity: str
) -> None:
    index = f"by_shares_{similarity}"
    assert found(by(fn, descending)) == Vector("shares", index, (HERE, THERE))
    assert found(by(fn, not descending)) is None
    rest = tuple(i for i in TABLE.indexes if i.name != index)
    assert found(by(fn, descending), scan(of=replace(TABLE, indexes=rest))) is None


@pytest.mark.parametrize(
    ("key", "parts", "whole"),
    [
        pytest.param(NEAREST, (HERE, THERE), False, id="the numbers of a vector"),
        pytest.param(by(arrays.L2_DISTANCE, wanted=WHOLE), (WHOLE,), True, id="a parameter"),
        pytest.param(by(arrays.L2_DISTANCE, wanted=GIVEN), (GIVEN,), True, id="a constant list"),
        pytest.param(
            by(arrays.L2_DISTANCE, stored=WHOLE, wanted=col("shares")),
            (WHOLE,),
            True,
            id="the other way round",
        ),
        pytest.param(
            by(arrays.L2_DISTANCE, stored=Cast(col("shares"), LIST)),
            (HERE, THERE),
            False,
            id="cast",
        ),
    ],
)
def test_what_is_looked_for(key: SortKey, parts: tuple[Literal | Param, ...], whole: bool) -> None:
    assert found(key) == Vector("shares", "by_shares_euclidean", parts, whole)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(SortKey(col("v")), id="a column"),
        pytest.param(by(arrays.L2_DISTANCE, stored=col("tags")), id="an index of another column"),
        pytest.param(by(arrays.L2_DISTANCE, wanted=col("tags")), id="the distance of columns"),
        pytest.param(
            by(
                arrays.L2_DISTANCE,
                wanted=Call(documents.ARRAY_OF, (HERE, col("w")), LIST),
            ),
            id="a number of the row",
        ),
        pytest.param(
            by(arrays.L2_DISTANCE, wanted=Call(documents.ARRAY_OF, (), LIST)), id="no numbers"
        ),
        pytest.param(SortKey(Call(op.ADD, (col("v"), HERE), t.DOUBLE)), id="no measure of vectors"),
    ],
)
def test_no_search(key: SortKey) -> None:
    assert found(key) is None
    assert searched(ROWS, key, TEN) is None


@pytest.mark.parametrize(
    "rel",
    [
        pytest.param(ROWS, id="all rows"),
        pytest.param(Filter(ROWS, (eq("a", 1), eq("b", "x"))), id="a partition"),
        pytest.param(Filter(ROWS, (eq("a", 1), eq("b", "x"), lt("c", 5))), id="a slice"),
        pytest.param(Filter(ROWS, (eq("v", 1),)), id="rows found by an index"),
    ],
)
def test_the_server_searches_among_rows_found_by_key_or_index(rel: Rel) -> None:
    assert searched(rel, NEAREST, TEN) == Limit(Sort(rel, (NEAREST,)), TEN, None)


@pytest.mark.parametrize(
    "rel",
    [
        pytest.param(Filter(ROWS, (is_null("v"),)), id="what CQL cannot say"),
        pytest.param(Filter(ROWS, (gt("w", 1.5),)), id="a filter"),
        pytest.param(Filter(ROWS, (eq("v", 1), gt("w", 1.5))), id="a filter beside an index"),
        pytest.param(Filter(ROWS, (isin("a", 1, 2), eq("b", "x"))), id="several partitions"),
        pytest.param(Filter(ROWS, (eq("a", 1), eq("b", "x"), isin("c", 1, 2))), id="several rows"),
        pytest.param(Filter(ROWS, (either(eq("v", 1), eq("name", "x")),)), id="a union"),
        pytest.param(Sort(ROWS, (SortKey(col("c"), True),)), id="another order"),
        pytest.param(Limit(ROWS, TEN, None), id="a limit below"),
        pytest.param(Aggregate(ROWS, ((SHARES, SHARES),), ()), id="groups"),
    ],
)
def test_among_other_rows_it_does_not(rel: Rel) -> None:
    assert shape_of(rel) is not None
    assert searched(rel, NEAREST, TEN) is None


def test_rows_of_two_tables_are_not_searched() -> None:
    assert searched(Join(JoinKind.INNER, ROWS, scan(), ()), NEAREST, TEN) is None


@pytest.mark.parametrize(
    ("count", "searches"),
    [
        pytest.param(Literal(1, t.BIGINT), True, id="one"),
        pytest.param(Literal(1000, t.BIGINT), True, id="as many as one search gives"),
        pytest.param(Literal(1001, t.BIGINT), False, id="one more"),
        pytest.param(Literal(0, t.BIGINT), False, id="none"),
        pytest.param(Literal(None, t.BIGINT), False, id="NULL"),
        pytest.param(Param(0, t.BIGINT), True, id="a parameter"),
        pytest.param(Cast(Param(0, t.INTEGER), t.BIGINT), False, id="an expression"),
    ],
)
def test_how_many_rows_a_search_gives(count: Scalar, searches: bool) -> None:
    assert (searched(ROWS, NEAREST, count) is not None) is searches


@pytest.mark.parametrize(
    ("vector", "params", "value"),
    [
        pytest.param(Vector("e", "i", (HERE, THERE)), (None, 2), [1.0, 2.0], id="numbers"),
        pytest.param(Vector("e", "i", (HERE, THERE)), (None, None), None, id="NULL among them"),
        pytest.param(Vector("e", "i", (HERE, THERE)), (None, math.nan), None, id="NaN"),
        pytest.param(Vector("e", "i", (HERE, THERE)), (None, math.inf), None, id="infinity"),
        pytest.param(Vector("e", "i", (WHOLE,), True), ([1, 2],), [1.0, 2.0], id="a list"),
        pytest.param(Vector("e", "i", (WHOLE,), True), ((1, 2),), [1.0, 2.0], id="a tuple"),
        pytest.param(Vector("e", "i", (WHOLE,), True), (None,), None, id="no list"),
        pytest.param(Vector("e", "i", (WHOLE,), True), ([],), None, id="an empty list"),
        pytest.param(Vector("e", "i", (WHOLE,), True), ([1, None],), None, id="a list with NULL"),
    ],
)
def test_the_vector_of_an_execution(
    vector: Vector, params: tuple[object, ...], value: list[float] | None
) -> None:
    assert vector.value(params) == value
