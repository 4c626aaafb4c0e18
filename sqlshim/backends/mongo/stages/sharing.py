"""CTEs that are evaluated once: their rows become an array, which every reference reads.

    [the CTE, {$group: {_id: null, rows: {$push: "$$ROOT"}}}, {$lookup: {let: {s1: "$rows"}, …}}]

The pipeline inside that $lookup is the statement's; a reference is {$documents: "$$s1"}. The
array has the 16 MB of a document, so `accept` takes small ones only, under pushdown "always".
"""

from __future__ import annotations

from dataclasses import replace

from sqlshim.backends import estimate
from sqlshim.backends.estimate import Known
from sqlshim.backends.mongo.stages.query import (
    NOWHERE,
    Compiled,
    Query,
    Stage,
    finished,
    output_names,
)
from sqlshim.backends.mongo.stages.scope import NO_COLUMNS, Scope
from sqlshim.backends.mongo.stages.scope import field as place_at
from sqlshim.ir import walk
from sqlshim.ir.relational import Rel, Shared
from sqlshim.ir.scalar import Column
from sqlshim.types import Kind

_ROW, _ROWS = "row", "rows"
_MOST_ROWS = 10_000  # of a shared query


def refusal(rel: Shared, known: Known) -> str:
    """Why a shared query has no form here, apart from what is in it; "" if it has."""
    if walk.free_columns(rel.input):
        return "a shared query that reads an outer one has no MongoDB form"
    if any(c.type.kind is Kind.JSON for c in rel.columns):
        return "a shared column of varying type has no MongoDB form"
    many = estimate.rows(rel.input, known) > _MOST_ROWS
    return "what is shared may pass the 16 MB of a document" if many else ""


def with_shared(rel: Rel, compiled: Compiled) -> Query:
    """The pipeline of a whole relation, after those of the queries that it shares."""
    bodies = {s.number: s for s in reversed(list(walk.every_rel(rel))) if isinstance(s, Shared)}
    query = compiled(rel, NO_COLUMNS)
    if not bodies:
        return query
    query, names = finished(query, rel.columns)
    scope = _scope(rel.columns, rel.columns, names, query.scope)
    for number in reversed(bodies):  # what others read comes before them
        body, _ = finished(compiled(bodies[number].input, NO_COLUMNS), bodies[number].input.columns)
        query = body.then(*_collected(), *_read_by(query, number))
    return replace(query, scope=scope, shape=names)


def _scope(
    columns: tuple[Column, ...], of: tuple[Column, ...], names: tuple[str, ...], scope: Scope
) -> Scope:
    """`columns`, found in fields called `names` that hold the columns `of` of `scope`."""
    return {
        c.id: replace(place_at(n, scope[o.id].native), stored=scope[o.id].stored)
        for c, o, n in zip(columns, of, names, strict=True)
    }


def _collected() -> list[Stage]:
    """One document with all rows, also if there are none."""
    return [
        {"$group": {"_id": None, _ROWS: {"$push": "$$ROOT"}}},
        {"$unionWith": {"pipeline": [{"$documents": [{_ROWS: []}]}]}},
        {"$limit": 1},
    ]


def _read_by(query: Query, number: int) -> list[Stage]:
    let = {f"s{number}": f"${_ROWS}"}
    inner = {"let": let, "pipeline": list(query.stages), "as": _ROW}
    return [
        {"$lookup": {**query.source("from"), **inner}},
        {"$unwind": f"${_ROW}"},
        {"$replaceRoot": {"newRoot": f"${_ROW}"}},
    ]


def reference(rel: Shared, compiled: Compiled, outer: Scope) -> Query:
    """The rows of a shared query where it is named."""
    scope = compiled(rel.input, NO_COLUMNS).scope
    names = output_names(rel.input.columns)
    found = _scope(rel.columns, rel.input.columns, names, scope)
    return Query(NOWHERE, ({"$documents": f"$$s{rel.number}"},), found, names, outer)
