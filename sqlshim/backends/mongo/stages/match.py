"""Conditions as $match query operators, which can use an index; None where $expr must do it.

Query operators have null rules of their own: a comparison matches only values of the constant's
type, so NULL never passes it, but negations let NULL through. `matched(e)` is a query document
that matches exactly the rows where `e` is true, `unmatched(e)` those where it is false.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from bson.regex import Regex

from sqlshim.backends.mongo.expressions import arrays, compare, varying
from sqlshim.backends.mongo.expressions.like import like, starting_with
from sqlshim.backends.mongo.expressions.mql import NAN, NOTHING, Mql
from sqlshim.backends.mongo.params import Placeholder
from sqlshim.backends.mongo.stages.keys import in_keys
from sqlshim.backends.mongo.stages.scope import Place, Scope, is_reference, place_of
from sqlshim.backends.mongo.values.encode import (
    OBJECT_ID,
    constant,
    encoder,
    is_object_id,
    object_id,
)
from sqlshim.errors import InvalidText
from sqlshim.functions import operators as op
from sqlshim.functions import text as ft
from sqlshim.functions.keys import IN_KEYS
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, InList, Literal, Param, Scalar
from sqlshim.types import FLOATS, INSTANTS, NESTED, Kind

Query = dict[str, Mql]
_MANY_VALUED = NESTED | {Kind.JSON}  # an array matches what one of its elements matches


def matched(e: Scalar, scope: Scope) -> Query | None:
    """The query for the rows where `e` is true."""
    if isinstance(e, Literal):
        return {} if e.value is True else NOTHING
    if is_reference(e):
        return _bool(e, True, scope)
    if isinstance(e, InList):
        return _in_list(e, True, scope)
    if not isinstance(e, Call):
        return None
    if e.fn is op.AND:
        return _each(e.args, scope, conjoined)
    if e.fn is op.OR:
        return _each(e.args, scope, _either)
    if e.fn is op.NOT:
        return unmatched(e.args[0], scope)
    return _leaf(e, scope)


def unmatched(e: Scalar, scope: Scope) -> Query | None:
    """The query for the rows where `e` is false."""
    if is_reference(e):
        return _bool(e, False, scope)
    if isinstance(e, InList):
        return _in_list(e, False, scope)
    if not isinstance(e, Call):
        return None
    if e.fn in op.NEGATED:
        return matched(Call(op.NEGATED[e.fn], e.args, e.type), scope)
    if e.fn in (op.AND, op.OR):
        other = op.OR if e.fn is op.AND else op.AND
        flipped = tuple(Call(op.NOT, (a,), e.type) for a in e.args)
        return matched(Call(other, flipped, e.type), scope)
    if e.fn is op.NOT:
        return matched(e.args[0], scope)
    if e.fn in (op.IS_NULL, op.IS_NOT_NULL):
        other = op.IS_NOT_NULL if e.fn is op.IS_NULL else op.IS_NULL
        return matched(Call(other, e.args, e.type), scope)
    if e.fn is op.LIKE:
        return _not_like(e, scope)
    return arrays.unmatched(e, scope)


def _each(args: Iterable[Scalar], scope: Scope, join: object) -> Query | None:
    queries = [matched(a, scope) for a in args]
    if any(q is None for q in queries):
        return None
    assert callable(join)
    joined: Query = join([q for q in queries if q is not None])
    return joined


def _either(queries: Sequence[Query]) -> Query:
    return {"$or": list(queries)}


def _field(e: Scalar, scope: Scope) -> Place | None:
    """The place of a column or field that query operators reach and that holds single values."""
    if e.type.kind in _MANY_VALUED:
        return None
    place = place_of(e, scope)
    return None if place is None or place.path is None else place


def _bool(e: Scalar, wanted: bool, scope: Scope) -> Query | None:
    place = _field(e, scope)
    return None if place is None or place.path is None else {place.path: {"$eq": wanted}}


def _leaf(e: Call, scope: Scope) -> Query | None:
    if e.fn in (op.IS_NULL, op.IS_NOT_NULL):
        place = _field(e.args[0], scope)
        if place is None or place.path is None:
            return None
        return {place.path: {"$eq" if e.fn is op.IS_NULL else "$ne": None}}
    if e.fn is op.IS_TRUE:
        return matched(e.args[0], scope)
    if e.fn is op.IS_FALSE:
        return unmatched(e.args[0], scope)
    if e.fn is op.LIKE:
        return _like(e, scope)
    if e.fn is ft.STARTS_WITH:
        return _starts_with(e, scope)
    if e.fn is IN_KEYS and isinstance(e.args[1], Param):
        place = _field(e.args[0], scope)
        return in_keys(place, e.args[0].type, e.args[1]) if place else None
    if e.fn in (op.IS_DISTINCT, op.IS_NOT_DISTINCT):
        return _sameness(e, scope)
    return _comparison(e, scope) if e.fn in op.MIRRORED else arrays.matched(e, scope)


# --- comparisons ---------------------------------------------------------------------------


def _sides(e: Call, scope: Scope) -> tuple[Function, Scalar, Place, Literal | Param] | None:
    """The comparison with its column on the left, and the column's place."""
    a, b = (compare.stripped(x, e) for x in e.args)
    fn = e.fn
    if not is_reference(a):
        a, b, fn = b, a, op.MIRRORED.get(fn, fn)
    place = _field(a, scope)
    if place is None or not isinstance(b, Literal | Param):
        return None
    return fn, a, place, b


