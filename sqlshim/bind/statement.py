"""A whole statement: queries, and as much of INSERT, CREATE TABLE and DROP TABLE as exists so far.

`bind` is the one entry point of this package, called by `engine.prepare`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from sqlshim.bind.coerce import coerce, settle
from sqlshim.bind.context import Context, Slot, Tables
from sqlshim.bind.query import QueryBinder
from sqlshim.bind.scalars import ScalarBinder
from sqlshim.bind.scope import Scope, matching, position
from sqlshim.bind.sharing import unshare_single
from sqlshim.bind.types import sql_type
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import (
    Error,
    NotSupportedError,
    ProgrammingError,
    StatementTooComplex,
    TypeMismatch,
    UnknownColumn,
    UnknownTable,
)
from sqlshim.ir import mapping, walk
from sqlshim.ir.relational import Project, Rel, Values
from sqlshim.ir.scalar import Param, Scalar
from sqlshim.ir.statement import CreateTable, DropTable, Insert, NewColumn, Query, Statement
from sqlshim.sql.parse import TEXT_OF_TREE
from sqlshim.types import FLOATS, INSTANTS, INTEGERS, NUMBERS, Kind, SqlType


@dataclass(frozen=True, slots=True)
class BoundStatement:
    """The statement, and where the values of its Params come from (by Param.index)."""

    statement: Statement
    slots: tuple[Slot, ...]


def bind(
    tree: exp.Expr, tables: Tables, param_types: Sequence[SqlType] = (), dialect: str = "postgres"
) -> BoundStatement:
    """Names and types resolved. ProgrammingError subclasses with positions, NotSupportedError."""
    context = Context(tables, param_types, dialect, tree.meta.get(TEXT_OF_TREE, ""))
    binder: _Binder | None = _BINDERS.get(type(tree))
    if binder is None:
        if not isinstance(tree, exp.Query | exp.Values):
            raise _unknown_statement(tree)
        binder = _query
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


def _query(tree: exp.Expr, context: Context) -> Query:
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
        case Insert():
            statement = replace(statement, source=walk.transform(statement.source, change))
    return BoundStatement(statement, tuple(slots))


# --- INSERT --------------------------------------------------------------------------------


def _insert(tree: exp.Expr, context: Context) -> Insert:
    for clause in ("conflict", "returning", "overwrite", "with_"):
        if tree.args.get(clause):
            raise NotSupportedError(f"INSERT … {clause.upper()} is not supported yet")
    target = tree.this
    names = target.expressions if isinstance(target, exp.Schema) else []
    table = _table(target.this if isinstance(target, exp.Schema) else target, context)
    columns = [_target_column(n, table) for n in names] if names else _visible(table)
    repeated = {c.name for c in columns if sum(o.name == c.name for o in columns) > 1}
    if repeated:
        raise ProgrammingError(
            f"column {repeated.pop()!r} specified more than once",
            sqlstate="42701",
            position=position(target),
        )
    if tree.expression is None or not isinstance(tree.expression, exp.Query | exp.Values):
        raise NotSupportedError("INSERT … DEFAULT VALUES is not supported yet")
    if isinstance(tree.expression, exp.Values):
        source: Rel = _inserted_values(tree.expression, columns, bool(names), context)
    else:
        bound = QueryBinder(context).query(tree.expression, None, settled=False)
        _check_width(len(bound.columns), columns, bool(names), tree.expression)
        rel = unshare_single(bound.rel) if context.shared else bound.rel
        source = _assigned(rel, columns, context, tree.expression)
    columns = columns[: len(source.columns)]
    return Insert(table, tuple(c.name for c in columns), source)


def _check_width(width: int, columns: list[TableColumn], named: bool, node: exp.Expr) -> None:
    if width > len(columns) or (named and width < len(columns)):
        more = "expressions than target columns"
        if width < len(columns):
            more = "target columns than expressions"
        raise ProgrammingError(f"INSERT has more {more}", sqlstate="42601", position=position(node))


def _inserted_values(
    node: exp.Values, columns: list[TableColumn], named: bool, context: Context
) -> Values:
    """The rows of INSERT … VALUES: each cell takes its target's type (not its neighbours')."""
    binder = ScalarBinder(context, Scope(), QueryBinder(context).query, "VALUES")
    rows: list[tuple[Scalar, ...]] = []
    for entry in node.expressions:
        cells = entry.expressions if isinstance(entry, exp.Tuple) else [entry]
        _check_width(len(cells), columns, named, entry)
        if rows and len(cells) != len(rows[0]):
            raise ProgrammingError(
                "VALUES lists must all be the same length",
                sqlstate="42601",
                position=position(entry),
            )
        pairs = zip(cells, columns, strict=False)
        rows.append(tuple(_assign(binder.scalar(cell), c, cell) for cell, c in pairs))
    targets = columns[: len(rows[0])]
    made = tuple(context.column(c.name, c.type.with_null(True)) for c in targets)
    return Values(made, tuple(rows))


def _table(node: exp.Expr, context: Context) -> Table:
    parts = [
        (part.name, bool(part.args.get("quoted")))
        for part in (node.args.get("catalog"), node.args.get("db"), node.this)
        if part is not None and part.name
    ]
    try:
        return context.tables.find(parts)
    except Error as error:
        if error.position is None:
            error.position = position(node)
        raise


def _visible(table: Table) -> list[TableColumn]:
    return [c for c in table.columns if not c.hidden]


def _target_column(ident: exp.Expr, table: Table) -> TableColumn:
    visible = _visible(table)
    found = matching(ident.name, bool(ident.args.get("quoted")), visible, lambda c: c.name)
    if len(found) != 1:
        raise UnknownColumn(ident.name, [c.name for c in visible], position(ident))
    return found[0]


def _assigned(rel: Rel, columns: list[TableColumn], context: Context, node: exp.Expr) -> Rel:
    """`rel` with its columns converted to the target's by assignment."""
    below = rel.items if isinstance(rel, Project) else tuple((c, c) for c in rel.columns)
    items = []
    for (_, value), column in zip(below, columns, strict=False):
        new = _assign(value, column, node)
        items.append((context.column(column.name, new.type), new))
    return Project(rel.input if isinstance(rel, Project) else rel, tuple(items))


