"""Fields of structs: what `a.b.c` means, and the items that a `*` stands for.

The first part of a dotted name is a table if there is one of that name with such a column, else a
column; every further part is a field. Names of fields follow the rule for columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from sqlshim.bind.binds import Binds, text_literal
from sqlshim.bind.coerce import call, case, logical
from sqlshim.bind.context import Context
from sqlshim.bind.queries.output import Items
from sqlshim.bind.queries.stars import changed
from sqlshim.bind.scope import Scope, Source, find_column, matching, position
from sqlshim.errors import (
    AmbiguousColumn,
    NotSupportedError,
    ProgrammingError,
    TypeMismatch,
    UnknownColumn,
    UnknownTable,
)
from sqlshim.functions import documents
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Call, Column, Scalar, null_of
from sqlshim.types import Kind, SqlType, struct

_PARTS = ("catalog", "db", "table", "this")


def find_value(scope: Scope, node: exp.Column) -> Scalar:
    """The column or the field a dotted name means. UnknownColumn, AmbiguousColumn, UnknownTable."""
    parts = [p for name in _PARTS if isinstance(p := node.args.get(name), exp.Identifier)]
    if len(parts) == 1:
        return _bare(scope, node, parts[0])
    value, rest = _root(scope, node, parts)
    for part in rest:
        value = field(value, part, scope)
    return value


def _bare(scope: Scope, node: exp.Column, ident: exp.Identifier) -> Scalar:
    """A single name: a column, or a field of a row that UNNEST made."""
    found = scope.find_bare(ident)
    record = None if found else scope.find_record(ident)
    if record is not None:
        return field(record, ident, scope)
    source = None if found else scope.find_source(ident)
    return find_column(scope, node) if source is None else _whole(source)


def _whole(source: Source) -> Scalar:
    """A row as a struct; NULL where an outer join found none."""
    columns = source.starred
    if source.scalar and len(columns) == 1:
        return columns[0]
    fields = tuple((c.name, c.type) for c in columns)
    row = Call(documents.ROW_OF, tuple(columns), struct(fields, nullable=False))
    if not all(c.type.nullable for c in columns):
        return row
    absent = logical(op.AND, [call(op.IS_NULL, c) for c in columns])
    return case([(absent, null_of(row.type))], row)


def _root(
    scope: Scope, node: exp.Column, parts: Sequence[exp.Identifier]
) -> tuple[Scalar, Sequence[exp.Identifier]]:
    """What a dotted name begins with, and the fields that follow."""
    first, second = parts[0], parts[1]
    source = scope.find_source(first)
    if source is not None:
        if matching(second.name, _quoted(second), source.columns, lambda c: c.name):
            return find_column(scope, exp.column(second, table=first)), parts[2:]
        if source.record is not None:
            return source.record, parts[1:]
    found = scope.find_bare(first)
    if len(found) == 1 and (source is None or found[0].type.kind is Kind.STRUCT):
        if source is None and found[0].type.kind is not Kind.STRUCT and len(parts) == 2:
            raise UnknownTable(first.name, scope.aliases(), position(node))
        return found[0], parts[1:]
    if source is None and len(parts) > 2 and scope.find_source(second) is not None:
        return _root(scope, node, parts[1:])  # database.table.column
    if source is None:
        structs = [c.name for c in scope.star() if c.type.kind is Kind.STRUCT]
        fields = scope.unknown_fields(*(p.name for p in parts))
        raise UnknownTable(first.name, [*scope.aliases(), *structs], position(node), fields)
    return find_column(scope, exp.column(second, table=first)), parts[2:]


def field(value: Scalar, ident: exp.Identifier, scope: Scope) -> Scalar:
    """One field of a struct. `scope` knows of what the struct is a part."""
    name = ident.name
    if value.type.kind is not Kind.STRUCT:
        raise TypeMismatch(
            f"column notation .{name} applied to type {str(value.type).lower()}, which is not a "
            "struct",
            sqlstate="42809",
            position=position(ident),
        )
    found = matching(name, _quoted(ident), value.type.fields, lambda f: f[0])
    if not found:
        path = scope.path_of(value)
        fields = [] if path is None else [path.inside(name)]
        known = [n for n, _ in value.type.fields]
        raise UnknownColumn(_shown(value, name), known, position(ident), fields)
    if len(found) > 1:
        raise AmbiguousColumn(name, [n for n, _ in found], position(ident))
    return field_call(value, *found[0])


def field_call(value: Scalar, name: str, t: SqlType) -> Call:
    """The field `name` of `value`, whose type has it as `t`."""
    nullable = t.nullable or value.type.nullable
    return Call(documents.FIELD, (value, text_literal(name)), t.with_null(nullable))


def _shown(value: Scalar, name: str) -> str:
    if isinstance(value, Column):
        return f"{value.name}.{name}"
    return name


def _quoted(ident: exp.Identifier) -> bool:
    return bool(ident.args.get("quoted"))


def dot(node: exp.Expr, binds: Binds) -> Scalar:
    """(value).field"""
    if not isinstance(node.expression, exp.Identifier):
        raise NotSupportedError(f"{node.sql()[:60]} is not supported", position=position(node))
    return field(binds.scalar(node.this), node.expression, binds.scope)


# --- stars ---------------------------------------------------------------------------------


def star_items(entry: exp.Expr, scope: Scope, binds: Binds) -> Items | None:
    """The items of `*`, `t.*`, `address.*` or `(value).*`; None if `entry` is none of them."""
    if isinstance(entry, exp.Star):
        return changed(_all(entry, scope, binds.context), entry, binds)
    if isinstance(entry, exp.Dot) and isinstance(entry.expression, exp.Star):
        return _fields_of(binds.scalar(entry.this), entry, binds.context)
    if not isinstance(entry, exp.Column) or not isinstance(entry.this, exp.Star):
        return None
    parts = [p for name in _PARTS if isinstance(p := entry.args.get(name), exp.Identifier)]
    source = scope.find_source(parts[-1])
    if source is not None:
        return changed(_expanded(source.starred, scope, binds.context), entry, binds)
    if len(parts) == 1 and not scope.find_bare(parts[0]):
        raise UnknownTable(parts[0].name, scope.aliases(), position(entry))
    return _fields_of(find_value(scope, _named(parts)), entry, binds.context)


def _named(parts: Sequence[exp.Identifier]) -> exp.Column:
    return exp.Column(**dict(zip(_PARTS[len(_PARTS) - len(parts) :], parts, strict=True)))


def _all(entry: exp.Star, scope: Scope, context: Context) -> Items:
    if not scope.sources:
        raise ProgrammingError(
            "SELECT * with no tables specified is not valid",
            sqlstate="42601",
            position=position(entry),
        )
    return _expanded(scope.star(), scope, context)


def _expanded(columns: Sequence[Column], scope: Scope, context: Context) -> Items:
    """The columns, with rows that UNNEST made of documents shown as their fields."""
    records = {s.record.id for s in scope.sources if s.record is not None}
    items: Items = []
    for column in columns:
        items += _fields(column, context) if column.id in records else [(column, column)]
    return items


def _fields_of(value: Scalar, entry: exp.Expr, context: Context) -> Items:
    if value.type.kind is not Kind.STRUCT:
        raise TypeMismatch(
            f"type {str(value.type).lower()} is not a struct",
            sqlstate="42809",
            position=position(entry),
        )
    return _fields(value, context)


def _fields(value: Scalar, context: Context) -> Items:
    calls = ((name, field_call(value, name, t)) for name, t in value.type.fields)
    return [(context.column(name, call.type), call) for name, call in calls]


def by_place(node: exp.Expr, scope: Scope, table: exp.Expr | None) -> Column:
    """Snowflake's `$1`: a column by its place in FROM, or in a table."""
    source = scope.find_source(table) if isinstance(table, exp.Identifier) else None
    columns = scope.star() if source is None else source.starred
    place = node.this.name if isinstance(node.this, exp.Literal) else ""
    if not place.isdigit():
        raise NotSupportedError(f"{node.sql()} is not supported", position=position(node))
    if isinstance(table, exp.Identifier) and source is None:
        raise UnknownTable(table.name, [s.alias for s in scope.sources], position(table))
    if not 1 <= int(place) <= len(columns):
        raise UnknownColumn(f"${place}", [c.name for c in columns], position(node))
    return columns[int(place) - 1]
