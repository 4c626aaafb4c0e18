"""What Oracle's FROM and WHERE have of their own: DUAL and ROWNUM. Called by `sources` and `query`,
which read them in the dialects whose traits say so."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.context import Context
from sqlshim.bind.scope import position
from sqlshim.errors import NotSupportedError
from sqlshim.sql.dialects import traits_of

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
