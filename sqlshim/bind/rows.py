"""Row values: `(a, b) = (c, d)` and its kin, as conditions on their columns.

There is no row in the IR: a comparison of rows is AND and OR of comparisons of their parts, which
gives PostgreSQL's three-valued answer. Called by `ScalarBinder` for nodes with a row on the left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from sqlshim.bind.binds import Binds
from sqlshim.bind.coerce import call, in_list, logical, settle
from sqlshim.bind.scope import Bound
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.relational import Project
from sqlshim.ir.scalar import Scalar, Subquery, SubqueryKind

Row = list[Scalar]
Compare = Callable[[Row, Row], Scalar]


def row_parts(node: exp.Expr) -> list[exp.Expr] | None:
    """The parts of `(a, b)` or `ROW(a, b)`; None if `node` is no row."""
    node = node.unnest()
    if isinstance(node, exp.Tuple):
        return list(node.expressions)
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "row":
        return list(node.expressions)
    return None


def compare_rows(node: exp.Expr, binds: Binds, asked: Callable[[exp.Expr], Bound]) -> Scalar | None:
    """The condition that `node` states about a row on its left; None if it is none of these.
    `asked` binds a query whose one row is compared."""
    kind = type(node)
    if kind not in _COMPARE and kind not in (exp.In, exp.Is, exp.Between):
        return None
    parts = row_parts(node.this)
    if parts is None:
        return None
    left = [binds.scalar(e) for e in parts]
    if kind in _COMPARE and isinstance(query := node.expression.unnest(), exp.Query):
        return _COMPARE[kind](left, _row_of(query, asked, len(left)))
    if kind in _COMPARE:
        return _COMPARE[kind](left, _row(node.expression, left, binds))
    if kind is exp.Is:
        return _is_null(node, left)
    if kind is exp.Between:
        low, high = _row(node.args["low"], left, binds), _row(node.args["high"], left, binds)
        if node.args.get("symmetric"):
            raise NotSupportedError("BETWEEN SYMMETRIC is not supported for rows")
        return logical(op.AND, [_at_least(left, low), _at_most(left, high)])
    return _in(node, left, binds)


def _row_of(node: exp.Expr, asked: Callable[[exp.Expr], Bound], size: int) -> Row:
    """The parts of a query's only row, each NULL where it has none; the query is asked for each."""
    first = asked(node)
    if len(first.columns) != size:
        few = "few" if len(first.columns) < size else "many"
        raise ProgrammingError(f"subquery has too {few} columns", sqlstate="42601")
    return [_part(first, 0), *(_part(asked(node), i) for i in range(1, size))]


def _part(bound: Bound, place: int) -> Scalar:
    column = bound.columns[place]
    kept = Project(bound.rel, ((column, column),))
    return Subquery(SubqueryKind.SCALAR, kept, column.type.with_null(True))


def _row(node: exp.Expr, left: Row, binds: Binds) -> Row:
    parts = row_parts(node)
    if parts is None:
        raise NotSupportedError(
            "a row is compared with rows only",
            hint="Write (a, b) = (c, d), or (a, b) IN (SELECT …).",
        )
    if len(parts) != len(left):
        raise ProgrammingError("unequal number of entries in row expressions", sqlstate="42601")
    return [binds.scalar(e) for e in parts]


def _in(node: exp.Expr, left: Row, binds: Binds) -> Scalar:
    rows = [_row(e, left, binds) for e in node.expressions]
    if not rows:
        raise NotSupportedError("IN over an array is not supported", hint="List the rows.")
    if len(left) == 1:
        return in_list(left[0], [row[0] for row in rows])
    return logical(op.OR, [_equal(left, row) for row in rows])


def _is_null(node: exp.Expr, left: Row) -> Scalar:
    """IS NULL: all parts are; IS NOT NULL: none is. A row of both is neither."""
    if not isinstance(node.expression, exp.Null):
        raise NotSupportedError("IS takes NULL only after a row")
    fn = op.IS_NOT_NULL if node.args.get("negate") else op.IS_NULL
    return logical(op.AND, [call(fn, settle(e)) for e in left])


# --- comparisons of two rows of the same length


def _pairs(fn: Function, left: Row, right: Row) -> list[Scalar]:
    return [call(fn, a, b) for a, b in zip(left, right, strict=True)]


def _equal(left: Row, right: Row) -> Scalar:
    return logical(op.AND, _pairs(op.EQ, left, right))


def _unequal(left: Row, right: Row) -> Scalar:
    return logical(op.OR, _pairs(op.NE, left, right))


def _differ(left: Row, right: Row) -> Scalar:
    return logical(op.OR, _pairs(op.IS_DISTINCT, left, right))


def _same(left: Row, right: Row) -> Scalar:
    return logical(op.AND, _pairs(op.IS_NOT_DISTINCT, left, right))


def _ordered(strict: Function, last: Function) -> Compare:
    """Lexicographic: the first pair that differs decides, the last one by `last`."""

    def compare(left: Sequence[Scalar], right: Sequence[Scalar]) -> Scalar:
        result = call(last, left[-1], right[-1])
        for a, b in reversed(list(zip(left[:-1], right[:-1], strict=True))):
            rest = logical(op.AND, [call(op.EQ, a, b), result])
            result = logical(op.OR, [call(strict, a, b), rest])
        return result

    return compare


_at_least = _ordered(op.GT, op.GE)
_at_most = _ordered(op.LT, op.LE)
_COMPARE: dict[type[exp.Expr], Compare] = {
    exp.EQ: _equal,
    exp.NEQ: _unequal,
    exp.LT: _ordered(op.LT, op.LT),
    exp.LTE: _at_most,
    exp.GT: _ordered(op.GT, op.GT),
    exp.GTE: _at_least,
    exp.NullSafeEQ: _same,
    exp.NullSafeNEQ: _differ,
}
