"""Which rows of an ordered query are kept: LIMIT, FETCH … WITH TIES, DISTINCT ON.

WITH TIES and DISTINCT ON are windows with a filter above them: no node of their own. Called by
`QueryBinder` once a SELECT's columns, those of its sort keys included, exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from sqlshim.bind.binds import int_literal
from sqlshim.bind.coerce import call
from sqlshim.bind.context import Context
from sqlshim.bind.scope import position
from sqlshim.errors import DataError, NotSupportedError, ProgrammingError
from sqlshim.functions import operators as op
from sqlshim.functions import windows as win
from sqlshim.functions.model import Function
from sqlshim.ir.relational import Filter, Limit, Project, Rel, Sort, Window
from sqlshim.ir.scalar import Column, Literal, Scalar, SortKey, WindowCall
from sqlshim.types import BIGINT


@dataclass(frozen=True, slots=True)
class RowLimit:
    """`count` rows (None: all) after `offset`; with `ties` also the peers of the last one."""

    count: Scalar | None
    offset: Scalar | None
    ties: bool = False


def with_ties(node: exp.Expr | None, count: Scalar | None) -> bool:
    """Whether a FETCH or TOP clause says WITH TIES."""
    options = node.args.get("limit_options") if node is not None else None
    if options is None:
        return False
    if options.args.get("percent"):
        raise NotSupportedError("a PERCENT of the rows is not supported", position=position(node))
    if not options.args.get("with_ties"):
        return False
    if count is None:
        raise DataError(
            "row count cannot be null in FETCH FIRST ... WITH TIES clause", sqlstate="2201W"
        )
    if not isinstance(count, Literal):
        raise NotSupportedError("FETCH … WITH TIES takes a constant number only")
    return True


def sort_and_limit(rel: Rel, order: Sequence[SortKey], limit: RowLimit, context: Context) -> Rel:
    """`rel` in order, and of that the rows that `limit` keeps."""
    keys = tuple(k for k in order if not isinstance(k.expr, Literal))
    if limit.ties and not order:
        raise ProgrammingError(
            "WITH TIES cannot be specified without ORDER BY clause", sqlstate="42601"
        )
    columns = rel.columns
    if limit.ties:
        rel = _first_and_peers(rel, keys, limit, context)
    if keys:
        rel = Sort(rel, keys)
    if limit.ties:
        return Project(rel, tuple((c, c) for c in columns))
    if limit.count is None and limit.offset is None:
        return rel
    return Limit(rel, limit.count, limit.offset)


def _first_and_peers(rel: Rel, keys: tuple[SortKey, ...], limit: RowLimit, context: Context) -> Rel:
    """Rows after the offset whose rank is within offset + count."""
    assert limit.count is not None
    rank = _number(win.RANK, (), keys, context)
    if limit.offset is None:
        return Filter(Window(rel, (rank,)), (call(op.LE, rank[0], limit.count),))
    row = _number(win.ROW_NUMBER, (), keys, context)
    where = (
        call(op.GT, row[0], limit.offset),
        call(op.LE, call(op.SUB, rank[0], limit.offset), limit.count),
        call(op.GT, limit.count, int_literal(0)),  # no rows have no peers
    )
    return Filter(Window(rel, (rank, row)), where)


def first_of_each(
    rel: Rel, keys: Sequence[Column], order: Sequence[SortKey], context: Context
) -> Rel:
    """DISTINCT ON: of the rows that agree in `keys`, NULLs being alike, the first in order."""
    columns = rel.columns
    row = _number(win.ROW_NUMBER, tuple(keys), tuple(order), context)
    first = Filter(Window(rel, (row,)), (call(op.EQ, row[0], int_literal(1)),))
    return Project(first, tuple((c, c) for c in columns))


def check_distinct_on(keys: Sequence[SortKey], order: Sequence[SortKey], node: exp.Expr) -> None:
    """ORDER BY begins with the expressions of DISTINCT ON, in any order."""
    missing = {k.expr for k in keys}
    wanted = set(missing)
    for key in order:
        if not missing:
            return
        if key.expr not in wanted:
            raise ProgrammingError(
                "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
                sqlstate="42P10",
                position=position(node),
            )
        missing.discard(key.expr)


def _number(
    fn: Function, partition: tuple[Scalar, ...], order: tuple[SortKey, ...], context: Context
) -> tuple[Column, WindowCall]:
    t = BIGINT.with_null(False)
    return context.column(fn.name.lower(), t), WindowCall(fn, (), t, partition, order)
