"""INSERT: its source as a relation whose columns have the types of the table's."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.coerce import coerce
from sqlshim.bind.context import Context
from sqlshim.bind.queries.query import QueryBinder
from sqlshim.bind.scalars import ScalarBinder
from sqlshim.bind.scope import Scope, matching, position
from sqlshim.bind.statements.returning import inserted
from sqlshim.catalog.model import Table, TableColumn
from sqlshim.errors import (
    Error,
    NotSupportedError,
    ProgrammingError,
    TypeMismatch,
    UnknownColumn,
)
from sqlshim.ir.relational import Project, Rel, Values
from sqlshim.ir.scalar import Param, Scalar
from sqlshim.ir.sharing import unshare_single
from sqlshim.ir.statement import Insert
from sqlshim.types import FLOATS, INSTANTS, INTEGERS, NESTED, NUMBERS, Kind


def bind_insert(tree: exp.Expr, context: Context) -> Insert:
    """INSERT … VALUES and INSERT … SELECT."""
    for clause in ("conflict", "overwrite", "with_"):
        if tree.args.get(clause):
            raise NotSupportedError(f"INSERT … {clause.upper()} is not supported yet")
    target = tree.this
    names = target.expressions if isinstance(target, exp.Schema) else []
    table = named_table(target.this if isinstance(target, exp.Schema) else target, context)
    columns = [target_column(n, table) for n in names] if names else _visible(table)
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
        source = _converted(rel, columns, context, tree.expression)
    written = tuple(c.name for c in columns[: len(source.columns)])
    source, returning = inserted(tree, table, written, source, context)
    return Insert(table, written, source, returning)


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
        rows.append(tuple(assigned(binder.scalar(cell), c, cell) for cell, c in pairs))
    targets = columns[: len(rows[0])]
    made = tuple(context.column(c.name, c.type.with_null(True)) for c in targets)
    return Values(made, tuple(rows))


def named_table(node: exp.Expr, context: Context) -> Table:
    """The table that a statement other than a query names."""
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
    return [c for c in table.columns if not c.hidden and c.starred]


def target_column(ident: exp.Expr, table: Table) -> TableColumn:
    """The column that a statement writes. UnknownColumn."""
    visible = _visible(table)
    found = matching(ident.name, bool(ident.args.get("quoted")), visible, lambda c: c.name)
    if len(found) != 1:
        raise UnknownColumn(ident.name, [c.name for c in visible], position(ident))
    return found[0]


def _converted(rel: Rel, columns: list[TableColumn], context: Context, node: exp.Expr) -> Rel:
    """`rel` with its columns converted to the target's by assignment."""
    below = rel.items if isinstance(rel, Project) else tuple((c, c) for c in rel.columns)
    items = []
    for (_, value), column in zip(below, columns, strict=False):
        new = assigned(value, column, node)
        items.append((context.column(column.name, new.type), new))
    return Project(rel.input if isinstance(rel, Project) else rel, tuple(items))


def assigned(value: Scalar, column: TableColumn, node: exp.Expr) -> Scalar:
    """A value as the column takes it (PostgreSQL's assignment cast). TypeMismatch."""
    source, target = value.type.kind, column.type.kind
    fits = (
        source in (target, Kind.UNKNOWN)
        or {source, target} <= NUMBERS | {Kind.NUMERIC}
        or (source in INSTANTS and target in INSTANTS)
        or {source, target} == {Kind.INTERVAL, Kind.DURATION}
        or target in (Kind.TEXT, Kind.JSON)
        or (isinstance(value, Param) and source is Kind.JSON and target in NESTED)
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
