"""Joins as $lookup and UNION ALL as $unionWith.

The right side of a join becomes the pipeline inside the $lookup. One equality goes by
localField/foreignField, which can use an index of the foreign collection; it takes null and a
missing field for values, so NULL keys are kept out on one side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlshim.backends import estimate
from sqlshim.backends.mongo.expressions import Expressions
from sqlshim.backends.mongo.mql import Mql, is_plain_name, or_null, present
from sqlshim.backends.mongo.origins import has_index, is_filtered_scan, origins
from sqlshim.backends.mongo.query import Query, Stage, output_names, projection
from sqlshim.backends.mongo.scope import Place, Scope, field
from sqlshim.backends.mongo.where import where, without_nulls
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Join,
    JoinKind,
    Rel,
    SetOp,
)
from sqlshim.ir.scalar import Call, Column, Scalar

_OF_LEFT = (JoinKind.SEMI, JoinKind.ANTI)
_MOST_ARMS = 500  # of a UNION ALL in one pipeline: the server takes 1,000 stages


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An equality of a column of each side; `field` is the foreign one's in its collection."""

    local: Column
    foreign: Column
    field: str
    term: Scalar


def joined(left: Query, right: Query, rel: Join) -> Query:
    """`left` with the rows of `right` that belong to each of its rows, or the other way round."""
    turned = oriented(rel)
    if turned.left is not rel.left:
        left, right = right, left
    rel = turned
    return _Lookup(rel, left, right, key_pair(rel, left.scope, right.scope)).compile()


def oriented(rel: Join) -> Join:
    """The join with the side to look up on the right.

    An inner join may start from either side, if an index finds the rows of the other.
    """
    if rel.kind is JoinKind.RIGHT:
        return Join(JoinKind.LEFT, rel.right, rel.left, rel.on)
    if rel.kind is not JoinKind.INNER or not has_index(rel.left, rel.on):
        return rel
    if has_index(rel.right, rel.on) and _work(rel.left, rel.right) <= _work(rel.right, rel.left):
        return rel
    return Join(rel.kind, rel.right, rel.left, rel.on)


def _work(outer: Rel, foreign: Rel) -> float:
    """A $lookup for each row of `outer`, and what it finds in the collection of `foreign`."""
    found = max(estimate.stored(foreign) / estimate.stored(outer), 1.0)
    return estimate.rows(outer) * (1 + found)


def key_pair(rel: Join, left: Scope, right: Scope) -> KeyPair | None:
    """The equality that localField and foreignField say; the right side must be filtered only,
    since they are applied before its pipeline."""
    if not is_filtered_scan(rel.right):
        return None
    for term in rel.on:
        found = _equality(term, left, right, rel.right)
        if found is not None:
            return found
    return None


def _equality(term: Scalar, left: Scope, right: Scope, foreign_rel: Rel) -> KeyPair | None:
    if not isinstance(term, Call) or term.fn is not op.EQ:
        return None
    a, b = term.args
    if not isinstance(a, Column) or not isinstance(b, Column):
        return None
    if a.id in right:
        a, b = b, a
    if a.id not in left or b.id not in right:
        return None
    local, foreign = left[a.id], right[b.id]
    origin = origins(foreign_rel).get(b.id, "")
    # An ObjectId equals no text for the server: that needs a conversion.
    if local.path is None or not is_plain_name(origin) or local.native != foreign.native:
        return None
    return KeyPair(a, b, origin, term)


