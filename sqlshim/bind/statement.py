"""A whole statement of any kind: which binder it gets, and the numbers of its parameters.

`bind` is the one entry point of this package, called by `engine.prepare`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from sqlshim.bind.context import Context, Slot, Tables
from sqlshim.bind.statements.change import bind_delete, bind_truncate, bind_update
from sqlshim.bind.statements.ddl import bind_attach, bind_create, bind_detach, bind_drop
from sqlshim.bind.statements.insert import bind_insert
from sqlshim.bind.statements.query_statement import bind_query
from sqlshim.bind.statements.settings import bind_set
from sqlshim.errors import (
    Error,
    NotSupportedError,
    ProgrammingError,
    StatementTooComplex,
)
from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import Rel
from sqlshim.ir.scalar import Param, Scalar
from sqlshim.ir.statement import (
    Attach,
    CreateTable,
    Delete,
    Insert,
    Query,
    Statement,
    Update,
)
from sqlshim.sql.parse import TEXT_OF_TREE
from sqlshim.types import SqlType


@dataclass(frozen=True, slots=True)
class BoundStatement:
    """The statement, and where the values of its Params come from (by Param.index)."""

    statement: Statement
    slots: tuple[Slot, ...]


def bind(
    tree: exp.Expr,
    tables: Tables,
    param_types: Sequence[SqlType] = (),
    dialect: str = "postgres",
    known: Mapping[int, str] | None = None,
) -> BoundStatement:
    """Names and types resolved. ProgrammingError subclasses with positions, NotSupportedError;
    NeedsValue where it goes by the value of an argument that is not `known`."""
    text = tree.meta.get(TEXT_OF_TREE, "")
    context = Context(tables, param_types, dialect, known or {}, text)
    binder: _Binder | None = _BINDERS.get(type(tree))
    if binder is None:
        if not isinstance(tree, exp.Query | exp.Values):
            raise _unknown_statement(tree)
        binder = bind_query
    try:
        return _with_own_params(binder(tree, context), context)
    except RecursionError as error:
        raise StatementTooComplex(
            "the statement is nested too deeply", hint="Flatten it."
        ) from error


def _unknown_statement(tree: exp.Expr) -> Error:
    words = tree.sql().split()[:1]
    if isinstance(tree, exp.Alias | exp.Column | exp.Literal | exp.Condition):
        return ProgrammingError(
            f'syntax error at or near "{words[0] if words else ""}"', sqlstate="42601", position=1
        )
    name = tree.this if isinstance(tree, exp.Command) else tree.key
    return NotSupportedError(f"{str(name).upper()} is not supported yet", position=1)


def _with_own_params(statement: Statement, context: Context) -> BoundStatement:
    """Renumber Params so that each (slot, type) has its own index."""
    if not context.slots:
        return BoundStatement(statement, ())
    slots: dict[Slot, int] = {}

    def renumber(expr: Scalar) -> Scalar:
        if not isinstance(expr, Param):
            return expr
        slot = replace(context.slots[expr.index], type=expr.type)
        return Param(slots.setdefault(slot, len(slots)), expr.type)

    def change(rel: Rel) -> Rel:
        return mapping.map_scalars(rel, lambda e: walk.rewrite(e, renumber))

    match statement:
        case Query():
            statement = replace(statement, rel=walk.transform(statement.rel, change))
        case Insert() | Update() | Delete():
            statement = replace(statement, source=walk.transform(statement.source, change))
        case CreateTable(source=source) if source is not None:
            statement = replace(statement, source=walk.transform(source, change))
        case Attach():
            statement = replace(statement, uri=walk.rewrite(statement.uri, renumber))
    return BoundStatement(statement, tuple(slots))


_Binder = Callable[[exp.Expr, Context], Statement]
_BINDERS: dict[type[exp.Expr], _Binder] = {
    exp.Insert: bind_insert,
    exp.Update: bind_update,
    exp.Delete: bind_delete,
    exp.TruncateTable: bind_truncate,
    exp.Create: bind_create,
    exp.Drop: bind_drop,
    exp.Attach: bind_attach,
    exp.Detach: bind_detach,
    exp.Set: bind_set,
}
