"""Inner joins as a set: the inputs that a tree of inner joins combines, and its conditions.
For rules to which the order of the joins does not matter."""

from __future__ import annotations

from dataclasses import dataclass

from sqlshim.functions import operators as op
from sqlshim.ir.relational import Join, JoinKind, Rel
from sqlshim.ir.scalar import Call, Column, Scalar


@dataclass(frozen=True, slots=True)
class Region:
    """`leaves` from left to right, none of them an inner join, and all ON conditions."""

    leaves: tuple[Rel, ...]
    on: tuple[Scalar, ...]


def is_inner(rel: Rel) -> bool:
    """Whether `rel` is an inner join (or cross product) whose sides could change places."""
    return isinstance(rel, Join) and rel.kind is JoinKind.INNER and not rel.lateral


def region(rel: Rel) -> Region:
    """The inner joins from `rel` downwards as one region."""
    if not isinstance(rel, Join) or not is_inner(rel):
        return Region((rel,), ())
    left, right = region(rel.left), region(rel.right)
    return Region(left.leaves + right.leaves, left.on + right.on + rel.on)


def with_leaves(rel: Rel, new: dict[int, Rel]) -> Rel:
    """The region's joins over other leaves, given by the `id` of the old ones."""
    if not isinstance(rel, Join) or not is_inner(rel):
        return new.get(id(rel), rel)
    left, right = with_leaves(rel.left, new), with_leaves(rel.right, new)
    if left is rel.left and right is rel.right:
        return rel
    return Join(rel.kind, left, right, rel.on)


def equal_columns(expr: Scalar) -> tuple[Column, Column] | None:
    """The two columns that a condition `a = b` equates."""
    match expr:
        case Call(fn=op.EQ, args=(Column() as a, Column() as b)):
            return a, b
        case _:
            return None
