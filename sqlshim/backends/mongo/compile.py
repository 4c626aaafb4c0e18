"""A relation as one aggregation pipeline.

In comes a tree that `accept` took, out goes a `Query`: the collection, the stages, and where each
column is found in the resulting documents. A scan's fields stay where they are until something is
computed, so that conditions at the start can use indexes.
"""

from __future__ import annotations

from dataclasses import replace

from sqlshim.backends.mongo.encode import OBJECT_ID
from sqlshim.backends.mongo.expressions import Expressions
from sqlshim.backends.mongo.grouping import aggregated, union_of_sets
from sqlshim.backends.mongo.joins import joined, united
from sqlshim.backends.mongo.mql import Mql, is_plain_name
from sqlshim.backends.mongo.ordering import limited, sorted_by
from sqlshim.backends.mongo.query import Query, Stage, output_names, projection
from sqlshim.backends.mongo.scope import Place, field, place_of
from sqlshim.backends.mongo.top import first_rows
from sqlshim.backends.mongo.unwind import unnested
from sqlshim.backends.mongo.where import where, without_nulls
from sqlshim.backends.mongo.windows import windowed
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    Limit,
    Project,
    Rel,
    Scan,
    SetOp,
    Sort,
    Unnest,
    Window,
)
from sqlshim.ir.scalar import Scalar


def compile_rel(rel: Rel) -> Query:
    """The pipeline of a relation."""
    if isinstance(rel, GroupingSets):
        return compile_rel(union_of_sets(rel))
    if isinstance(rel, Limit) and isinstance(rel.input, Sort):
        return first_rows(compile_rel(rel.input.input), rel.input, rel)
    below = [compile_rel(child) for child in walk.inputs(rel)]
    match rel:
        case Scan():
            return _scan(rel)
        case Filter():
            return _filtered(below[0], rel)
        case Project():
            return _projected(below[0], rel)
        case Aggregate():
            return aggregated(below[0], rel)
        case Unnest():
            return unnested(below[0], rel)
        case Sort():
            return sorted_by(below[0], rel.keys)
        case Limit():
            return limited(below[0], rel)
        case Join():
            return joined(below[0], below[1], rel)
        case Window():
            return windowed(below[0], rel)
        case SetOp():
            return united(below, rel)
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


def _filtered(query: Query, rel: Filter) -> Query:
    test = where(rel.where, query.scope)
    kept = query.then({"$match": test}) if test else query
    return replace(kept, scope=without_nulls(query.scope, rel.where))


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
