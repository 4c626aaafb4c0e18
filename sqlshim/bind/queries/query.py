"""Queries: SELECT, set operations, VALUES and WITH into a relation.

The shape of a SELECT is always, from the bottom: sources, Filter, Aggregate, Filter (HAVING),
Window, Filter (QUALIFY), Project, Aggregate (DISTINCT), Sort, Limit, Project (dropping sort keys
nobody asked for).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from sqlshim.bind.binds import int_literal
from sqlshim.bind.coerce import coerce, conjuncts, settle
from sqlshim.bind.context import Context
from sqlshim.bind.fields import star_items
from sqlshim.bind.queries.connect_by import as_recursive
from sqlshim.bind.queries.ctes import declare
from sqlshim.bind.queries.first_rows import (
    RowLimit,
    check_distinct_on,
    first_of_each,
    sort_and_limit,
    with_ties,
)
from sqlshim.bind.queries.grouping import bind_grouping
from sqlshim.bind.queries.join_marks import without_marks
from sqlshim.bind.queries.oracle import without_rownum
from sqlshim.bind.queries.output import (
    Items,
    distinct_numbers,
    output_key,
    output_name,
    retyped,
    where_is,
)
from sqlshim.bind.queries.set_operations import arms_of, check_by_name, united
from sqlshim.bind.queries.sources import SourceBinder, values_rel
from sqlshim.bind.queries.unnest import Expansions
from sqlshim.bind.queries.windows import Windows, unaliased
from sqlshim.bind.scalars import Groups, ScalarBinder, sort_key
from sqlshim.bind.scope import Bound, Scope, position
from sqlshim.bind.unread import check_read
from sqlshim.errors import (
    DataError,
    GroupingError,
    NotSupportedError,
    ProgrammingError,
    TypeMismatch,
)
from sqlshim.ir.relational import Aggregate, Filter, Limit, Project, Rel
from sqlshim.ir.scalar import Column, Literal, Scalar, SortKey
from sqlshim.sql.dialects import traits_of
from sqlshim.types import BIGINT, INTEGERS, Kind


class QueryBinder:
    """Binds the queries of one statement."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def query(self, node: exp.Expr, outer: Scope | None, settled: bool = True) -> Bound:
        """A query of any form. `settled` False leaves untyped constants to the set operation."""
        if isinstance(node, exp.Select) and node.args.get("connect") is not None:
            sources = SourceBinder(self.context, Scope(outer), self.query)
            node = as_recursive(node, sources.columns_of)
        check_read(node)
        outside = self.context.ctes
        try:
            declare(node, outer, self.context)
            match node:
                case exp.Select():
                    return self._select(node, outer, settled)
                case exp.SetOperation():
                    return self._set_operation(node, outer)
                case exp.Subquery():
                    return self._wrapped(node, outer, settled)
                case exp.Values():
                    scope = Scope(outer)
                    binder = ScalarBinder(self.context, scope, self.query, "VALUES")
                    return self._ordered(values_rel(node, binder, self.context), node, binder)
                case _:
                    raise NotSupportedError(
                        f"{node.key.upper()} is not supported as a query", position=position(node)
                    )
        finally:
            self.context.ctes = outside

    def _wrapped(self, node: exp.Subquery, outer: Scope | None, settled: bool) -> Bound:
        """A parenthesised query, which may have its own ORDER BY and LIMIT."""
        bound = self.query(node.this, outer, settled)
        binder = ScalarBinder(self.context, Scope(outer), self.query, "ORDER BY")
        return self._ordered(bound, node, binder)

    # --- SELECT

    def _select(self, node: exp.Select, outer: Scope | None, settled: bool) -> Bound:
        scope = Scope(outer)
        node = without_marks(node, self.context)
        rel = SourceBinder(self.context, scope, self.query).from_clause(node)
        rel = self.where(rel, node, scope)
        groups, windows, expansions = Groups(), Windows(), Expansions()
        windows.define(node)
        binder = ScalarBinder(
            self.context, scope, self.query, "SELECT", groups, windows, expansions
        )
        items = self.items(node, scope, binder, settled)
        having = self._having(node, scope, groups)
        order = self._order_values(node, items, binder)
        on = self._distinct_on(node, items, binder)
        limit = self._limit_values(node, binder)
        windows.bind_qualify(node, binder)
        if node.args.get("group") is not None or groups.made or having is not None:
            keys = ScalarBinder(self.context, scope, self.query, "GROUP BY")
            grouping = bind_grouping(node, keys, items, groups, windows)
            made = groups.made | expansions.made

            def above(expr: Scalar) -> Scalar:
                try:
                    return grouping.above(expr, made)
                except GroupingError as error:
                    error.position = error.position or where_is(error.column, node)
                    raise

            items = [(c, above(e)) for c, e in items]
            items = [(retyped(c, e), e) for c, e in items]
            order = [replace(k, expr=above(k.expr)) for k in order]
            on = [replace(k, expr=above(k.expr)) for k in on]
            windows.rewrite(above)
            expansions.rewrite(above)
            kept = () if having is None else conjuncts(above(having))
            rel = grouping.over(rel, groups)
            rel = Filter(rel, kept) if kept else rel
        return self._finish(expansions.over(windows.over(rel)), node, items, order, limit, on)

    def where(self, rel: Rel, node: exp.Select, scope: Scope) -> Rel:
        """`rel` with the rows that WHERE keeps."""
        where = node.args.get("where")
        if where is None:
            return rel
        binder = ScalarBinder(self.context, scope, self.query, "WHERE")
        condition, first = without_rownum(where.this, self.context)
        if condition is not None:
            rel = Filter(rel, conjuncts(binder.condition(condition)))
        return rel if first is None else Limit(rel, int_literal(first), None)

    def _having(self, node: exp.Select, scope: Scope, groups: Groups) -> Scalar | None:
        having = node.args.get("having")
        if having is None:
            return None
        binder = ScalarBinder(self.context, scope, self.query, "HAVING", groups)
        named = traits_of(self.context.dialect).having_sees_aliases
        return binder.condition(unaliased(having.this, node, scope) if named else having.this)

    def items(
        self, node: exp.Select, scope: Scope, binder: ScalarBinder, settled: bool = True
    ) -> Items:
        """The select list: result columns and what they are."""
        items: Items = []
        for entry in node.expressions:
            starred = star_items(entry, scope, binder)
            if starred is not None:
                items += [(self._output(c.name, c, binder) if c is e else c, e) for c, e in starred]
                continue
            value = binder.scalar(entry.unalias())
            value = settle(value) if settled else value
            alias = "" if isinstance(entry, exp.Window) else entry.alias  # not OVER name
            name = alias or output_name(entry, value, self.context.text)
            items.append((self._output(name, value, binder), value))
        if not items:
            raise ProgrammingError("SELECT has no columns", sqlstate="42601")
        return items

    def _output(self, name: str, value: Scalar, binder: ScalarBinder) -> Column:
        """The output column: a column of this query itself keeps its number."""
        if isinstance(value, Column) and value.name == name and value.id in binder.own_ids():
            return value
        return self.context.column(name, value.type)

    # --- DISTINCT, ORDER BY, LIMIT

    def _order_values(self, node: exp.Expr, items: Items, binder: ScalarBinder) -> list[SortKey]:
        """The keys in terms of the input; a key that is an output column refers to its item."""
        order = node.args.get("order")
        return self._keys(order.expressions if order is not None else (), items, binder)

    def _distinct_on(self, node: exp.Expr, items: Items, binder: ScalarBinder) -> list[SortKey]:
        """The expressions of DISTINCT ON, which are read as those of ORDER BY."""
        distinct = node.args.get("distinct")
        on = distinct.args.get("on") if distinct is not None else None
        if on is None:
            return []
        return self._keys(on.expressions if isinstance(on, exp.Tuple) else [on], items, binder)

    def _keys(
        self, entries: Sequence[exp.Expr], items: Items, binder: ScalarBinder
    ) -> list[SortKey]:
        keys = []
        for entry in entries:
            target = entry.this if isinstance(entry, exp.Ordered) else entry
            value = output_key(target, items)
            keys.append(sort_key(binder.scalar(target) if value is None else value, entry))
        return keys

    def _limit_values(self, node: exp.Expr, binder: ScalarBinder) -> RowLimit:
        clause, skip = node.args.get("limit"), node.args.get("offset")
        count = None
        if isinstance(clause, exp.Fetch):
            count = clause.args.get("count") or exp.Literal.number(1)
        elif clause is not None:
            count = clause.expression
            skip = clause.args.get("offset") or skip
        offset = skip.expression if isinstance(skip, exp.Offset) else skip
        rows = self._row_count(count, "LIMIT", binder)
        skipped = self._row_count(offset, "OFFSET", binder)
        return RowLimit(rows, skipped, with_ties(clause, rows))

    def _row_count(self, node: exp.Expr | None, clause: str, binder: ScalarBinder) -> Scalar | None:
        if node is None or isinstance(node, exp.Null) or node.name.upper() == "ALL":
            return None
        bare = ScalarBinder(self.context, Scope(), binder.query, clause)
        value = bare.scalar(node)
        if value.type.kind is not Kind.UNKNOWN and value.type.kind not in INTEGERS:
            raise TypeMismatch(
                f"argument of {clause} must be type bigint, not type {str(value.type).lower()}",
                position=position(node),
            )
        value = coerce(value, BIGINT)
        if not isinstance(value, Literal):
            return value
        if value.value is None:
            return None
        if isinstance(value.value, int) and value.value < 0:
            raise DataError(
                f"{clause} must not be negative",
                sqlstate="2201W" if clause == "LIMIT" else "2201X",
                position=position(node),
            )
        return value

    def _finish(
        self,
        rel: Rel,
        node: exp.Select,
        items: Items,
        order: list[SortKey],
        limit: RowLimit,
        on: list[SortKey],
    ) -> Bound:
        items, columns = distinct_numbers(items, self.context)
        by_value = {e: c for c, e in reversed(items)}
        extra: Items = []
        distinct = node.args.get("distinct") is not None and not on
        if distinct and any(k.expr not in by_value for k in order):
            raise ProgrammingError(
                "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                sqlstate="42P10",
                position=position(node.args["order"]),
            )
        check_distinct_on(on, order, node)
        for key in (*order, *on):
            if key.expr not in by_value:
                by_value[key.expr] = self._sort_column(key.expr, items)
                extra.append((by_value[key.expr], key.expr))
        keys = [replace(k, expr=by_value[k.expr]) for k in order]
        rel = Project(rel, tuple(items + extra))
        if distinct:
            rel = Aggregate(rel, tuple((c, c) for c in rel.columns), ())
        if on:
            rel = first_of_each(rel, [by_value[k.expr] for k in on], keys, self.context)
        rel = sort_and_limit(rel, keys, limit, self.context)
        if extra:
            rel = Project(rel, tuple((c, c) for c, _ in items))
        return Bound(rel, columns)

    def _sort_column(self, value: Scalar, items: Items) -> Column:
        """The column of a sort key that the select list does not have."""
        if isinstance(value, Column) and value.id not in {c.id for c, _ in items}:
            return value
        return self.context.column("sort key", value.type)

    def _ordered(self, bound: Bound, node: exp.Expr, binder: ScalarBinder) -> Bound:
        """ORDER BY and LIMIT over a set operation: only output columns can be named."""
        items: Items = [(c, c) for c in bound.columns]
        keys = []
        order = node.args.get("order")
        for entry in order.expressions if order is not None else ():
            target = entry.this if isinstance(entry, exp.Ordered) else entry
            value = output_key(target, items)
            if value is None:
                raise ProgrammingError(
                    "ORDER BY on a UNION/INTERSECT/EXCEPT result must name an output column",
                    sqlstate="42703",
                    position=position(target),
                    hint="Wrap the query: SELECT * FROM (…) AS q ORDER BY …",
                )
            keys.append(sort_key(value, entry))
        rel = sort_and_limit(bound.rel, keys, self._limit_values(node, binder), self.context)
        return Bound(rel, bound.columns)

    def _set_operation(self, node: exp.SetOperation, outer: Scope | None) -> Bound:
        check_by_name(node)
        arms = [self.query(arm, outer, settled=False) for arm in arms_of(node)]
        binder = ScalarBinder(self.context, Scope(outer), self.query, "ORDER BY")
        return self._ordered(united(node, arms, self.context), node, binder)
