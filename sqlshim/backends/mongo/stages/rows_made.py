"""Rows of no collection: VALUES and GENERATE_SERIES as $documents, with which a pipeline inside
another may begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlshim.backends.mongo.expressions.mql import Mql, absent, any_of, cond, is_constant, or_null
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.stages.query import NOWHERE, Query, output_names
from sqlshim.backends.mongo.stages.scope import Scope, field
from sqlshim.ir.relational import Series, Values
from sqlshim.ir.scalar import Literal
from sqlshim.types import INTEGERS

_MOST_VALUES = 20_000  # in one command, together
_MOST_ROWS = 100_000  # of a series: in the memory of one expression


def refusal(rel: Values | Series) -> str:
    """Why the rows of `rel` cannot be said, apart from its expressions; "" if they can."""
    if isinstance(rel, Values):
        many = len(rel.rows) * max(len(rel.columns), 1) > _MOST_VALUES
        return "too many rows for a pipeline" if many else ""
    if rel.columns[0].type.kind not in INTEGERS:
        return "a series of instants has no MongoDB form"
    ends = (rel.start, rel.stop, rel.step)
    given = [e.value for e in ends if isinstance(e, Literal) and isinstance(e.value, int)]
    if len(given) == len(ends) and abs(given[1] - given[0]) // abs(given[2]) > _MOST_ROWS:
        return "too many rows for a pipeline"
    return "" if isinstance(rel.step, Literal) else "a series of computed steps has no MongoDB form"


def listed(rel: Values, outer: Scope) -> Query:
    """The rows of VALUES, which may read columns of `outer`."""
    names = output_names(rel.columns)
    scalars = Expressions(outer)
    rows: list[Mql] = [
        {n: _given(scalars.value(e)) for n, e in zip(names, row, strict=True)} or {"none": 1}
        for row in rel.rows
    ]
    nullable = [any(scalars.nullable(row[i]) for row in rel.rows) for i in range(len(names))]
    scope = {
        c.id: field(n, known=not may)
        for c, n, may in zip(rel.columns, names, nullable, strict=True)
    }
    return replace(_given_by(rows, names, outer), scope=scope)


def _given(value: Mql) -> Mql:
    return value if is_constant(value) else or_null(value)


def series(rel: Series, outer: Scope) -> Query:
    """The numbers of GENERATE_SERIES; none if a bound is NULL."""
    (column,) = rel.columns
    (name,) = output_names(rel.columns)
    scalars = Expressions(outer)
    assert isinstance(rel.step, Literal)
    step = rel.step.value
    assert isinstance(step, int)
    # In variables, or the server would compute the range of a NULL before it looks at the test.
    bounds = {"from": scalars.value(rel.start), "to": scalars.value(rel.stop)}
    span = {"$floor": {"$divide": [{"$subtract": ["$$to", "$$from"]}, step]}}
    numbers = {"$range": [0, {"$max": [{"$add": [span, 1]}, 0]}]}
    number = {"$add": ["$$from", {"$multiply": ["$$this", step]}]}
    rows: Mql = {"$map": {"input": numbers, "in": {name: number}}}
    none = any_of([absent("$$from"), absent("$$to")])
    made: Mql = {"$let": {"vars": bounds, "in": cond(none, [], rows)}}
    return replace(_given_by(made, (name,), outer), scope={column.id: field(name, known=True)})


def _given_by(rows: Mql, names: Sequence[str], outer: Scope) -> Query:
    return Query(NOWHERE, ({"$documents": rows},), {}, tuple(names) or None, outer)
