"""Fields whose type varies: the values of one type, as an expression and as a $match.

A query operator compares with values of the constant's type only, which is what SQL wants here; but
it also looks into arrays.
"""

from __future__ import annotations

from sqlshim.backends.mongo.expressions import compare
from sqlshim.backends.mongo.expressions.mql import NAN, Mql, cond, let
from sqlshim.backends.mongo.params import Placeholder
from sqlshim.backends.mongo.stages.scope import Scope, place_of
from sqlshim.backends.mongo.values.encode import is_object_id, object_id
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.functions.varying import READ_AS
from sqlshim.ir.scalar import Call, InList, Literal, Param, Scalar
from sqlshim.types import Kind

# The BSON types of the values that are read as a type.
_TYPES: dict[Kind, list[str]] = {
    Kind.TEXT: ["string", "objectId"],
    Kind.DOUBLE: ["number"],
    Kind.BOOLEAN: ["bool"],
    Kind.TIMESTAMP: ["date"],
}
Query = dict[str, Mql]
_SINGLE: Query = {"$not": {"$type": "array"}}
_EXACT = 2**53  # below, a double is the integer it is compared with


def read_as(call: Call, value: Mql) -> Mql:
    """The value where it has the type of the call, null elsewhere."""
    match call.type.kind:
        case Kind.DOUBLE:
            return let(_number, value)
        case Kind.TEXT:
            return let(_text, value)
        case kind:
            (name,) = _TYPES[kind]
            return let(lambda v: cond({"$eq": [{"$type": v}, name]}, v, None), value)


def _number(value: Mql) -> Mql:
    double = {"$convert": {"input": value, "to": "double", "onError": None, "onNull": None}}
    return cond({"$isNumber": value}, double, None)


def _text(value: Mql) -> Mql:
    kind = {"$type": value}
    other = cond({"$eq": [kind, "objectId"]}, {"$toString": value}, None)
    return cond({"$eq": [kind, "string"]}, value, other)


# --- as a $match ---------------------------------------------------------------------------


def compared(e: Call, scope: Scope) -> Query | None:
    """The query of a comparison with a constant; None if query operators cannot say it."""
    fn, (read, side) = e.fn, e.args
    if not _is_read(read):
        fn, read, side = op.MIRRORED.get(fn, fn), side, read
    path = _path(read, scope)
    if path is None or fn not in compare.OPERATORS or not isinstance(side, Literal | Param):
        return None
    if read.type.kind is Kind.TEXT:
        return _text_test(fn, path, side)
    if not isinstance(side, Literal) or not _is_plain(side.value):
        return None
    test: Query = {path: {compare.OPERATORS[fn]: side.value, **_SINGLE}}
    if fn is op.NE:
        return _typed(path, read.type.kind, test)
    if fn in (op.GT, op.GE) and read.type.kind is Kind.DOUBLE:
        return {"$or": [test, {path: {"$eq": NAN, **_SINGLE}}]}
    return test


def listed(e: InList, scope: Scope) -> Query | None:
    """The query of an IN list of constants; None if query operators cannot say it."""
    path = _path(e.arg, scope)
    if path is None or not all(isinstance(i, Literal) for i in e.items):
        return None
    values = [i.value for i in e.items if isinstance(i, Literal) and i.value is not None]
    if e.arg.type.kind is Kind.TEXT:
        return {path: {"$in": [s for v in values for s in _spellings(v)], **_SINGLE}}
    return {path: {"$in": values, **_SINGLE}} if all(map(_is_plain, values)) else None


def _is_read(e: Scalar) -> bool:
    return isinstance(e, Call) and e.fn is READ_AS


def _path(e: Scalar, scope: Scope) -> str | None:
    """The field that `e` reads as one type."""
    if not isinstance(e, Call) or e.fn is not READ_AS:
        return None
    place = place_of(e.args[0], scope)
    return None if place is None else place.path


def _text_test(fn: Function, path: str, side: Literal | Param) -> Query | None:
    """Equality only: an ObjectId has a place of its own in the server's order."""
    if fn not in (op.EQ, op.NE) or (isinstance(side, Literal) and side.value is None):
        return None
    if isinstance(side, Param):
        texts: Mql = Placeholder(side.index, _spellings)
    else:
        texts = _spellings(side.value)
    if fn is op.EQ:
        return {path: {"$in": texts, **_SINGLE}}
    return _typed(path, Kind.TEXT, {path: {"$nin": texts, **_SINGLE}})


def _typed(path: str, kind: Kind, test: Query) -> Query:
    """`test` on values that are read as `kind` only."""
    return {"$and": [{path: {"$type": _TYPES[kind]}}, test]}


def _spellings(value: object) -> Mql:
    """A text, and the ObjectId that it is the text of."""
    return [value, object_id(value)] if is_object_id(value) else [value]


def _is_plain(value: object) -> bool:
    """Whether no value of another of the server's types could be the same: a decimal 0.1 is not
    the double 0.1, and large integers are not what they are as doubles."""
    if isinstance(value, float):
        return value.is_integer() and abs(value) < _EXACT
    return isinstance(value, bool)