def _comparison(e: Call, scope: Scope) -> Query | None:
    sides = _sides(e, scope)
    if sides is None:
        return varying.compared(e, scope)
    fn, column, place, side = sides
    path = place.path
    assert path is not None
    if isinstance(side, Literal) and side.value is None:
        return NOTHING
    if fn in (op.LT, op.LE, op.GT, op.GE) and (column.type.kind in FLOATS or _may_be_nan(side)):
        return _float_range(fn, path, side)
    bound = _constant(side, fn, place)
    if bound is None:
        return None
    if fn is op.NE:
        nullable = column.type.nullable and not place.known
        return {path: {"$nin": [bound, None]} if nullable else {"$ne": bound}}
    return {path: {compare.OPERATORS[fn]: bound}}


def _constant(side: Literal | Param, fn: Function, place: Place) -> Mql:
    """The constant a column is compared with; None if query operators cannot say it."""
    if place.native == OBJECT_ID:
        return _object_id(side, fn)
    if side.type.kind in INSTANTS and side.type.kind is not Kind.DATE:
        rounded = compare.rounding(fn)
        return Placeholder(side.index, rounded) if isinstance(side, Param) else rounded(side.value)
    if isinstance(side, Param):
        return Placeholder(side.index, encoder(side.type))
    return constant(side.value, side.type)


def _object_id(side: Literal | Param, fn: Function) -> Mql:
    """The ObjectId behind a text. The order of ObjectIds is that of their texts."""
    same = fn in (op.EQ, op.NE)
    if isinstance(side, Param):
        return Placeholder(side.index, object_id if same else _required_object_id)
    return object_id(side.value) if same or is_object_id(side.value) else None


def _required_object_id(value: object) -> Mql:
    if not is_object_id(value):
        raise InvalidText(
            f'invalid input syntax for an ObjectId: "{value}"',
            hint="An ObjectId is compared with a text of 24 hexadecimal digits, in small letters.",
        )
    return object_id(value)


def _sameness(e: Call, scope: Scope) -> Query | None:
    """IS [NOT] DISTINCT FROM a constant: $eq and $ne count null as a value, as SQL does here."""
    sides = _sides(e, scope)
    if sides is None:
        return None
    *_, place, side = sides
    null = isinstance(side, Literal) and side.value is None
    bound = None if null else _constant(side, op.EQ, place)
    assert place.path is not None
    return {place.path: {"$ne" if e.fn is op.IS_DISTINCT else "$eq": bound}}


def _may_be_nan(side: Literal | Param) -> bool:
    return side.type.kind in FLOATS and (isinstance(side, Param) or _is_nan(side.value))


def _float_range(fn: Function, path: str, side: Literal | Param) -> Query | None:
    """A range of doubles: NaN is the largest in SQL, and outside every range for the server."""
    if isinstance(side, Param):
        hole = Placeholder(
            side.index,
            lambda v: float_range(fn, path, v),
            f"{path} {fn.symbol} ${side.index + 1}",
        )
        return {"$and": [hole]}
    return float_range(fn, path, side.value)


def float_range(fn: Function, path: str, value: object) -> Query:
    """The doubles in field `path` that `fn` puts on the right side of `value`."""
    assert isinstance(value, int | float)
    if math.isnan(value):
        by_nan: dict[Function, Query] = {
            op.LT: {path: {"$nin": [NAN, None]}},
            op.LE: {path: {"$ne": None}},
            op.GT: NOTHING,
            op.GE: {path: {"$eq": NAN}},
        }
        return by_nan[fn]
    plain = {path: {compare.OPERATORS[fn]: float(value)}}
    return {"$or": [plain, {path: {"$eq": NAN}}]} if fn in (op.GT, op.GE) else plain


def _in_list(e: InList, wanted: bool, scope: Scope) -> Query | None:
    if wanted and (found := varying.listed(e, scope)) is not None:
        return found
    items = [i for i in e.items if not (isinstance(i, Literal) and i.value is None)]
    if not wanted and len(items) < len(e.items):
        return NOTHING
    values = []
    for item in items:
        sides = _sides(Call(op.EQ, (e.arg, item), e.type), scope)
        if sides is None or not isinstance(item, Literal | Param):
            return None
        values.append(_constant(sides[3], op.EQ, sides[2]))
    arg = compare.stripped(e.arg, Call(op.EQ, (e.arg, *items), e.type))
    place = _field(arg, scope)
    if place is None or place.path is None:
        return None
    if wanted:
        return {place.path: {"$in": values}} if values else NOTHING
    nulls = [None] if arg.type.nullable and not place.known else []
    return {place.path: {"$nin": [*values, *nulls]}}


