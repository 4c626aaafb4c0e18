"""Set-returning functions in FROM: generate_series, with or without LATERAL.

`sources` binds a LATERAL query as any derived table that sees the tables before it; a call here
sees them too, as in PostgreSQL.
"""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.binds import int_literal
from sqlshim.bind.coerce import call, cast, coerce
from sqlshim.bind.scalars import ScalarBinder
from sqlshim.bind.scope import Bound, position
from sqlshim.errors import DataError, Error, NotSupportedError, ProgrammingError, UnknownFunction
from sqlshim.functions import operators as op
from sqlshim.ir import walk
from sqlshim.ir.relational import JoinKind, Project, Rel, Series
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.types import (
    BIGINT,
    INTEGER,
    INTEGERS,
    INTERVAL,
    TIMESTAMP,
    TIMESTAMPTZ,
    Interval,
    Kind,
    SqlType,
)

NAME = "generate_series"
_SERIES = (exp.ExplodingGenerateSeries, exp.GenerateSeries)
_SMALL = (Kind.SMALLINT, Kind.INTEGER)
_STEPS = {TIMESTAMP.kind, TIMESTAMPTZ.kind, Kind.DATE}


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
    if not isinstance(function, _SERIES):
        raise _not_rows(function)
    given = [function.args[k] for k in ("start", "end", "step") if function.args.get(k) is not None]
    start, stop, *rest = (binder.scalar(e) for e in given)
    t = _type_of([start, stop, *rest], function)
    whole = t.kind in INTEGERS
    step = rest[0] if rest else int_literal(1)
    if not rest and not whole:
        raise UnknownFunction(f"{NAME}(timestamp, timestamp)", (), position(function))
    step = cast(coerce(step, t if whole else INTERVAL), t if whole else INTERVAL)
    if isinstance(step, Literal) and step.value in (0, Interval()):
        raise DataError(
            "step size cannot equal zero", sqlstate="22023", position=position(given[2])
        )
    alias = node.args.get("alias")
    name = alias.name if alias is not None and alias.name else NAME
    column = binder.context.column(name, t.with_null(False))
    series = Series(cast(start, t), cast(stop, t), step, (column,))
    if not node.args.get("ordinality"):
        return Bound(series, [column])
    if not whole:
        raise NotSupportedError(
            "WITH ORDINALITY is supported over whole numbers only", position=position(function)
        )
    ordinal = binder.context.column("ordinality", BIGINT.with_null(False))
    passed = call(op.DIV_INT, call(op.SUB, column, series.start), step)
    number = cast(call(op.ADD, passed, int_literal(1)), BIGINT)
    return Bound(Project(series, ((column, column), (ordinal, number))), [column, ordinal])


def _not_rows(function: exp.Expr) -> Error:
    if isinstance(function, exp.Anonymous):
        return UnknownFunction(str(function.this), (NAME,), position(function))
    return NotSupportedError(
        f"{function.key.upper()} is not supported in FROM", position=position(function)
    )


def _type_of(args: list[Scalar], function: exp.Expr) -> SqlType:
    """That of the values: PostgreSQL's overloads but for numeric; two dates count in instants."""
    kinds = {a.type.kind for a in args[:2]} - {Kind.UNKNOWN}
    if all(a.type.kind in INTEGERS or a.type.kind is Kind.UNKNOWN for a in args):
        known = {a.type.kind for a in args} - {Kind.UNKNOWN}
        return INTEGER if known <= set(_SMALL) else BIGINT
    if kinds and kinds <= _STEPS and len(args) == 3:
        return TIMESTAMP if TIMESTAMP.kind in kinds else TIMESTAMPTZ
    if kinds <= INTEGERS | {Kind.DECIMAL} and kinds:
        raise NotSupportedError(
            f"{NAME} of decimals is not supported",
            position=position(function),
            hint="Make it of integers, and divide.",
        )
    types = ", ".join(str(a.type).lower() for a in args)
    raise UnknownFunction(f"{NAME}({types})", (), position(function))
