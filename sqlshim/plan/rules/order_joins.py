"""Join what is connected first: `FROM a, c, b WHERE a.x = b.x AND b.y = c.y` needs no product.

Safe because inner joins may be made in any order. The order as written is kept unless it makes a
cross product; then each next input is one that an equality connects to those before, if possible
by its whole key (so that rows do not multiply), else the first as written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    Scan,
    Sort,
    Values,
)
from sqlshim.ir.scalar import Call, Scalar
from sqlshim.plan.facts import column_ids, unique_sets
from sqlshim.plan.regions import is_inner, region, with_leaves

_UNKNOWN_SIZE = float("inf")


def order_joins(rel: Rel) -> Rel:
    """`rel` with its regions of inner joins in an order without needless products."""
    if not is_inner(rel):
        return walk.with_inputs(rel, tuple(map(order_joins, walk.inputs(rel))))
    rel = with_leaves(rel, {id(leaf): order_joins(leaf) for leaf in region(rel).leaves})
    return _reordered(rel) if _has_product(rel) else rel


def _has_product(rel: Rel) -> bool:
    if not isinstance(rel, Join) or not is_inner(rel):
        return False
    left, right = column_ids(rel.left), column_ids(rel.right)
    connected = any(_connects(expr, left, right) for expr in rel.on)
    return not connected or _has_product(rel.left) or _has_product(rel.right)


def _connects(expr: Scalar, left: frozenset[int], right: frozenset[int]) -> bool:
    reads = walk.reads(expr)
    return bool(reads & left and reads & right)


@dataclass(frozen=True, slots=True)
class _Leaf:
    rel: Rel
    columns: frozenset[int]
    keys: tuple[frozenset[int], ...]


def _reordered(rel: Rel) -> Rel:
    parts = region(rel)
    leaves = [_Leaf(leaf, column_ids(leaf), unique_sets(leaf)) for leaf in parts.leaves]
    order = _order(leaves, parts.on)
    if order == leaves:
        return rel
    joined = _joined(order, parts.on, column_ids(rel))
    return Project(joined, tuple((c, c) for c in rel.columns))  # columns stay in their order


def _order(leaves: Sequence[_Leaf], on: Sequence[Scalar]) -> list[_Leaf]:
    order = [leaves[0]]
    rest = list(leaves[1:])
    have = leaves[0].columns
    while rest:
        ranks = [(_rank(leaf, have, on), place) for place, leaf in enumerate(rest)]
        chosen = rest.pop(min(ranks)[1])
        order.append(chosen)
        have |= chosen.columns
    return order


def _rank(leaf: _Leaf, have: frozenset[int], on: Sequence[Scalar]) -> tuple[int, float]:
    """Small is good: joined by key, joined by an equality, by anything, not at all (by size)."""
    equal: set[int] = set()
    linked = False
    for expr in on:
        reads = walk.reads(expr)
        if not (reads & leaf.columns and reads & have and reads <= have | leaf.columns):
            continue
        linked = True
        if isinstance(expr, Call) and expr.fn is op.EQ:
            equal |= reads & leaf.columns
    if equal:
        return (0 if any(key <= equal for key in leaf.keys) else 1), 0.0
    return (2, 0.0) if linked else (3, _size(leaf.rel))


def _size(rel: Rel) -> float:
    match rel:
        case Scan():
            known = rel.table.row_count
            return _UNKNOWN_SIZE if known is None else float(known)
        case Values():
            return float(len(rel.rows))
        case Filter() | Project() | Sort() | Limit() | Aggregate() | GroupingSets():
            return _size(rel.input)
        case _:
            return _UNKNOWN_SIZE


def _joined(order: Sequence[_Leaf], on: Sequence[Scalar], region_ids: frozenset[int]) -> Rel:
    """A left-deep tree; each condition stands at the first join that has all it reads."""
    waiting = list(on)
    result, have = order[0].rel, order[0].columns
    for leaf in order[1:]:
        have |= leaf.columns
        here = [e for e in waiting if walk.reads(e) & region_ids <= have]
        waiting = [e for e in waiting if not walk.reads(e) & region_ids <= have]
        result = Join(JoinKind.INNER, result, leaf.rel, tuple(here))
    return result
