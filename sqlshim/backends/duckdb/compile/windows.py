"""Window calls as DuckDB says them. Called by `compile.Relations` for the items of a `Window`.

Where DuckDB differs: a wrong bucket count, place or frame offset is a PostgreSQL error here; a
RANGE offset beyond the key's type means "no bound" in PostgreSQL and must not overflow; NTILE is
an INTEGER.
"""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E, call, cast
from sqlshim.backends.duckdb.compile.operators import paren
from sqlshim.backends.duckdb.compile.scalars import Scalars
from sqlshim.functions import windows as win
from sqlshim.functions.model import Function, Role
from sqlshim.ir.scalar import (
    DEFAULT_FRAME,
    AggregateCall,
    BoundKind,
    Exclude,
    Frame,
    FrameBound,
    FrameUnit,
    Literal,
    Scalar,
    SortKey,
    WindowCall,
)
from sqlshim.types import BIGINT, INTEGERS, NUMBERS, SqlType

_NTILE = ("22014", "argument of ntile must be greater than zero", 1)
_NTH_VALUE = ("22016", "argument of nth_value must be greater than zero", 1)
_START = ("22013", "frame starting offset must not be negative", 0)
_END = ("22013", "frame ending offset must not be negative", 0)
_DISTANCE = ("22013", "invalid preceding or following size in window function", 0)


_PICKING: dict[Function, tuple[type[exp.Expr], tuple[str, ...]]] = {
    win.LAG: (exp.Lag, ("this", "offset", "default")),
    win.LEAD: (exp.Lead, ("this", "offset", "default")),
    win.FIRST_VALUE: (exp.FirstValue, ("this",)),
    win.LAST_VALUE: (exp.LastValue, ("this",)),
    win.NTH_VALUE: (exp.NthValue, ("this", "offset")),
}


def window(scalars: Scalars, node: WindowCall) -> E:
    """One window call with its OVER clause."""
    keys = [_sort_key(scalars, k, _is_wide(node)) for k in node.order]
    over = exp.Window(
        this=_function(scalars, node),
        partition_by=[scalars.sort_key(SortKey(e)).this for e in node.partition],
        order=exp.Order(expressions=keys) if keys else None,
        spec=None if node.frame == DEFAULT_FRAME else _frame(scalars, node),
        over="OVER",
    )
    if node.fn.role is Role.AGGREGATE:
        return scalars.finished(_as_aggregate(node), over)
    return cast(over, node.type) if node.fn is win.NTILE else over


def _as_aggregate(node: WindowCall) -> AggregateCall:
    return AggregateCall(node.fn, node.args, node.type, filter=node.filter)


def _function(scalars: Scalars, node: WindowCall) -> E:
    if node.fn.role is Role.AGGREGATE:
        return scalars.bare_aggregate(_as_aggregate(node))
    args = [scalars.compile(a) for a in node.args]
    if node.fn is win.NTILE:
        args[0] = _at_least(node.args[0], args[0], _NTILE)
    if node.fn is win.NTH_VALUE:
        args[1] = _at_least(node.args[1], args[1], _NTH_VALUE)
    if node.ignore_nulls:
        return exp.IgnoreNulls(this=_picking(node.fn, args))
    return call(node.fn.name.lower(), *args)


def _picking(fn: Function, args: list[E]) -> E:
    """A function that sqlglot knows to take IGNORE NULLS: it goes inside its parentheses."""
    kind, names = _PICKING[fn]
    return kind(**dict(zip(names, args, strict=False)))


def _at_least(arg: Scalar, built: E, rule: tuple[str, str, int]) -> E:
    """`built`, or an error of PostgreSQL's where it is less than the rule's number."""
    sqlstate, message, least = rule
    known = arg.value if isinstance(arg, Literal) else None
    if isinstance(known, int | float | Decimal) and known >= least:
        return built
    text = exp.Literal.string(f"sqlshim:{sqlstate}:{message}")
    wrong = exp.LT(this=paren(built), expression=exp.Literal.number(least))
    return exp.Case(ifs=[exp.If(this=wrong, true=cast(text, BIGINT))], default=built.copy())


# --- frames --------------------------------------------------------------------------------


def _is_wide(node: WindowCall) -> bool:
    """Whether the only key is a whole number to which a distance is added."""
    offsets = node.frame.start.offset, node.frame.end.offset
    distance = node.frame.unit is FrameUnit.RANGE and offsets != (None, None)
    return distance and node.order[0].expr.type.kind in INTEGERS


def _sort_key(scalars: Scalars, key: SortKey, wide: bool) -> exp.Ordered:
    ordered = scalars.sort_key(key)
    if wide:
        ordered.set("this", _hugeint(ordered.this))
    return ordered


def _hugeint(built: E) -> E:
    return exp.Cast(this=built, to=exp.DataType.build("HUGEINT", dialect="duckdb"))


def _frame(scalars: Scalars, node: WindowCall) -> exp.WindowSpec:
    frame = node.frame
    start, start_side = _bound(scalars, frame.start, frame, _START, node)
    end, end_side = _bound(scalars, frame.end, frame, _END, node)
    spec = exp.WindowSpec(
        kind=str(frame.unit), start=start, start_side=start_side, end=end, end_side=end_side
    )
    if frame.exclude is not Exclude.NO_OTHERS:
        spec.set("exclude", exp.Var(this=str(frame.exclude)))
    return spec


def _bound(
    scalars: Scalars, bound: FrameBound, frame: Frame, rule: tuple[str, str, int], node: WindowCall
) -> tuple[E | str, str | None]:
    if bound.kind is BoundKind.CURRENT_ROW:
        return "CURRENT ROW", None
    side = "PRECEDING" if "PRECEDING" in bound.kind else "FOLLOWING"
    if bound.offset is None:
        return "UNBOUNDED", side
    built = scalars.compile(bound.offset)
    if frame.unit is FrameUnit.RANGE:
        built = _distance(bound.offset, built, node.order[0].expr.type)
    else:
        built = _at_least(bound.offset, built, rule)
    return built, side


def _distance(offset: Scalar, built: E, key: SqlType) -> E:
    if offset.type.kind not in NUMBERS:
        return built
    built = _at_least(offset, built, _DISTANCE)
    return _hugeint(built) if key.kind in INTEGERS else built
