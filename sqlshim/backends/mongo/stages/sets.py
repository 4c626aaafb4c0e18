"""Set operations and FULL JOIN: all inputs in one stream by $unionWith.

For INTERSECT and EXCEPT each row says which input it comes from; equal rows are then one group
that counts them an input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlshim.backends.mongo.expressions.mql import Mql, or_null
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.stages.query import Query, Stage, output_names, projection
from sqlshim.backends.mongo.stages.scope import field
from sqlshim.ir.relational import Join, JoinKind, Project, Rel, SetKind, SetOp
from sqlshim.ir.scalar import Column, Scalar, null_of

_MOST_ARMS = 500  # of a UNION ALL in one pipeline: the server takes 1,000 stages
_ARM, _TIMES = "__arm", "__times"


def combined(parts: Sequence[Query], rel: SetOp) -> Query:
    """The rows of a set operation over `parts`, the pipelines of its inputs."""
    names = output_names(rel.columns)
    scope = {c.id: field(n) for c, n in zip(rel.columns, names, strict=True)}
    if rel.kind is SetKind.UNION_ALL:
        aligned = [_aligned(q, part, names) for q, part in zip(parts, rel.inputs, strict=True)]
        return replace(_united(aligned), scope=scope, shape=names)
    aligned = [
        _aligned(q, part, names, {_ARM: number})
        for number, (q, part) in enumerate(zip(parts, rel.inputs, strict=True))
    ]
    query = _united(aligned).then(*_counted(names, len(parts)), *_chosen(rel.kind, len(parts)))
    kept = projection((name, f"$_id.{name}") for name in names)
    return replace(query.then(kept), scope=scope, shape=names)


def _united(parts: list[Query]) -> Query:
    """All rows of pipelines that give the same fields, a few hundred in one pipeline."""
    while len(parts) > _MOST_ARMS:
        parts = [_chained(parts[at : at + _MOST_ARMS]) for at in range(0, len(parts), _MOST_ARMS)]
    return _chained(parts)


def _chained(parts: Sequence[Query]) -> Query:
    first, *others = parts
    unions: Iterator[Stage] = (
        {"$unionWith": {**q.source("coll"), "pipeline": list(q.stages)}} for q in others
    )
    return first.then(*unions)


def _aligned(
    query: Query, part: Rel, names: Sequence[str], more: dict[str, Mql] | None = None
) -> Query:
    scalars = Expressions(query.scope)
    values = (scalars.value(c) for c in part.columns)
    items = [*zip(names, values, strict=True), *(more or {}).items()]
    return query.then(projection(items))


# --- rows that are equal -------------------------------------------------------------------


def _counted(names: Sequence[str], arms: int) -> list[Stage]:
    """Each distinct row once, with the number of times that each input has it."""
    key = {name: or_null(f"${name}") for name in names}
    counts = {
        f"n{arm}": {"$sum": {"$cond": [{"$eq": [f"${_ARM}", arm]}, 1, 0]}} for arm in range(arms)
    }
    return [{"$group": {"_id": key, **counts}}]


def _chosen(kind: SetKind, arms: int) -> list[Stage]:
    """The rows that are wanted, as often as they are wanted."""
    first, *others = (f"n{arm}" for arm in range(arms))
    common = kind in (SetKind.INTERSECT, SetKind.INTERSECT_ALL)
    match kind:
        case SetKind.INTERSECT | SetKind.EXCEPT:
            wanted = {"$gt": 0} if common else 0
            return [{"$match": {first: {"$gt": 0}, **dict.fromkeys(others, wanted)}}]
        case _:
            counts = [f"${name}" for name in others]
            times: Mql = {"$min": [f"${first}", *counts]}
            if not common:
                times = {"$max": [{"$subtract": [f"${first}", {"$add": counts}]}, 0]}
            return [{"$set": {_TIMES: {"$range": [0, times]}}}, {"$unwind": f"${_TIMES}"}]


# --- full join -----------------------------------------------------------------------------


def full_join(rel: Join) -> SetOp:
    """The left join, and the rows of the right side that belong to no row of the left one. Both
    sides are evaluated twice."""
    left = Join(JoinKind.LEFT, rel.left, rel.right, rel.on)
    alone = Join(JoinKind.ANTI, rel.right, rel.left, rel.on)
    items: list[tuple[Column, Scalar]] = [(c, null_of(c.type)) for c in rel.left.columns]
    items += [(c, c) for c in rel.right.columns]
    return SetOp(SetKind.UNION_ALL, (left, Project(alone, tuple(items))), rel.columns)
