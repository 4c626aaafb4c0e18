"""One UNION ALL of many arms instead of one inside another. Safe because UNION ALL only strings
rows together, whatever their grouping."""

from __future__ import annotations

from dataclasses import replace

from sqlshim.ir.relational import Rel, SetKind, SetOp


def merge_unions(rel: Rel) -> Rel:
    """`rel` with the arms of a UNION ALL directly below among its own."""
    if not _is_union(rel) or not isinstance(rel, SetOp) or not any(map(_is_union, rel.inputs)):
        return rel
    arms: list[Rel] = []
    for arm in rel.inputs:
        arms += arm.inputs if isinstance(arm, SetOp) and _is_union(arm) else (arm,)
    return replace(rel, inputs=tuple(arms))


def _is_union(rel: Rel) -> bool:
    return isinstance(rel, SetOp) and rel.kind is SetKind.UNION_ALL
