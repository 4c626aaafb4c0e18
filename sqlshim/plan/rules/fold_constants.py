"""Compute what does not depend on the rows.

Safe because only results that are certain are put in place (`plan.evaluate`); an expression that
would raise an error is left to do so at run time, if it is reached. Logic follows SQL's three
values: FALSE AND x is FALSE whatever x, TRUE AND x is x, NULL decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlshim.functions import arrays, conditional
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import Rel
from sqlshim.ir.scalar import (
    FALSE,
    TRUE,
    Call,
    Case,
    Cast,
    InList,
    Literal,
    Scalar,
    Subquery,
    SubqueryKind,
    null_of,
)
from sqlshim.plan.evaluate import convert, evaluate
from sqlshim.plan.facts import distinct, is_empty, is_fixed, is_literal, logical
from sqlshim.types import SqlType


def fold_constants(rel: Rel) -> Rel:
    """`rel` with the constant parts of its own expressions computed."""
    return mapping.map_scalars(rel, fold)


def fold(expr: Scalar) -> Scalar:
    """`expr` with its constant parts computed, operands first."""
    if isinstance(expr, walk.LEAVES):
        return expr
    expr = walk.with_operands(expr, tuple(map(fold, walk.operands(expr))))
    return _fold_one(expr)


def _fold_one(expr: Scalar) -> Scalar:
    match expr:
        case Call():
            special = _SPECIAL.get(expr.fn)
            result = special(expr) if special is not None else expr
            return _fold_call(result) if isinstance(result, Call) else result
        case Cast():
            return _fold_cast(expr)
        case Case():
            return _fold_case(expr)
        case InList():
            return _fold_in(expr)
        case Subquery() if is_empty(expr.rel):
            return _fold_subquery(expr)
        case _:
            return expr


def _fold_call(expr: Call) -> Scalar:
    if not expr.fn.strict or expr.fn.volatile:
        return expr
    constant = True
    for arg in expr.args:
        if not isinstance(arg, Literal):
            constant = False
        elif arg.value is None:
            return null_of(expr.type)
    return (evaluate(expr) or expr) if constant else expr


def _fold_cast(expr: Cast) -> Scalar:
    if is_literal(expr.arg, None):
        return null_of(expr.type)
    if expr.arg.type.with_null(True) == expr.type.with_null(True):
        return expr.arg
    return convert(expr) or expr


def _fold_case(expr: Case) -> Scalar:
    """Arms that are never taken go; the first that always is becomes the default."""
    arms = []
    default = expr.default
    for condition, value in expr.arms:
        if is_literal(condition, False) or is_literal(condition, None):
            continue
        if is_literal(condition, True):
            default = value
            break
        arms.append((condition, value))
    if not arms:
        return default
    if len(arms) == len(expr.arms):
        return expr
    return replace(expr, arms=tuple(arms), default=default)


def _fold_in(expr: InList) -> Scalar:
    if is_literal(expr.arg, None) and expr.items:
        return null_of(expr.type)
    if not isinstance(expr.arg, Literal):
        return expr
    unknown = False
    for item in expr.items:
        equal = fold(Call(op.EQ, (expr.arg, item), expr.type))
        if is_literal(equal, True):
            return TRUE
        if not isinstance(equal, Literal):
            return expr
        unknown = unknown or equal.value is None
    return null_of(expr.type) if unknown else FALSE


def _fold_subquery(expr: Subquery) -> Scalar:
    """A query without rows: ANY of nothing is false, ALL of nothing is true."""
    if expr.kind is SubqueryKind.SCALAR:
        return null_of(expr.type)
    return TRUE if expr.kind is SubqueryKind.QUANTIFIED and expr.every else FALSE


# --- logic ---------------------------------------------------------------------------------


def _fold_and_or(expr: Call) -> Scalar:
    """AND and OR: flat, without neutral parts; a deciding part decides; repetitions go."""
    decides = expr.fn is op.OR
    parts: list[Scalar] = []
    for arg in expr.args:
        inner = arg.args if isinstance(arg, Call) and arg.fn is expr.fn else (arg,)
        for part in inner:
            if is_literal(part, decides):
                return TRUE if decides else FALSE
            if not is_literal(part, not decides):
                parts.append(part)
    kept = distinct(parts)
    return expr if len(kept) == len(expr.args) else logical(expr.fn, kept)


def _fold_not(expr: Call) -> Scalar:
    """NOT moves inwards: over comparisons, IS NULL, AND and OR (De Morgan holds for NULL too)."""
    (arg,) = expr.args
    if not isinstance(arg, Call):
        return expr
    if arg.fn is op.NOT:
        return arg.args[0]
    if arg.fn in (op.AND, op.OR):
        other = op.OR if arg.fn is op.AND else op.AND
        return fold(logical(other, tuple(Call(op.NOT, (e,), e.type) for e in arg.args)))
    opposite = _OPPOSITE.get(arg.fn)
    return expr if opposite is None else _fold_one(Call(opposite, arg.args, arg.type))


def _fold_is_null(expr: Call) -> Scalar:
    (arg,) = expr.args
    if isinstance(arg, Literal):
        return TRUE if (arg.value is None) == (expr.fn is op.IS_NULL) else FALSE
    if not arg.type.nullable:
        return FALSE if expr.fn is op.IS_NULL else TRUE
    return expr


def _fold_is_true(expr: Call) -> Scalar:
    (arg,) = expr.args
    if isinstance(arg, Literal):
        return TRUE if arg.value is (expr.fn is op.IS_TRUE) else FALSE
    if not arg.type.nullable:
        return arg if expr.fn is op.IS_TRUE else fold(Call(op.NOT, (arg,), arg.type))
    return expr


def _fold_distinct(expr: Call) -> Scalar:
    """IS [NOT] DISTINCT FROM a constant is a comparison or a test for NULL."""
    left, right = expr.args
    if is_literal(left, None):
        left, right = right, left
    if is_literal(right, None):
        fn = op.IS_NOT_NULL if expr.fn is op.IS_DISTINCT else op.IS_NULL
        return _fold_one(Call(fn, (left,), expr.type))
    if not left.type.nullable and not right.type.nullable:
        return _fold_one(Call(op.NE if expr.fn is op.IS_DISTINCT else op.EQ, expr.args, expr.type))
    return expr


def _fold_comparison(expr: Call) -> Scalar:
    """The constant stands on the right: one form for rules and backends to look for."""
    left, right = expr.args
    if is_fixed(left) and not is_fixed(right):
        return Call(op.MIRRORED[expr.fn], (right, left), expr.type)
    return expr


# --- conditional functions -----------------------------------------------------------------


def _fold_any(expr: Call) -> Scalar:
    """No array, no elements to compare with: NULL."""
    return null_of(expr.type) if is_literal(expr.args[1], None) else expr


def _fold_coalesce(expr: Call) -> Scalar:
    """NULLs go; nothing after an argument that is never NULL matters."""
    kept: list[Scalar] = []
    for arg in expr.args:
        if is_literal(arg, None):
            continue
        kept.append(arg)
        if not arg.type.nullable:
            break
    if not kept:
        return null_of(expr.type)
    if len(kept) == 1:
        return _typed(kept[0], expr.type)
    return expr if len(kept) == len(expr.args) else replace(expr, args=tuple(kept))


def _fold_nullif(expr: Call) -> Scalar:
    left, right = expr.args
    if is_literal(left, None):
        return null_of(expr.type)
    if is_literal(right, None):
        return _typed(left, expr.type)
    equal = evaluate(Call(op.EQ, expr.args, TRUE.type))
    if equal is None:
        return expr
    return null_of(expr.type) if equal.value else _typed(left, expr.type)


def _typed(expr: Scalar, type_: SqlType) -> Scalar:
    """`expr` as a value of a type that it has but for nullability, or is cast to."""
    same = expr.type.with_null(True) == type_.with_null(True)
    return expr if same else _fold_cast(Cast(expr, type_))


_OPPOSITE: dict[Function, Function] = {
    **op.NEGATED,
    op.IS_NULL: op.IS_NOT_NULL,
    op.IS_NOT_NULL: op.IS_NULL,
    op.IS_DISTINCT: op.IS_NOT_DISTINCT,
    op.IS_NOT_DISTINCT: op.IS_DISTINCT,
}
_SPECIAL: dict[Function, Callable[[Call], Scalar]] = {
    op.AND: _fold_and_or,
    op.OR: _fold_and_or,
    op.NOT: _fold_not,
    op.IS_NULL: _fold_is_null,
    op.IS_NOT_NULL: _fold_is_null,
    op.IS_TRUE: _fold_is_true,
    op.IS_FALSE: _fold_is_true,
    op.IS_DISTINCT: _fold_distinct,
    op.IS_NOT_DISTINCT: _fold_distinct,
    conditional.COALESCE: _fold_coalesce,
    conditional.NULLIF: _fold_nullif,
    **dict.fromkeys(op.COMPARISONS, _fold_comparison),
    **dict.fromkeys(arrays.COMPARED, _fold_any),
}
