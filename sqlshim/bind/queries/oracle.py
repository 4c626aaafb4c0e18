"""What Oracle has of its own: DUAL and ROWNUM, called by `sources` and `query`, which read them in
the dialects whose traits say so; and days as numbers beside its dates, which have a time."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.binds import text_literal
from sqlshim.bind.coerce import call, cast
from sqlshim.bind.context import Context
from sqlshim.bind.scope import position
from sqlshim.errors import NotSupportedError
from sqlshim.functions import datetime
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.sql.dialects import traits_of
from sqlshim.types import DOUBLE, INTERVAL, NUMBERS, TIMESTAMP, Interval, Kind

_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.EQ: exp.EQ,
}


def is_dual(node: exp.Table, context: Context) -> bool:
    """Whether a table that does not exist is DUAL: one row without columns."""
    bare = not node.args.get("db") and node.name.upper() == "DUAL"
    return bare and traits_of(context.dialect).has_dual


def without_rownum(where: exp.Expr, context: Context) -> tuple[exp.Expr | None, int | None]:
    """A WHERE condition without its tests of ROWNUM, and how many of the first rows these keep.

    Oracle counts rows as they pass the rest of WHERE, before GROUP BY and ORDER BY.
    """
    if not traits_of(context.dialect).has_rownum or not _asks(where):
        return where, None
    terms = list(where.flatten()) if isinstance(where, exp.And) else [where.unnest()]
    rest = [t.copy() for t in terms if not _asks(t)]
    kept = min(_most(t) for t in terms if _asks(t))
    return exp.and_(*rest, copy=False) if rest else None, kept


def _asks(node: exp.Expr) -> bool:
    """Whether ROWNUM occurs, outside of subqueries, which have their own."""
    return any(map(_is_rownum, node.walk(prune=lambda n: isinstance(n, exp.Query))))


def _most(term: exp.Expr) -> int:
    """The rows that `ROWNUM <= n` and its like keep; ROWNUM is never more than 1 above the last."""
    side, bound, kind = term.this, term.args.get("expression"), type(term)
    if _is_rownum(bound):
        side, bound, kind = bound, side, _MIRRORED.get(kind, exp.GT)
    if _is_rownum(side) and isinstance(bound, exp.Literal) and bound.name.isdecimal():
        number = int(bound.name)
        if kind is exp.LTE:
            return number
        if kind is exp.LT:
            return max(number - 1, 0)
        if kind is exp.EQ:  # no row is the second one before there was a first
            return 1 if number == 1 else 0
    raise NotSupportedError(
        "ROWNUM is supported as ROWNUM <= n, ROWNUM < n and ROWNUM = 1 in WHERE",
        position=position(term),
        hint="Number the rows of a derived table by ROW_NUMBER() OVER (ORDER BY …).",
    )


def _is_rownum(node: object) -> bool:
    return (
        isinstance(node, exp.Column)
        and not node.table
        and isinstance(node.this, exp.Identifier)
        and not node.this.args.get("quoted")
        and node.name.upper() == "ROWNUM"
    )


# --- days ------------------------------------------------------------------------------------

_INSTANTS = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMPTZ})
_DAY = Literal(Interval(days=1), INTERVAL.with_null(False))


def moved_by_days(fn: Function, left: Scalar, right: Scalar, dialect: str) -> Scalar | None:
    """SYSDATE + 1, SYSDATE - 1 / 24; None for anything else."""
    if dialect != "oracle" or left.type.kind not in _INSTANTS or right.type.kind not in NUMBERS:
        return None
    return call(fn, left, call(op.MUL, right, _DAY))


def days_between(left: Scalar, right: Scalar, dialect: str) -> Scalar | None:
    """SYSDATE - hired: a number of days with a fraction; None for anything else."""
    kinds = {left.type.kind, right.type.kind}
    if dialect != "oracle" or Kind.DATE not in kinds or not kinds & _INSTANTS:
        return None
    between = call(op.SUB, cast(left, TIMESTAMP), cast(right, TIMESTAMP))
    seconds = call(datetime.EXTRACT_FRACTION, text_literal("epoch"), between)
    return call(op.DIV, seconds, Literal(86400.0, DOUBLE.with_null(False)))
