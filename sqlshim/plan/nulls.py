"""What an expression can be when some columns are all NULL: the reasoning behind turning outer
joins into inner ones. Called by `rules.push_filters`; pure."""

from __future__ import annotations

from collections.abc import Set

from sqlshim.functions import conditional
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Call, Cast, Column, InList, Literal, Scalar, Subquery, SubqueryKind


def reject_nulls(expr: Scalar, columns: Set[int]) -> bool:
    """Whether `expr` is never true where all of `columns` are NULL."""
    match expr:
        case Literal(value=value):
            return value is None or value is False
        case Call(fn=op.AND):
            return any(reject_nulls(e, columns) for e in expr.args)
        case Call(fn=op.OR):
            return all(reject_nulls(e, columns) for e in expr.args)
        case Call(fn=op.NOT):
            return _never_false(expr.args[0], columns)
        case Call(fn=op.IS_TRUE):
            return reject_nulls(expr.args[0], columns)
        case Call(fn=op.IS_FALSE):
            return _never_false(expr.args[0], columns)
        case Call(fn=op.IS_NOT_NULL):
            return _is_null(expr.args[0], columns)
        case Subquery(kind=SubqueryKind.QUANTIFIED, every=False):
            return any(_is_null(e, columns) for e in expr.args)
        case _:
            return _is_null(expr, columns)


def _never_false(expr: Scalar, columns: Set[int]) -> bool:
    match expr:
        case Literal(value=value):
            return value is None or value is True
        case Call(fn=op.AND):
            return all(_never_false(e, columns) for e in expr.args)
        case Call(fn=op.OR):
            return any(_never_false(e, columns) for e in expr.args)
        case Call(fn=op.NOT):
            return reject_nulls(expr.args[0], columns)
        case Call(fn=op.IS_NULL):
            return _is_null(expr.args[0], columns)
        case _:
            return _is_null(expr, columns)


def _is_null(expr: Scalar, columns: Set[int]) -> bool:
    """Whether `expr` is NULL for certain."""
    match expr:
        case Column():
            return expr.id in columns
        case Literal():
            return expr.value is None
        case Cast():
            return _is_null(expr.arg, columns)
        case InList():
            return _is_null(expr.arg, columns)
        case Call(fn=conditional.NULLIF):
            return _is_null(expr.args[0], columns)
        case Call(fn=conditional.COALESCE | conditional.GREATEST | conditional.LEAST):
            return all(_is_null(e, columns) for e in expr.args)
        case Call() if expr.fn.strict:
            return any(_is_null(e, columns) for e in expr.args)
        case _:
            return False
