"""Arrays of arrays: PostgreSQL counts, unnests and joins all elements of all dimensions, and tells
the size of each dimension. Other dialects have arrays in arrays, which are elements like others."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, int_literal, text_literal
from sqlshim.bind.coerce import call, case, cast, logical
from sqlshim.errors import NotSupportedError, TypeMismatch
from sqlshim.functions import arrays, conditional, text
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Literal, Scalar, null_of
from sqlshim.types import INTEGER, TEXT, Kind, SqlType, array


def depth(t: SqlType) -> int:
    """How many dimensions arrays of this type have."""
    return 0 if t.kind is not Kind.ARRAY or t.element is None else 1 + depth(t.element)


def flat(values: Scalar, binds: Binds) -> Scalar:
    """The elements of all dimensions as one array, where the dialect sees them so."""
    if binds.context.dialect != "postgres":
        return values
    for _ in range(1, depth(values.type)):
        values = call(arrays.FLATTEN, values)
    return values


def deepened(value: Scalar, wanted: SqlType, binds: Binds) -> SqlType:
    """`int[]` is PostgreSQL's type of arrays of any depth: what `'{{1,2},{3,4}}'` has."""
    if wanted.kind is not Kind.ARRAY or binds.context.dialect != "postgres":
        return wanted
    if not isinstance(value, Literal) or value.type.kind is not Kind.UNKNOWN:
        return wanted
    shown = "".join(str(value.value).split())
    for _ in range(len(shown) - len(shown.lstrip("{")) - depth(wanted)):
        wanted = array(wanted)
    return wanted


def _cardinality(node: exp.Expr, binds: Binds) -> Scalar:
    return call(arrays.CARDINALITY, *(flat(binds.scalar(e), binds) for e in node.expressions))


def _length(node: exp.Expr, binds: Binds) -> Scalar:
    """ARRAY_LENGTH(x, 1): NULL of an empty array. Other dialects have no dimension."""
    values, dimension = binds.scalar(node.this), node.args.get("expression")
    if dimension is None:
        return call(arrays.CARDINALITY, values)
    return _size(values, _number(dimension, binds))


def _number(node: exp.Expr, binds: Binds) -> int:
    given = binds.scalar(node)
    if not isinstance(given, Literal) or not isinstance(given.value, int):
        raise NotSupportedError("the dimension of an array must be a constant number")
    return given.value


def _size(values: Scalar, dimension: int) -> Scalar:
    """How long the arrays of a dimension are; NULL where there is none."""
    if values.type.kind is Kind.ARRAY and not 1 <= dimension <= depth(values.type):
        return null_of(INTEGER)
    for _ in range(1, dimension):
        values = call(arrays.ELEMENT, values, int_literal(1))
    return call(conditional.NULLIF, call(arrays.CARDINALITY, values), int_literal(0))


def _upper(node: exp.Expr, binds: Binds) -> Scalar:
    return _size(binds.scalar(node.expressions[0]), _number(node.expressions[1], binds))


def _lower(node: exp.Expr, binds: Binds) -> Scalar:
    """ARRAY_LOWER(x, 1): 1, but of an empty array NULL."""
    return case([(call(op.IS_NOT_NULL, _upper(node, binds)), int_literal(1))], null_of(INTEGER))


def _dimensions(node: exp.Expr, binds: Binds) -> Scalar:
    """ARRAY_NDIMS(x), which the type tells."""
    values = binds.scalar(node.expressions[0])
    some = call(op.GT, call(arrays.CARDINALITY, values), int_literal(0))
    return case([(some, int_literal(depth(values.type)))], null_of(INTEGER))


def _bounds(node: exp.Expr, binds: Binds) -> Scalar:
    """ARRAY_DIMS(x): `[1:2][1:3]`."""
    values = binds.scalar(node.expressions[0])
    if not depth(values.type):
        raise TypeMismatch(
            f"function array_dims({str(values.type).lower()}) does not exist", sqlstate="42883"
        )
    parts: list[Scalar] = []
    for n in range(1, depth(values.type) + 1):
        parts += [text_literal("[1:"), cast(_size(values, n), TEXT), text_literal("]")]
    known = logical(op.AND, [call(op.IS_NOT_NULL, part) for part in parts[1::3]])
    return case([(known, call(text.CONCAT, *parts))], null_of(TEXT))


SPECIAL: dict[type[exp.Expr], Special] = {exp.ArraySize: _length}
NAMED: dict[str, Special] = {
    "cardinality": _cardinality,
    "array_upper": _upper,
    "array_lower": _lower,
    "array_ndims": _dimensions,
    "array_dims": _bounds,
}
