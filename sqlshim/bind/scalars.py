"""Expressions: sqlglot nodes into typed scalars, by tables (`functions`, `special`).

One `ScalarBinder` serves one clause of one SELECT; it knows the scope, and whether aggregates
may stand there (`groups`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from sqlglot import exp

from sqlshim.bind import nested, special_functions, special_operators
from sqlshim.bind.coerce import (
    call,
    condition,
    fit_aggregate,
    logical,
    settle,
    unify,
)
from sqlshim.bind.context import Context
from sqlshim.bind.fields import find_value
from sqlshim.bind.functions import AGGREGATES, ANONYMOUS, SIMPLE, known_names
from sqlshim.bind.row_functions import bind_row_function
from sqlshim.bind.rows import compare_rows, row_parts
from sqlshim.bind.scope import Bound, Scope, position
from sqlshim.bind.unnest import Expansions, not_allowed
from sqlshim.bind.windows import WINDOW_FUNCTIONS, Windows, bind_window
from sqlshim.errors import (
    Error,
    GroupingError,
    NotSupportedError,
    ProgrammingError,
    StatementTooComplex,
    UnknownFunction,
)
from sqlshim.functions import aggregates as agg
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir import walk
from sqlshim.ir.scalar import (
    AggregateCall,
    Column,
    Scalar,
    SortKey,
    Subquery,
    SubqueryKind,
)
from sqlshim.types import BOOLEAN, INTEGER

_INSIDE = "an aggregate function"  # the clause of an aggregate's arguments
MOST_BITS = 31  # of GROUPING


class BindQuery(Protocol):
    """`QueryBinder.query`, for what may contain queries."""

    def __call__(self, node: exp.Expr, outer: Scope | None, settled: bool = True) -> Bound: ...


_SPECIAL = special_operators.SPECIAL | special_functions.SPECIAL | nested.SPECIAL
_CALLS = nested.NAMED | special_functions.CALLS
_COMPARE: dict[type[exp.Expr], Function] = {
    t: fn for t, (fn, _) in SIMPLE.items() if fn in op.COMPARISONS
}


@dataclass(slots=True)
class Groups:
    """The aggregate calls met in the clauses above GROUP BY, each with its new column; and the
    calls of GROUPING with their arguments."""

    calls: list[tuple[Column, AggregateCall]] = field(default_factory=list)
    masks: list[tuple[Column, tuple[Scalar, ...]]] = field(default_factory=list)

    @property
    def made(self) -> frozenset[int]:
        """The numbers of the new columns."""
        return frozenset(c.id for c, _ in (*self.calls, *self.masks))

    def add(self, context: Context, call: AggregateCall, name: str) -> Column:
        for column, known in self.calls:
            if known == call:
                return column
        column = context.column(name, call.type)
        self.calls.append((column, call))
        return column


@dataclass(slots=True)
class ScalarBinder:
    """Binds the expressions of one clause. `aliases` are output names usable in it."""

    context: Context
    scope: Scope
    query: BindQuery
    clause: str
    groups: Groups | None = None
    windows: Windows | None = None
    expansions: Expansions | None = None

    def scalar(self, node: exp.Expr) -> Scalar:
        """The typed form of `node`; errors get the node's position."""
        try:
            return self._scalar(node)
        except Error as error:
            if error.position is None:
                error.position = position(node)
            raise
        except RecursionError as error:
            raise StatementTooComplex(
                "an expression is nested too deeply", hint="Flatten it."
            ) from error

    def sort_key(self, node: exp.Expr) -> SortKey:
        """One key of an ORDER BY inside a call."""
        return sort_key(self.scalar(node.this if isinstance(node, exp.Ordered) else node), node)

    def condition(self, node: exp.Expr) -> Scalar:
        """`node` as a boolean condition of this clause."""
        try:
            return condition(self.scalar(node), self.clause)
        except Error as error:
            if error.position is None:
                error.position = position(node)
            raise

    def _scalar(self, node: exp.Expr) -> Scalar:
        kind = type(node)
        if kind is exp.Column:
            return self._column(node)
        if kind is exp.And or kind is exp.Or:
            return logical(
                op.AND if kind is exp.And else op.OR, [self.scalar(e) for e in spine(node, kind)]
            )
        if kind in _COMPARE and (quantified := self._quantified(node, _COMPARE[kind])):
            return quantified
        if kind is exp.In and node.args.get("query") is not None:
            found = self._in_query(node, op.EQ, every=False, query=node.args["query"])
            return call(op.NOT, found) if node.args.get("negate") else found
        if (about_row := compare_rows(node, self)) is not None:
            return call(op.NOT, about_row) if _negated_in(node) else about_row
        if _negated_in(node):
            return call(op.NOT, _SPECIAL[kind](node, self))
        if kind in _SPECIAL:
            return _SPECIAL[kind](node, self)
        if kind in SIMPLE:
            fn, names = SIMPLE[kind]
            return call(fn, *(self.scalar(e) for e in _arguments(node, names)))
        if kind is exp.Filter or self.is_aggregate(node):
            return self._aggregate(node)
        if kind is exp.Grouping or kind is exp.GroupingId:
            return self._grouping(node)
        if kind is exp.Anonymous:
            return self._anonymous(node)
        if kind is exp.Alias:
            return self.scalar(node.this)
        return self._subquery(node)

    def _column(self, node: exp.Expr) -> Scalar:
        assert isinstance(node, exp.Column)
        if isinstance(node.this, exp.Star):
            raise ProgrammingError("* is not allowed here", sqlstate="42601")
        param = self.context.param(node)
        if param is not None:
            return param
        return find_value(self.scope, node)

    def _anonymous(self, node: exp.Expr) -> Scalar:
        assert isinstance(node, exp.Anonymous)
        name = str(node.this)
        if (special := _CALLS.get(name.lower())) is not None:
            return special(node, self)
        fn = ANONYMOUS.get(name.lower())
        if fn is None and (column := bind_row_function(node, self.scope)) is not None:
            return column
        if fn is None:
            raise UnknownFunction(name, known_names(), position(node))
        return call(fn, *(self.scalar(e) for e in node.expressions))

    # --- aggregates

    def _aggregate(self, node: exp.Expr) -> Scalar:
        if self.clause == _INSIDE:
            raise GroupingError("aggregate function calls cannot be nested")
        if self.groups is None:
            raise GroupingError(
                f"aggregate functions are not allowed in {self.clause}",
                hint="Use HAVING, or a subquery.",
            )
        inner = ScalarBinder(self.context, self.scope, self.query, _INSIDE)
        where = None
        if isinstance(node, exp.Filter):
            where = replace(inner, clause="FILTER").condition(node.expression.this)
            node = node.this
        aggregate = self.aggregate_call(node, inner, where)
        self._check_level(aggregate)
        return self.groups.add(self.context, aggregate, aggregate.fn.name.lower())

    def _check_level(self, aggregate: AggregateCall) -> None:
        """SQL gives an aggregate over columns of the outer query only to that query."""
        read = {i for e in walk.call_scalars(aggregate) for i in walk.reads(e)}
        own = {number for s in self.scope.sources for number in s.numbers}
        if read and not read & (own | {c.id for c in self.scope.merged}):
            raise NotSupportedError(
                "an aggregate over columns of the outer query is not supported yet",
                hint="Compute it in the outer query.",
            )

    def _grouping(self, node: exp.Expr) -> Scalar:
        """GROUPING(a, b): which of these keys the row's grouping set lacks, as bits."""
        if self.clause == _INSIDE:
            raise GroupingError("aggregate function calls cannot be nested")
        if self.groups is None:
            raise GroupingError(f"grouping operations are not allowed in {self.clause}")
        if len(node.expressions) > MOST_BITS:
            raise ProgrammingError("GROUPING must have fewer than 32 arguments", sqlstate="54023")
        inner = ScalarBinder(self.context, self.scope, self.query, "GROUPING")
        args = tuple(settle(inner.scalar(e)) for e in node.expressions)
        column = self.context.column("grouping", INTEGER.with_null(False))
        self.groups.masks.append((column, args))
        return column

    def is_aggregate(self, node: exp.Expr) -> bool:
        """Whether `node` is a call of an aggregate function."""
        return type(node) in AGGREGATES or _name(node) in _ANONYMOUS_AGGREGATES

    def aggregate_call(
        self, node: exp.Expr, inner: ScalarBinder, where: Scalar | None
    ) -> AggregateCall:
        """The call, its arguments bound by `inner`."""
        fn = AGGREGATES.get(type(node)) or _ANONYMOUS_AGGREGATES.get(_name(node))
        if fn is None:
            raise NotSupportedError(f"{node.sql()} does not take FILTER")
        args = list(_arguments(node, ("this", "expressions", "separator")))
        if isinstance(node, exp.Anonymous):
            args = list(node.expressions)
        order: tuple[SortKey, ...] = ()
        if args and isinstance(args[0], exp.Order):
            order = sort_keys(args[0].expressions, inner)
            args[0] = args[0].this
        distinct = bool(args) and isinstance(args[0], exp.Distinct)
        if distinct:
            args[:1] = args[0].expressions
        if fn is agg.COUNT and len(args) == 1 and isinstance(args[0], exp.Star):
            args = []
        if fn is agg.COUNT and len(args) > 1:
            raise NotSupportedError("COUNT of several expressions is not supported yet")
        bound = tuple(settle(inner.scalar(e)) for e in args)
        fitted, result = fit_aggregate(fn, bound)
        return AggregateCall(fn, fitted, result, distinct, where, order)

    # --- subqueries

    def _subquery(self, node: exp.Expr) -> Scalar:
        if isinstance(node, exp.Exists):
            return Subquery(
                SubqueryKind.EXISTS, self.query(node.this, self.scope).rel, BOOLEAN.with_null(False)
            )
        if isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
            bound = self.query(node, self.scope)
            if len(bound.columns) != 1:
                raise ProgrammingError("subquery must return only one column", sqlstate="42601")
            return Subquery(SubqueryKind.SCALAR, bound.rel, bound.columns[0].type.with_null(True))
        if isinstance(node, exp.Window) or type(node) in WINDOW_FUNCTIONS:
            return bind_window(node, self)
        if isinstance(node, exp.Explode):
            if self.expansions is None:
                raise not_allowed(self.clause)
            return self.expansions.add(node, self)
        if isinstance(node, exp.Star):
            raise ProgrammingError("* is not allowed here", sqlstate="42601")
        if isinstance(node, exp.Func):
            raise UnknownFunction(self._function_name(node), known_names(), position(node))
        raise NotSupportedError(f"{node.sql()[:60]} is not supported", position=position(node))

    def _function_name(self, node: exp.Func) -> str:
        """As written, where sqlglot tells."""
        if "start" in node.meta:
            return self.context.text[node.meta["start"] : node.meta["end"] + 1]
        return str(node.sql_name())

    def _quantified(self, node: exp.Expr, fn: Function) -> Scalar | None:
        right = node.expression
        if not isinstance(right, exp.Any | exp.All):
            return None
        query = right.this
        if not isinstance(query.unnest(), exp.Query):
            raise NotSupportedError("ANY and ALL over an array are not supported yet")
        return self._in_query(node, fn, isinstance(right, exp.All), query)

    def _in_query(self, node: exp.Expr, fn: Function, every: bool, query: exp.Expr) -> Scalar:
        args = [self.scalar(e) for e in row_parts(node.this) or [node.this]]
        bound = self.query(query, self.scope)
        if len(bound.columns) != len(args):
            few = "few" if len(bound.columns) < len(args) else "many"
            raise ProgrammingError(f"subquery has too {few} columns", sqlstate="42601")
        fitted: list[Scalar] = []
        for arg, column in zip(args, bound.columns, strict=True):
            both = unify([arg, column])
            if both is None:
                call(fn, arg, column)  # raises the error that names the operator
            assert both is not None
            fitted.append(both[0] if both[0].type.kind is column.type.kind else arg)
        null = any(e.type.nullable for e in (*fitted, *bound.columns))
        return Subquery(
            SubqueryKind.QUANTIFIED, bound.rel, BOOLEAN.with_null(null), tuple(fitted), fn, every
        )


