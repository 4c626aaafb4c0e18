"""Drop a Project that hands on exactly its input's columns in their order: it does nothing."""

from __future__ import annotations

from sqlshim.ir.relational import Project, Rel
from sqlshim.plan.facts import passes_on


def remove_projects(rel: Rel) -> Rel:
    """`rel`, or its input if `rel` is a Project that changes nothing."""
    if isinstance(rel, Project) and passes_on(rel) and _ids(rel) == _ids(rel.input):
        return rel.input
    return rel


def _ids(rel: Rel) -> list[int]:
    return [c.id for c in rel.columns]
