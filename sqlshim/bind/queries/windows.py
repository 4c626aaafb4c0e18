"""Window functions: OVER, named windows, frames and QUALIFY.

`ScalarBinder` calls `bind_window` where a window function stands; `Windows` collects the calls of
one SELECT, which `QueryBinder` puts above the grouping. The errors are PostgreSQL's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlshim.bind.coerce import coerce, conjuncts, fit_aggregate, settle
from sqlshim.bind.context import Context
from sqlshim.bind.queries.aggregates import aggregate_call, as_the_dialect_has_it, is_aggregate
from sqlshim.bind.queries.frames import bind_frame
from sqlshim.bind.scope import Scope, matching, position
from sqlshim.errors import GroupingError, NotSupportedError, ProgrammingError
from sqlshim.functions import windows as win
from sqlshim.functions.model import Function, NullResult, Role
from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import Filter, Rel, Window
from sqlshim.ir.scalar import DEFAULT_FRAME, AggregateCall, Column, Scalar, WindowCall

if TYPE_CHECKING:
    from sqlshim.bind.scalars import ScalarBinder

WINDOW_FUNCTIONS: dict[type[exp.Expr], tuple[Function, tuple[str, ...]]] = {
    exp.RowNumber: (win.ROW_NUMBER, ("this",)),
    exp.Rank: (win.RANK, ("expressions",)),
    exp.DenseRank: (win.DENSE_RANK, ("expressions",)),
    exp.PercentRank: (win.PERCENT_RANK, ("expressions",)),
    exp.CumeDist: (win.CUME_DIST, ("expressions",)),
    exp.Ntile: (win.NTILE, ("this",)),
    exp.Lag: (win.LAG, ("this", "offset", "default")),
    exp.Lead: (win.LEAD, ("this", "offset", "default")),
    exp.FirstValue: (win.FIRST_VALUE, ("this",)),
    exp.LastValue: (win.LAST_VALUE, ("this",)),
    exp.NthValue: (win.NTH_VALUE, ("this", "offset")),
}
_INSIDE = "window function calls"


def windowing(message: str, at: int | None = None) -> ProgrammingError:
    """PostgreSQL's windowing_error."""
    return ProgrammingError(message, sqlstate="42P20", position=at)


@dataclass(frozen=True, slots=True)
class Spec:
    """What stands in the parentheses of OVER, after the window it names."""

    partition: tuple[exp.Expr, ...] = ()
    order: tuple[exp.Expr, ...] = ()
    frame: exp.Expr | None = None


@dataclass(slots=True)
class Windows:
    """The window calls of one SELECT, each with its new column; its named windows; QUALIFY."""

    named: list[tuple[str, Spec]] = field(default_factory=list)
    calls: list[tuple[Column, WindowCall]] = field(default_factory=list)
    qualify: Scalar | None = None

    def add(self, context: Context, call: WindowCall) -> Column:
        for column, known in self.calls:
            if known == call:
                return column
        column = context.column(call.fn.name.lower(), call.type)
        self.calls.append((column, call))
        return column

    @property
    def made(self) -> frozenset[int]:
        """The numbers of the calls' columns."""
        return frozenset(c.id for c, _ in self.calls)

    def define(self, node: exp.Select) -> None:
        """The WINDOW clause."""
        for entry in node.args.get("windows") or ():
            if matching(entry.this.name, True, self.named, lambda n: n[0]):
                raise windowing(f'window "{entry.this.name}" is already defined')
            self.named.append((entry.this.name, self.spec(entry)))

    def spec(self, node: exp.Expr) -> Spec:
        """What a window is, the window that it names included."""
        order = node.args.get("order")
        own = Spec(
            tuple(node.args.get("partition_by") or ()),
            tuple(order.expressions) if order is not None else (),
            node.args.get("spec"),
        )
        base = node.args.get("alias")
        if base is None:
            return own
        found = matching(base.name, bool(base.args.get("quoted")), self.named, lambda n: n[0])
        if not found:
            raise ProgrammingError(f'window "{base.name}" does not exist', sqlstate="42704",
                                   position=position(base))  # fmt: skip
        bare = "partition_by" not in node.args  # OVER w, without parentheses
        return found[0][1] if bare else _merged(found[0], own)

    def bind_qualify(self, node: exp.Select, binder: ScalarBinder) -> None:
        """QUALIFY: a condition over window functions; names of the select list count too."""
        clause = node.args.get("qualify")
        if clause is None:
            return
        condition = unaliased(clause.this, node, binder.scope)
        self.qualify = replace(binder, clause="QUALIFY").condition(condition)

    def rewrite(self, change: Callable[[Scalar], Scalar]) -> None:
        """All calls and QUALIFY in terms of what a grouping gives."""
        self.calls = [(c, mapping.map_window(w, change)) for c, w in self.calls]
        self.qualify = None if self.qualify is None else change(self.qualify)

    def over(self, rel: Rel) -> Rel:
        """`rel` with the calls' columns, filtered by QUALIFY."""
        rel = Window(rel, tuple(self.calls)) if self.calls else rel
        return rel if self.qualify is None else Filter(rel, conjuncts(self.qualify))


