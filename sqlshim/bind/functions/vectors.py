"""Similarities and distances of vectors, which are arrays of numbers, by name and as pgvector's
operators `<->`, `<=>` and `<#>`."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special
from sqlshim.bind.coerce import call, cast, coerce
from sqlshim.bind.scope import position
from sqlshim.errors import NotSupportedError, ProgrammingError, TypeMismatch
from sqlshim.functions import arrays
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Literal, Param, Scalar
from sqlshim.types import DOUBLE, NUMBERS, Kind, array

_OPERATORS = {
    "<->": arrays.L2_DISTANCE,
    "<=>": arrays.COSINE_DISTANCE,
    "<#>": arrays.NEGATIVE_INNER_PRODUCT,
}


def _named(fn: Function) -> Special:
    def bind(node: exp.Expr, binds: Binds) -> Scalar:
        if len(node.expressions) != 2:
            raise ProgrammingError(
                f"{fn.name.lower()} takes two arrays", sqlstate="42883", position=position(node)
            )
        return _of_two(fn, *(binds.scalar(e) for e in node.expressions))

    return bind


def _of_two(fn: Function, a: Scalar, b: Scalar) -> Scalar:
    return call(fn, _vector(a, fn), _vector(b, fn))


def _vector(value: Scalar, fn: Function) -> Scalar:
    """An array of doubles; also of a text as pgvector has it, '[1,2,3]'."""
    element = value.type.element
    if isinstance(value, Literal) and isinstance(value.value, str) and value.value[:1] == "[":
        value = Literal("{" + value.value.strip()[1:-1] + "}", value.type)
    if value.type.kind is Kind.UNKNOWN or isinstance(value, Param):
        return coerce(value, array(DOUBLE))
    if element is None or element.kind not in NUMBERS | {Kind.UNKNOWN}:
        raise TypeMismatch(
            f"{fn.name.lower()} takes arrays of numbers, not {str(value.type).lower()}",
            sqlstate="42883",
        )
    return cast(value, array(DOUBLE))


def _read_by_sqlglot(fn: Function) -> Special:
    return lambda node, binds: _of_two(fn, binds.scalar(node.this), binds.scalar(node.expression))


def _operator(node: exp.Expr, binds: Binds) -> Scalar:
    name = str(node.args.get("operator"))
    if (fn := _OPERATORS.get(name)) is None:
        raise NotSupportedError(f"OPERATOR({name}) is not supported", position=position(node))
    return _of_two(fn, binds.scalar(node.this), binds.scalar(node.expression))


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.Distance: _read_by_sqlglot(arrays.L2_DISTANCE),
    exp.CosineDistance: _read_by_sqlglot(arrays.COSINE_DISTANCE),
    exp.Operator: _operator,
}
NAMED: dict[str, Callable[[exp.Expr, Binds], Scalar]] = {
    fn.name.lower(): _named(fn) for fn in arrays.OF_VECTORS
}