def _assign(value: Scalar, column: TableColumn, node: exp.Expr) -> Scalar:
    source, target = value.type.kind, column.type.kind
    fits = (
        source in (target, Kind.UNKNOWN)
        or (source in NUMBERS and target in NUMBERS)
        or (source in INSTANTS and target in INSTANTS)
        or target in (Kind.TEXT, Kind.JSON)
    )
    if not fits:
        raise TypeMismatch(
            f"column {column.name!r} is of type {str(column.type).lower()} but expression is of "
            f"type {str(value.type).lower()}",
            position=position(node),
            hint="You will need to rewrite or cast the expression.",
        )
    if isinstance(value, Param) and source in FLOATS | {Kind.DECIMAL} and target in INTEGERS:
        return Param(value.index, column.type.with_null(False))
    try:
        return coerce(value, column.type.with_null(True))
    except Error as error:
        error.position = error.position or position(node)
        raise


# --- CREATE TABLE, DROP TABLE --------------------------------------------------------------


def _create(tree: exp.Expr, context: Context) -> CreateTable:
    kind = (tree.args.get("kind") or "").upper()
    schema = tree.this
    if kind != "TABLE" or not isinstance(schema, exp.Schema) or tree.args.get("expression"):
        what = f"{kind} … AS" if tree.args.get("expression") else kind
        raise NotSupportedError(f"CREATE {what} is not supported yet", position=1)
    columns: list[NewColumn] = []
    key: tuple[str, ...] = ()
    unique: list[tuple[str, ...]] = []
    for entry in schema.expressions:
        match entry:
            case exp.ColumnDef():
                column, is_key, is_unique = _new_column(entry)
                columns.append(column)
                key = (column.name,) if is_key else key
                unique += [(column.name,)] if is_unique else []
            case exp.PrimaryKey():
                key = tuple(_key_name(e, columns) for e in entry.expressions)
            case exp.UniqueColumnConstraint():
                unique.append(tuple(_key_name(e, columns) for e in entry.this.expressions))
            case exp.Constraint():
                raise NotSupportedError("named constraints are not supported yet")
            case _:
                raise NotSupportedError(f"{entry.sql()[:60]} is not supported yet")
    _no_column_twice([e.this for e in schema.expressions if isinstance(e, exp.ColumnDef)])
    columns = [NewColumn(c.name, c.type.with_null(False)) if c.name in key else c for c in columns]
    store, name = _new_name(schema.this, context)
    exists = bool(tree.args.get("exists"))
    return CreateTable(store, name, tuple(columns), key, tuple(unique), exists)


def _no_column_twice(idents: list[exp.Expr]) -> None:
    """Names that differ in case are two names where both are quoted."""
    seen: dict[str, list[exp.Expr]] = {}
    for ident in idents:
        for other in seen.setdefault(ident.name.casefold(), []):
            quoted = ident.args.get("quoted") and other.args.get("quoted")
            if ident.name == other.name or not quoted:
                raise ProgrammingError(
                    f"column {ident.name!r} specified more than once",
                    sqlstate="42701",
                    position=position(ident),
                )
        seen[ident.name.casefold()].append(ident)


def _new_name(node: exp.Expr, context: Context) -> tuple[str, str]:
    """(store, name): unquoted names are kept as written."""
    return node.text("db"), node.name


def _new_column(node: exp.ColumnDef) -> tuple[NewColumn, bool, bool]:
    if node.args.get("kind") is None:
        raise ProgrammingError(
            f"column {node.name!r} has no type", sqlstate="42601", position=position(node)
        )
    try:
        t = sql_type(node.args["kind"])
    except Error as error:
        error.position = position(node)
        raise
    is_key = is_unique = False
    for constraint in node.args.get("constraints") or ():
        match constraint.kind:
            case exp.PrimaryKeyColumnConstraint():
                is_key = True
            case exp.UniqueColumnConstraint():
                is_unique = True
            case exp.NotNullColumnConstraint():
                t = t.with_null(bool(constraint.kind.args.get("allow_null")))
            case other:
                raise NotSupportedError(
                    f"{other.sql()} is not supported yet", position=position(node)
                )
    return NewColumn(node.name, t), is_key, is_unique


def _key_name(node: exp.Expr, columns: list[NewColumn]) -> str:
    name = node.this.name if isinstance(node, exp.Ordered) else node.name
    found = matching(name, False, columns, lambda c: c.name)
    if len(found) != 1:
        raise UnknownColumn(name, [c.name for c in columns], position(node))
    return found[0].name


def _drop(tree: exp.Expr, context: Context) -> DropTable:
    if (tree.args.get("kind") or "").upper() != "TABLE":
        raise NotSupportedError(f"DROP {tree.args.get('kind')} is not supported yet", position=1)
    found = []
    for node in tree.args.get("tables") or [tree.this]:
        try:
            found.append(_table(node, context))
        except UnknownTable:
            if not tree.args.get("exists"):
                raise
    return DropTable(tuple(found))


_Binder = Callable[[exp.Expr, Context], Statement]
_BINDERS: dict[type[exp.Expr], _Binder] = {
    exp.Insert: _insert,
    exp.Create: _create,
    exp.Drop: _drop,
}
