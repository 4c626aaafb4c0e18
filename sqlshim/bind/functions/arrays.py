"""Arrays: subscripts, ANY and ALL, and the functions on them, brought to common element types."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from sqlshim.bind.binds import Binds, Special, int_literal, text_literal
from sqlshim.bind.coerce import call, case, cast, coerce, in_list, logical, settle, unify
from sqlshim.bind.functions.dimensions import flat
from sqlshim.bind.functions.jsonb_operators import contained
from sqlshim.bind.scope import position
from sqlshim.bind.unordered import check_call
from sqlshim.errors import NotSupportedError, TypeMismatch
from sqlshim.functions import arrays, conditional, documents
from sqlshim.functions import json as fj
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import FALSE, TRUE, Call, Column, Literal, Param, Scalar, null_of
from sqlshim.types import INTEGER, INTEGERS, TEXT, UNKNOWN, Kind, SqlType, array, common

_QUANTIFIERS = {"ALL": True, "SOME": False}  # which sqlglot reads as calls
_LAST = 2**31 - 1  # the place that a slice without an end goes to


def _element(value: Scalar) -> SqlType:
    return value.type.element or TEXT


def _as_array(value: Scalar, other: SqlType) -> Scalar:
    """`value` as an array; an untyped constant becomes one of `other`s."""
    if value.type.kind is Kind.UNKNOWN:
        return coerce(value, array(TEXT if other.kind is Kind.UNKNOWN else other))
    return value


def with_element(fn: str, values: Scalar, *asked: Scalar) -> tuple[Scalar, ...]:
    """An array and the values that it is asked for, in a common type."""
    others = [v.type for v in asked if v.type.kind is not Kind.UNKNOWN]
    values = _as_array(values, others[0] if others else UNKNOWN)
    if values.type.kind is not Kind.ARRAY:
        raise _mismatch(fn, (values, *asked))
    # what stands for an element, so that constants take its type as they take a column's
    met = unify([Column(-1, "element", _element(values).with_null(True)), *asked])
    if met is None:
        raise _mismatch(fn, (values, *asked))
    target = met[0].type.with_null(True)
    if not isinstance(met[0], Column):
        values = coerce(values, array(target, values.type.nullable))
    return (values, *met[1:])


def _both(fn: str, a: Scalar, b: Scalar) -> tuple[Scalar, Scalar]:
    """Two arrays of a common type."""
    a = _as_array(a, _element(b) if b.type.kind is Kind.ARRAY else UNKNOWN)
    b = _as_array(b, _element(a))
    met = common(a.type, b.type)
    if met is None or met.kind is not Kind.ARRAY:
        raise _mismatch(fn, (a, b))
    return coerce(a, met), coerce(b, met)


def _mismatch(fn: str, args: Sequence[Scalar]) -> TypeMismatch:
    types = ", ".join(str(a.type).lower() for a in args)
    return TypeMismatch(
        f"function {fn}({types}) does not exist", sqlstate="42883", hint="Add an explicit CAST."
    )


# --- subscripts ----------------------------------------------------------------------------


def bracket(node: exp.Expr, binds: Binds) -> Scalar:
    """x[2], x[2:3], m['key']"""
    value = binds.scalar(node.this)
    for entry in node.expressions:
        value = _subscript(value, entry, node, binds)
    return value


def _subscript(value: Scalar, entry: exp.Expr, node: exp.Expr, binds: Binds) -> Scalar:
    if value.type.kind is Kind.MAP:
        key = coerce(binds.scalar(entry), (value.type.key or TEXT).with_null(True))
        return call(arrays.MAP_VALUE, value, key)
    if value.type.kind is Kind.JSON and not isinstance(entry, exp.Slice):
        place = binds.scalar(entry)
        return call(fj.JSON_AT if place.type.kind in INTEGERS else fj.JSON_GET, value, place)
    if value.type.kind is not Kind.ARRAY:
        raise TypeMismatch(
            f"cannot subscript type {str(value.type).lower()} because it does not support "
            "subscripting",
            sqlstate="42804",
            position=position(node),
        )
    if isinstance(entry, exp.Slice):
        if entry.args.get("step") is not None:
            raise NotSupportedError("a slice has no step", position=position(node))
        low = int_literal(1) if entry.this is None else binds.scalar(entry.this)
        high = int_literal(_LAST) if entry.expression is None else binds.scalar(entry.expression)
        return call(arrays.SLICE, value, low, high)
    place = binds.scalar(entry)
    return call(arrays.ELEMENT, value, _counted_from_1(place, node, binds))


def _counted_from_1(place: Scalar, node: exp.Expr, binds: Binds) -> Scalar:
    """BigQuery, Snowflake, Spark count from 0, or say what they count from."""
    offset = node.args.get("offset")
    if offset is None:
        offset = Dialect.get_or_raise(binds.context.dialect).INDEX_OFFSET
    if offset == 1:
        return place
    if isinstance(place, Literal) and isinstance(place.value, int):
        return int_literal(place.value + 1)
    return call(op.ADD, place, int_literal(1))


# --- ANY and ALL ---------------------------------------------------------------------------


def array_in(node: exp.Expr) -> tuple[exp.Expr, bool] | None:
    """The array of `ANY (…)` or `ALL (…)` and whether it is ALL; None for anything else."""
    if isinstance(node, exp.Any | exp.All):
        return node.this.unnest(), isinstance(node, exp.All)
    if isinstance(node, exp.Anonymous) and node.expressions:
        every = _QUANTIFIERS.get(str(node.this).upper())
        return None if every is None else (node.expressions[0], every)
    return None


def quantified(fn: Function, left: Scalar, values: Scalar, every: bool) -> Scalar:
    """`left fn ANY (values)`, or ALL. An array written out is an IN list."""
    check_call(fn, (left, values))
    values = _as_array(values, left.type)
    items = _items(values)
    if items is not None:
        return _listed(fn, left, items, every)
    if values.type.kind is not Kind.ARRAY:
        raise TypeMismatch("op ANY/ALL (array) requires array on right side", sqlstate="42809")
    if isinstance(values, Param):
        values = _list_for(left, values)
    if every:
        return call(op.NOT, quantified(op.NEGATED[fn], left, values, every=False))
    values, left = with_element(f"{fn.symbol} any", values, left)
    return call(arrays.ANY_OF[fn], left, values)


def _items(values: Scalar) -> Sequence[Scalar] | None:
    """The elements of an array that is written out."""
    if isinstance(values, Call) and values.fn is documents.ARRAY_OF:
        return values.args
    if isinstance(values, Literal) and isinstance(values.value, list):
        element = _element(values)
        return [Literal(v, element.with_null(v is None)) for v in values.value]
    return None


def _listed(fn: Function, left: Scalar, items: Sequence[Scalar], every: bool) -> Scalar:
    if not items:
        return TRUE if every else FALSE
    if fn is op.EQ and not every:
        return in_list(left, items)
    if fn is op.NE and every:
        return call(op.NOT, in_list(left, items))
    return logical(op.AND if every else op.OR, [call(fn, left, item) for item in items])


def _list_for(left: Scalar, values: Param) -> Param:
    """A list of texts becomes one of what it is compared with, like a single text."""
    element = _element(values)
    wider = common(element, left.type)
    fits = element.kind is Kind.TEXT or (wider is not None and wider.kind is left.type.kind)
    if not fits or left.type.kind is Kind.UNKNOWN:
        return values
    return Param(values.index, array(left.type.with_null(True), values.type.nullable))


# --- functions -----------------------------------------------------------------------------


def concatenated(left: Scalar, right: Scalar) -> Scalar | None:
    """`a || b` where one is an array; None where neither is."""
    if left.type.kind is Kind.ARRAY and right.type.kind in (Kind.ARRAY, Kind.UNKNOWN):
        return call(arrays.ARRAY_CAT, *_both("||", left, right))
    if right.type.kind is Kind.ARRAY and left.type.kind is Kind.UNKNOWN:
        return call(arrays.ARRAY_CAT, *_both("||", left, right))
    if left.type.kind is Kind.ARRAY:
        return call(arrays.ARRAY_APPEND, *with_element("||", left, right))
    if right.type.kind is Kind.ARRAY:
        values, item = with_element("||", right, left)
        return call(arrays.ARRAY_PREPEND, item, values)
    return None


def _two_arrays(fn: Function, turned: bool = False) -> Special:
    def bind(node: exp.Expr, binds: Binds) -> Scalar:
        a, b = binds.scalar(node.this), binds.scalar(node.expression)
        if fn is arrays.CONTAINS_ALL and (held := contained(*((b, a) if turned else (a, b)))):
            return held
        return call(fn, *(_both(fn.symbol, b, a) if turned else _both(fn.symbol, a, b)))

    return bind


def _with_value(fn: Function) -> Special:
    def bind(node: exp.Expr, binds: Binds) -> Scalar:
        a, b = binds.scalar(node.this), binds.scalar(node.expression)
        return _unless_null(node, call(fn, *with_element(fn.name.lower(), a, b)), a)

    return bind


def _position(node: exp.Expr, binds: Binds) -> Scalar:
    """ARRAY_POSITION(array, value [, start])"""
    start = node.args.get("zero_based")  # so sqlglot calls the third argument
    if start is None:
        return _with_value(arrays.ARRAY_POSITION)(node, binds)
    place = binds.scalar(start)
    values, value = with_element(
        "array_position", binds.scalar(node.this), binds.scalar(node.expression)
    )
    tail = call(arrays.SLICE, values, place, int_literal(_LAST))
    found = call(arrays.ARRAY_POSITION, tail, value)
    before = call(op.SUB, call(conditional.GREATEST, place, int_literal(1)), int_literal(1))
    return cast(call(op.ADD, found, before), INTEGER)


def _positions(node: exp.Expr, binds: Binds) -> Scalar:
    """ARRAY_POSITIONS(array, value): all places."""
    values, value = with_element("array_positions", *map(binds.scalar, node.expressions))
    return call(arrays.ARRAY_POSITIONS, values, value)


def _trimmed(node: exp.Expr, binds: Binds) -> Scalar:
    """TRIM_ARRAY(array, n): without the last n elements."""
    values, n = (binds.scalar(e) for e in node.expressions)
    last = call(op.SUB, call(arrays.CARDINALITY, values), n)
    return call(arrays.SLICE, values, int_literal(1), last)


def _filled(node: exp.Expr, binds: Binds) -> Scalar:
    """ARRAY_FILL(value, ARRAY[n])"""
    value, sizes = node.expressions
    if not isinstance(sizes, exp.Array) or len(sizes.expressions) != 1:
        raise NotSupportedError("ARRAY_FILL is supported of one dimension", position=position(node))
    item = settle(binds.scalar(value))
    return call(arrays.ARRAY_FILL, item, binds.scalar(sizes.expressions[0]))


def _prepend(node: exp.Expr, binds: Binds) -> Scalar:
    """ARRAY_PREPEND(value, array), whose arguments sqlglot has turned."""
    values, value = binds.scalar(node.this), binds.scalar(node.expression)
    values, value = with_element("array_prepend", values, value)
    return _unless_null(node, call(arrays.ARRAY_PREPEND, value, values), values)


def _unless_null(node: exp.Expr, made: Scalar, *given: Scalar) -> Scalar:
    """Snowflake's and others' functions of a NULL array: NULL."""
    if not node.args.get("null_propagation") or not any(v.type.nullable for v in given):
        return made
    absent = logical(op.OR, [call(op.IS_NULL, v) for v in given])
    return case([(absent, null_of(made.type))], made)


def _cat(node: exp.Expr, binds: Binds) -> Scalar:
    given = [binds.scalar(e) for e in (node.this, *node.expressions)]
    result = given[0]
    for value in given[1:]:
        result = call(arrays.ARRAY_CAT, *_both("array_cat", result, value))
    return _unless_null(node, result, *given)


def _replace(node: exp.Expr, binds: Binds) -> Scalar:
    values, *asked = (binds.scalar(e) for e in node.expressions)
    return call(arrays.ARRAY_REPLACE, *with_element("array_replace", values, *asked))


def _to_string(node: exp.Expr, binds: Binds) -> Scalar:
    rest = [e for e in (node.args.get("expression"), node.args.get("null")) if e is not None]
    args = [flat(binds.scalar(node.this), binds), *map(binds.scalar, rest)]
    if node.args.get("null_is_empty") and len(args) == 2:  # Snowflake
        args.append(text_literal(""))
    return call(arrays.ARRAY_TO_STRING, *args)


def _to_array(node: exp.Expr, binds: Binds) -> Scalar:
    rest = [e for e in (node.args.get("expression"), node.args.get("null")) if e is not None]
    return call(arrays.STRING_TO_ARRAY, binds.scalar(node.this), *map(binds.scalar, rest))


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.Bracket: bracket,
    exp.ArrayPosition: _position,
    exp.ArrayAppend: _with_value(arrays.ARRAY_APPEND),
    exp.ArrayRemove: _with_value(arrays.ARRAY_REMOVE),
    exp.ArrayPrepend: _prepend,
    exp.ArrayConcat: _cat,
    exp.ArrayContainsAll: _two_arrays(arrays.CONTAINS_ALL),
    exp.ArrayContainedBy: _two_arrays(arrays.CONTAINS_ALL, turned=True),
    exp.ArrayOverlaps: _two_arrays(arrays.OVERLAPS),
    exp.ArrayToString: _to_string,
    exp.StringToArray: _to_array,
    exp.MapKeys: lambda node, binds: call(arrays.MAP_KEYS, binds.scalar(node.this)),
}


NAMED: dict[str, Callable[[exp.Expr, Binds], Scalar]] = {
    "array_replace": _replace,
    "array_positions": _positions,
    "trim_array": _trimmed,
    "array_fill": _filled,
}
