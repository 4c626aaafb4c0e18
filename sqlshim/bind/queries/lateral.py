"""Set-returning functions in FROM: generate_series, with or without LATERAL.

`sources` binds a LATERAL query as any derived table that sees the tables before it; a call here
sees them too, as in PostgreSQL.
"""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.binds import int_literal
from sqlshim.bind.coerce import call, cast
from sqlshim.bind.functions.returned_rows import SERIES, of_places, series_parts
from sqlshim.bind.scalars import ScalarBinder
from sqlshim.bind.scope import Bound, position
from sqlshim.errors import Error, NotSupportedError, ProgrammingError, UnknownFunction
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import JoinKind, Project, Rel, Series
from sqlshim.types import (
    BIGINT,
    INTEGERS,
    Kind,
)

NAME = "generate_series"


def is_outer_apply(join: exp.Expr) -> bool:
    """T-SQL's and Oracle's OUTER APPLY, which is LEFT JOIN LATERAL … ON TRUE."""
    return isinstance(join.this, exp.Lateral) and join.this.args.get("cross_apply") is False


def reads_left(how: JoinKind, left: Rel, right: Rel, join: exp.Expr) -> bool:
    """Whether the right side of a join reads columns of the left one."""
    if not walk.free_columns(right) & {c.id for c in left.columns}:
        return False
    if how not in (JoinKind.INNER, JoinKind.LEFT):
        raise ProgrammingError(
            "invalid reference to a table on the other side of the join",
            sqlstate="42P10",
            position=position(join.this),
            hint="The combining JOIN type must be INNER or LEFT for a LATERAL reference.",
        )
    return True


def bind_function(node: exp.Expr, binder: ScalarBinder) -> Bound:
    """A call in FROM as the rows it returns. A single column is named as the table is."""
    function = node.this
    if not isinstance(function, SERIES):
        raise _not_rows(function)
    start, stop, step, t = series_parts(function, binder)
    whole = t.kind in INTEGERS
    alias = node.args.get("alias")
    name = alias.name if alias is not None and alias.name else NAME
    if t.kind is Kind.DECIMAL and not node.args.get("ordinality"):
        number = binder.context.column(name, BIGINT.with_null(False))
        value = of_places(number, t.with_null(False))
        column = binder.context.column(name, value.type)
        return Bound(Project(Series(start, stop, step, (number,)), ((column, value),)), [column])
    column = binder.context.column(name, t.with_null(False))
    series = Series(start, stop, step, (column,))
    if not node.args.get("ordinality"):
        return Bound(series, [column])
    if not whole:
        raise NotSupportedError(
            "WITH ORDINALITY is supported over whole numbers only", position=position(function)
        )
    ordinal = binder.context.column("ordinality", BIGINT.with_null(False))
    passed = call(op.DIV_INT, call(op.SUB, column, series.start), step)
    place = cast(call(op.ADD, passed, int_literal(1)), BIGINT)
    return Bound(Project(series, ((column, column), (ordinal, place))), [column, ordinal])


def _not_rows(function: exp.Expr) -> Error:
    if isinstance(function, exp.Anonymous):
        return UnknownFunction(str(function.this), (NAME,), position(function))
    return NotSupportedError(
        f"{function.key.upper()} is not supported in FROM", position=position(function)
    )
