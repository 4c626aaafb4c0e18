"""Nothing in, nothing out: what is known to have no rows swallows what stands above it.

Safe node by node: an Aggregate without keys, or a grouping set (), still gives its one row, an
outer join keeps the other side with NULLs, NOT EXISTS over nothing keeps everything.
"""

from __future__ import annotations

from dataclasses import replace

from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    JoinKind,
    Limit,
    Project,
    Recursive,
    Rel,
    SetKind,
    SetOp,
    Sort,
    Unnest,
    Window,
)
from sqlshim.ir.scalar import Column, null_of
from sqlshim.plan.facts import empty, is_empty

_KEEPS_LEFT = (JoinKind.LEFT, JoinKind.FULL)
_KEEPS_RIGHT = (JoinKind.RIGHT, JoinKind.FULL)


def propagate_empty(rel: Rel) -> Rel:
    """`rel`, or something smaller if an input of it is known to be empty."""
    match rel:
        case Filter() | Project() | Window() | Unnest() | Sort() | Limit() if is_empty(rel.input):
            return empty(rel)
        case Aggregate() if rel.keys and is_empty(rel.input):
            return empty(rel)
        case GroupingSets() if all(rel.sets) and is_empty(rel.input):
            return empty(rel)
        case Join():
            return _join(rel)
        case SetOp():
            return _set_operation(rel)
        case Recursive() if is_empty(rel.base):
            return empty(rel)
        case _:
            return rel


def _join(rel: Join) -> Rel:
    no_left, no_right = is_empty(rel.left), is_empty(rel.right)
    if not no_left and not no_right:
        return rel
    if rel.kind is JoinKind.ANTI:
        return empty(rel) if no_left else rel.left
    if no_right and not no_left and rel.kind in _KEEPS_LEFT:
        return _with_nulls(rel.left, rel)
    if no_left and not no_right and rel.kind in _KEEPS_RIGHT:
        return _with_nulls(rel.right, rel)
    return empty(rel)


def _with_nulls(kept: Rel, join: Join) -> Project:
    """The kept side of an outer join whose other side is empty."""
    own = {c.id: c for c in kept.columns}
    nulls = {c.id: null_of(c.type) for c in join.columns if c.id not in own}
    return Project(kept, tuple((c, own.get(c.id) or nulls[c.id]) for c in join.columns))


def _set_operation(rel: SetOp) -> Rel:
    if not any(map(is_empty, rel.inputs)):
        return rel
    if rel.kind is not SetKind.UNION_ALL:
        intersect = rel.kind in (SetKind.INTERSECT, SetKind.INTERSECT_ALL)
        return empty(rel) if intersect or is_empty(rel.inputs[0]) else rel
    arms = tuple(arm for arm in rel.inputs if not is_empty(arm))
    if not arms:
        return empty(rel)
    return replace(rel, inputs=arms) if len(arms) > 1 else _renamed(arms[0], rel.columns)


def _renamed(arm: Rel, columns: tuple[Column, ...]) -> Project:
    return Project(arm, tuple(zip(columns, arm.columns, strict=True)))
