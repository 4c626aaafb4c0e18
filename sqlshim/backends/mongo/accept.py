"""What MongoDB can be given to run: `accept` answers for one node over accepted inputs.

Refusing is a value: the reason goes to EXPLAIN. `refusal(e)` says why a scalar cannot be said
exactly, "" if it can; `expressions` and `match` rely on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal

from sqlshim.backends.estimate import Known, unmeasured
from sqlshim.backends.mongo import aggregates, arrays, compare, expressions, limits, windows
from sqlshim.backends.mongo.arithmetic import DIGITS
from sqlshim.backends.mongo.casts import cast_row
from sqlshim.backends.mongo.collecting import COLLECTING
from sqlshim.backends.mongo.costs import why_not_lookup
from sqlshim.backends.mongo.encode import has_micros
from sqlshim.backends.mongo.functions import row_of
from sqlshim.backends.mongo.joins import oriented
from sqlshim.backends.mongo.like import like
from sqlshim.backends.mongo.mql import is_plain_name
from sqlshim.backends.mongo.origins import origins
from sqlshim.backends.mongo.scope import is_reference
from sqlshim.backends.protocol import Accepted, Pushdown
from sqlshim.errors import DataError
from sqlshim.functions import aggregates as fa
from sqlshim.functions import conditional as fc
from sqlshim.functions import datetime as fd
from sqlshim.functions import documents
from sqlshim.functions import operators as op
from sqlshim.functions.varying import READ_AS
from sqlshim.ir import walk
from sqlshim.ir.keys import is_key_test
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    JoinKind,
    Limit,
    Project,
    Rel,
    Scan,
    SetKind,
    SetOp,
    Sort,
    Unnest,
    Values,
    Window,
)
from sqlshim.ir.scalar import (
    AggregateCall,
    Call,
    Case,
    Cast,
    Column,
    InList,
    Literal,
    Param,
    Scalar,
    Subquery,
    WindowCall,
)
from sqlshim.types import NESTED, Kind, SqlType

_MOST_SORT_KEYS = 16  # of the server's 32: a key may need another one for its NULLs
_OPAQUE = NESTED | {Kind.JSON, Kind.INTERVAL}
_UNORDERED = _OPAQUE | {Kind.BYTES}  # the server compares the length of binary data first
_ORDER = {op.LT, op.LE, op.GT, op.GE, fc.GREATEST, fc.LEAST}
_CUTS = {fd.DATE_TRUNC, fd.EXTRACT, fd.EXTRACT_FRACTION}
_FINE = {"microseconds", "milliseconds", "second", "epoch"}
_MICROS = "MongoDB keeps milliseconds"
_SEVERAL = "a pipeline reads one database"


def accept(rel: Rel, pushdown: Pushdown, known: Known = unmeasured) -> Accepted:
    """Whether MongoDB runs `rel`, whose inputs it runs already. `known` are measured shares."""
    if isinstance(rel, Scan):
        return Accepted(rel)
    if pushdown is Pushdown.NEVER:
        return Accepted(None, why='pushdown="never"')
    if isinstance(rel, Filter):
        return _filter(rel)
    why = _why_not(rel, pushdown, known) or limits.excess(rel)
    return Accepted(None, why=why) if why else Accepted(rel)


def _filter(rel: Filter) -> Accepted:
    """Conjunct by conjunct."""
    reasons = [_key_test(t, rel) if is_key_test(t) else _reason(t) for t in rel.where]
    taken = tuple(t for t, why in zip(rel.where, reasons, strict=True) if not why)
    left = tuple(t for t, why in zip(rel.where, reasons, strict=True) if why)
    why = next(filter(None, reasons), "")
    return Accepted(Filter(rel.input, taken) if taken else None, left if taken else (), why)


def _key_test(term: Scalar, rel: Filter) -> str:
    """Keys are looked for in a field of the collection itself, where an index may help."""
    names = origins(rel.input)
    plain = all(is_plain_name(names.get(column, "")) for column in walk.reads(term))
    return "" if plain else "keys are looked for in plain fields only"


def _reason(e: Scalar) -> str:
    return limits.too_deep(e) or refusal(e)


def _why_not(rel: Rel, pushdown: Pushdown, known: Known) -> str:
    match rel:
        case Project():
            return _first(_reason(e) for _, e in rel.items if not isinstance(e, Column))
        case Aggregate():
            return _aggregate(rel, pushdown)
        case GroupingSets():
            return _grouping_sets(rel, pushdown)
        case Unnest():
            return _first(_reason(e) for _, e in rel.arrays)
        case Sort():
            return _sort(rel)
        case Limit():
            return ""
        case Join():
            return _join(rel, pushdown, known)
        case Window():
            return _first(_window(call) for _, call in rel.calls)
        case SetOp():
            return _union(rel)
        case Values():
            return "VALUES are rows of no collection"
        case _:
            return f"{type(rel).__name__} has no MongoDB form"


def _first(reasons: Iterable[str]) -> str:
    return next((why for why in reasons if why), "")


# --- relations -----------------------------------------------------------------------------


def _aggregate(rel: Aggregate, pushdown: Pushdown) -> str:
    for _, key in rel.keys:
        why = _reason(key) or _kind(key.type, _OPAQUE, "grouped by")
        if why:
            return why
    for _, call in rel.calls:
        why = aggregates.refusal(call) or _first(map(_reason, walk.call_scalars(call)))
        if not why and call.fn in COLLECTING:
            why = _collecting(call, pushdown)
        if not why and call.fn is not fa.COUNT:
            kinds = _UNORDERED if call.fn in (fa.MIN, fa.MAX) else _OPAQUE
            why = _first(_kind(arg.type, kinds, "aggregated") for arg in call.args)
        if not why and call.distinct:
            why = _first(_kind(arg.type, _OPAQUE, "made distinct") for arg in call.args)
        if why:
            return why
    return ""


def _collecting(call: AggregateCall, pushdown: Pushdown) -> str:
    if pushdown is not Pushdown.ALWAYS:
        return f"what {call.fn.name} collects may pass the 16 MB of a document"
    return _first(_kind(key.expr.type, _UNORDERED, "sorted") for key in call.order)


def _kind(t: SqlType, refused: frozenset[Kind], done: str) -> str:
    return f"{t} cannot be {done} exactly by MongoDB" if t.kind in refused else ""


def _sort(rel: Sort) -> str:
    reasons = (_reason(k.expr) or _kind(k.expr.type, _UNORDERED, "sorted") for k in rel.keys)
    return _many_keys(len(rel.keys)) or _first(reasons)


def _many_keys(count: int) -> str:
    return f"MongoDB sorts by few keys, not by {count}" if count > _MOST_SORT_KEYS else ""


def _grouping_sets(rel: GroupingSets, pushdown: Pushdown) -> str:
    """One $group a set, each over the input read again: it must be the same rows again."""
    if any(isinstance(r, Limit) for r in walk.every_rel(rel.input)):
        return "grouping sets over a LIMIT have no MongoDB form"
    return _aggregate(Aggregate(rel.input, rel.keys, rel.calls), pushdown)


def _window(call: WindowCall) -> str:
    exprs = (*call.args, *call.partition, *(k.expr for k in call.order))
    return (
        windows.refusal(call)
        or _many_keys(len(call.order) + 1)  # it sorts by the partition first
        or _first(_kind(e.type, _OPAQUE, "used in a window") for e in exprs)
        or _first(_kind(k.expr.type, _UNORDERED, "sorted") for k in call.order)
        or _first(map(_reason, exprs if call.filter is None else (*exprs, call.filter)))
    )


def _union(rel: SetOp) -> str:
    if rel.kind is not SetKind.UNION_ALL:
        return f"{rel.kind.upper()} has no MongoDB form"
    if _reads_several(rel):
        return _SEVERAL
    for part in rel.inputs:
        for mine, theirs in zip(rel.columns, part.columns, strict=True):
            if mine.type.kind is not theirs.type.kind:
                return "the inputs of UNION ALL have different types"
    return ""


def _reads_several(rel: Rel) -> bool:
    """Whether the collections under `rel` are in several databases."""
    scans = (r for r in walk.every_rel(rel) if isinstance(r, Scan))
    return len({scan.table.schema for scan in scans}) > 1


def _join(rel: Join, pushdown: Pushdown, known: Known) -> str:
    if rel.kind is JoinKind.FULL:
        return "FULL JOIN has no MongoDB form"
    if _reads_several(rel):
        return _SEVERAL
    why = _first(map(_reason, rel.on))
    if why or pushdown is Pushdown.ALWAYS:
        return why
    return why_not_lookup(oriented(rel), known)


# --- scalars -------------------------------------------------------------------------------


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
            if e.type.kind in _OPAQUE:
                return f"CASE of {e.type} has no MongoDB form"
            return _first(map(refusal, walk.operands(e)))
        case InList():
            return _in_list(e)
        case Subquery():
            return "a subquery has no MongoDB form yet"


def _literal(e: Literal) -> str:
    if e.value is None:
        return ""
    if e.type.kind in _OPAQUE:
        return f"a constant of type {e.type} has no MongoDB form"
    if has_micros(e.value):
        return _MICROS
    if isinstance(e.value, Decimal) and len(e.value.as_tuple().digits) > DIGITS:
        return f"MongoDB keeps {DIGITS} digits"
    return ""


def _param(e: Param) -> str:
    if e.type.kind in _OPAQUE:
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
    if e.arg.type.kind in _OPAQUE or cast_row(e.arg.type, e.type) is None:
        return f"CAST({e.arg.type} AS {e.type}) has no exact MongoDB form"
    if e.type.kind is Kind.DATE and compare.is_constant_instant(e.arg):
        return ""  # nothing finer than a day is left of it
    return refusal(e.arg)


def _in_list(e: InList) -> str:
    why = _kind(e.arg.type, _OPAQUE, "compared")
    return why or _first(_side(part, ordered=False) for part in (e.arg, *e.items))


def _call(e: Call) -> str:
    check = _SPECIAL.get(e.fn)
    if check is not None:
        return check(e)
    row = row_of(e)
    if row is None:
        return f"{e.fn.name} has no MongoDB form"
    if e.fn.volatile:
        return f"{e.fn.name} differs from row to row"
    refused = _UNORDERED if e.fn in _ORDER else _OPAQUE - {Kind.INTERVAL}
    return (
        _first(_kind(a.type, refused, f"given to {e.fn.name}") for a in e.args)
        or row.refuses(e)
        or _first(refusal(a) for a in e.args if a.type.kind is not Kind.INTERVAL)
    )


def _comparison(e: Call) -> str:
    ordered = e.fn in _ORDER
    refused = _UNORDERED if ordered else _OPAQUE
    return _first(_kind(a.type, refused, "compared") or _side(a, ordered) for a in e.args)


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
    return _first(map(refusal, e.args))


def _null_test(e: Call) -> str:
    return "" if is_reference(e.args[0]) else refusal(e.args[0])


def _like(e: Call) -> str:
    _, pattern, escape = e.args
    if not isinstance(escape, Literal) or not isinstance(escape.value, str):
        return "LIKE with a computed ESCAPE has no MongoDB form"
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
    op.LIKE: _like,
    documents.FIELD: _field,
    **dict.fromkeys(arrays.ROWS, _on_arrays),
    READ_AS: _field,
}
assert set(_SPECIAL) >= expressions.OWN
