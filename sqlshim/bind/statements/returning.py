"""RETURNING: the items of a statement that writes, over the rows it writes."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from sqlshim.bind.context import Context
from sqlshim.bind.queries.output import Items
from sqlshim.bind.queries.query import QueryBinder
from sqlshim.bind.scalars import ScalarBinder
from sqlshim.bind.scope import Scope, Source, position
from sqlshim.catalog.model import Table
from sqlshim.errors import NotSupportedError
from sqlshim.ir import walk
from sqlshim.ir.relational import Project, Rel
from sqlshim.ir.scalar import Column, Literal, Scalar


def returned(tree: exp.Expr, scope: Scope, context: Context) -> Items | None:
    """The items of a statement's RETURNING, each column a new one; None without the clause."""
    clause = tree.args.get("returning")
    if clause is None:
        return None
    if clause.args.get("into"):
        raise NotSupportedError("RETURNING … INTO is not supported", position=position(clause))
    queries = QueryBinder(context)
    binder = ScalarBinder(context, scope, queries.query, "RETURNING")
    items = queries.items(exp.Select(expressions=clause.expressions), scope, binder)
    return [(context.column(c.name, e.type), e) for c, e in items]


def inserted(
    tree: exp.Expr, table: Table, names: tuple[str, ...], source: Rel, context: Context
) -> tuple[Rel, tuple[Column, ...] | None]:
    """The rows of an INSERT with what its RETURNING adds to them, and the columns of that."""
    own = {c.name: context.column(c.name, c.type) for c in table.columns if not c.hidden}
    scope = Scope(sources=[Source(_alias(tree, table), list(own.values()))])
    items = returned(tree, scope, context)
    if items is None:
        return source, None
    given = dict(zip(names, source.columns, strict=True))
    replace = _values(table, own, given)
    made = [(c, walk.rewrite(e, replace)) for c, e in items]
    kept = tuple((c, c) for c in source.columns)
    return Project(source, (*kept, *made)), tuple(c for c, _ in items)


def _values(
    table: Table, own: dict[str, Column], given: dict[str, Column]
) -> Callable[[Scalar], Scalar]:
    """The value of a column in the new row: what is inserted, else NULL."""
    names = {c.id: name for name, c in own.items()}

    def value(expr: Scalar) -> Scalar:
        if not isinstance(expr, Column) or expr.id not in names:
            return expr
        name = names[expr.id]
        if name not in given and table.column(name).has_default:
            raise NotSupportedError(
                f"RETURNING of {name!r}, which the store makes, is not supported yet",
                hint="Insert a value of your own for it.",
            )
        return given.get(name, Literal(None, expr.type))

    return value


def _alias(tree: exp.Expr, table: Table) -> str:
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    return target.alias or table.name
