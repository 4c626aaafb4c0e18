"""Why MongoDB cannot say a scalar exactly: `refusal(e)` gives the reason, "" if there is none.

Refusing is a value: the reason goes to EXPLAIN. Called by `accept`; `expressions` and `match` rely
on it. What is inside a subquery is asked by `accept`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal

from sqlshim.backends.mongo.expressions import arrays, compare, scalars
from sqlshim.backends.mongo.expressions.arithmetic import DIGITS
from sqlshim.backends.mongo.expressions.casts import cast_row
from sqlshim.backends.mongo.expressions.functions import row_of
from sqlshim.backends.mongo.expressions.letters import small
from sqlshim.backends.mongo.expressions.like import like
from sqlshim.backends.mongo.stages import limits
from sqlshim.backends.mongo.stages.scope import is_reference
from sqlshim.backends.mongo.stages.subqueries import compared
from sqlshim.backends.mongo.values.encode import has_micros
from sqlshim.errors import DataError
from sqlshim.functions import conditional as fc
from sqlshim.functions import datetime as fd
from sqlshim.functions import documents
from sqlshim.functions import operators as op
from sqlshim.functions.varying import READ_AS
from sqlshim.ir import walk
from sqlshim.ir.scalar import (
    Call,
    Case,
    Cast,
    Column,
    InList,
    Literal,
    Param,
    Scalar,
    Subquery,
    SubqueryKind,
)
from sqlshim.types import NESTED, Kind, SqlType

OPAQUE = NESTED | {Kind.JSON, Kind.INTERVAL, Kind.DURATION}
UNORDERED = OPAQUE | {Kind.BYTES}  # the server compares the length of binary data first
_ORDER = {op.LT, op.LE, op.GT, op.GE, fc.GREATEST, fc.LEAST}
_CUTS = {fd.DATE_TRUNC, fd.EXTRACT, fd.EXTRACT_FRACTION}
_FINE = {"microseconds", "milliseconds", "second", "epoch"}
_MICROS = "MongoDB keeps milliseconds"


def first(reasons: Iterable[str]) -> str:
    """The first reason, "" if there is none."""
    return next((why for why in reasons if why), "")


def kind(t: SqlType, refused: frozenset[Kind], done: str) -> str:
    """Why values of type `t` cannot be handled so, if its kind is among `refused`."""
    return f"{t} cannot be {done} exactly by MongoDB" if t.kind in refused else ""


def refusal(e: Scalar) -> str:
    """Why `e` has no exact form; "" if it has."""
    match e:
        case Column():
            return ""
        case Literal():
            return _literal(e)
        case Param():
            return _param(e)
        case Call():
            return _call(e)
        case Cast():
            return _cast(e)
        case Case():
            return _case(e)
        case InList():
            return _in_list(e)
        case Subquery():
            return _subquery(e)


def _subquery(e: Subquery) -> str:
    if e.kind is SubqueryKind.SCALAR and e.type.kind is Kind.JSON:
        return "a subquery's value of varying type has no MongoDB form"
    if e.kind is not SubqueryKind.QUANTIFIED:
        return ""
    if len(e.args) > 1 and e.op is not op.EQ:
        return "rows are compared by equality only"
    return refusal(compared(e))


def _case(e: Case) -> str:
    if e.type.kind in OPAQUE:
        return f"CASE of {e.type} has no MongoDB form"
    why = _eager(walk.operands(e)[1:])
    return why or first(map(refusal, walk.operands(e)))


def _eager(skipped: Iterable[Scalar]) -> str:
    """Why operands that SQL may skip cannot be computed before: a subquery there could fail."""
    for operand in skipped:
        for part in walk.every_scalar(operand):
            if isinstance(part, Subquery) and not _is_safe(part):
                return "a subquery that CASE or COALESCE may skip could raise an error"
    return ""


def _is_safe(e: Subquery) -> bool:
    """Whether evaluating the query for nothing could not raise an error."""
    return all(
        isinstance(part, Column | Literal | Subquery)
        or (isinstance(part, Call) and part.fn in _CANNOT_FAIL)
        for rel in walk.every_rel(e.rel)
        for expr in walk.scalars(rel)
        for part in walk.every_scalar(expr)
    )


_CANNOT_FAIL = {*op.COMPARISONS, op.AND, op.OR, op.NOT, op.IS_NULL, op.IS_NOT_NULL}


def _literal(e: Literal) -> str:
    if e.value is None:
        return ""
    if e.type.kind in OPAQUE:
        return f"a constant of type {e.type} has no MongoDB form"
    if has_micros(e.value):
        return _MICROS
    if isinstance(e.value, Decimal) and len(e.value.as_tuple().digits) > DIGITS:
        return f"MongoDB keeps {DIGITS} digits"
    return ""


def _param(e: Param) -> str:
    if e.type.kind in OPAQUE:
        return f"a parameter of type {e.type} has no MongoDB form"
    # It may be finer than the server keeps, which matters less where it is compared.
    return _MICROS if e.type.kind in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ) else ""


def _side(e: Scalar, ordered: bool) -> str:
    """`refusal` for a side of a comparison: constant instants are rounded to keep the answer."""
    if compare.is_constant_instant(e) and _is_plain_instant(e, ordered):
        return ""
    return refusal(e)


def _is_plain_instant(e: Scalar, ordered: bool) -> bool:
    """A constant as it is, or one moved by an INTERVAL that only an order is asked of."""
    if isinstance(e, Cast):
        return _is_plain_instant(e.arg, ordered)
    if isinstance(e, Call):
        return ordered and not refusal(_moved_midnight(e))
    return True


def _moved_midnight(e: Call) -> Scalar:
    """`e` over a constant that is fine, to ask about the INTERVAL alone."""
    midnight = Literal(dt.datetime(2000, 1, 1), e.type)
    return Call(e.fn, (midnight, *e.args[1:]), e.type)


def _cast(e: Cast) -> str:
    if e.safe:
        return "TRY_CAST has no MongoDB form"
    if e.arg.type.kind in OPAQUE or cast_row(e.arg.type, e.type) is None:
        return f"CAST({e.arg.type} AS {e.type}) has no exact MongoDB form"
    if e.type.kind is Kind.DATE and compare.is_constant_instant(e.arg):
        return ""  # nothing finer than a day is left of it
    return refusal(e.arg)


def _in_list(e: InList) -> str:
    why = kind(e.arg.type, OPAQUE, "compared")
    return why or first(_side(part, ordered=False) for part in (e.arg, *e.items))


def _call(e: Call) -> str:
    check = _SPECIAL.get(e.fn)
    if check is not None:
        return check(e)
    row = row_of(e)
    if row is None:
        return f"{e.fn.name} has no MongoDB form"
    if e.fn is fc.COALESCE and (why := _eager(e.args[1:])):
        return why
    if e.fn.volatile:
        return f"{e.fn.name} differs from row to row"
    refused = UNORDERED if e.fn in _ORDER else OPAQUE - {Kind.INTERVAL}
    return (
        first(kind(a.type, refused, f"given to {e.fn.name}") for a in e.args)
        or row.refuses(e)
        or first(refusal(a) for a in e.args if a.type.kind is not Kind.INTERVAL)
    )


def _comparison(e: Call) -> str:
    ordered = e.fn in _ORDER
    refused = UNORDERED if ordered else OPAQUE
    return first(kind(a.type, refused, "compared") or _side(a, ordered) for a in e.args)


def _field(e: Call) -> str:
    """A field of a document, or a value whose type varies: what is read does not matter, only what
    is done with it."""
    parent = e.args[0]
    if is_reference(parent):
        return ""
    return refusal(parent)


def _on_arrays(e: Call) -> str:
    return arrays.refusal(e, refusal)


def _parts(e: Call) -> str:
    return first(map(refusal, e.args))


def _null_test(e: Call) -> str:
    return "" if is_reference(e.args[0]) else refusal(e.args[0])


def _like(e: Call) -> str:
    _, pattern, escape = e.args
    if not isinstance(escape, Literal) or not isinstance(escape.value, str):
        return "LIKE with a computed ESCAPE has no MongoDB form"
    if e.fn is op.ILIKE and small(escape.value) != escape.value:
        return "ILIKE with a capital letter as ESCAPE has no MongoDB form"
    if not isinstance(pattern, Literal | Param):
        return "LIKE with a computed pattern has no MongoDB form"
    if isinstance(pattern, Literal):
        if pattern.value is None:
            return "LIKE NULL has no MongoDB form"
        try:
            found = like(str(pattern.value), escape.value)
        except DataError as error:
            return error.detail
        if len(found.regex) > limits.LONGEST_PATTERN:
            return "MongoDB takes no pattern that long"
    return refusal(e.args[0])


def _cutting(e: Call) -> str:
    """DATE_TRUNC and EXTRACT: of a constant finer than milliseconds, coarse parts only."""
    row = row_of(e)
    assert row is not None
    why = row.refuses(e) or refusal(e.args[0])
    part = e.args[0].value if isinstance(e.args[0], Literal) else None
    if not why and part not in _FINE and compare.is_constant_instant(e.args[1]):
        return ""
    return why or refusal(e.args[1])


_SPECIAL: dict[object, Callable[[Call], str]] = {
    **dict.fromkeys((*op.COMPARISONS, op.IS_DISTINCT, op.IS_NOT_DISTINCT), _comparison),
    **dict.fromkeys((op.AND, op.OR, op.NOT, op.IS_TRUE, op.IS_FALSE), _parts),
    **dict.fromkeys((op.IS_NULL, op.IS_NOT_NULL), _null_test),
    **dict.fromkeys(_CUTS, _cutting),
    **dict.fromkeys((op.LIKE, op.ILIKE), _like),
    documents.FIELD: _field,
    **dict.fromkeys(arrays.ROWS, _on_arrays),
    READ_AS: _field,
}
assert set(_SPECIAL) >= scalars.OWN
