"""Aggregate as $group, with a $project after it where results need more than an accumulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlshim.backends.mongo.expressions.mql import Mql, or_null, projected
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.stages.aggregates import Group, accumulate, only_distinct, over_nothing
from sqlshim.backends.mongo.stages.query import Query, output_names, projection
from sqlshim.backends.mongo.stages.scope import Place, field, place_of
from sqlshim.functions import aggregates as fa
from sqlshim.ir.relational import Aggregate, GroupingSets, Project, SetKind, SetOp
from sqlshim.ir.scalar import AggregateCall, Column, Literal, Scalar


def aggregated(query: Query, rel: Aggregate) -> Query:
    """The groups of `rel` over the rows of `query`."""
    scalars = Expressions(query.scope)
    arg = only_distinct(tuple(call for _, call in rel.calls))
    if arg is not None:
        return _aggregate_distinct(rel, query, arg)
    key_names = output_names([c for c, _ in rel.keys])
    group_key, keys = _group_key(rel, scalars, key_names)
    return _grouped(rel, query, scalars, group_key, keys)


def union_of_sets(rel: GroupingSets) -> SetOp:
    """Each set grouped by itself over the same input; what a set lacks is NULL."""
    arms = tuple(_one_set(rel, chosen) for chosen in rel.sets)
    return SetOp(SetKind.UNION_ALL, arms, rel.columns)


def _one_set(rel: GroupingSets, chosen: tuple[int, ...]) -> Project:
    group = Aggregate(rel.input, tuple(rel.keys[i] for i in chosen), rel.calls)
    made = {c.id for c in group.columns}
    items: list[tuple[Column, Scalar]] = [
        (c, c if c.id in made else Literal(None, c.type)) for c, _ in (*rel.keys, *rel.calls)
    ]
    items += [(c, Literal(_mask(keys, chosen), c.type)) for c, keys in rel.masks]
    return Project(group, tuple(items))


def _mask(keys: tuple[int, ...], chosen: tuple[int, ...]) -> int:
    return int("".join("0" if key in chosen else "1" for key in keys), 2)


def _group_key(
    rel: Aggregate, scalars: Expressions, names: Sequence[str]
) -> tuple[Mql, list[Place]]:
    """The `_id` of the $group, and where each key is found afterwards."""
    values = [scalars.raw(e) for _, e in rel.keys]
    natives = [_native(e, scalars) for _, e in rel.keys]
    if not values:
        return None, []
    if len(values) == 1 and isinstance(values[0], str):
        return values[0], [field("_id", natives[0], not scalars.nullable(rel.keys[0][1]))]
    # In a document a missing field and null would be two groups.
    nullable = [scalars.nullable(e) for _, e in rel.keys]
    parts = {
        n: or_null(v) if may else projected(v)
        for n, v, may in zip(names, values, nullable, strict=True)
    }
    places = [
        field(f"_id.{n}", native, not may)
        for n, native, may in zip(names, natives, nullable, strict=True)
    ]
    return parts, places


def _native(e: Scalar, scalars: Expressions) -> str:
    place = place_of(e, scalars.scope)
    return "" if place is None else place.native


def _grouped(
    rel: Aggregate, query: Query, scalars: Expressions, group_key: Mql, keys: list[Place]
) -> Query:
    group = Group()
    columns = [c for c, _ in rel.calls]
    names = output_names(columns, ("_id", *(c.name for c, _ in rel.keys)))
    results = [
        accumulate(call, name, group, scalars)
        for name, (_, call) in zip(names, rel.calls, strict=True)
    ]
    query = query.then({"$group": {"_id": group_key, **group.fields}})
    scope: dict[int, Place] = {c.id: p for (c, _), p in zip(rel.keys, keys, strict=True)}
    if all(result == f"${name}" for result, name in zip(results, names, strict=True)):
        scope |= {
            c.id: _result(name, call, scalars)
            for name, (c, call) in zip(names, rel.calls, strict=True)
        }
        query = replace(query, scope=scope, shape=("_id", *group.fields))
        return query if rel.keys else _at_least_one_row(query, rel, names)
    return _tidied(rel, replace(query, scope=scope), scalars, results)


def _tidied(rel: Aggregate, query: Query, scalars: Expressions, results: list[Mql]) -> Query:
    """Results that need more than their accumulator, in a $project after the $group."""
    names = output_names(rel.columns)
    values = [query.scope[c.id].expr for c, _ in rel.keys] + results
    calls = {c.id: call for c, call in rel.calls}
    scope = {
        c.id: _result(name, calls[c.id], scalars)
        if c.id in calls
        else replace(query.scope[c.id], path=name, expr=f"${name}")
        for name, c in zip(names, rel.columns, strict=True)
    }
    stage = projection(zip(names, values, strict=True))
    query = replace(query.then(stage), scope=scope, shape=names)
    return query if rel.keys else _at_least_one_row(query, rel, names)


def _result(name: str, call: AggregateCall, scalars: Expressions) -> Place:
    native = _native(call.args[0], scalars) if call.fn in (fa.MIN, fa.MAX) else ""
    return field(name, native, known=call.fn is fa.COUNT)


def _at_least_one_row(query: Query, rel: Aggregate, names: Sequence[str]) -> Query:
    """$group over nothing gives no row: add the row SQL wants, and keep the first."""
    row = {n: over_nothing(call) for n, (_, call) in zip(names, rel.calls, strict=True)}
    return query.then(
        {"$unionWith": {"pipeline": [{"$documents": [row or {"none": 1}]}]}}, {"$limit": 1}
    )


def _aggregate_distinct(rel: Aggregate, query: Query, arg: Scalar) -> Query:
    """DISTINCT aggregates over one argument: group by it too, then aggregate the groups."""
    scalars = Expressions(query.scope)
    value = Column(-1, "__value", arg.type)
    names = output_names([c for c, _ in rel.keys])
    items = [*zip(names, (e for _, e in rel.keys), strict=True), ("__value", arg)]
    parts = {
        n: or_null(scalars.raw(e)) if scalars.nullable(e) else projected(scalars.raw(e))
        for n, e in items
    }
    query = query.then({"$group": {"_id": parts}})
    inner: dict[int, Place] = {
        -1: field("_id.__value", _native(arg, scalars), not scalars.nullable(arg))
    }
    for name, (column, e) in zip(names, rel.keys, strict=True):
        inner[column.id] = field(f"_id.{name}", _native(e, scalars), not scalars.nullable(e))
    keys = tuple((c, Column(c.id, c.name, e.type)) for c, e in rel.keys)
    calls = tuple((c, replace(call, distinct=False, args=(value,))) for c, call in rel.calls)
    outer = Aggregate(rel.input, keys, calls)
    over = Expressions(inner)
    group_key, places = _group_key(outer, over, names)
    return _grouped(outer, replace(query, scope=inner), over, group_key, places)
