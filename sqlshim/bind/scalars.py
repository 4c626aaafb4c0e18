"""Expressions: sqlglot nodes into typed scalars, by tables (`functions`, `special`).

One `ScalarBinder` serves one clause of one SELECT; it knows the scope, and whether aggregates
may stand there (`groups`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from sqlglot import exp

from sqlshim.bind.binds import int_literal
from sqlshim.bind.coerce import call, logical, no_overload, settle, unify
from sqlshim.bind.context import Context
from sqlshim.bind.fields import by_place, find_value
from sqlshim.bind.functions import arrays
from sqlshim.bind.functions.array_queries import array_of_rows, is_of_rows
from sqlshim.bind.functions.jsonb_operators import alike
from sqlshim.bind.functions.nodes import ANONYMOUS, SIMPLE, known_names
from sqlshim.bind.functions.returned_rows import rows_named
from sqlshim.bind.functions.row_functions import bind_row_function
from sqlshim.bind.functions.special import CALLS, SPECIAL
from sqlshim.bind.functions.timeuuids import compare_times
from sqlshim.bind.queries.aggregates import aggregate_call, as_the_dialect_has_it, is_aggregate
from sqlshim.bind.queries.hypothetical import hypothetical, is_hypothetical
from sqlshim.bind.queries.unnest import Expansions, not_allowed
from sqlshim.bind.queries.windows import WINDOW_FUNCTIONS, Windows, bind_window
from sqlshim.bind.rows import compare_rows, row_parts
from sqlshim.bind.scope import Bound, Scope, position
from sqlshim.bind.truth import operands, truth
from sqlshim.bind.unbounded import given_as
from sqlshim.bind.unordered import check_call, check_key
from sqlshim.bind.unread_arguments import check_arguments, check_count
from sqlshim.bind.varying import read_alike
from sqlshim.errors import (
    Error,
    GroupingError,
    NotSupportedError,
    ProgrammingError,
    StatementTooComplex,
    UnknownFunction,
)
from sqlshim.functions import arrays as arrays_fn
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
from sqlshim.types import BOOLEAN, INTEGER, Kind

_INSIDE = "an aggregate function"  # the clause of an aggregate's arguments
MOST_BITS = 31  # of GROUPING


class BindQuery(Protocol):
    """`QueryBinder.query`, for what may contain queries."""

    def __call__(self, node: exp.Expr, outer: Scope | None, settled: bool = True) -> Bound: ...


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

    def own_ids(self) -> set[int]:
        """The numbers of the columns that are made in this query, not in one around it."""
        made = self.scope.own_ids()
        made |= self.groups.made if self.groups else frozenset()
        return made | (self.windows.made if self.windows else frozenset())

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
            return truth(self.scalar(node), self.clause, self.context.dialect)
        except Error as error:
            if error.position is None:
                error.position = position(node)
            raise

    def _scalar(self, node: exp.Expr) -> Scalar:
        kind = type(node)
        if kind is exp.Column:
            return self._column(node)
        check_arguments(node)
        if kind is exp.And or kind is exp.Or:
            word, dialect = "AND" if kind is exp.And else "OR", self.context.dialect
            parts = [truth(self.scalar(e), word, dialect) for e in spine(node, kind)]
            return logical(op.AND if kind is exp.And else op.OR, parts)
        if kind in _COMPARE and (quantified := self._quantified(node, _COMPARE[kind])):
            return quantified
        if kind is exp.In and (query := _query_in(node)) is not None:
            found = self._in_query(node, op.EQ, every=False, query=query)
            return call(op.NOT, found) if node.args.get("negate") else found
        if (about_times := compare_times(node, self)) is not None:
            return call(op.NOT, about_times) if _negated_in(node) else about_times
        if (about_row := compare_rows(node, self, self._asked)) is not None:
            return call(op.NOT, about_row) if _negated_in(node) else about_row
        if _negated_in(node):
            return call(op.NOT, SPECIAL[kind](node, self))
        if kind is exp.Array and is_of_rows(node, self.context.dialect):
            return array_of_rows(self._asked(node.expressions[0]), self.context)
        if kind in SPECIAL:
            return SPECIAL[kind](node, self)
        if kind in SIMPLE:
            fn, names = SIMPLE[kind]
            args: Sequence[Scalar] = [self.scalar(e) for e in _arguments(node, names)]
            if fn.symbol:
                args = alike(fn, args)
                args = operands(args, self.context.dialect, fn in op.COMPARISONS)
            return call(fn, *args)
        if kind is exp.Filter or is_aggregate(node):
            return self._aggregate(node)
        if kind is exp.Grouping or kind is exp.GroupingId:
            return self._grouping(node)
        if kind is exp.Anonymous:
            return self._anonymous(node)
        if kind is exp.Alias:
            return self.scalar(node.this)
        if kind is exp.Parameter:
            return by_place(node, self.scope, None)
        return self._subquery(node)

    def _column(self, node: exp.Expr) -> Scalar:
        assert isinstance(node, exp.Column)
        if node.args.get("join_mark"):
            raise NotSupportedError(
                "an outer join by (+) is supported as a term of WHERE only",
                position=position(node),
                hint="Write LEFT JOIN … ON.",
            )
        if isinstance(node.this, exp.Star):
            raise ProgrammingError("* is not allowed here", sqlstate="42601")
        if isinstance(node.this, exp.Parameter):  # Snowflake's t.$1
            return by_place(node.this, self.scope, node.args.get("table"))
        param = self.context.param(node)
        if param is not None:
            return param
        return find_value(self.scope, node)

    def _anonymous(self, node: exp.Expr) -> Scalar:
        assert isinstance(node, exp.Anonymous)
        name = str(node.this)
        if (special := CALLS.get(name.lower())) is not None:
            check_count(name.lower(), node)
            return special(node, self)
        if rows_named(node) is not None:
            return self._subquery(node)
        fn = ANONYMOUS.get(name.lower())
        if fn is None and (column := bind_row_function(node, self.scope)) is not None:
            return column
        if fn is None:
            raise UnknownFunction(name, known_names(), position(node))
        return call(fn, *(self.scalar(e) for e in node.expressions))

    # --- aggregates

    def _aggregate(self, node: exp.Expr) -> Scalar:
        inner = ScalarBinder(self.context, self.scope, self.query, _INSIDE)
        where = None
        if isinstance(node, exp.Filter):
            where = replace(inner, clause="FILTER").condition(node.expression.this)
            node = node.this
        if is_hypothetical(node):
            return hypothetical(node, inner, where, self._column_of)
        first = node.this
        if isinstance(node, exp.ArrayAgg) and isinstance(first, exp.Limit):  # BigQuery
            node = node.copy()
            node.set("this", node.this.this)
        made = aggregate_call(node, inner, where)
        column = as_the_dialect_has_it(self._column_of(made), made, self.context.dialect)
        if isinstance(first, exp.Limit):
            return call(arrays_fn.SLICE, column, int_literal(1), self.scalar(first.expression))
        return column

    def _column_of(self, aggregate: AggregateCall) -> Scalar:
        """The column of a call, in the query that it belongs to."""
        read = {i for e in walk.call_scalars(aggregate) for i in walk.reads(e)}
        owner = self._owner(read)
        if owner.clause == _INSIDE or (owner.groups and read & owner.groups.made):
            raise GroupingError("aggregate function calls cannot be nested")
        if owner.groups is None:
            raise GroupingError(
                f"aggregate functions are not allowed in {owner.clause}",
                hint="Use HAVING, or a subquery.",
            )
        return owner.groups.add(self.context, aggregate, aggregate.fn.name.lower())

    def _owner(self, read: set[int]) -> ScalarBinder:
        """An aggregate belongs to the innermost query of which it reads a column."""
        binder = self
        while read and not read & binder.own_ids():
            outer = binder.scope.parent
            if outer is None:
                return self
            if outer.asking is None:
                raise GroupingError(
                    "aggregate functions are not allowed in FROM clause of their own query level"
                )
            binder = outer.asking
        return binder

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

    # --- subqueries

    def _asked(self, node: exp.Expr) -> Bound:
        """The query `node` of this clause."""
        before, self.scope.asking = self.scope.asking, self
        try:
            return self.query(node, self.scope)
        finally:
            self.scope.asking = before

    def _subquery(self, node: exp.Expr) -> Scalar:
        if isinstance(node, exp.Exists):
            query = node.this
            if isinstance(query, exp.Select) and not query.expressions:  # EXISTS (SELECT FROM t)
                query = query.select("1")
            rel = self._asked(query).rel
            return Subquery(SubqueryKind.EXISTS, rel, BOOLEAN.with_null(False))
        if isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
            bound = self._asked(node)
            if len(bound.columns) != 1:
                raise ProgrammingError("subquery must return only one column", sqlstate="42601")
            return Subquery(SubqueryKind.SCALAR, bound.rel, bound.columns[0].type.with_null(True))
        if isinstance(node, exp.Window) or type(node) in WINDOW_FUNCTIONS:
            return bind_window(node, self)
        if isinstance(node, exp.Explode) or rows_named(node) is not None:
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
        found = arrays.array_in(node.expression)
        if found is None:
            return None
        over, every = found
        if isinstance(over, exp.Values):
            return self._in_query(node, fn, every, over)
        if not isinstance(over, exp.Query):
            return arrays.quantified(fn, self.scalar(node.this), self.scalar(over), every)
        return self._in_query(node, fn, every, node.expression.this)

    def _in_query(self, node: exp.Expr, fn: Function, every: bool, query: exp.Expr) -> Scalar:
        args = [self.scalar(e) for e in row_parts(node.this) or [node.this]]
        bound = self._asked(query)
        if len(bound.columns) != len(args):
            few = "few" if len(bound.columns) < len(args) else "many"
            raise ProgrammingError(f"subquery has too {few} columns", sqlstate="42601")
        fitted: list[Scalar] = []
        given: list[Scalar] = []
        for arg, column in zip(args, bound.columns, strict=True):
            check_call(fn, (arg, column))
            asked, found = read_alike([arg, column])
            both = unify([asked, found])
            if both is None:
                raise no_overload(fn, (asked, found))
            fitted.append(both[0] if both[0].type.kind is found.type.kind else asked)
            given.append(both[1] if asked.type.kind is Kind.NUMERIC else found)
        null = any(e.type.nullable for e in (*fitted, *bound.columns))
        return Subquery(
            SubqueryKind.QUANTIFIED,
            given_as(bound.rel, bound.columns, given, self.context.column),
            BOOLEAN.with_null(null),
            tuple(fitted),
            fn,
            every,
        )


def _query_in(node: exp.Expr) -> exp.Expr | None:
    """The query of `x IN (query)`; sqlglot has VALUES as the only item of a list."""
    query: exp.Expr | None = node.args.get("query")
    if query is None and len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Values):
        return node.expressions[0]
    return query


def _negated_in(node: exp.Expr) -> bool:
    return type(node) is exp.In and bool(node.args.get("negate"))


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


def sort_key(value: Scalar, node: exp.Expr) -> SortKey:
    """One key with its direction; sqlglot has filled in the dialect's place of NULLs."""
    descending = bool(node.args.get("desc"))
    nulls_first = node.args.get("nulls_first")
    return SortKey(
        check_key(settle(value)),
        descending,
        bool(nulls_first if nulls_first is not None else descending),
    )
