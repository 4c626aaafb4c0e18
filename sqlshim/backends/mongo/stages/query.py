"""A pipeline under construction, and the pieces that every kind of relation shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sqlshim.backends.mongo.expressions.mql import NOTHING, Mql, is_plain_name, projected
from sqlshim.backends.mongo.stages.scope import Scope
from sqlshim.ir.relational import Rel
from sqlshim.ir.scalar import Column

Stage = dict[str, Mql]
NOWHERE = ""  # the collection of a pipeline that begins with $documents
# What comes before a whole pipeline of that kind, which has to be over some collection: a $match of
# nothing alone would have the server read all of it.
PASSED_BY: tuple[Stage, ...] = ({"$limit": 1}, {"$match": NOTHING})


@dataclass(frozen=True, slots=True)
class Query:
    """A pipeline under construction. `shape` are the documents' exact fields in order, or None
    while they are whatever the collection holds. In a pipeline that a $lookup runs for each
    document of another, `outer` are the columns of that one; `scope` always has them too."""

    collection: str
    stages: tuple[Stage, ...]
    scope: Scope
    shape: tuple[str, ...] | None = None
    outer: Scope = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.outer:
            object.__setattr__(self, "scope", {**self.outer, **self.scope})

    def then(self, *stages: Stage) -> Query:
        return replace(self, stages=self.stages + stages)

    def source(self, key: str) -> dict[str, Mql]:
        """The part of a $lookup or $unionWith that names the collection."""
        return {} if self.collection == NOWHERE else {key: self.collection}

    def over(self, home: str) -> Query:
        """The same rows from a pipeline over a collection, `home` if there is none yet."""
        if self.collection != NOWHERE:
            return self
        added = {"$unionWith": {"pipeline": list(self.stages)}}
        return replace(self, collection=home, stages=(*PASSED_BY, added))

    def passed_on(self, read: Iterable[int]) -> tuple[dict[str, Mql], Scope]:
        """The `let` of a $lookup whose pipeline reads these columns, and all columns as it sees
        them (those it does not read itself may be read further inside)."""
        variables: dict[str, Mql] = {}
        seen = dict(self.outer)
        for number in sorted(read):
            if number in self.scope and number not in self.outer:
                name = f"l{number}" if number >= 0 else f"q{-number}"
                variables[name] = self.scope[number].expr
                seen[number] = replace(self.scope[number], path=None, expr=f"$${name}")
        return variables, seen


# The pipeline of a relation that sees these columns of pipelines around it.
Compiled: TypeAlias = Callable[[Rel, Scope], Query]


def finished(query: Query, columns: Sequence[Column]) -> tuple[Query, tuple[str, ...]]:
    """The query with exactly `columns` in its documents, and the name of each one's field."""
    names = output_names(columns)
    if _paths(query, columns) == names and set(names) == set(query.shape or ()):
        return query, names
    items = ((name, query.scope[c.id].expr) for name, c in zip(names, columns, strict=True))
    return query.then(projection(items)), names


def at_the_end(query: Query, columns: Sequence[Column]) -> tuple[Query, tuple[str, ...]]:
    """`finished`, where any names will do: what a $group has made keeps its own, since a $project
    of many groups takes a tenth of the time that they do."""
    paths = _paths(query, columns)
    return (query, paths) if paths == query.shape else finished(query, columns)


def _paths(query: Query, columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(query.scope[c.id].path or "" for c in columns)


def projection(items: Iterable[tuple[str, Mql]]) -> Stage:
    """$project: a field that keeps its name is included, everything else computed."""
    fields = {n: 1 if e == f"${n}" else projected(e) for n, e in items}
    if not fields:
        fields = {"none": {"$literal": 1}}  # $project needs a field
    return {"$project": fields if "_id" in fields else {"_id": 0, **fields}}


def output_names(columns: Sequence[Column], taken: Iterable[str] = ()) -> tuple[str, ...]:
    """A field name for each column: its own where that is free and plain."""
    used = set(taken)
    names = []
    for column in columns:
        name = column.name
        if not is_plain_name(name) or name in used or name.startswith("__"):
            name = f"c{column.id}"
        while name in used:
            name += "_"
        used.add(name)
        names.append(name)
    return tuple(names)