_ANONYMOUS_AGGREGATES = {"every": agg.BOOL_AND}


def _negated_in(node: exp.Expr) -> bool:
    return type(node) is exp.In and bool(node.args.get("negate"))


def _name(node: exp.Expr) -> str:
    return str(node.this).lower() if isinstance(node, exp.Anonymous) else ""


def spine(node: exp.Expr, kind: type[exp.Expr]) -> list[exp.Expr]:
    """The operands of a chain of one connector, without recursion: it may be thousands long."""
    found: list[exp.Expr] = []
    todo = [node]
    while todo:
        here = todo.pop()
        if type(here) is kind:
            todo += [here.expression, here.this]
        else:
            found.append(here)
    return found


def _arguments(node: exp.Expr, names: tuple[str, ...]) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    for name in names:
        value = node.args.get(name)
        if isinstance(value, list):
            found += value
        elif isinstance(value, exp.Expr):
            found.append(value)
    return found


def sort_keys(nodes: list[exp.Expr], binder: ScalarBinder) -> tuple[SortKey, ...]:
    """ORDER BY inside an aggregate."""
    return tuple(
        sort_key(binder.scalar(n.this if isinstance(n, exp.Ordered) else n), n) for n in nodes
    )


def sort_key(value: Scalar, node: exp.Expr) -> SortKey:
    """One key with its direction; sqlglot has filled in the dialect's place of NULLs."""
    descending = bool(node.args.get("desc"))
    nulls_first = node.args.get("nulls_first")
    return SortKey(
        settle(value), descending, bool(nulls_first if nulls_first is not None else descending)
    )
