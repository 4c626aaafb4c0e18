"""Random plans over a few literal rows, for properties that must hold of every plan.

Numbers stay small and nothing divides or casts from text, so that no expression can fail.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from sqlshim.functions import aggregates, conditional
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    SetKind,
    SetOp,
    Sort,
    Values,
)
from sqlshim.ir.scalar import (
    AggregateCall,
    Call,
    Case,
    Cast,
    Column,
    InList,
    Literal,
    Scalar,
    SortKey,
    Subquery,
    SubqueryKind,
)
from sqlshim.types import BIGINT, BOOLEAN, DECIMAL, INTEGER, SqlType
from tests.plan.build import column, count

Columns = Sequence[Column]
DEEPEST = 3


def _typed(fn: Function, args: tuple[Scalar, ...], result: SqlType) -> Call:
    own = {op.IS_NULL, op.IS_NOT_NULL, op.IS_TRUE, op.IS_FALSE, op.IS_DISTINCT, op.IS_NOT_DISTINCT}
    nullable = any(a.type.nullable for a in args)
    if fn is conditional.COALESCE:
        nullable = all(a.type.nullable for a in args)
    if fn is conditional.NULLIF:
        nullable = True
    return Call(fn, args, result.with_null(nullable and fn not in own))


# --- expressions ---------------------------------------------------------------------------


@st.composite
def numbers(draw: DrawFn, columns: Columns, depth: int = 2) -> Scalar:
    """An INTEGER expression over INTEGER columns."""
    kind = draw(st.integers(0, 8 if depth else 2))
    if kind <= 1 and columns:
        return draw(st.sampled_from(columns))
    if kind <= 2:
        value = draw(st.sampled_from([0, 1, 2, None]))
        return Literal(value, INTEGER.with_null(value is None))
    a, b = draw(numbers(columns, depth - 1)), draw(numbers(columns, depth - 1))
    if kind <= 5:
        return _typed(draw(st.sampled_from([op.ADD, op.SUB])), (a, b), INTEGER)
    if kind == 6:
        return _typed(conditional.COALESCE, (a, b), INTEGER)
    if kind == 7:
        return _typed(conditional.NULLIF, (a, b), INTEGER)
    condition = draw(conditions(columns, depth - 1))
    return Case(((condition, a),), b, INTEGER.with_null(a.type.nullable or b.type.nullable))


@st.composite
def conditions(draw: DrawFn, columns: Columns, depth: int = 2, inner: int = 0) -> Scalar:
    """A BOOLEAN expression; with `inner` also subqueries, correlated or not."""
    kind = draw(st.integers(0, 10 if depth else 4))
    if inner and draw(st.integers(0, 9)) == 0:
        return draw(subqueries(columns, inner - 1))
    if kind <= 2:
        fn = draw(st.sampled_from([*op.COMPARISONS, op.EQ, op.EQ, op.IS_DISTINCT]))
        pair = (draw(numbers(columns, 1)), draw(numbers(columns, 1)))
        return _typed(fn, pair, BOOLEAN)
    if kind == 3:
        return _typed(
            draw(st.sampled_from([op.IS_NULL, op.IS_NOT_NULL])),
            (draw(numbers(columns, 1)),),
            BOOLEAN,
        )
    if kind == 4:
        return draw(_casts(columns))
    if kind == 5:
        items = draw(st.lists(numbers((), 0), min_size=1, max_size=3))
        return InList(draw(numbers(columns, 1)), tuple(items), BOOLEAN)
    a = draw(conditions(columns, depth - 1, inner))
    if kind == 6:
        return _typed(draw(st.sampled_from([op.NOT, op.IS_TRUE, op.IS_FALSE])), (a,), BOOLEAN)
    b = draw(conditions(columns, depth - 1, inner))
    fn = draw(st.sampled_from([op.AND, op.OR]))
    parts = [e for x in (a, b) for e in (x.args if isinstance(x, Call) and x.fn is fn else (x,))]
    return _typed(fn, tuple(parts), BOOLEAN)


@st.composite
def _casts(draw: DrawFn, columns: Columns) -> Scalar:
    wide = draw(st.sampled_from([BIGINT, DECIMAL]))
    a = draw(numbers(columns, 0))
    literal = Literal(draw(st.sampled_from([0, 1, 2])), INTEGER.with_null(False))
    pair = (Cast(a, wide.with_null(a.type.nullable)), Cast(literal, wide.with_null(False)))
    return _typed(draw(st.sampled_from(op.COMPARISONS)), pair, BOOLEAN)


@st.composite
def subqueries(draw: DrawFn, columns: Columns, depth: int) -> Scalar:
    rel = draw(plans(depth))
    if draw(st.booleans()) and columns:
        outer, own = draw(st.sampled_from(columns)), draw(st.sampled_from(rel.columns))
        rel = Filter(rel, (_typed(op.EQ, (own, outer), BOOLEAN),))
    kind = draw(st.sampled_from(SubqueryKind))
    if kind is SubqueryKind.EXISTS:
        return Subquery(SubqueryKind.EXISTS, rel, BOOLEAN.with_null(False))
    if kind is SubqueryKind.SCALAR:
        return draw(_totals(rel, columns))
    rel = Project(rel, ((rel.columns[0], rel.columns[0]),))
    every, fn = draw(st.sampled_from([(False, op.EQ), (True, op.NE), (True, op.LT)]))
    args = (draw(numbers(columns, 1)),)
    return Subquery(SubqueryKind.QUANTIFIED, rel, BOOLEAN, args, fn, every)


@st.composite
def _totals(draw: DrawFn, rel: Rel, columns: Columns) -> Scalar:
    """A number compared with an aggregate over `rel`, which has one row."""
    fn = draw(st.sampled_from([aggregates.COUNT, aggregates.SUM]))
    made = column("t", BIGINT.with_null(fn is aggregates.SUM))
    total = Aggregate(
        rel, (), ((made, AggregateCall(fn, (draw(numbers(_integers(rel), 1)),), made.type)),)
    )
    query: Rel = total
    if draw(st.booleans()):
        query = Filter(
            total, (_typed(op.LT, (made, Literal(2, BIGINT.with_null(False))), BOOLEAN),)
        )
    a = draw(numbers(columns, 1))
    value = Subquery(SubqueryKind.SCALAR, query, BIGINT)
    wide = Cast(a, BIGINT.with_null(a.type.nullable))
    return _typed(draw(st.sampled_from(op.COMPARISONS)), (wide, value), BOOLEAN)


# --- relations -----------------------------------------------------------------------------


@st.composite
def plans(draw: DrawFn, depth: int = DEEPEST) -> Rel:
    """A plan whose columns are all INTEGER or BIGINT and whose rows do not depend on chance."""
    if depth == 0:
        return draw(tables())
    make = draw(
        st.sampled_from(
            [tables, filters, filters, projects, joins, joins, joins, groups, limits, unions, sorts]
        )
    )
    return draw(tables() if make is tables else make(depth))


@st.composite
def tables(draw: DrawFn) -> Rel:
    """Two or three columns, the first without NULLs."""
    types = [INTEGER.with_null(False), INTEGER, INTEGER][: draw(st.integers(2, 3))]
    cells = [st.sampled_from([0, 1, 2] + [None] * t.nullable) for t in types]
    rows = draw(st.lists(st.tuples(*cells), max_size=4))
    made = tuple(column("abc"[i], t) for i, t in enumerate(types))
    literals = tuple(
        tuple(Literal(v, t.with_null(v is None)) for v, t in zip(row, types, strict=True))
        for row in rows
    )
    return Values(made, literals)


def _integers(rel: Rel) -> Columns:
    return [c for c in rel.columns if c.type.kind is INTEGER.kind]


@st.composite
def filters(draw: DrawFn, depth: int) -> Rel:
    rel = draw(plans(depth - 1))
    where = st.lists(conditions(_integers(rel), inner=1), min_size=1, max_size=3)
    return Filter(rel, tuple(draw(where)))


@st.composite
def projects(draw: DrawFn, depth: int) -> Rel:
    rel = draw(plans(depth - 1))
    kept = draw(st.lists(st.sampled_from(rel.columns), unique_by=lambda c: c.id))
    made = draw(st.lists(numbers(_integers(rel)), min_size=1 if not kept else 0, max_size=2))
    items: list[tuple[Column, Scalar]] = [(c, c) for c in kept]
    return Project(rel, (*items, *((column("p", e.type), e) for e in made)))


@st.composite
def joins(draw: DrawFn, depth: int) -> Rel:
    left, right = draw(plans(depth - 1)), draw(plans(depth - 1))
    kind = draw(st.sampled_from([JoinKind.INNER, JoinKind.INNER, *JoinKind]))
    a, b = _integers(left), _integers(right)
    on = draw(st.lists(conditions([*a, *b], 1), max_size=2))
    if a and b and draw(st.booleans()):
        pair = (draw(st.sampled_from(a)), draw(st.sampled_from(b)))
        on.append(_typed(op.EQ, pair, BOOLEAN))
    return Join(kind, left, right, tuple(on))


@st.composite
def groups(draw: DrawFn, depth: int) -> Rel:
    rel = draw(plans(depth - 1))
    own = _integers(rel)
    keys = draw(st.lists(st.sampled_from(own), unique_by=lambda c: c.id, max_size=2)) if own else []
    by: list[tuple[Column, Scalar]] = [(c, c) for c in keys]
    if draw(st.booleans()):
        key = draw(numbers(own, 1))
        by.append((column("g", key.type), key))
    where = draw(st.none() | conditions(own, 1))
    calls = draw(st.lists(st.sampled_from([aggregates.SUM, aggregates.COUNT]), max_size=2))
    made = []
    for fn in calls or ([aggregates.COUNT] if not by else []):
        t = BIGINT.with_null(fn is aggregates.SUM)
        made.append((column("s", t), AggregateCall(fn, (draw(numbers(own, 1)),), t, filter=where)))
    return Aggregate(rel, tuple(by), tuple(made))


@st.composite
def sorts(draw: DrawFn, depth: int) -> Rel:
    rel = draw(plans(depth - 1))
    keys = draw(st.permutations(rel.columns))
    return Sort(rel, tuple(SortKey(c, draw(st.booleans()), draw(st.booleans())) for c in keys))


@st.composite
def limits(draw: DrawFn, depth: int) -> Rel:
    """Over an order by all columns, so that the rows kept are certain."""
    offset = draw(st.none() | st.integers(0, 2))
    return Limit(
        draw(sorts(depth)),
        count(draw(st.integers(0, 3))),
        None if offset is None else count(offset),
    )


@st.composite
def unions(draw: DrawFn, depth: int) -> Rel:
    arms = []
    for _ in range(2):
        rel = draw(plans(depth - 1))
        items = [(column("u", INTEGER), draw(numbers(_integers(rel), 1))) for _ in range(2)]
        arms.append(Project(rel, tuple(items)))
    kind = draw(st.sampled_from([SetKind.UNION_ALL, SetKind.UNION_ALL, *SetKind]))
    return SetOp(kind, tuple(arms), (column("u", INTEGER), column("v", INTEGER)))


@st.composite
def grouped_joins(draw: DrawFn) -> Rel:
    """Calls over columns of the right side of a join by equalities, grouped by the left side's
    columns or the join's key."""
    left, right = draw(tables()), draw(tables())
    pairs = st.tuples(st.sampled_from(left.columns), st.sampled_from(right.columns))
    on = draw(st.lists(pairs, min_size=1, max_size=2, unique=True))
    kind = draw(st.sampled_from([JoinKind.INNER, JoinKind.LEFT]))
    joined = Join(kind, left, right, tuple(_typed(op.EQ, pair, BOOLEAN) for pair in on))
    seen = {c.id: c for c in joined.columns}
    keys = [*left.columns, *(b for _, b in on)]
    by = draw(st.lists(st.sampled_from(keys), unique_by=lambda c: c.id, max_size=2))
    fns = [aggregates.COUNT, aggregates.SUM, aggregates.MIN, aggregates.MAX]
    calls = []
    for fn in draw(st.lists(st.sampled_from(fns), min_size=1, max_size=2)):
        arg = seen[draw(st.sampled_from(right.columns)).id]
        t = INTEGER if fn in (aggregates.MIN, aggregates.MAX) else BIGINT
        t = t.with_null(fn is not aggregates.COUNT)
        calls.append((column("s", t), AggregateCall(fn, (arg,), t)))
    if kind is JoinKind.INNER and draw(st.booleans()):
        t = BIGINT.with_null(False)
        calls.append((column("n", t), AggregateCall(aggregates.COUNT, (), t)))
    return Aggregate(joined, tuple((seen[c.id], seen[c.id]) for c in by), tuple(calls))
