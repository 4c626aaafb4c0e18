"""GROUP BY: its keys, and the rewriting of what stands above them.

Above an Aggregate only keys and aggregate results exist. `Grouping.above` replaces every
occurrence of a key expression by its column and names the column that is neither.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from sqlshim.bind.coerce import settle
from sqlshim.bind.context import Context
from sqlshim.bind.queries.grouping_sets import sets_of
from sqlshim.bind.queries.output import no_text_constant
from sqlshim.bind.queries.windows import Windows, windowing
from sqlshim.bind.scalars import Groups, ScalarBinder
from sqlshim.bind.scope import Scope, matching, position
from sqlshim.errors import GroupingError, ProgrammingError
from sqlshim.ir import walk
from sqlshim.ir.relational import Aggregate, GroupingSets, Project, Rel
from sqlshim.ir.scalar import Column, Literal, Scalar, Subquery
from sqlshim.types import INTEGER

Items = list[tuple[Column, Scalar]]


@dataclass(slots=True)
class Grouping:
    """The keys: (output column, expression over the input). `own` are the input's columns.

    `sets` say which keys make each group, if there are several sets or one that lacks a key; a
    key that some set lacks has a column of its own, which may be NULL. PostgreSQL: grouping by a
    table's primary key makes the table's other columns usable too; `dependent` are those, and
    each becomes a key (of every set) when it is used.
    """

    keys: Items
    own: frozenset[int]
    dependent: frozenset[int] = frozenset()
    sets: tuple[tuple[int, ...], ...] = ()

    def over(self, rel: Rel, groups: Groups) -> Rel:
        """The grouping of `rel`, after `above` has seen all that stands above it."""
        keys, calls = tuple(self.keys), tuple(groups.calls)
        masks = tuple((c, tuple(map(self._number, args))) for c, args in groups.masks)
        if self.sets:
            known = 1 + max((i for s in self.sets for i in s), default=-1)
            added = tuple(range(known, len(keys)))
            sets = tuple(s + added for s in self.sets)
            return GroupingSets(rel, keys, sets, calls, masks)
        rel = Aggregate(rel, keys, calls)
        if not masks:
            return rel
        nothing = Literal(0, INTEGER.with_null(False))
        return Project(rel, (*((c, c) for c in rel.columns), *((c, nothing) for c, _ in masks)))

    def _number(self, expr: Scalar) -> int:
        """The index of the key that an argument of GROUPING is."""
        for number, (_, key) in enumerate(self.keys):
            if key == expr:
                return number
        raise GroupingError(
            "arguments to GROUPING must be grouping expressions of the associated query level"
        )

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
    node: exp.Select, binder: ScalarBinder, items: Items, groups: Groups, windows: Windows
) -> Grouping:
    """The keys of a SELECT's GROUP BY (none: one group). `binder` is for that clause; `groups` and
    `windows` are what the clauses above call."""
    clause, scope = node.args.get("group"), binder.scope
    own = frozenset(c.id for s in scope.sources for c in s.columns)
    own |= frozenset(c.id for c in scope.merged)
    if clause is None:
        return Grouping([], own)
    if clause.args.get("all") and not clause.expressions:
        sets = [_every_plain_item(items, groups, windows)]
    else:
        sets = sets_of(clause, lambda e: _checked(_key(e, binder, items), groups, windows, e))
    values = list(dict.fromkeys(value for keys in sets for value in keys))
    everywhere = {value for value in values if all(value in keys for keys in sets)}
    keys = [(_key_column(v, v in everywhere, binder.context), v) for v in values]
    dependent = _dependent(everywhere, scope)
    if len(sets) == 1:
        return Grouping(keys, own, dependent)
    numbers = {value: i for i, value in enumerate(values)}
    return Grouping(keys, own, dependent, tuple(tuple(numbers[v] for v in s) for s in sets))


def _key_column(value: Scalar, everywhere: bool, context: Context) -> Column:
    if not everywhere:
        name = value.name if isinstance(value, Column) else "group key"
        return context.column(name, value.type.with_null(True))
    return value if isinstance(value, Column) else context.column("group key", value.type)


def _every_plain_item(items: Items, groups: Groups, windows: Windows) -> tuple[Scalar, ...]:
    """GROUP BY ALL: the expressions of the select list without aggregates and windows."""
    made = groups.made | windows.made
    return tuple(dict.fromkeys(e for _, e in items if not walk.reads(e) & made))


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
        return items[int(node.this) - 1][1]
    if isinstance(node, exp.Column) and node.args.get("table") is None:
        ident = node.this
        name, quoted = ident.name, bool(ident.args.get("quoted"))
        if not matching(name, quoted, binder.scope.own_columns(), lambda p: p[1].name):
            found = matching(name, quoted, items, lambda i: i[0].name)
            if found:
                return found[0][1]
    return settle(binder.scalar(node))


def _checked(value: Scalar, groups: Groups, windows: Windows, node: exp.Expr) -> Scalar:
    """`value`, which an item of the select list may be, without aggregates and windows."""
    reads = walk.reads(value)
    if reads & windows.made:
        raise windowing("window functions are not allowed in GROUP BY", position(node))
    if reads & groups.made:
        raise GroupingError(
            "aggregate functions are not allowed in GROUP BY", position=position(node)
        )
    return value


def _dependent(values: set[Scalar], scope: Scope) -> frozenset[int]:
    grouped = {v.id for v in values if isinstance(v, Column)}
    found: set[int] = set()
    for source in scope.sources:
        if source.key and source.key <= grouped:
            found |= {c.id for c in source.columns} - grouped
    return frozenset(found)
