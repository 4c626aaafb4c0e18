"""A relation as one aggregation pipeline.

In comes a tree that `accept` took, out goes a `Query`: the collection, the stages, and where each
column is found in the resulting documents. A scan's fields stay where they are until something is
computed, so that conditions at the start can use indexes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlshim.backends.mongo import match
from sqlshim.backends.mongo.aggregates import Group, accumulate, only_distinct, over_nothing
from sqlshim.backends.mongo.encode import OBJECT_ID
from sqlshim.backends.mongo.expressions import Expressions
from sqlshim.backends.mongo.mql import (
    NAN,
    NOTHING,
    Mql,
    absent,
    is_plain_name,
    or_null,
    projected,
)
from sqlshim.backends.mongo.params import Placeholder
from sqlshim.backends.mongo.scope import Place, Scope, field
from sqlshim.errors import ProgrammingError
from sqlshim.functions import aggregates as fa
from sqlshim.functions import operators as op
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    Join,
    Limit,
    Project,
    Rel,
    Scan,
    SetOp,
    Sort,
)
from sqlshim.ir.scalar import (
    AggregateCall,
    Call,
    Cast,
    Column,
    InList,
    Literal,
    Param,
    Scalar,
    SortKey,
)
from sqlshim.types import FLOATS

Stage = dict[str, Mql]


@dataclass(frozen=True, slots=True)
class Query:
    """A pipeline under construction. `shape` are the documents' exact fields in order, or None
    while they are whatever the collection holds."""

    collection: str
    stages: tuple[Stage, ...]
    scope: Scope
    shape: tuple[str, ...] | None = None

    def then(self, *stages: Stage) -> Query:
        return replace(self, stages=self.stages + stages)


def compile_rel(rel: Rel) -> Query:
    """The pipeline of a relation."""
    from sqlshim.backends.mongo.joins import compile_join, compile_union

    match rel:
        case Scan():
            return _scan(rel)
        case Filter():
            return _filter(rel)
        case Project():
            return _project(rel)
        case Aggregate():
            return _aggregate(rel)
        case Sort():
            return _sort(rel)
        case Limit():
            return _limit(rel)
        case Join():
            return compile_join(rel)
        case SetOp():
            return compile_union(rel)
        case _:
            raise AssertionError(f"{type(rel).__name__} was accepted")


def finished(query: Query, columns: Sequence[Column]) -> tuple[Query, tuple[str, ...]]:
    """The query with exactly `columns` in its documents, and the name of each one's field."""
    names = output_names(columns)
    paths = tuple(query.scope[c.id].path for c in columns)
    if query.shape is not None and paths == names and set(names) == set(query.shape):
        return query, names
    items = ((name, query.scope[c.id].expr) for name, c in zip(names, columns, strict=True))
    return query.then(projection(items)), names


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


# --- scan and filter -----------------------------------------------------------------------


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
        scope[column.id] = field(path, OBJECT_ID if native == OBJECT_ID else "")
    stages: tuple[Stage, ...] = ({"$set": odd},) if odd else ()
    return Query(rel.table.name, stages, scope)


def _filter(rel: Filter) -> Query:
    query = compile_rel(rel.input)
    test = where(rel.where, query.scope)
    kept = query if not test else query.then({"$match": test})
    return replace(kept, scope=without_nulls(query.scope, rel.where))


def where(terms: Sequence[Scalar], scope: Scope) -> match.Query:
    """A conjunction as the document of a $match: query operators first, then $expr."""
    queries = [match.matched(term, scope) for term in terms]
    scalars = Expressions(scope)
    rest = [scalars.truth(t) for t, q in zip(terms, queries, strict=True) if q is None]
    found = [q for q in queries if q]
    if rest:
        found.append({"$expr": rest[0] if len(rest) == 1 else {"$and": rest}})
    return match.tidy(match.conjoined(found))


def without_nulls(scope: Scope, terms: Iterable[Scalar]) -> Scope:
    """The scope after a filter: which columns it does not let NULL through in."""
    known = {c.id for term in terms for c in _rejects_null(term) if c.id in scope}
    return {k: p.not_null() if k in known else p for k, p in scope.items()}


def _rejects_null(term: Scalar) -> Iterable[Column]:
    """Columns that cannot be NULL where `term` is true."""
    match term:
        case Column():
            yield term
        case InList(arg=arg):
            yield from _strict_columns(arg)
        case Call() if term.fn is op.AND:
            for part in term.args:
                yield from _rejects_null(part)
        case Call() if term.fn is op.IS_NOT_NULL or term.fn.strict:
            for part in term.args:
                yield from _strict_columns(part)


def _strict_columns(e: Scalar) -> Iterable[Column]:
    """Columns whose NULL makes `e` NULL."""
    match e:
        case Column():
            yield e
        case Cast() if not e.safe:
            yield from _strict_columns(e.arg)
        case Call() if e.fn.strict:
            for part in e.args:
                yield from _strict_columns(part)


