"""Joins as $lookup.

The right side of a join becomes the pipeline inside the $lookup. One equality goes by
localField/foreignField, which can use an index of the foreign collection; it takes null and a
missing field for values, so NULL keys are kept out on one side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlshim.backends import estimate
from sqlshim.backends.mongo.expressions.mql import is_plain_name, or_null, present
from sqlshim.backends.mongo.origins import has_index, is_filtered_scan, origins, reads_nothing
from sqlshim.backends.mongo.stages.query import Compiled, Query, Stage
from sqlshim.backends.mongo.stages.scope import Place, Scope
from sqlshim.backends.mongo.stages.scope import field as place_at
from sqlshim.backends.mongo.stages.subqueries import filtered
from sqlshim.backends.mongo.stages.where import without_nulls
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import Filter, Join, JoinKind, Rel
from sqlshim.ir.scalar import Call, Column, Scalar

_OF_LEFT = (JoinKind.SEMI, JoinKind.ANTI)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An equality of a column of each side; `field` is the foreign one's in its collection."""

    local: Column
    foreign: Column
    field: str
    term: Scalar


def joined(rel: Join, left: Query, compiled: Compiled) -> Query:
    """`left`, which is the left side of an `oriented` join, with the rows of the right side that
    belong to each of its rows."""
    _, outer = left.passed_on(_read(rel, rel.on))
    right = compiled(rel.right, outer if rel.lateral else left.outer)
    pair = key_pair(rel, left.scope, right.scope)
    return _Lookup(rel, left, right, pair, outer).compile(compiled)


def _read(rel: Join, terms: Iterable[Scalar]) -> set[int]:
    """The columns of the left side that `terms`, and a lateral right side, read."""
    read = {n for term in terms for n in walk.reads(term)}
    if rel.lateral:
        read |= walk.free_columns(rel.right)
    return read & {c.id for c in rel.left.columns}


def oriented(rel: Join) -> Join:
    """The join with the side to look up on the right.

    An inner join may start from either side, if an index finds the rows of the other; it starts
    from rows of no collection.
    """
    if rel.kind is JoinKind.RIGHT:
        return Join(JoinKind.LEFT, rel.right, rel.left, rel.on)
    if rel.lateral or rel.kind is not JoinKind.INNER:
        return rel
    if is_filtered_scan(rel.left) and reads_nothing(rel.right):
        return Join(rel.kind, rel.right, rel.left, rel.on)
    if not has_index(rel.left, rel.on):
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
        found = _equality(term, rel, left, right)
        if found is not None:
            return found
    return None


def _equality(term: Scalar, rel: Join, left: Scope, right: Scope) -> KeyPair | None:
    if not isinstance(term, Call) or term.fn is not op.EQ:
        return None
    a, b = term.args
    if not isinstance(a, Column) or not isinstance(b, Column):
        return None
    if a in rel.right.columns:
        a, b = b, a
    if a not in rel.left.columns or b not in rel.right.columns:
        return None
    local, foreign = left[a.id], right[b.id]
    origin = origins(rel.right).get(b.id, "")
    # An ObjectId equals no text for the server: that needs a conversion.
    if local.path is None or not is_plain_name(origin) or local.native != foreign.native:
        return None
    return KeyPair(a, b, origin, term)


@dataclass(slots=True)
class _Lookup:
    """One $lookup stage and what stands around it; `outer` is what its pipeline sees of the left
    side and beyond."""

    rel: Join
    left: Query
    right: Query
    pair: KeyPair | None
    outer: Scope
    into: str = field(init=False)

    def __post_init__(self) -> None:
        self.into = _free_name(self.right.collection, self.left)

    def compile(self, compiled: Compiled) -> Query:
        rest = tuple(t for t in self.rel.on if self.pair is None or t is not self.pair.term)
        left = self.left
        stage: Stage = self.right.source("from")
        guard: list[Stage] = []
        if self.pair is not None:
            local = self.left.scope[self.pair.local.id].path
            stage |= {"localField": local, "foreignField": self.pair.field}
            left, guard = self._without_null_keys(left, self.pair)
        stages = [*guard, *self._filtered(rest, compiled).stages]
        if used := self.left.passed_on(_read(self.rel, rest))[0]:
            stage["let"] = used
        if self.rel.kind in _OF_LEFT:
            stages += [{"$limit": 1}, {"$project": {"_id": 1}}]
        if stages or self.pair is None:
            stage["pipeline"] = stages
        stage["as"] = self.into
        return self._after(left.then({"$lookup": stage}))

    def _filtered(self, rest: tuple[Scalar, ...], compiled: Compiled) -> Query:
        """The right side with the rest of ON as conditions."""
        if not rest:
            return self.right
        inner = replace(self.right, outer=self.outer)
        return filtered(inner, Filter(self.rel.right, rest), compiled)

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
            known = not outer and (place.known or not column.type.nullable)
            made = place_at(f"{self.into}.{place.path}", place.native, known)
            places[column.id] = replace(made, stored=place.stored)
        return places


def _free_name(wanted: str, left: Query) -> str:
    """A field for the right side's document that hides nothing of the left."""
    used = {p.path.split(".")[0] for p in left.scope.values() if p.path}
    name = wanted if is_plain_name(wanted) else "joined"
    while name in used:
        name += "_"
    return name