# --- texts ---------------------------------------------------------------------------------


def _text_field(e: Scalar, scope: Scope) -> str | None:
    place = _field(e, scope)
    return None if place is None or place.native else place.path


def _like(e: Call, scope: Scope) -> Query | None:
    text, pattern, escape = e.args
    path = _text_field(text, scope)
    if path is None or not isinstance(escape, Literal):
        return None
    stop = str(escape.value)
    if isinstance(pattern, Param):
        regex = Placeholder(pattern.index, lambda v: like(str(v), stop).regex)
        return {path: {"$regex": regex, "$options": "s"}}
    if not isinstance(pattern, Literal) or pattern.value is None:
        return None
    found = like(str(pattern.value), stop)
    if found.exact is not None:
        return {path: {"$eq": found.exact}}
    if found.anything:
        return {path: {"$ne": None}}
    return {path: _regex(found.regex)}


def _regex(regex: str) -> Query:
    return {"$regex": regex, "$options": "s"} if "." in regex else {"$regex": regex}


def _not_like(e: Call, scope: Scope) -> Query | None:
    like_it = _like(e, scope)
    path = _text_field(e.args[0], scope)
    if like_it is None or path is None:
        return None
    test = like_it[path]
    if "$ne" in test:  # every text matches
        return NOTHING
    if "$eq" in test:
        return {path: {"$nin": [test["$eq"], None]}}
    if isinstance(test["$regex"], str):  # one operator is checked faster than two
        return {path: {"$nin": [None, Regex(test["$regex"], test.get("$options", ""))]}}
    return {path: {"$not": test, "$ne": None}}


def _starts_with(e: Call, scope: Scope) -> Query | None:
    path = _text_field(e.args[0], scope)
    start = e.args[1]
    if path is None or not isinstance(start, Literal) or start.value is None:
        return None
    return {path: {"$regex": starting_with(str(start.value))}}


# --- conjunctions --------------------------------------------------------------------------


def conjoined(queries: Sequence[Query]) -> Query:
    """One query for all of `queries`; operators on one field come together where they can."""
    queries = _without_needless_nan(queries)
    merged: Query = {}
    rest: list[Mql] = []
    for query in queries:
        if not _merge(merged, query):
            rest += query["$and"] if set(query) == {"$and"} else [query]
    if not rest:
        return merged
    if not merged and len(rest) == 1 and isinstance(rest[0], dict):
        return rest[0]
    return {**merged, "$and": rest}


def _merge(into: Query, query: Query) -> bool:
    if any(key.startswith("$") and key != "$expr" for key in query):
        return False
    for key, test in query.items():
        have = into.get(key)
        if have is not None and (key == "$expr" or set(have) & set(test) or _regexes(have, test)):
            return False
    for key, test in query.items():
        into[key] = test if key == "$expr" else {**into.get(key, {}), **test}
    return True


def _regexes(a: Mapping[str, Mql], b: Mapping[str, Mql]) -> bool:
    return any("$regex" in t or "$not" in t for t in (a, b))


def _without_needless_nan(queries: Sequence[Query]) -> list[Query]:
    """Without "or NaN" on fields that another condition keeps NaN out of."""
    no_nan = {
        path
        for query in queries
        for path, test in query.items()
        if isinstance(test, dict) and not path.startswith("$") and _excludes_nan(test)
    }
    return [_without_nan(query, no_nan) for query in queries]


def _excludes_nan(test: Mapping[str, Mql]) -> bool:
    keys = ("$lt", "$lte", "$eq")
    return any(isinstance(v := test.get(k), int | float) and not math.isnan(v) for k in keys)


def _without_nan(query: Query, no_nan: set[str]) -> Query:
    terms = query.get("$or")
    if isinstance(terms, list) and len(terms) == 2 and len(query) == 1:
        plain, nan = terms
        for path in no_nan & set(plain):
            if set(nan) == {path} and _is_nan(nan[path].get("$eq")):
                result: Query = plain
                return result
    return query


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def tidy(query: Query) -> Query:
    """`{"a": {"$eq": 1}}` as a person writes it: `{"a": 1}`."""
    return {key: _tidy(key, value) for key, value in query.items()}


def _tidy(key: str, value: Mql) -> Mql:
    if key in ("$and", "$or"):
        return [tidy(v) if isinstance(v, dict) else v for v in value]
    if key.startswith("$") or not isinstance(value, dict) or set(value) != {"$eq"}:
        return value
    return value["$eq"]