def unaliased(condition: exp.Expr, node: exp.Select, scope: Scope) -> exp.Expr:
    """A condition with what the names of the select list stand for, where they are no columns."""
    aliases = [(e.alias, e.this) for e in node.expressions if isinstance(e, exp.Alias)]
    mine = list(scope.own_columns())

    def unnamed(part: exp.Expr) -> exp.Expr:
        if not isinstance(part, exp.Column) or part.args.get("table") is not None:
            return part
        quoted = bool(part.this.args.get("quoted"))
        if matching(part.name, quoted, mine, lambda p: p[1].name):
            return part
        found = matching(part.name, quoted, aliases, lambda a: a[0])
        return exp.Paren(this=found[0][1].copy()) if found else part

    return condition.copy().transform(unnamed)


def _merged(base: tuple[str, Spec], own: Spec) -> Spec:
    """OVER (w …): only what w leaves open may be added."""
    name, spec = base
    if own.partition:
        raise windowing(f'cannot override PARTITION BY clause of window "{name}"')
    if own.order and spec.order:
        raise windowing(f'cannot override ORDER BY clause of window "{name}"')
    if spec.frame is not None:
        raise ProgrammingError(
            f'cannot copy window "{name}" because it has a frame clause',
            sqlstate="42P20",
            hint=None if own != Spec() else "Omit the parentheses in this OVER clause.",
        )
    return Spec(spec.partition, spec.order or own.order, own.frame)


# --- calls ---------------------------------------------------------------------------------


def bind_window(node: exp.Expr, binder: ScalarBinder) -> Scalar:
    """The column of a window call."""
    if not isinstance(node, exp.Window):
        name = WINDOW_FUNCTIONS[type(node)][0].name.lower()
        raise ProgrammingError(f"window function {name} requires an OVER clause", sqlstate="42809")
    if binder.windows is None:
        raise _misplaced(binder.clause)
    if node.args.get("over") not in (None, "OVER") or node.args.get("first") is not None:
        raise NotSupportedError(f"{node.args.get('over')} is not supported")
    inner = replace(binder, clause=_INSIDE, windows=None)
    spec = binder.windows.spec(node)
    call = _bind_call(node.this, inner)
    partition = tuple(settle(inner.scalar(e)) for e in spec.partition)
    order = tuple(inner.sort_key(e) for e in spec.order)
    frame = bind_frame(spec.frame, order, inner)
    if call.fn is win.NTILE and _varies(call.args[0], partition, inner):
        raise NotSupportedError("an argument of NTILE that varies in a partition is not supported")
    if call.fn.role is Role.WINDOW and call.fn not in win.FRAMED:
        frame = DEFAULT_FRAME
    column = binder.windows.add(
        binder.context, replace(call, partition=partition, order=order, frame=frame)
    )
    return as_the_dialect_has_it(column, call, binder.context.dialect)


