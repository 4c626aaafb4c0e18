"""Aggregates in queries that read an outer one, in a form that DuckDB answers rightly.

DuckDB 2.0 loses the row of an aggregate over nothing where it is an arm of a set operation in a
LATERAL or correlated subquery; as values of a row without FROM the same aggregates are right. And
it takes an aggregate for one of the outer query where all that it reads is the outer query's, as
SQL has it of what is written there: ours is made of an ARRAY(…).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, GroupingSets, Project, Rel, SetOp, Values
from sqlshim.ir.scalar import AggregateCall, Column, Scalar, Subquery, SubqueryKind


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


def with_own_arguments(
    rel: Aggregate | GroupingSets, number: Callable[[], int]
) -> Aggregate | GroupingSets:
    """An aggregate that reads an outer query only has an argument (or a filter, as COUNT(*)) that
    is a column of its own input. `number` gives numbers for new columns."""
    own = {c.id for c in rel.input.columns}
    made: list[tuple[Column, Scalar]] = []

    def moved(expr: Scalar) -> Column:
        made.append((Column(number(), "argument", expr.type), expr))
        return made[-1][0]

    def inside(call: AggregateCall) -> AggregateCall:
        read = {n for e in walk.call_scalars(call) for n in walk.reads(e)}
        if not read or read & own:
            return call
        if call.args:
            return replace(call, args=(moved(call.args[0]), *call.args[1:]))
        assert call.filter is not None, "it reads something"
        return replace(call, filter=moved(call.filter))

    calls = tuple([(column, inside(call)) for column, call in rel.calls])
    if not made:
        return rel
    return replace(
        rel, input=Project(rel.input, (*((c, c) for c in rel.input.columns), *made)), calls=calls
    )
