"""WITH: which common table expressions a query sees, and what a reference to one of them is.

`query` declares the CTEs of a WITH clause, `sources` asks for the relation of each reference. A
body is bound where it is named, in the scope in which it stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from sqlshim.bind.context import Context, Cte
from sqlshim.bind.queries.recursive import bind_recursive, references
from sqlshim.bind.queries.search_cycle import expanded
from sqlshim.bind.queries.sharing import is_shareable
from sqlshim.bind.scalars import BindQuery
from sqlshim.bind.scope import Bound, Scope, position
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.ir.relational import Project, Shared, WorkingTable

# where a CTE may name itself without the word RECURSIVE
_NO_KEYWORD = ("tsql", "oracle", "sqlite", "snowflake")


def declare(node: exp.Expr, outer: Scope | None, context: Context) -> None:
    """Put the CTEs of a query's WITH clause in sight; the caller takes them out again."""
    clause = node.args.get("with_")
    if clause is None:
        return
    assert isinstance(clause, exp.With)
    ctes = expanded(clause)
    _check_names(ctes)
    recursive = bool(clause.args.get("recursive"))
    for cte in _in_order(ctes) if recursive else ctes:
        itself = recursive or context.dialect in _NO_KEYWORD
        context.ctes = (*context.ctes, Cte(cte.alias, cte, context.ctes, outer, itself))


def _check_names(ctes: Sequence[exp.CTE]) -> None:
    for place, cte in enumerate(ctes):
        if any(cte.alias == other.alias for other in ctes[:place]):
            raise ProgrammingError(
                f"WITH query name {cte.alias!r} specified more than once",
                sqlstate="42712",
                position=position(cte.args["alias"]),
            )


def _in_order(ctes: Sequence[exp.CTE]) -> list[exp.CTE]:
    """WITH RECURSIVE lets a query name later ones too: each after those that it names."""
    ordered: list[exp.CTE] = []
    entered: list[exp.CTE] = []

    def enter(cte: exp.CTE) -> None:
        if any(cte is known for known in ordered):
            return
        if any(cte is known for known in entered):
            raise NotSupportedError(
                "mutual recursion between WITH items is not implemented", position=position(cte)
            )
        entered.append(cte)
        for other in ctes:
            if other is not cte and references(cte.this, other.alias):
                enter(other)
        ordered.append(cte)

    for cte in ctes:
        enter(cte)
    return ordered


def reference(cte: Cte, context: Context, query: BindQuery) -> Bound:
    """One reference. A body that may differ from one evaluation to the next (the last bits of a
    sum, which rows a LIMIT keeps), or that is dear, is `Shared` by all references."""
    if cte.working is not None:
        columns = [context.column(c.name, c.type) for c in cte.working.columns]
        return Bound(WorkingTable(cte.working.number, tuple(columns)), columns)
    known = context.shared.get(id(cte))
    if known is None:
        bound = _body(cte, context, query)
        if not is_shareable(bound.rel):
            return bound
        known = len(context.shared) + 1, bound, cte
        context.shared[id(cte)] = known
    number, bound, _ = known
    columns = [context.column(c.name, c.type) for c in bound.columns]
    body = bound.rel
    if body.columns != tuple(bound.columns):
        body = Project(body, tuple((c, c) for c in bound.columns))
    return Bound(Shared(number, body, tuple(columns)), columns)


def _body(cte: Cte, context: Context, query: BindQuery) -> Bound:
    outside, context.ctes = context.ctes, cte.sees
    try:
        if cte.recursive and references(cte.node.this, cte.name):
            return bind_recursive(cte, context, query, declare)
        return query(cte.node.this, cte.scope)
    finally:
        context.ctes = outside