def _varies(arg: Scalar, partition: tuple[Scalar, ...], inner: ScalarBinder) -> bool:
    """Whether `arg` may differ between rows of one partition."""
    if arg in partition or not walk.reads(arg) & inner.own_ids():
        return False
    below = walk.operands(arg)
    return not below or any(_varies(e, partition, inner) for e in below)


def _misplaced(clause: str) -> ProgrammingError:
    if clause == _INSIDE:
        return windowing("window function calls cannot be nested")
    if clause == "an aggregate function":
        return GroupingError("aggregate function calls cannot contain window function calls")
    return windowing(f"window functions are not allowed in {clause}")


def _bind_call(node: exp.Expr, inner: ScalarBinder) -> WindowCall:
    """The function and its arguments, without OVER."""
    where = None
    if isinstance(node, exp.IgnoreNulls | exp.RespectNulls):
        ignore = isinstance(node, exp.IgnoreNulls)
        node = node.this
    else:
        ignore = isinstance(node.this, exp.IgnoreNulls)
    if isinstance(node, exp.Filter):
        where = replace(inner, clause="FILTER", groups=None).condition(node.expression.this)
        node = node.this
    if type(node) in WINDOW_FUNCTIONS:
        if where is not None:
            raise NotSupportedError("FILTER is not implemented for non-aggregate window functions")
        return replace(_own_call(node, inner, ignore), ignore_nulls=ignore)
    if ignore:
        raise NotSupportedError("IGNORE NULLS is not supported for aggregates")
    return _aggregate_call(node, inner, where)


def _own_call(node: exp.Expr, inner: ScalarBinder, ignore: bool) -> WindowCall:
    fn, names = WINDOW_FUNCTIONS[type(node)]
    if ignore and fn not in win.TAKES_IGNORE_NULLS:
        raise NotSupportedError(f"IGNORE NULLS is not supported for {fn.name}")
    if node.args.get("from_first") is False:
        raise NotSupportedError("FROM LAST is not supported")
    found: list[exp.Expr] = []
    for name in names:
        value = node.args.get(name)
        found += value if isinstance(value, list) else [] if value is None else [value]
    found = [e.this if isinstance(e, exp.IgnoreNulls | exp.RespectNulls) else e for e in found]
    if any(isinstance(e, exp.Distinct) for e in found):
        raise NotSupportedError("DISTINCT is not implemented for window functions")
    args, result = fit_aggregate(fn, tuple(inner.scalar(e) for e in found))
    if len(args) == 3:  # LAG and LEAD: the value and its default have the result's type
        args = (coerce(args[0], result), args[1], coerce(args[2], result))
    if fn.null_result is NullResult.ANY:
        result = result.with_null(any(a.type.nullable for a in args))
    return WindowCall(fn, args, result)


def _aggregate_call(node: exp.Expr, inner: ScalarBinder, where: Scalar | None) -> WindowCall:
    if isinstance(node, exp.WithinGroup):
        raise NotSupportedError(
            f"OVER is not supported for ordered-set aggregate {node.this.sql_name().lower()}"
        )
    if not is_aggregate(node):
        if isinstance(node, exp.AggFunc):
            raise NotSupportedError(f"{node.key} is not supported over a window")
        raise ProgrammingError(
            "OVER specified, but it is not on a window function nor an aggregate function",
            sqlstate="42809",
            position=position(node),
        )
    call: AggregateCall = aggregate_call(node, inner, where)
    if call.distinct:
        raise NotSupportedError("DISTINCT is not implemented for window functions")
    if call.order:
        raise NotSupportedError("aggregate ORDER BY is not implemented for window functions")
    return WindowCall(call.fn, call.args, call.type, filter=where)
