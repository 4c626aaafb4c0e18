"""DISTINCT over rows that differ anyway (grouped by these columns, or with their primary key) is
a Project. Safe because each group then has exactly one row."""

from __future__ import annotations

from sqlshim.ir.relational import Aggregate, Project, Rel
from sqlshim.ir.scalar import Column
from sqlshim.plan.facts import unique_sets


def remove_distinct(rel: Rel) -> Rel:
    """`rel`, or a Project if it is an Aggregate without calls over distinct rows."""
    if not isinstance(rel, Aggregate) or rel.calls or not rel.keys:
        return rel
    plain = {e.id for _, e in rel.keys if isinstance(e, Column)}
    if any(unique <= plain for unique in unique_sets(rel.input)):
        return Project(rel.input, rel.keys)
    return rel
