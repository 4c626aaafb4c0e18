"""Drop a DISTINCT that makes no difference.

Safe because over rows that differ anyway (grouped by these columns, or with their primary key)
each group has exactly one row, so a Project says the same; and because above DISTINCT nobody can
tell how often a row came from below, so the DISTINCTs of the arms of a UNION need not run.
"""

from __future__ import annotations

from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, Project, Rel, SetKind, SetOp
from sqlshim.ir.scalar import Column
from sqlshim.plan.facts import unique_sets


def remove_distinct(rel: Rel) -> Rel:
    """`rel` without a DISTINCT, in itself or directly below, that changes nothing."""
    if not _is_distinct(rel) or not isinstance(rel, Aggregate):
        return rel
    plain = {e.id for _, e in rel.keys if isinstance(e, Column)}
    if any(unique <= plain for unique in unique_sets(rel.input)):
        return Project(rel.input, rel.keys)
    return walk.with_inputs(rel, (_repeating(rel.input),))


def _is_distinct(rel: Rel) -> bool:
    return isinstance(rel, Aggregate) and bool(rel.keys) and not rel.calls


def _repeating(rel: Rel) -> Rel:
    """`rel`, where it does not matter how often a row comes."""
    match rel:
        case Aggregate() if _is_distinct(rel):
            return Project(_repeating(rel.input), rel.keys)
        case SetOp(kind=SetKind.UNION_ALL):
            return walk.with_inputs(rel, tuple(map(_repeating, rel.inputs)))
        case _:
            return rel
