"""GROUP BY: its keys, and the rewriting of what stands above them.

Above an Aggregate only keys and aggregate results exist. `Grouping.above` replaces every
occurrence of a key expression by its column and names the column that is neither.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from sqlshim.bind.coerce import settle
from sqlshim.bind.context import Context
from sqlshim.bind.output import no_text_constant
from sqlshim.bind.scalars import BindQuery, ScalarBinder
from sqlshim.bind.scope import Scope, matching, position
from sqlshim.errors import GroupingError, NotSupportedError, ProgrammingError
from sqlshim.ir import walk
from sqlshim.ir.scalar import Column, Scalar, Subquery

Items = list[tuple[Column, Scalar]]


@dataclass(slots=True)
class Grouping:
    """The keys: (output column, expression over the input). `own` are the input's columns.

    PostgreSQL: grouping by a table's primary key makes the table's other columns usable too;
    `dependent` are those, and each becomes a key when it is used.
    """

    keys: Items
    own: frozenset[int]
    dependent: frozenset[int] = frozenset()

    def above(self, expr: Scalar, made: frozenset[int]) -> Scalar:
        """`expr` in terms of keys and aggregates (whose columns are `made`).
        GroupingError for an input column that is no key."""
        for column, key in self.keys:
            if expr == key:
                return column
        if isinstance(expr, Column) and expr.id in self.own and expr.id not in made:
            if expr.id not in self.dependent:
                raise GroupingError(
                    f"column {expr.name!r} must appear in the GROUP BY clause or be used in an "
                    "aggregate function",
                    column=expr.name,
                )
            self.keys.append((expr, expr))
            return expr
        operands = tuple(self.above(e, made) for e in walk.operands(expr))
        expr = walk.with_operands(expr, operands)
        return self._in_subquery(expr) if isinstance(expr, Subquery) else expr

    def _in_subquery(self, expr: Subquery) -> Scalar:
        outer = walk.free_columns(expr.rel) & self.own
        plain: dict[int, Scalar] = {k.id: c for c, k in self.keys if isinstance(k, Column)}
        if outer - plain.keys() - self.dependent:
            raise GroupingError(
                "a subquery uses an ungrouped column from the outer query",
                hint="Add the column to GROUP BY.",
            )
        return walk.substitute(expr, plain) if outer else expr


def bind_grouping(
    node: exp.Select, context: Context, scope: Scope, query: BindQuery, items: Items
) -> Grouping:
    """The keys of a SELECT's GROUP BY (none: one group)."""
    clause = node.args.get("group")
    own = frozenset(c.id for s in scope.sources for c in s.columns)
    own |= frozenset(c.id for c in scope.merged)
    if clause is None:
        return Grouping([], own)
    for form in ("rollup", "cube", "grouping_sets", "totals"):
        if clause.args.get(form):
            raise NotSupportedError(f"GROUP BY {form.upper()} is not supported yet")
    entries = list(clause.expressions)
    if clause.args.get("all"):
        raise NotSupportedError("GROUP BY ALL is not supported yet")
    binder = ScalarBinder(context, scope, query, "GROUP BY")
    values: list[Scalar] = []
    for entry in entries:
        parts = entry.expressions if isinstance(entry, exp.Tuple) else [entry]
        values += [_key(part, binder, items) for part in parts]
    keys: Items = []
    for value in dict.fromkeys(values):
        column = value if isinstance(value, Column) else context.column("group key", value.type)
        keys.append((column, value))
    return Grouping(keys, own, _dependent(values, scope))


def _key(node: exp.Expr, binder: ScalarBinder, items: Items) -> Scalar:
    """A key: an ordinal, an input column, or failing that an output name (PostgreSQL)."""
    if isinstance(node, exp.Literal):
        no_text_constant(node, "GROUP BY")
        if not node.this.isdigit() or not 1 <= int(node.this) <= len(items):
            raise ProgrammingError(
                f"GROUP BY position {node.this} is not in select list",
                sqlstate="42P10",
                position=position(node),
            )
        return _no_aggregate(items[int(node.this) - 1][1], binder, node)
    if isinstance(node, exp.Column) and node.args.get("table") is None:
        ident = node.this
        name, quoted = ident.name, bool(ident.args.get("quoted"))
        if not matching(name, quoted, binder.scope.own_columns(), lambda p: p[1].name):
            found = matching(name, quoted, items, lambda i: i[0].name)
            if found:
                return _no_aggregate(found[0][1], binder, node)
    return settle(binder.scalar(node))


def _no_aggregate(value: Scalar, binder: ScalarBinder, node: exp.Expr) -> Scalar:
    known = {c.id for _, c in binder.scope.own_columns()} | binder.scope.hidden
    outer = binder.scope.parent
    while outer is not None:
        known |= {c.id for _, c in outer.own_columns()}
        outer = outer.parent
    if walk.reads(value) - known:
        raise GroupingError(
            "aggregate functions are not allowed in GROUP BY", position=position(node)
        )
    return value


def _dependent(values: list[Scalar], scope: Scope) -> frozenset[int]:
    grouped = {v.id for v in values if isinstance(v, Column)}
    found: set[int] = set()
    for source in scope.sources:
        if source.key and source.key <= grouped:
            found |= {c.id for c in source.columns} - grouped
    return frozenset(found)
