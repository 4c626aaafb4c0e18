"""Drop a Sort whose order nobody can see.

Safe because joins, grouping, set operations and another Sort promise no order of their own; a
Sort that decides which rows a Limit keeps is never touched, nor one below an aggregate that
depends on order.
"""

from __future__ import annotations

from dataclasses import replace

from sqlshim.functions import aggregates
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    Project,
    Rel,
    SetOp,
    Sort,
)
from sqlshim.ir.scalar import Literal, Param, Scalar, SortKey
from sqlshim.plan.facts import max_rows, same_items


def remove_sorts(rel: Rel) -> Rel:
    """`rel` without Sorts directly below (or in itself) that make no difference."""
    match rel:
        case Sort():
            return _sort(rel)
        case Aggregate() | GroupingSets() if any(
            call.fn in aggregates.ORDERED for _, call in rel.calls
        ):
            return rel
        case Aggregate() | GroupingSets() | Join() | SetOp():
            return walk.with_inputs(rel, tuple(map(_unsorted, walk.inputs(rel))))
        case _:
            return rel


def _sort(rel: Sort) -> Rel:
    keys: dict[Scalar, SortKey] = {}
    for key in rel.keys:
        if not isinstance(key.expr, Literal | Param):
            keys.setdefault(key.expr, key)
    bound = max_rows(rel.input)
    if not keys or (bound is not None and bound <= 1):
        return rel.input
    below = _unsorted(rel.input)
    kept = tuple(keys.values())
    if below is rel.input and same_items(kept, rel.keys):
        return rel
    return replace(rel, input=below, keys=kept)


def _unsorted(rel: Rel) -> Rel:
    match rel:
        case Sort():
            return _unsorted(rel.input)
        case Filter() | Project():
            return walk.with_inputs(rel, (_unsorted(rel.input),))
        case _:
            return rel
