"""What is accepted, and the CQL it becomes."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from sqlshim import types as t
from sqlshim.backends.cassandra.accept import accept
from sqlshim.backends.cassandra.compile import CqlQuery, compile_query
from sqlshim.backends.cassandra.paths.bounds import Op
from sqlshim.backends.protocol import Accepted, Pushdown
from sqlshim.functions import aggregates as agg
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
)
from sqlshim.ir.scalar import AggregateCall, Column, Literal, Param, Scalar, SortKey
from tests.backends.cassandra.trees import (
    INDEXED,
    READINGS,
    col,
    eq,
    gt,
    is_null,
    isin,
    ne,
    scan,
)

KEY = (eq("a", 1), eq("b", "x"))
TEN = Literal(10, t.BIGINT)
FROM = 'FROM "ks"."readings"'
RANGE = 'TOKEN("a", "b") > ? AND TOKEN("a", "b") <= ?'


def taken(rel: Rel) -> Rel:
    answer = accept(rel, Pushdown.AUTO)
    assert answer.left == ()
    assert answer.taken is not None, answer.why
    return answer.taken


def cql(rel: Rel) -> str:
    return compile_query(taken(rel)).show()[0]


def why(rel: Rel) -> str:
    answer = accept(rel, Pushdown.AUTO)
    assert answer.taken is None
    return answer.why


def call(fn: Function, name: str | None = None) -> AggregateCall:
    args = (col(name),) if name else ()
    return AggregateCall(fn, args, args[0].type if args else t.BIGINT)


def total(rel: Rel, *calls: AggregateCall) -> Aggregate:
    return Aggregate(rel, (), tuple((Column(100 + i, "x", c.type), c) for i, c in enumerate(calls)))


def grouped(rel: Rel, *keys: str, calls: tuple[AggregateCall, ...] = ()) -> Aggregate:
    return replace(total(rel, *calls), keys=tuple((col(k), col(k)) for k in keys))


def where(*terms: Scalar, of: Scan | None = None) -> Filter:
    return Filter(of or scan("v"), terms)


def ordered(rel: Rel, *keys: str) -> Sort:
    """Keys as "c" or "c DESC"."""
    words = [key.split() for key in keys]
    return Sort(rel, tuple(SortKey(col(w[0]), len(w) > 1, len(w) > 1) for w in words))


def renamed() -> Project:
    return Project(
        scan("v", "a"), ((Column(50, "first", t.INTEGER), col("a")), (col("v"), col("v")))
    )


@pytest.mark.parametrize(
    ("rel", "text"),
    [
        pytest.param(scan("v"), f'SELECT "v" {FROM} WHERE {RANGE}', id="a scan by token ranges"),
        pytest.param(
            Scan(READINGS, ()), f'SELECT "a" {FROM} WHERE {RANGE}', id="a scan without columns"
        ),
        pytest.param(
            where(*KEY, of=scan("a", "b", "c", "d", "v")),
            f'SELECT "a", "b", "c", "d", "v" {FROM} WHERE "a" = ? AND "b" = ?',
            id="a partition",
        ),
        pytest.param(
            where(gt("v", 1), of=scan("v", "w")),
            f'SELECT "v", "w" {FROM} WHERE "v" > ? AND {RANGE} ALLOW FILTERING',
            id="a filter in a scan",
        ),
        pytest.param(
            where(eq("v", 1), of=scan("v", of=INDEXED)),
            f'SELECT "v" {FROM} WHERE "v" = ?',
            id="by index, not by ranges",
        ),
        pytest.param(
            where(gt("v", 1), of=scan("v", of=INDEXED)),
            f'SELECT "v" {FROM} WHERE "v" > ? AND {RANGE}',
            id="an index range by ranges",
        ),
        pytest.param(renamed(), f'SELECT "a", "v" {FROM} WHERE {RANGE}', id="columns renamed"),
        pytest.param(
            Limit(where(*KEY, of=scan("a", "b", "v")), TEN, None),
            f'SELECT "a", "b", "v" {FROM} WHERE "a" = ? AND "b" = ? LIMIT ?',
            id="a limit",
        ),
        pytest.param(
            total(scan("v", "w"), call(agg.COUNT), call(agg.SUM, "v"), call(agg.MAX, "w")),
            f'SELECT COUNT(*), SUM(CAST("v" AS varint)), COUNT("v"), MAX("w") {FROM} WHERE {RANGE}',
            id="a sum that cannot overflow, and how many it summed",
        ),
        pytest.param(
            total(scan("v"), call(agg.AVG, "v")),
            f'SELECT SUM(CAST("v" AS varint)), COUNT("v") {FROM} WHERE {RANGE}',
            id="a mean from a sum and a count",
        ),
        pytest.param(
            grouped(scan("a", "b", "v"), "a", "b", calls=(call(agg.COUNT, "v"),)),
            f'SELECT "a", "b", COUNT("v") {FROM} WHERE {RANGE} GROUP BY "a", "b"',
            id="groups that are partitions",
        ),
        pytest.param(
            grouped(scan("a", "b"), "b", "a"),
            f'SELECT DISTINCT "b", "a" {FROM} WHERE {RANGE}',
            id="distinct partitions",
        ),
        pytest.param(
            grouped(where(*KEY, of=scan("a", "b", "c", "v")), "c", calls=(call(agg.MIN, "v"),)),
            f'SELECT "c", MIN("v") {FROM} WHERE "a" = ? AND "b" = ? GROUP BY "a", "b", "c"',
            id="fixed columns complete the prefix of groups",
        ),
        pytest.param(
            ordered(where(*KEY, of=scan("a", "b", "c", "d")), "c DESC", "d"),
            f'SELECT "a", "b", "c", "d" {FROM} WHERE "a" = ? AND "b" = ? '
            'ORDER BY "c" DESC, "d" ASC',
            id="in clustering order",
        ),
        pytest.param(
            ordered(where(*KEY, of=scan("a", "b", "c", "d")), "a", "c"),
            f'SELECT "a", "b", "c", "d" {FROM} WHERE "a" = ? AND "b" = ? ORDER BY "c" ASC',
            id="in reversed clustering order, a fixed column first",
        ),
        pytest.param(
            ordered(where(*KEY, eq("c", 1), of=scan("a", "b", "c", "d")), "d DESC"),
            f'SELECT "a", "b", "c", "d" {FROM} WHERE "a" = ? AND "b" = ? AND "c" = ? '
            'ORDER BY "c" ASC, "d" DESC',
            id="a fixed clustering column takes the direction of the others",
        ),
    ],
)
def test_cql(rel: Rel, text: str) -> None:
    assert cql(rel) == text


@pytest.mark.parametrize(
    ("rel", "reason"),
    [
        pytest.param(
            Join(JoinKind.INNER, scan("v"), scan("a"), ()), "CQL has no joins", id="a join"
        ),
        pytest.param(Limit(scan("v"), TEN, TEN), "CQL has no OFFSET", id="an offset"),
        pytest.param(
            ordered(scan("c"), "c"), "CQL sorts within one partition only", id="a sort of a scan"
        ),
        pytest.param(
            ordered(where(*KEY, of=scan("a", "b", "v")), "v"),
            "CQL sorts by the clustering columns only",
            id="a sort by a value",
        ),
        pytest.param(
            ordered(where(*KEY, of=scan("a", "b", "c", "d")), "c", "d"),
            "CQL sorts by the clustering columns only",
            id="a sort in mixed directions",
        ),
        pytest.param(
            ordered(where(*KEY, eq("v", 1), of=scan("a", "b", "c", "v", of=INDEXED)), "c"),
            "CQL sorts no rows found by an index",
            id="a sort beside an index",
        ),
        pytest.param(
            total(scan("w"), call(agg.AVG, "w")), "CQL has no exact AVG", id="mean of floats"
        ),
        pytest.param(
            total(scan("w"), call(agg.SUM, "w")),
            "a sum of floats depends on the order of the rows",
            id="a sum of floats",
        ),
        pytest.param(
            total(scan("v"), replace(call(agg.COUNT, "v"), distinct=True)),
            "CQL aggregates have no DISTINCT",
            id="COUNT(DISTINCT)",
        ),
        pytest.param(
            total(scan("id"), call(agg.MIN, "id")),
            "CQL orders uuid differently",
            id="the smallest uuid",
        ),
        pytest.param(
            grouped(scan("v"), "v"), "CQL groups by a prefix of the key only", id="other groups"
        ),
        pytest.param(
            grouped(scan("a", "b", "d"), "a", "b", "d"),
            "CQL groups by a prefix of the key only",
            id="groups with a gap",
        ),
        pytest.param(
            where(gt("v", 1), of=Limit(scan("v"), TEN, None)),  # type: ignore[arg-type]
            "CQL filters rows of a table only",
            id="a filter above a limit",
        ),
    ],
)
def test_refused(rel: Rel, reason: str) -> None:
    assert why(rel) == reason


def test_a_filter_is_split_into_what_is_taken_and_what_is_left() -> None:
    filtered = where(*KEY, ne("v", 1), is_null("w"), of=scan("a", "b", "v", "w"))
    assert accept(filtered, Pushdown.AUTO) == Accepted(
        taken=replace(filtered, where=KEY),
        left=(ne("v", 1), is_null("w")),
        why="CQL has no <>; CQL has no IS NULL",
    )


def test_a_second_filter_cannot_displace_the_first() -> None:
    first = where(gt("v", 1))
    second = Filter(first, (eq("v", 5),))
    assert accept(second, Pushdown.AUTO) == Accepted(
        None, (eq("v", 5),), "CQL takes one restriction a column"
    )


def test_without_pushdown_only_scans_are_accepted() -> None:
    assert accept(scan("v"), Pushdown.NEVER) == Accepted(scan("v"))
    assert accept(where(gt("v", 1)), Pushdown.NEVER).taken is None


def test_explain_says_how_often_a_statement_is_sent() -> None:
    assert compile_query(where(isin("a", 1, 2), eq("b", "x"), of=scan("a", "b"))).show()[1:] == [
        "for batches of partition keys, in parallel"
    ]
    assert compile_query(scan("v")).show()[1:] == ["for each token range of the ring, in parallel"]


def test_a_query_can_be_sent_to_another_process() -> None:
    query = compile_query(Limit(where(gt("v", 1)), Param(0, t.BIGINT), None))
    copy: CqlQuery = pickle.loads(pickle.dumps(replace(query, token_range=(0, 9))))
    assert copy == replace(query, token_range=(0, 9))
    assert copy.text(((Op.GT, 0),), True) == query.text(((Op.GT, 0),), True)


def test_names_are_quoted_by_doubling() -> None:
    odd = replace(READINGS, name='x"; DROP TABLE y; --')
    assert (
        compile_query(Scan(odd, (col("v"),)))
        .show()[0]
        .startswith('SELECT "v" FROM "ks"."x""; DROP TABLE y; --" WHERE')
    )
