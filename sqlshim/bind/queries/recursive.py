"""WITH RECURSIVE: a CTE that names itself, as a Recursive.

It must have the form `base UNION [ALL] step` and name itself once, in the step, where the rows of
one round decide those of the next: PostgreSQL's rules, with its errors. The columns have the
types of the base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sqlglot import exp

from sqlshim.bind.context import Context, Cte
from sqlshim.bind.queries.set_operations import with_types
from sqlshim.bind.scalars import BindQuery
from sqlshim.bind.scope import Bound, Scope, position
from sqlshim.errors import NotSupportedError, ProgrammingError, TypeMismatch
from sqlshim.ir.relational import Recursive, WorkingTable
from sqlshim.ir.scalar import Column
from sqlshim.types import MAX_PRECISION, Kind, SqlType, common, decimal

_FROM = (exp.From, exp.Join, exp.Lateral, exp.SetOperation, exp.Subquery, exp.CTE)
_KEEPS_LEFT, _KEEPS_RIGHT = ("LEFT", "FULL"), ("RIGHT", "FULL")


def references(query: exp.Expr, name: str) -> list[exp.Table]:
    """Where a query names the CTE `name` of a WITH around it."""
    return [
        table
        for table in query.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier)
        and table.name.casefold() == name.casefold()
        and not table.args.get("db")
        and not _hidden(table, query, name)
    ]


def _hidden(table: exp.Table, query: exp.Expr, name: str) -> bool:
    """Whether a WITH in between means something else by the name."""
    for above in _ancestors(table, query):
        clause = above.args.get("with_")
        if clause is not None and any(c.alias == name for c in clause.expressions):
            return True
    return False


def _ancestors(node: exp.Expr, root: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes above `node`, `root` included."""
    while node is not root:
        parent = node.parent
        if parent is None:
            return
        node = parent
        yield node


def bind_recursive(
    cte: Cte,
    context: Context,
    query: BindQuery,
    declare: Callable[[exp.Expr, Scope | None, Context], None],
) -> Bound:
    """The body of a CTE that names itself; `declare` is for a WITH before its UNION."""
    union = _union_of(cte)
    _check_form(cte, union)
    declare(union, cte.scope, context)
    base = query(union.this, cte.scope)
    types = [_column_type(c.type) for c in base.columns]
    columns = [context.column(c.name, t) for c, t in zip(base.columns, types, strict=True)]
    number = context.number()
    working = replace(cte, working=WorkingTable(number, tuple(columns)))
    context.ctes = (*context.ctes, working)
    step = query(union.expression, cte.scope, settled=False)
    _check_types(cte, columns, step, union)
    inputs = (with_types(base, types, context), with_types(step, types, context))
    distinct = bool(union.args.get("distinct"))
    return Bound(Recursive(number, *inputs, tuple(columns), distinct), columns)


def _union_of(cte: Cte) -> exp.Union:
    body = cte.node.this
    while isinstance(body, exp.Subquery) and not _clauses(body):
        body = body.this
    if not isinstance(body, exp.Union):
        raise _refused(
            f"recursive query {cte.name!r} does not have the form non-recursive-term "
            "UNION [ALL] recursive-term",
            cte.node,
        )
    return body


def _clauses(query: exp.Expr) -> list[str]:
    words = {"order": "ORDER BY", "offset": "OFFSET", "limit": "LIMIT"}
    return [word for key, word in words.items() if query.args.get(key)]


def _refused(message: str, at: exp.Expr) -> ProgrammingError:
    return ProgrammingError(message, sqlstate="42P19", position=position(at))


# --- where a reference may stand -----------------------------------------------------------


def _check_form(cte: Cte, union: exp.Union) -> None:
    named = f"recursive reference to query {cte.name!r} must not appear"
    for table in references(union.this, cte.name):
        raise _refused(f"{named} within its non-recursive term", table)
    clause = union.args.get("with_")
    for table in references(clause, cte.name) if clause is not None else ():
        raise _refused(f"{named} within a subquery", table)
    step = union.expression
    for place, table in enumerate(references(step, cte.name)):
        if where := _wrong_place(table, step):
            raise _refused(f"{named} within {where}", table)
        if place:
            raise _refused(f"{named} more than once", table)
        _check_aggregates(table)
    for word in _clauses(union):
        raise NotSupportedError(
            f"{word} in a recursive query is not implemented",
            position=position(union.expression),
            hint=f"Put the {word} into the query that reads it.",
        )


def _wrong_place(table: exp.Table, step: exp.Expr) -> str:
    """The place, in PostgreSQL's words, in which no reference may stand; "" if there is none."""
    node: exp.Expr = table
    if any(join.side in _KEEPS_RIGHT for join in table.args.get("joins") or ()):
        return "an outer join"
    for parent in _ancestors(table, step):
        if isinstance(node, exp.Query) and not isinstance(parent, _FROM):
            return "a subquery"
        if _is_optional(node, parent):
            return "an outer join"
        if isinstance(parent, exp.Except) and (node is parent.expression or _is_all(parent)):
            return "EXCEPT"
        if isinstance(parent, exp.Intersect) and _is_all(parent):
            return "INTERSECT"
        node = parent
    return ""


def _is_all(node: exp.SetOperation) -> bool:
    return not node.args.get("distinct")


def _is_optional(node: exp.Expr, parent: exp.Expr) -> bool:
    """Whether `node` is a source of `parent` that an outer join fills up with NULLs."""
    joins = parent.args.get("joins") or []
    if isinstance(node, exp.Join):
        if node.side in _KEEPS_LEFT:
            return True
        joins = joins[[j is node for j in joins].index(True) + 1 :]
    elif not isinstance(node, exp.From):
        return False
    return any(join.side in _KEEPS_RIGHT for join in joins)


def _check_aggregates(table: exp.Table) -> None:
    """None in the SELECT that reads the reference itself."""
    select = table.find_ancestor(exp.Query)
    if not isinstance(select, exp.Select):
        return
    for found in select.find_all(exp.AggFunc):
        over = found.find_ancestor(exp.Window, exp.Query)
        if over is select:
            raise _refused(
                "aggregate functions are not allowed in a recursive query's recursive term", found
            )


# --- types ---------------------------------------------------------------------------------


def _column_type(t: SqlType) -> SqlType:
    """That of the base; any step may make a NULL, and digits before the point."""
    if t.kind is Kind.DECIMAL and t.precision is not None:
        return decimal(MAX_PRECISION, t.scale or 0)
    return t.with_null(True)


def _check_types(cte: Cte, columns: list[Column], step: Bound, union: exp.Union) -> None:
    if len(columns) != len(step.columns):
        raise ProgrammingError(
            "each UNION query must have the same number of columns",
            sqlstate="42601",
            position=position(union.expression),
        )
    for place, (column, made) in enumerate(zip(columns, step.columns, strict=True), 1):
        met = common(column.type, made.type)
        if met is not None and str(met) == str(column.type):
            continue
        if met is None:
            raise TypeMismatch(
                f"UNION types {str(column.type).lower()} and {str(made.type).lower()} "
                "cannot be matched",
                position=position(union.expression),
            )
        raise TypeMismatch(
            f"recursive query {cte.name!r} column {place} has type {str(column.type).lower()} "
            f"in non-recursive term but type {str(met).lower()} overall",
            position=position(union.this),
            hint="Cast the output of the non-recursive term to the correct type.",
        )
