"""Read no more rows than a Limit can need.

Safe because a Project gives one row for each row, UNION ALL only strings rows together, and each
row of the kept side of an outer join gives at least one; the Limit above stays where it decides.
"""

from __future__ import annotations

from dataclasses import replace

from sqlshim.ir.relational import Join, JoinKind, Limit, Project, Rel, SetKind, SetOp
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.plan.facts import empty, max_rows, same_items, whole_number
from sqlshim.types import BIGINT, INT_RANGE, Kind

_MOST = INT_RANGE[Kind.BIGINT][1]


def push_limits(rel: Rel) -> Rel:
    """A Limit, moved down or copied down one step, or dropped if it cuts nothing."""
    if not isinstance(rel, Limit):
        return rel
    count = whole_number(rel.count)
    if count == 0:
        return empty(rel)
    if _cuts_nothing(rel):
        return rel.input
    match rel.input:
        case Project() as below:
            return replace(below, input=replace(rel, input=below.input))
        case Limit() as below:
            return _merged(rel, below)
    reach = _reach(rel)
    return rel if reach is None else _copied(rel, reach)


def _cuts_nothing(rel: Limit) -> bool:
    if rel.offset is not None and whole_number(rel.offset) != 0:
        return False
    bound, count = max_rows(rel.input), whole_number(rel.count)
    return rel.count is None or (bound is not None and count is not None and bound <= count)


def _reach(rel: Limit) -> int | None:
    """How many rows from the start matter, where that is known."""
    count = whole_number(rel.count)
    offset = 0 if rel.offset is None else whole_number(rel.offset)
    return None if count is None or offset is None else count + offset


def _merged(rel: Limit, below: Limit) -> Rel:
    """Two Limits as one, where all numbers are known."""
    counts = (rel.count, rel.offset, below.count, below.offset)
    if any(e is not None and whole_number(e) is None for e in counts):
        return rel
    skip, skip_below = whole_number(rel.offset) or 0, whole_number(below.offset) or 0
    own, bound = whole_number(rel.count), whole_number(below.count)
    if bound is not None:
        left = max(0, bound - skip)
        own = left if own is None else min(own, left)
    if skip + skip_below > _MOST:
        return rel
    offset = _number(skip + skip_below) if skip + skip_below else None
    return Limit(below.input, None if own is None else _number(own), offset)


def _number(value: int) -> Scalar:
    return Literal(value, BIGINT.with_null(False))


def _copied(rel: Limit, reach: int) -> Rel:
    """The Limit stays, and its reach also bounds the inputs below."""
    below = rel.input
    match below:
        case SetOp(kind=SetKind.UNION_ALL):
            arms = tuple(_bounded(arm, reach) for arm in below.inputs)
            same = same_items(arms, below.inputs)
            return rel if same else replace(rel, input=replace(below, inputs=arms))
        case Join(kind=JoinKind.LEFT):
            left = _bounded(below.left, reach)
            return rel if left is below.left else replace(rel, input=replace(below, left=left))
        case Join(kind=JoinKind.RIGHT):
            right = _bounded(below.right, reach)
            return rel if right is below.right else replace(rel, input=replace(below, right=right))
        case _:
            return rel


def _bounded(rel: Rel, reach: int) -> Rel:
    bound = max_rows(rel)
    if reach > _MOST or (bound is not None and bound <= reach):
        return rel
    return Limit(rel, _number(reach), None)