class _Lookup:
    """One $lookup stage and what stands around it."""

    def __init__(self, rel: Join, left: Query, right: Query, pair: KeyPair | None) -> None:
        self.rel = rel
        self.left = left
        self.right = right
        self.pair = pair
        self.into = _free_name(right.collection, left)

    def compile(self) -> Query:
        rest = [t for t in self.rel.on if self.pair is None or t is not self.pair.term]
        left = self.left
        stage: Stage = {"from": self.right.collection}
        stages = list(self.right.stages)
        if self.pair is not None:
            local = self.left.scope[self.pair.local.id].path
            stage |= {"localField": local, "foreignField": self.pair.field}
            left, guard = self._without_null_keys(left, self.pair)
            stages = [*guard, *stages]
        condition, variables = self._condition(rest)
        if condition:
            stages.append({"$match": condition})
        if variables:
            stage["let"] = variables
        if self.rel.kind in _OF_LEFT:
            stages += [{"$limit": 1}, {"$project": {"_id": 1}}]
        if stages or self.pair is None:
            stage["pipeline"] = stages
        stage["as"] = self.into
        return self._after(left.then({"$lookup": stage}))

    def _without_null_keys(self, left: Query, pair: KeyPair) -> tuple[Query, list[Stage]]:
        """NULL equals nothing: without rows with a NULL key on one side there is no such match."""
        local, foreign = pair.local, pair.foreign
        safe = not local.type.nullable or left.scope[local.id].known
        safe = safe or not foreign.type.nullable or self.right.scope[foreign.id].known
        if safe:
            return left, []
        if self.rel.kind in (JoinKind.INNER, JoinKind.SEMI):
            place = left.scope[local.id]
            # At the start of a pipeline {"$ne": null} would make the server walk an index, which
            # is slower than the collection itself.
            there = {"$expr": present(or_null(place.expr))}
            return left.then({"$match": {place.path: {"$ne": None}} if left.stages else there}), []
        return left, [{"$match": {pair.field: {"$ne": None}}}]

    def _condition(self, terms: Sequence[Scalar]) -> tuple[Mql, dict[str, Mql]]:
        """The rest of ON as the $match inside the pipeline, and the left side's values for it."""
        if not terms:
            return {}, {}
        read = {n for term in terms for n in walk.reads(term)} & set(self.left.scope)
        variables = {f"l{n}": self.left.scope[n].expr for n in sorted(read)}
        outer = {n: replace(self.left.scope[n], path=None, expr=f"$$l{n}") for n in read}
        return where(terms, {**self.right.scope, **outer}), variables

    def _after(self, query: Query) -> Query:
        query = replace(query, shape=None)
        if self.rel.kind in _OF_LEFT:
            empty = [] if self.rel.kind is JoinKind.ANTI else {"$ne": []}
            return query.then({"$match": {self.into: empty}})
        outer = self.rel.kind is JoinKind.LEFT
        unwind = {"path": f"${self.into}", "preserveNullAndEmptyArrays": True}
        stage: Stage = {"$unwind": unwind if outer else f"${self.into}"}
        scope = {**self.left.scope, **self._right_scope(outer)}
        if not outer:
            scope = dict(without_nulls(scope, self.rel.on))
        return replace(query.then(stage), scope=scope)

    def _right_scope(self, outer: bool) -> dict[int, Place]:
        places = {}
        for column in self.rel.right.columns:
            place = self.right.scope[column.id]
            assert place.path is not None
            known = not outer and (place.known or not column.type.nullable)
            made = field(f"{self.into}.{place.path}", place.native, known)
            places[column.id] = replace(made, stored=place.stored)
        return places


def _free_name(wanted: str, left: Query) -> str:
    """A field for the right side's document that hides nothing of the left."""
    used = {p.path.split(".")[0] for p in left.scope.values() if p.path}
    name = wanted if is_plain_name(wanted) else "joined"
    while name in used:
        name += "_"
    return name


# --- union ---------------------------------------------------------------------------------


def united(parts: Sequence[Query], rel: SetOp) -> Query:
    """UNION ALL: every input projected to the same fields, the others added to the first."""
    names = output_names(rel.columns)
    aligned = [_aligned(q, part, names) for q, part in zip(parts, rel.inputs, strict=True)]
    while len(aligned) > _MOST_ARMS:
        aligned = [
            _chained(aligned[at : at + _MOST_ARMS]) for at in range(0, len(aligned), _MOST_ARMS)
        ]
    first = _chained(aligned)
    scope = {c.id: field(n) for c, n in zip(rel.columns, names, strict=True)}
    return replace(first, scope=scope, shape=names)


def _chained(parts: Sequence[Query]) -> Query:
    first, *others = parts
    unions: Iterator[Stage] = (
        {"$unionWith": {"coll": q.collection, "pipeline": list(q.stages)}} for q in others
    )
    return first.then(*unions)


def _aligned(query: Query, part: Rel, names: Sequence[str]) -> Query:
    scalars = Expressions(query.scope)
    values = (scalars.value(c) for c in part.columns)
    return query.then(projection(zip(names, values, strict=True)))
