"""Unnest as $unwind of a copy of the array: the column of the array itself stays as it is.

$unwind drops rows whose array is null, missing or empty, as SQL does, or keeps them.
"""

from __future__ import annotations

from dataclasses import replace

from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.stages.query import Query, Stage
from sqlshim.backends.mongo.stages.scope import Place, Scope, field, place_of
from sqlshim.ir.relational import Unnest
from sqlshim.ir.scalar import Column, Scalar


def unnested(query: Query, rel: Unnest) -> Query:
    """The rows of `query`, each as often as its longest array has elements."""
    scalars = Expressions(query.scope)
    names = [f"__e{c.id}" for c, _ in rel.arrays]
    values = [scalars.raw(e) for _, e in rel.arrays]
    path = names[0] if len(names) == 1 else "__zipped"
    array = values[0] if len(values) == 1 else _zipped(values)
    stages: list[Stage] = [{"$set": {path: array}}, _unwind(path, rel)]
    after = _numbered(rel.ordinality)
    if len(names) > 1:
        after |= {n: {"$arrayElemAt": ["$__zipped", i]} for i, n in enumerate(names)}
    if after:
        stages.append({"$set": after})
    scope = dict(query.scope)
    for name, (column, array) in zip(names, rel.arrays, strict=True):
        scope[column.id] = _element(name, array, query.scope)
    if rel.ordinality is not None:
        scope[rel.ordinality.id] = field(_number_name(rel.ordinality))
    shape = None if query.shape is None else (*query.shape, path, *after)
    return replace(query.then(*stages), scope=scope, shape=shape)


def _zipped(arrays: list[Mql]) -> Mql:
    """Arrays in parallel: one array of arrays, nulls beyond the end of the shorter ones."""
    inputs = [{"$ifNull": [a, []]} for a in arrays]
    return {"$zip": {"inputs": inputs, "useLongestLength": True}}


def _unwind(path: str, rel: Unnest) -> Stage:
    unwind: dict[str, Mql] = {"path": f"${path}"}
    if rel.ordinality is not None:
        unwind["includeArrayIndex"] = _number_name(rel.ordinality)
    if rel.keep_empty:
        unwind["preserveNullAndEmptyArrays"] = True
    return {"$unwind": unwind if len(unwind) > 1 else f"${path}"}


def _numbered(column: Column | None) -> dict[str, Mql]:
    """SQL counts from 1; the number of a row that is kept without an element stays null."""
    if column is None:
        return {}
    name = _number_name(column)
    return {name: {"$add": [f"${name}", 1]}}


def _number_name(column: Column) -> str:
    return f"__n{column.id}"


def _element(name: str, array: Scalar, scope: Scope) -> Place:
    """The place of an element, which knows the native types in it if the array is stored."""
    place = place_of(array, scope)
    stored = place.stored.element if place is not None and place.stored is not None else None
    native = "" if stored is None else stored.native
    return replace(field(name, native), stored=stored)
