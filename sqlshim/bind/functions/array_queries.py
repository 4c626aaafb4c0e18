"""ARRAY(SELECT …): the rows of a query of one column as an array, in the query's order."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.coerce import call
from sqlshim.bind.context import Context
from sqlshim.bind.scope import Bound
from sqlshim.errors import ProgrammingError
from sqlshim.functions import aggregates as agg
from sqlshim.functions import conditional
from sqlshim.ir.relational import Aggregate, Limit, Project, Rel, Sort
from sqlshim.ir.scalar import AggregateCall, Literal, Scalar, SortKey, Subquery, SubqueryKind
from sqlshim.types import array


def is_of_rows(node: exp.Expr, dialect: str) -> bool:
    """Whether it is ARRAY(SELECT …) and no list of elements that has a subquery in it."""
    if len(node.expressions) != 1 or node.args.get("value_constructor"):
        return False
    (only,) = node.expressions
    if isinstance(only, exp.Subquery):  # ARRAY((SELECT …)) has an element in these dialects
        return dialect not in ("spark", "databricks", "hive", "snowflake", "clickhouse")
    return isinstance(only, exp.Query)


def array_of_rows(bound: Bound, context: Context) -> Scalar:
    """An empty array where the query has no rows."""
    if len(bound.columns) != 1:
        raise ProgrammingError("subquery must return only one column", sqlstate="42601")
    column = bound.columns[0]
    t = array(column.type.with_null(True))
    rel, keys = _ordered(bound.rel)
    made = context.column("array", t)
    gathered = AggregateCall(agg.ARRAY_AGG, (column,), t, order=keys)
    found = Subquery(SubqueryKind.SCALAR, Aggregate(rel, (), ((made, gathered),)), t)
    return call(conditional.COALESCE, found, Literal([], t.with_null(False)))


def _ordered(rel: Rel) -> tuple[Rel, tuple[SortKey, ...]]:
    """A relation with the same rows and the keys that it is sorted by; a Project that only drops
    sort keys goes, so that they can be named."""
    inner = rel
    if isinstance(rel, Project) and all(c == e for c, e in rel.items):
        inner = rel.input
    below = inner.input if isinstance(inner, Limit) else inner
    return (inner, below.keys) if isinstance(below, Sort) else (rel, ())
