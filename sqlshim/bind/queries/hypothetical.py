"""RANK(v) WITHIN GROUP (ORDER BY k) and its kin: where a row that is not there would stand.

They need no aggregates of their own: each is made of the number of rows before that row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlshim.bind.binds import int_literal
from sqlshim.bind.coerce import call, case, coerce, logical, unify
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.functions import aggregates as agg
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.scalar import AggregateCall, Scalar, SortKey
from sqlshim.types import BIGINT, DOUBLE

if TYPE_CHECKING:
    from sqlshim.bind.scalars import ScalarBinder

Add = Callable[[AggregateCall], Scalar]
_KINDS = (exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist)


def is_hypothetical(node: exp.Expr) -> bool:
    """Whether `node` is such a call."""
    return isinstance(node, exp.WithinGroup) and isinstance(node.this, _KINDS)


def hypothetical(node: exp.Expr, inner: ScalarBinder, where: Scalar | None, add: Add) -> Scalar:
    """The value of the call; `add` gives the column of an aggregate."""
    keys, values = _row(node, inner)
    before = _before(keys, values)

    def count(*conditions: Scalar, of: tuple[Scalar, ...] = ()) -> Scalar:
        tests = [*([] if where is None else [where]), *conditions]
        kept = logical(op.AND, tests) if tests else None
        number = BIGINT.with_null(False)
        return add(AggregateCall(agg.COUNT, of, number, distinct=bool(of), filter=kept))

    one = int_literal(1)
    match node.this:
        case exp.Rank():
            return call(op.ADD, count(before), one)
        case exp.DenseRank():
            # as rows of two and more values, NULLs count
            parts = tuple(k.expr for k in keys)
            row = (*parts, call(op.IS_NULL, parts[0])) if len(parts) == 1 else parts
            return call(op.ADD, count(before, of=row), one)
        case exp.PercentRank():
            return _share(count(before), count())
        case _:
            alike = logical(op.AND, _same(keys, values))
            upto = count(logical(op.OR, [before, alike]))
            return _share(call(op.ADD, upto, one), call(op.ADD, count(), one))


def _row(node: exp.Expr, inner: ScalarBinder) -> tuple[list[SortKey], list[Scalar]]:
    """The sort keys, and the values of the row that is not there, of the same types."""
    keys = [inner.sort_key(e) for e in node.expression.expressions]
    values = [inner.scalar(e) for e in node.this.expressions]
    if len(keys) != len(values):
        raise ProgrammingError(
            f"function {node.this.key} does not exist for {len(values)} values",
            sqlstate="42883",
            hint="The number of direct arguments must match the number of ordering columns.",
        )
    fitted: list[Scalar] = []
    for key, value in zip(keys, values, strict=True):
        if walk.reads(value):
            raise NotSupportedError("a value that is not a constant is not supported here")
        both = unify([key.expr, value])
        fitted.append(value if both is None else both[1])
    return keys, fitted


def _same(keys: list[SortKey], values: list[Scalar]) -> list[Scalar]:
    return [call(op.IS_NOT_DISTINCT, k.expr, v) for k, v in zip(keys, values, strict=True)]


def _before(keys: list[SortKey], values: list[Scalar]) -> Scalar:
    """Whether a row sorts before the values: earlier in one key, alike in those before it."""
    alike = _same(keys, values)
    arms = [
        logical(op.AND, [*alike[:i], _earlier(key, value)])
        for i, (key, value) in enumerate(zip(keys, values, strict=True))
    ]
    return logical(op.OR, arms)


def _earlier(key: SortKey, value: Scalar) -> Scalar:
    compared = call(op.GT if key.descending else op.LT, key.expr, value)
    null, given = (key.expr, value) if key.nulls_first else (value, key.expr)
    placed = logical(op.AND, [call(op.IS_NULL, null), call(op.IS_NOT_NULL, given)])
    return logical(op.OR, [compared, placed])


def _share(part: Scalar, whole: Scalar) -> Scalar:
    zero = coerce(int_literal(0), DOUBLE)
    ratio = call(op.DIV, coerce(part, DOUBLE), coerce(whole, DOUBLE))
    return case([(call(op.EQ, whole, int_literal(0)), zero)], ratio)
