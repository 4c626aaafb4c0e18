"""Set operations that read an outer query, in a form that DuckDB answers rightly.

DuckDB 2.0 loses the row of an aggregate over nothing where it is an arm of a set operation in a
LATERAL or correlated subquery; as values of a row without FROM the same aggregates are right.
"""

from __future__ import annotations

from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, Project, Rel, SetOp, Values
from sqlshim.ir.scalar import Subquery, SubqueryKind


def with_aggregates_as_values(rel: SetOp) -> SetOp:
    """The aggregates without GROUP BY that read an outer query are scalar subqueries."""
    if not any(map(_is_of_all, walk.every_rel(rel))) or not walk.free_columns(rel):
        return rel
    changed = walk.transform(rel, _as_values)
    assert isinstance(changed, SetOp)
    return changed


def _is_of_all(rel: Rel) -> bool:
    return isinstance(rel, Aggregate) and not rel.keys and bool(rel.calls)


def _as_values(rel: Rel) -> Rel:
    if not isinstance(rel, Aggregate) or not _is_of_all(rel) or not walk.free_columns(rel):
        return rel
    items = tuple(
        (
            column,
            Subquery(SubqueryKind.SCALAR, Aggregate(rel.input, (), ((column, one),)), one.type),
        )
        for column, one in rel.calls
    )
    return Project(Values((), ((),)), items)
