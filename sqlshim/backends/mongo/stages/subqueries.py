"""Subqueries in expressions as $lookup stages before the stage that uses them.

In comes a pipeline and a node over it, out goes the pipeline with a $lookup for each subquery and
the node with columns in their places. A correlated one gets the outer row's values by `let`; what
is independent the server runs once and remembers. `accept` has checked the queries inside.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqlshim.backends.mongo.expressions.mql import Mql, cond, fail, or_null
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.stages.query import Compiled, Query, Stage, finished
from sqlshim.backends.mongo.stages.scope import Place
from sqlshim.backends.mongo.stages.where import where, without_nulls
from sqlshim.functions import operators as op
from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import Aggregate, Filter, Limit, Project, Rel, Sort
from sqlshim.ir.scalar import Call, Column, Literal, Scalar, Subquery, SubqueryKind
from sqlshim.types import BOOLEAN

_FIRST_NUMBER = -1001  # of columns that stand for subqueries: below all others


def with_values(query: Query, rel: Rel, compiled: Compiled) -> tuple[Query, Rel]:
    """`query` with the values of the subqueries in the expressions of `rel`, and `rel` with
    columns that name them."""
    if not any(map(walk.has_subquery, walk.scalars(rel))):
        return query, rel
    values = _Values(replace(query, shape=None), compiled)
    made = mapping.map_scalars(rel, lambda e: walk.rewrite(e, values.column))
    return values.query, made


def filtered(query: Query, rel: Filter, compiled: Compiled) -> Query:
    """The rows of `query` for which `rel.where` is true; subqueries are asked for those only
    that pass the other conditions."""
    plain = tuple(term for term in rel.where if not walk.has_subquery(term))
    query = _matched(query, plain)
    if len(plain) == len(rel.where):
        return query
    rest = tuple(term for term in rel.where if walk.has_subquery(term))
    query, made = with_values(query, replace(rel, where=rest), compiled)
    assert isinstance(made, Filter)
    return _matched(query, made.where)


def _matched(query: Query, terms: tuple[Scalar, ...]) -> Query:
    test = where(terms, query.scope)
    kept = query.then({"$match": test}) if test else query
    return replace(kept, scope=without_nulls(query.scope, terms))


@dataclass(slots=True)
class _Values:
    """`query` grows by a $lookup for each subquery that `column` is asked for."""

    query: Query
    compiled: Compiled
    known: dict[Subquery, Column] = field(default_factory=dict)

    def column(self, e: Scalar) -> Scalar:
        """The column with the value of a subquery; anything else is as it is."""
        if not isinstance(e, Subquery):
            return e
        if e not in self.known:
            self.known[e] = self._looked_up(e)
        return self.known[e]

    def _looked_up(self, e: Subquery) -> Column:
        number = min((_FIRST_NUMBER, *self.query.scope)) - 1
        into = f"__q{-number}"
        read = walk.free_columns(e.rel) | {n for arg in e.args for n in walk.reads(arg)}
        variables, outer = self.query.passed_on(read)
        inner = replace(self.compiled(e.rel, outer), outer=outer)
        stages, place = _BUILD[e.kind](e, inner, into)
        stage: Stage = inner.source("from")
        if variables:
            stage["let"] = variables
        stage |= {"pipeline": stages, "as": into}
        query = self.query.then({"$lookup": stage})
        self.query = replace(query, scope={**query.scope, number: place})
        nullable = e.kind is SubqueryKind.SCALAR or e.type.nullable
        return Column(number, "subquery", e.type.with_null(nullable))


Built = tuple[list[Stage], Place]


def _exists(e: Subquery, inner: Query, into: str) -> Built:
    stages: list[Stage] = [*inner.stages, {"$limit": 1}, {"$project": {"_id": 1}}]
    return stages, Place(None, {"$ne": [f"${into}", []]})


def _scalar(e: Subquery, inner: Query, into: str) -> Built:
    """The only row's value; none is NULL, a second one an error where the value is used."""
    column = e.rel.columns[0]
    native, stored = inner.scope[column.id].native, inner.scope[column.id].stored
    query, (name,) = finished(inner, (column,))
    first: Mql = {"$first": f"${into}.{name}"}
    if not gives_one(e.rel):
        query = query.then({"$limit": 2})
        size: Mql = {"$size": f"${into}"}
        message = "more than one row returned by a subquery used as an expression"
        first = cond({"$gt": [size, 1]}, fail("21000", message, size), first)
    return list(query.stages), Place(None, first, native, stored=stored)


def _quantified(e: Subquery, inner: Query, into: str) -> Built:
    """Which of true, false and NULL the comparisons give: what decides comes first."""
    outcome = {"_id": or_null(Expressions(inner.scope).value(compared(e)))}
    found = f"${into}._id"
    last: Mql = cond({"$in": [None, found]}, None, e.every)
    value = cond({"$in": [not e.every, found]}, not e.every, last)
    return [*inner.stages, {"$group": outcome}], Place(None, value)


_BUILD = {
    SubqueryKind.EXISTS: _exists,
    SubqueryKind.SCALAR: _scalar,
    SubqueryKind.QUANTIFIED: _quantified,
}


def compared(e: Subquery) -> Scalar:
    """The comparison of the operands of a quantified subquery with one of its rows."""
    terms = tuple(
        Call(e.op or op.EQ, (arg, column), BOOLEAN)
        for arg, column in zip(e.args, e.rel.columns, strict=True)
    )
    return terms[0] if len(terms) == 1 else Call(op.AND, terms, BOOLEAN)


def gives_one(rel: Rel) -> bool:
    """Whether `rel` has no second row, as its form tells."""
    match rel:
        case Aggregate():
            return not rel.keys
        case Limit(count=Literal(value=int() as count)):
            return count <= 1 or gives_one(rel.input)
        case Filter() | Project() | Sort():
            return gives_one(rel.input)
        case _:
            return False
