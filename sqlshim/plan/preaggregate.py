"""Groups counted below a join: `customer LEFT JOIN orders … GROUP BY customer`, where one customer
has many orders, joins customers with counts that the store of the orders made.

The calls are computed for each key of the join, and put together above it. Safe because
- every row of the left side meets all rows of a key or none of them, so that what is made of the
  rows of a key can stand for them: counts and sums are added, extremes compared;
- the groups are formed by columns of the left side, or of the join's key;
- an argument is a column of the right side: NULL, and so left out, where nothing was joined;
  only COUNT(*) would count such a row, so it is not moved below an outer join;
- sums are of integers that cannot overflow, so that a group that joins nothing raises no error.

Called by `planning.Planner` under pushdown="auto" only, after `optimize`: under "always" the store
would make the groups of all keys again for each row of the left side.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from sqlshim.backends import estimate
from sqlshim.functions import aggregates as fa
from sqlshim.functions import conditional as fc
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, Filter, Join, JoinKind, Project, Rel, Scan
from sqlshim.ir.scalar import AggregateCall, Call, Column, Literal, Scalar
from sqlshim.plan.rules.push_filters import push_filters
from sqlshim.types import BIGINT, BOOLEAN, Kind

MANY = 4  # rows for each key of the join, from which on groups are worth making
_SMALL = frozenset({Kind.SMALLINT, Kind.INTEGER})
_TOTAL = BIGINT.with_null(True)


Pairs = list[tuple[Column, Column]]


def preaggregate(rel: Rel, pays: Callable[[Join, Pairs], bool] | None = None) -> Rel:
    """`rel` with aggregates over joins made of aggregates below them where that `pays`."""
    if not any(_is_candidate(node) for node in walk.every_rel(rel)):
        return rel
    last = max((c.id for node in walk.every_rel(rel) for c in node.columns), default=0)
    numbers = itertools.count(last + 1)
    return walk.transform(rel, lambda node: _moved(node, numbers, pays or _pays))


def _is_candidate(rel: Rel) -> bool:
    return isinstance(rel, Aggregate) and isinstance(rel.input, Join) and bool(rel.calls)


def _moved(rel: Rel, numbers: Iterator[int], pays: Callable[[Join, Pairs], bool]) -> Rel:
    if not isinstance(rel, Aggregate) or not _is_candidate(rel):
        return rel
    join = rel.input
    assert isinstance(join, Join)
    if join.kind not in (JoinKind.INNER, JoinKind.LEFT) or join.lateral:
        return rel
    pairs = list(estimate.equalities(join))
    if not pairs or len(pairs) < len(join.on) or not pays(join, pairs):
        return rel
    keys = tuple(dict.fromkeys(right for _, right in pairs))
    if not _is_possible(rel, join, keys):
        return rel
    return _over_groups(rel, join, keys, numbers)


def _pays(join: Join, pairs: Pairs) -> bool:
    """Whether a key of the join has many rows on the right, and most keys are wanted: else the
    keys of the left side had better choose the rows of the right one."""
    if not _is_one_table(join.right):
        return False
    found = (estimate.base_column(join.left, left) for left, _ in pairs)
    if not any(base is not None and estimate.is_unique(*base) for base in found):
        return False
    known = all(r.table.row_count is not None for r in walk.every_rel(join) if isinstance(r, Scan))
    few = estimate.stored(join.left)
    whole = estimate.rows(join.left) >= few / 2
    return known and whole and estimate.rows(join.right) >= MANY * few / 2


def _is_one_table(rel: Rel) -> bool:
    if isinstance(rel, Filter | Project):
        return _is_one_table(rel.input)
    return isinstance(rel, Scan)


def _is_possible(rel: Aggregate, join: Join, keys: tuple[Column, ...]) -> bool:
    there = {c.id for c in (*join.left.columns, *keys)}
    if any(walk.has_subquery(e) or not walk.reads(e) <= there for _, e in rel.keys):
        return False
    right = {c.id for c in join.right.columns}
    return all(_is_movable(call, join.kind, right) for _, call in rel.calls)


def _is_movable(call: AggregateCall, kind: JoinKind, right: set[int]) -> bool:
    if call.distinct or call.filter is not None or call.order:
        return False
    if not call.args:
        return call.fn is fa.COUNT and kind is JoinKind.INNER
    arg = call.args[0]
    if not isinstance(arg, Column) or arg.id not in right:
        return False
    if call.fn is fa.SUM:
        return arg.type.kind in _SMALL
    return call.fn in (fa.COUNT, fa.MIN, fa.MAX) and len(call.args) == 1


def _over_groups(
    rel: Aggregate, join: Join, keys: tuple[Column, ...], numbers: Iterator[int]
) -> Rel:
    parts = tuple((Column(next(numbers), c.name, call.type), call) for c, call in rel.calls)
    groups = Aggregate(_given(rel, join), tuple((c, c) for c in keys), parts)
    joined = Join(join.kind, join.left, groups, join.on)
    outer = join.kind is JoinKind.LEFT
    above: list[tuple[Column, AggregateCall]] = []
    items: list[tuple[Column, Scalar]] = [(c, c) for c, _ in rel.keys]
    for (column, call), (part, _) in zip(rel.calls, parts, strict=True):
        seen = Column(part.id, part.name, part.type.with_null(part.type.nullable or outer))
        if call.fn is fa.COUNT:
            total = Column(next(numbers), column.name, _TOTAL)
            above.append((total, AggregateCall(fa.SUM, (seen,), _TOTAL)))
            none = Literal(0, call.type)
            items.append((column, Call(fc.COALESCE, (total, none), call.type)))
        else:
            above.append((column, AggregateCall(call.fn, (seen,), call.type)))
            items.append((column, column))
    return Project(Aggregate(joined, rel.keys, tuple(above)), tuple(items))


def _given(rel: Aggregate, join: Join) -> Rel:
    """The right side, below an outer join without the rows that none of the calls would see;
    they are seen where the groups are formed by its key, which is NULL where nothing is joined."""
    args = {arg for _, call in rel.calls for arg in call.args}
    right = {c.id for c in join.right.columns}
    if any(walk.reads(key) & right for _, key in rel.keys):
        return join.right
    if join.kind is JoinKind.INNER or len(args) > 1:
        return join.right
    (arg,) = args
    if not arg.type.nullable:
        return join.right
    given = Call(op.IS_NOT_NULL, (arg,), BOOLEAN.with_null(False))
    return push_filters(Filter(join.right, (given,)))