# --- project -------------------------------------------------------------------------------


def _project(rel: Project) -> Query:
    query = compile_rel(rel.input)
    if all(isinstance(e, Column) for _, e in rel.items):
        places = {c.id: query.scope[e.id] for c, e in rel.items if isinstance(e, Column)}
        return replace(query, scope=places)
    scalars = Expressions(query.scope)
    columns = [c for c, _ in rel.items]
    names = output_names(columns)
    fields = [(n, scalars.raw(e)) for n, (_, e) in zip(names, rel.items, strict=True)]
    scope = {c.id: _made(n, e, scalars) for n, (c, e) in zip(names, rel.items, strict=True)}
    return replace(query.then(projection(fields)), scope=scope, shape=names)


def _made(path: str, e: Scalar, scalars: Expressions) -> Place:
    """The place of a projected expression; a column stays what it is."""
    if isinstance(e, Column):
        return replace(scalars.scope[e.id], path=path, expr=f"${path}")
    return field(path, known=not scalars.nullable(e))


# --- aggregate -----------------------------------------------------------------------------


def _aggregate(rel: Aggregate) -> Query:
    query = compile_rel(rel.input)
    scalars = Expressions(query.scope)
    arg = only_distinct(tuple(call for _, call in rel.calls))
    if arg is not None:
        return _aggregate_distinct(rel, query, arg)
    key_names = output_names([c for c, _ in rel.keys])
    group_key, keys = _group_key(rel, scalars, key_names)
    return _grouped(rel, query, scalars, group_key, keys)


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
    return scalars.scope[e.id].native if isinstance(e, Column) else ""


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


# --- sort and limit ------------------------------------------------------------------------


def _sort(rel: Sort) -> Query:
    query = compile_rel(rel.input)
    return sorted_by(query, rel.keys)


def sorted_by(query: Query, keys: Sequence[SortKey]) -> Query:
    """$sort, after computing keys that are no plain fields and the places of NULLs."""
    scalars = Expressions(query.scope)
    made: dict[str, Mql] = {}
    order: dict[str, int] = {}
    for number, key in enumerate(keys):
        expr = scalars.raw(key.expr)
        direction = -1 if key.descending else 1
        path = expr[1:] if isinstance(expr, str) and expr[:1] == "$" and expr[:2] != "$$" else ""
        if not path:
            path = f"__key{number}"
            made[path] = projected(expr)
        rank = _rank(key, expr, scalars)
        if rank is not None:
            made[f"__rank{number}"] = rank
            order[f"__rank{number}"] = direction
        order.setdefault(path, direction)
    stages: list[Stage] = [{"$set": made}] if made else []
    if order:
        stages.append({"$sort": order})
    shape = None if query.shape is None else (*query.shape, *made)
    return replace(query.then(*stages), shape=shape)


def _rank(key: SortKey, expr: Mql, scalars: Expressions) -> Mql:
    """What to sort by first where the server's order is not SQL's: null below all, NaN next.

    None if there is nothing to correct.
    """
    # Ascending, NULLs are wanted last; descending, first: both ways above everything.
    null_high = scalars.nullable(key.expr) and key.nulls_first == key.descending
    if key.expr.type.kind in FLOATS:
        nan = {"case": {"$eq": [expr, NAN]}, "then": 1}
        null = {"case": absent(expr), "then": 2 if null_high else -1}
        return {"$switch": {"branches": [nan, null], "default": 0}}
    return {"$cond": [absent(expr), 1, 0]} if null_high else None


def _limit(rel: Limit) -> Query:
    query = compile_rel(rel.input)
    stages = [
        *([] if rel.offset is None else _skip(rel.offset)),
        *([] if rel.count is None else _first(rel.count)),
    ]
    return query.then(*stages)


def _skip(offset: Scalar) -> list[Stage]:
    if isinstance(offset, Param):
        return [{"$skip": Placeholder(offset.index, lambda v: _not_negative(v, "OFFSET"))}]
    assert isinstance(offset, Literal)
    if not offset.value:
        return []
    return [{"$skip": _not_negative(offset.value, "OFFSET")}]


def _first(count: Scalar) -> list[Stage]:
    if isinstance(count, Param):
        hole = Placeholder(count.index, _limit_stage, f'{{"$limit": ${count.index + 1}}}')
        return [hole]  # type: ignore[list-item]
    assert isinstance(count, Literal)
    return [] if count.value is None else [_limit_stage(count.value)]


def _limit_stage(value: object) -> Stage:
    count = _not_negative(value, "LIMIT")
    return {"$limit": count} if count else {"$match": NOTHING}  # $limit: 0 is an error


def _not_negative(value: object, word: str) -> int:
    assert isinstance(value, int)
    if value < 0:
        state = "2201W" if word == "LIMIT" else "2201X"
        raise ProgrammingError(f"{word} must not be negative", sqlstate=state)
    return value
