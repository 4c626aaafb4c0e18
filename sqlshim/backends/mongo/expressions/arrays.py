"""Functions on arrays as expressions, and those that search a field as $match.

Query operators look into arrays by themselves, and an index has an entry for each element. An array
of constants may also be searched for a field: `x = ANY(list)` is $in. Asked by `functions`, `match`
and `accept`.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlshim.backends.mongo.expressions.compare import OPERATORS
from sqlshim.backends.mongo.expressions.mql import (
    NOTHING,
    Mql,
    absent,
    all_of,
    bound,
    cond,
    let,
    or_null,
)
from sqlshim.backends.mongo.expressions.mql import present as there
from sqlshim.backends.mongo.expressions.rows import Nulls, Row, op
from sqlshim.backends.mongo.params import Placeholder
from sqlshim.backends.mongo.stages.scope import Scope, is_reference, place_of
from sqlshim.backends.mongo.values.encode import constant, encoder
from sqlshim.functions import arrays, documents
from sqlshim.functions import operators as fo
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Literal, Param, Scalar
from sqlshim.types import FLOATS, TEXT, Kind, SqlType

Query = dict[str, Mql]
_FAR = 2**31 - 1  # further than any array is long
_INSTANTS = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMPTZ})


# --- expressions ---------------------------------------------------------------------------


def _any_of(call: Call, left: Mql, values: Mql) -> Mql:
    """True if one comparison is, else NULL if one is with NULL; false of an empty array."""
    fn = arrays.COMPARED[call.fn]

    def tested(x: Mql, items: Mql) -> Mql:
        found = _compared_with_each(fn, x, items)
        if call.args[0].type.nullable:
            found = cond(absent(x), cond({"$eq": [items, []]}, False, None), found)
        return cond(absent(items), None, found)

    # $in of a constant that is no array, such as NULL, would fail before any document is seen.
    return let(tested, left, values) if isinstance(values, str) else bound(tested, left, values)


def _compared_with_each(fn: Function, value: Mql, items: Mql) -> Mql:
    if fn is fo.EQ:
        return _is_in(value, items)
    test = cond(there("$$this"), {OPERATORS[fn]: [value, "$$this"]}, None)
    return let(lambda found: _is_in(True, found), {"$map": {"input": items, "in": test}})


def _is_in(value: Mql, values: Mql) -> Mql:
    unknown = cond({"$in": [None, values]}, None, False)
    return cond({"$in": [value, values]}, True, unknown)


def _element(call: Call, values: Mql, place: Mql) -> Mql:
    exists = all_of([{"$gte": [place, 1]}, {"$lte": [place, {"$size": values}]}])
    # The server computes constants also where they are not wanted, and takes 32 bits only.
    near = {"$max": [1, {"$min": [place, _FAR]}]}
    return cond(exists, {"$arrayElemAt": [values, {"$subtract": [near, 1]}]}, None)


def _slice(call: Call, values: Mql, low: Mql, high: Mql) -> Mql:
    start = {"$max": [1, {"$min": [low, _FAR]}]}
    count = {"$add": [{"$subtract": [{"$min": [high, _FAR]}, start]}, 1]}
    taken = {"$slice": [values, {"$subtract": [start, 1]}, {"$max": [count, 1]}]}
    return cond({"$lt": [high, start]}, [], taken)


def _position(call: Call, values: Mql, value: Mql) -> Mql:
    found = {"$indexOfArray": [or_null(values), or_null(value)]}
    return let(lambda i: cond({"$eq": [i, -1]}, None, {"$add": [i, 1]}), found)


def _append(call: Call, values: Mql, value: Mql) -> Mql:
    return {"$concatArrays": [{"$ifNull": [values, []]}, [or_null(value)]]}


def _prepend(call: Call, value: Mql, values: Mql) -> Mql:
    return {"$concatArrays": [[or_null(value)], {"$ifNull": [values, []]}]}


def _cat(call: Call, a: Mql, b: Mql) -> Mql:
    joined = {"$concatArrays": [{"$ifNull": [a, []]}, {"$ifNull": [b, []]}]}
    return cond(all_of([absent(a), absent(b)]), None, joined)


def _remove(call: Call, values: Mql, value: Mql) -> Mql:
    def kept(x: Mql) -> Mql:
        return {"$filter": {"input": or_null(values), "cond": {"$ne": ["$$this", x]}}}

    return let(kept, or_null(value))


def _replace(call: Call, values: Mql, old: Mql, new: Mql) -> Mql:
    def changed(x: Mql, y: Mql) -> Mql:
        each = cond({"$eq": ["$$this", x]}, y, "$$this")
        return {"$map": {"input": or_null(values), "in": each}}

    return let(changed, or_null(old), or_null(new))


def _contains_all(call: Call, a: Mql, b: Mql) -> Mql:
    return all_of([{"$not": [{"$in": [None, b]}]}, {"$setIsSubset": [b, a]}])


def _overlaps(call: Call, a: Mql, b: Mql) -> Mql:
    common = {"$setDifference": [{"$setIntersection": [a, b]}, [None]]}
    return {"$gt": [{"$size": common}, 0]}


def _array_of(call: Call, *items: Mql) -> Mql:
    # A bare array is a constant in the projection of a find.
    return {"$concatArrays": [[or_null(item) for item in items]]}


def _flatten(call: Call, values: Mql) -> Mql:
    joined = {"$concatArrays": ["$$value", {"$ifNull": ["$$this", []]}]}
    return {"$reduce": {"input": values, "initialValue": [], "in": joined}}


def _order_of_floats(call: Call) -> str:
    """NaN is the largest number in SQL, and below all others for the server."""
    element = call.args[1].type.element or TEXT
    ordered = arrays.COMPARED[call.fn] not in (fo.EQ, fo.NE)
    return (
        "the order of NaN in arrays has no MongoDB form"
        if (ordered and element.kind in FLOATS)
        else ""
    )


ROWS: dict[Function, Row] = {
    **{fn: Row(_any_of, Nulls.OWN, refuses=_order_of_floats) for fn in arrays.COMPARED},
    arrays.CARDINALITY: Row(op("$size")),
    arrays.FLATTEN: Row(_flatten),
    arrays.ELEMENT: Row(_element),
    arrays.SLICE: Row(_slice),
    arrays.ARRAY_POSITION: Row(_position, Nulls.OWN),
    arrays.ARRAY_APPEND: Row(_append, Nulls.OWN),
    arrays.ARRAY_PREPEND: Row(_prepend, Nulls.OWN),
    arrays.ARRAY_CAT: Row(_cat, Nulls.OWN),
    arrays.ARRAY_REMOVE: Row(_remove, Nulls.OWN),
    arrays.ARRAY_REPLACE: Row(_replace, Nulls.OWN),
    arrays.CONTAINS_ALL: Row(_contains_all),
    arrays.OVERLAPS: Row(_overlaps),
    documents.ARRAY_OF: Row(_array_of, Nulls.OWN),
}


_TAKING = frozenset(
    {arrays.CARDINALITY, arrays.FLATTEN, arrays.ELEMENT, arrays.SLICE}
)  # which compare nothing


def refusal(e: Call, of_part: Callable[[Scalar], str]) -> str:
    """Why a call of one of `ROWS` has no exact form, "" if it has; `of_part` says it of others."""
    reasons = (_of_argument(a, e.fn in _TAKING, of_part) for a in e.args)
    return ROWS[e.fn].refuses(e) or next(filter(None, reasons), "")


def _of_argument(e: Scalar, taking: bool, of_part: Callable[[Scalar], str]) -> str:
    if e.type.kind is not Kind.ARRAY:
        return of_part(e)
    if has_native(e.type) if taking else not is_plain(e.type):
        return f"elements of {e.type} are not compared exactly by MongoDB"
    if isinstance(e, Literal | Param):
        finer = e.type.element is not None and e.type.element.kind in _INSTANTS
        return "MongoDB keeps milliseconds" if finer else ""
    return "" if is_reference(e) else of_part(e)


def has_native(t: SqlType) -> bool:
    """Whether some part of `t` is stored as a type that SQL sees as another."""
    parts = [part for _, part in t.fields] + ([t.element] if t.element else [])
    return bool(t.native) or any(map(has_native, parts))


def is_plain(t: SqlType) -> bool:
    """Whether the server compares values of `t`, elements too, as SQL does."""
    if t.native or t.kind in (Kind.JSON, Kind.MAP, Kind.STRUCT):
        return False
    return t.element is None or is_plain(t.element)


# --- as a $match ---------------------------------------------------------------------------


def matched(e: Call, scope: Scope) -> Query | None:
    """The query for the rows where a search of, or in, a field is true."""
    if e.fn in (arrays.CONTAINS_ALL, arrays.OVERLAPS):
        return _with_all_or_some(e, scope)
    if e.fn not in arrays.COMPARED:
        return None
    fn, (left, values) = arrays.COMPARED[e.fn], e.args
    if fn is fo.EQ and (path := _path(left, scope)) is not None:
        return _listed(path, values, _in)
    path, bound = _path(values, scope), _bound(left)
    if path is None or bound is None:
        return None
    if fn is fo.NE:
        return {path: {"$elemMatch": {"$nin": [bound, None]}}}
    return {path: {OPERATORS[fo.MIRRORED[fn]]: bound}}


def unmatched(e: Call, scope: Scope) -> Query | None:
    """The query for the rows where `= ANY` is false: neither found nor NULL."""
    if e.fn is not arrays.EQ_ANY:
        return None
    left, values = e.args
    if (path := _path(left, scope)) is not None:
        return _listed(path, values, _not_in)
    path, bound = _path(values, scope), _bound(left)
    return None if path is None or bound is None else {path: {"$nin": [bound, None]}}


def _path(e: Scalar, scope: Scope) -> str | None:
    place = place_of(e, scope)
    return None if place is None or place.native or not is_plain(e.type) else place.path


def _bound(e: Scalar) -> Mql:
    """A constant other than NULL; None for anything else."""
    if e.type.kind in _INSTANTS:
        return None
    if isinstance(e, Param):
        return Placeholder(e.index, encoder(e.type))
    return constant(e.value, e.type) if isinstance(e, Literal) else None


def _in(path: str, items: list[Mql]) -> Query:
    return {path: {"$in": [i for i in items if i is not None]}}


def _not_in(path: str, items: list[Mql]) -> Query:
    if not items:
        return {}
    return NOTHING if None in items else {path: {"$nin": [*items, None]}}


def _listed(path: str, values: Scalar, build: Callable[[str, list[Mql]], Query]) -> Query | None:
    """The query of a list of constants, which may be a parameter."""
    encode = encoder(values.type)
    if isinstance(values, Param):
        shown = f"{path} {build.__name__.strip('_')} ${values.index + 1}"
        hole = Placeholder(values.index, lambda v: build(path, encode(v)), shown)
        return {"$and": [hole]}
    if isinstance(values, Literal) and values.value is not None:
        return build(path, encode(values.value))
    return None


def _with_all_or_some(e: Call, scope: Scope) -> Query | None:
    path, wanted = _path(e.args[0], scope), e.args[1]
    build = _all if e.fn is arrays.CONTAINS_ALL else _in
    if path is None:
        return None
    if isinstance(wanted, Call) and wanted.fn is documents.ARRAY_OF:
        items = [_bound(item) for item in wanted.args]
        return None if None in items or not items else build(path, items)
    return _listed(path, wanted, build)


def _all(path: str, items: list[Mql]) -> Query:
    if None in items:
        return NOTHING
    return {path: {"$all": items} if items else {"$type": "array"}}
