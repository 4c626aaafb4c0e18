"""A query that is a statement by itself: no column without a type, none that nobody asked for."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.coerce import settle
from sqlshim.bind.context import Context
from sqlshim.bind.queries.query import QueryBinder
from sqlshim.ir.relational import Project
from sqlshim.ir.sharing import unshare_single
from sqlshim.ir.statement import Query
from sqlshim.types import Kind


def bind_query(tree: exp.Expr, context: Context) -> Query:
    """The query over `context`, its columns in the order of the select list."""
    bound = QueryBinder(context).query(tree, None)
    columns = tuple(bound.columns)
    rel = unshare_single(bound.rel) if context.shared else bound.rel
    if any(c.type.kind is Kind.UNKNOWN for c in columns) or rel.columns != columns:
        items = []
        for column in columns:
            value = settle(column)
            made = column if value is column else context.column(column.name, value.type)
            items.append((made, value))
        rel = Project(rel, tuple(items))
        columns = rel.columns
    return Query(rel, columns)
