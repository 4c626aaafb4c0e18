"""UPDATE, DELETE and TRUNCATE: which rows of the table, and what they become.

An UPDATE is a query over the table (and what its FROM names) that gives of each row to change its
locator and the new values; a DELETE one that gives the locators. The store finds the rows again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from sqlshim.bind.context import Context
from sqlshim.bind.queries.ctes import declare
from sqlshim.bind.queries.first_rows import first_of_each
from sqlshim.bind.queries.output import Items
from sqlshim.bind.queries.query import QueryBinder
from sqlshim.bind.queries.sources import SourceBinder
from sqlshim.bind.scalars import ScalarBinder
from sqlshim.bind.scope import Scope, position
from sqlshim.bind.statements.insert import assigned, named_table, target_column
from sqlshim.bind.statements.returning import returned
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.ir import walk
from sqlshim.ir.relational import Project, Rel, Scan
from sqlshim.ir.scalar import Column, Scalar
from sqlshim.ir.sharing import unshare_single
from sqlshim.ir.statement import Delete, Truncate, Update


def bind_update(tree: exp.Expr, context: Context) -> Update:
    """UPDATE t SET … [FROM …] [WHERE …] [RETURNING …]. A row that several rows of FROM meet takes
    the values of one of them, as in PostgreSQL."""
    _refuse(tree, ("order", "limit"))
    others = tree.args.get("from_")
    rows = _rows(tree, [] if others is None else [others.this], context)
    new = _new_values(tree, rows)
    olds = {c.id: c.name for c in rows.scan.columns}

    def after(expr: Scalar) -> Scalar:
        """A value in RETURNING is that after the change."""
        return new.get(olds.get(expr.id, ""), expr) if isinstance(expr, Column) else expr

    returning = rows.returning(tree)
    items = [(c, walk.rewrite(e, after)) for c, e in returning or ()]
    values = [(context.column(name, value.type), value) for name, value in new.items()]
    source = rows.source([*values, *items], once=others is not None)
    return Update(rows.table, tuple(new), source, _columns(returning))


def bind_delete(tree: exp.Expr, context: Context) -> Delete:
    """DELETE FROM t [USING …] [WHERE …] [RETURNING …]."""
    _refuse(tree, ("order", "limit", "tables", "cluster"))
    using = tree.args.get("using") or []
    rows = _rows(tree, using, context)
    returning = rows.returning(tree)
    source = rows.source(returning or [], once=bool(using))
    return Delete(rows.table, source, _columns(returning))


def bind_truncate(tree: exp.Expr, context: Context) -> Truncate:
    """TRUNCATE [TABLE] t, …"""
    _refuse(tree, ("identity", "option", "partition", "is_database", "cluster"))
    return Truncate(tuple(_changeable(node, "TRUNCATE", context) for node in tree.expressions))


def _refuse(tree: exp.Expr, clauses: Sequence[str]) -> None:
    """What PostgreSQL's statement does not have, other dialects' may."""
    for clause in clauses:
        if tree.args.get(clause):
            name = f"{tree.key.upper()} … {clause.strip('_').upper()}"
            raise NotSupportedError(
                f"{name} is not supported", hint="Choose the rows by a subquery: WHERE … IN (…)."
            )


def _changeable(node: exp.Expr, word: str, context: Context) -> Table:
    table = named_table(node, context)
    if not table.locator:
        raise NotSupportedError(
            f"{word} of {table.full_name!r} is not supported yet",
            position=position(node),
            hint="Rows of embedded tables (memory:// and file://) can be changed.",
        )
    return table


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that a statement changes, with all that it may read."""

    table: Table
    rel: Rel
    scan: Scan
    located: Column
    scope: Scope
    context: Context

    def scalars(self, clause: str) -> ScalarBinder:
        return ScalarBinder(self.context, self.scope, QueryBinder(self.context).query, clause)

    def returning(self, tree: exp.Expr) -> Items | None:
        """The items of RETURNING over the rows as they were; None without the clause."""
        return returned(tree, self.scope, self.context)

    def source(self, items: Items, once: bool) -> Rel:
        """The locator and `items`; `once`: of several rows with the same locator, one."""
        rel: Rel = Project(self.rel, ((self.located, self.located), *items))
        if once:
            rel = first_of_each(rel, [self.located], [], self.context)
        return unshare_single(rel) if self.context.shared else rel


def _rows(tree: exp.Expr, others: Sequence[exp.Expr], context: Context) -> _Rows:
    target = tree.this
    table = _changeable(target, tree.key.upper(), context)
    context.target = target
    declare(tree, None, context)
    joins = [*(target.args.get("joins") or ()), *(exp.Join(this=other) for other in others)]
    target.set("joins", None)
    select = exp.Select(from_=exp.From(this=target), joins=joins, where=tree.args.get("where"))
    queries, scope = QueryBinder(context), Scope()
    rel = SourceBinder(context, scope, queries.query).from_clause(select)
    # The tree takes its nodes over, so that the target is found by its position: the first.
    scan = next(
        r for r in walk.every_rel(rel) if isinstance(r, Scan) and context.located in r.columns
    )
    assert context.located is not None
    return _Rows(table, queries.where(rel, select, scope), scan, context.located, scope, context)


def _new_values(tree: exp.Expr, rows: _Rows) -> dict[str, Scalar]:
    """By name of the column, in the order of SET."""
    new: dict[str, Scalar] = {}
    binder = rows.scalars("UPDATE")
    for ident, node in _assignments(tree):
        column = target_column(ident, rows.table)
        if column.name in new:
            raise ProgrammingError(
                f"multiple assignments to same column {column.name!r}",
                sqlstate="42601",
                position=position(ident),
            )
        new[column.name] = _value(node, column, binder)
    return new


def _value(node: exp.Expr, column: TableColumn, binder: ScalarBinder) -> Scalar:
    if isinstance(node, exp.Column) and node.name.upper() == "DEFAULT" and not node.this.quoted:
        node = exp.Null()  # tables have no other defaults
    return assigned(binder.scalar(node), column, node)


def _assignments(tree: exp.Expr) -> list[tuple[exp.Expr, exp.Expr]]:
    """The names and values of SET, rows taken apart."""
    found: list[tuple[exp.Expr, exp.Expr]] = []
    for entry in tree.expressions:
        if not isinstance(entry, exp.EQ):
            raise ProgrammingError(
                "SET takes assignments", sqlstate="42601", position=position(entry)
            )
        left, right = entry.this, entry.expression
        if isinstance(left, exp.Tuple | exp.Paren):
            names = left.expressions if isinstance(left, exp.Tuple) else [left.this]
            if not isinstance(right, exp.Tuple) or len(right.expressions) != len(names):
                raise NotSupportedError(
                    "SET (a, b) = takes a list of as many values",
                    position=position(left),
                    hint="Assign the columns one by one.",
                )
            found += [(n.this, v) for n, v in zip(names, right.expressions, strict=True)]
            continue
        if not isinstance(left, exp.Column):
            raise NotSupportedError(
                "SET of a part of a column is not supported yet", position=position(left)
            )
        found.append((left.this, right))
    return found


def _columns(items: Items | None) -> tuple[Column, ...] | None:
    return None if items is None else tuple(c for c, _ in items)
