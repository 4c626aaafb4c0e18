"""A relation as one aggregation pipeline.

In comes a tree that `accept` took, out goes a `Query`: the collection, the stages, and where each
column is found in the resulting documents. A scan's fields stay where they are until something is
computed, so that conditions at the start can use indexes.
"""

from __future__ import annotations

from dataclasses import replace

from sqlshim.backends.mongo.expressions.mql import Mql, is_plain_name
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.stages.grouping import aggregated, union_of_sets
from sqlshim.backends.mongo.stages.joins import joined, oriented
from sqlshim.backends.mongo.stages.ordering import limited, sorted_by
from sqlshim.backends.mongo.stages.query import Query, Stage, output_names, projection
from sqlshim.backends.mongo.stages.rows_made import listed, series
from sqlshim.backends.mongo.stages.scope import Place, Scope, field, place_of
from sqlshim.backends.mongo.stages.sets import combined, full_join
from sqlshim.backends.mongo.stages.sharing import reference, with_shared
from sqlshim.backends.mongo.stages.subqueries import filtered, with_values
from sqlshim.backends.mongo.stages.top import first_rows
from sqlshim.backends.mongo.stages.unwind import unnested
from sqlshim.backends.mongo.stages.windows import windowed
from sqlshim.backends.mongo.values.encode import OBJECT_ID
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    Scan,
    Series,
    SetOp,
    Shared,
    Sort,
    Unnest,
    Values,
    Window,
)
from sqlshim.ir.scalar import Scalar


def compile_rel(rel: Rel) -> Query:
    """The pipeline of a relation that reads nothing from outside."""
    scans = (r.table.name for r in walk.every_rel(rel) if isinstance(r, Scan))
    return with_shared(rel, _compiled).over(next(scans))


def _compiled(rel: Rel, outer: Scope) -> Query:
    """The pipeline of a relation that may read columns of `outer`."""
    match rel:
        case Scan():
            return replace(_scan(rel), outer=outer)
        case Values():
            return listed(rel, outer)
        case Series():
            return series(rel, outer)
        case Shared():
            return reference(rel, _compiled, outer)
        case GroupingSets():
            return _compiled(union_of_sets(rel), outer)
        case SetOp():
            return combined([_compiled(part, outer) for part in rel.inputs], rel)
        case Join(kind=JoinKind.FULL):
            return _compiled(full_join(rel), outer)
        case Join():
            turned = oriented(rel)
            return joined(turned, _compiled(turned.left, outer), _compiled)
        case _:
            return _above(rel, outer)


def _above(rel: Rel, outer: Scope) -> Query:
    """The pipeline of a node with one input."""
    match rel:
        case Limit(input=Sort() as order):
            below = _compiled(order.input, outer)
            query, sort = with_values(below, order, _compiled)
            assert isinstance(sort, Sort)
            return first_rows(query, sort, rel)
        case Filter():
            return filtered(_compiled(rel.input, outer), rel, _compiled)
        case _:
            (child,) = walk.inputs(rel)
            return _over(*with_values(_compiled(child, outer), rel, _compiled))


def _over(query: Query, rel: Rel) -> Query:
    """The pipeline of a node with one input, whose pipeline is `query`."""
    match rel:
        case Project():
            return _projected(query, rel)
        case Aggregate():
            return aggregated(query, rel)
        case Unnest():
            return unnested(query, rel)
        case Sort():
            return sorted_by(query, rel.keys)
        case Limit():
            return limited(query, rel)
        case Window():
            return windowed(query, rel)
        case _:
            raise AssertionError(f"{type(rel).__name__} was accepted")


def _scan(rel: Scan) -> Query:
    scope: dict[int, Place] = {}
    odd: dict[str, Mql] = {}
    wanted = {c.name for c in rel.columns}
    for column in rel.columns:
        native = rel.table.column(column.name).native
        path = column.name
        if not is_plain_name(path):
            path = f"c{column.id}"
            while path in wanted:
                path += "_"
            get = {"field": {"$literal": column.name}, "input": "$$ROOT"}
            odd[path] = {"$getField": get}
        known = OBJECT_ID if native == OBJECT_ID else ""
        scope[column.id] = replace(field(path, known), stored=column.type)
    stages: tuple[Stage, ...] = ({"$set": odd},) if odd else ()
    return Query(rel.table.name, stages, scope)


def _projected(query: Query, rel: Project) -> Query:
    found = [(c, place_of(e, query.scope)) for c, e in rel.items]
    if all(place is not None and place.path is not None for _, place in found):
        return replace(query, scope={c.id: place for c, place in found if place is not None})
    scalars = Expressions(query.scope)
    columns = [c for c, _ in rel.items]
    names = output_names(columns)
    fields = [(n, scalars.raw(e)) for n, (_, e) in zip(names, rel.items, strict=True)]
    scope = {c.id: _made(n, e, scalars) for n, (c, e) in zip(names, rel.items, strict=True)}
    return replace(query.then(projection(fields)), scope=scope, shape=names)


def _made(path: str, e: Scalar, scalars: Expressions) -> Place:
    """The place of a projected expression; a column stays what it is."""
    place = place_of(e, scalars.scope)
    if place is not None:
        return replace(place, path=path, expr=f"${path}")
    return field(path, known=not scalars.nullable(e))
