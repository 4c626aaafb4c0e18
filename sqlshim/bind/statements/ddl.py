"""CREATE TABLE, CREATE TABLE AS, DROP TABLE; ATTACH and DETACH, which make and drop stores."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.coerce import coerce
from sqlshim.bind.context import Context
from sqlshim.bind.queries.query import QueryBinder
from sqlshim.bind.scalars import ScalarBinder
from sqlshim.bind.scope import Scope, matching, position
from sqlshim.bind.statements.insert import named_table
from sqlshim.bind.statements.query_statement import bind_query
from sqlshim.bind.types import sql_type
from sqlshim.bind.unbounded import bounded
from sqlshim.errors import (
    Error,
    NotSupportedError,
    ProgrammingError,
    TypeMismatch,
    UnknownColumn,
    UnknownTable,
)
from sqlshim.ir.scalar import Literal, Param
from sqlshim.ir.statement import Attach, CreateTable, Detach, DropTable, NewColumn
from sqlshim.types import TEXT, Kind


def bind_create(tree: exp.Expr, context: Context) -> CreateTable:
    """CREATE TABLE with definitions of columns, or AS a query."""
    kind = (tree.args.get("kind") or "").upper()
    if kind != "TABLE":
        raise NotSupportedError(f"CREATE {kind} is not supported yet", position=1)
    _no_properties(tree)
    if tree.args.get("expression"):
        return _create_as(tree, context)
    schema = tree.this
    if not isinstance(schema, exp.Schema):
        raise ProgrammingError(
            "a table needs at least one column", sqlstate="42601", position=position(schema)
        )
    columns: list[NewColumn] = []
    key: tuple[str, ...] = ()
    unique: list[tuple[str, ...]] = []
    for entry in schema.expressions:
        match entry:
            case exp.ColumnDef():
                column, is_key, is_unique = _new_column(entry, context)
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
    store, name = _new_name(schema.this)
    exists = bool(tree.args.get("exists"))
    return CreateTable(store, name, tuple(columns), key, tuple(unique), exists)


def _no_properties(tree: exp.Expr) -> None:
    """What would make another kind of table is refused, never ignored."""
    if tree.args.get("replace"):
        raise NotSupportedError(
            "CREATE OR REPLACE TABLE is not supported", hint="DROP TABLE IF EXISTS first."
        )
    properties = tree.args.get("properties")
    for each in properties.expressions if properties is not None else ():
        if not isinstance(each, exp.WithDataProperty):
            raise NotSupportedError(f"CREATE TABLE … {each.sql()[:60]} is not supported yet")


def _create_as(tree: exp.Expr, context: Context) -> CreateTable:
    """The columns are the query's, but for the names that stand after the table's."""
    target = tree.this
    names = target.expressions if isinstance(target, exp.Schema) else []
    for entry in names:
        if not isinstance(entry, exp.Identifier):
            raise NotSupportedError(
                "CREATE TABLE … AS takes names of columns, not definitions",
                position=position(entry),
                hint="CREATE TABLE with the definitions, then INSERT … SELECT.",
            )
    query = bind_query(tree.expression, context)
    if len(names) > len(query.columns):
        raise ProgrammingError(
            "too many column names were specified", sqlstate="42601", position=position(target)
        )
    called = [n.name for n in names] + [c.name for c in query.columns[len(names) :]]
    repeated = {name for name in called if called.count(name) > 1}
    if repeated:
        raise ProgrammingError(
            f"column {min(repeated)!r} specified more than once",
            sqlstate="42701",
            position=position(target),
            hint="Give the columns of the query different names with AS.",
        )
    rel = bounded(query.rel, context.column)
    types = [c.type.with_null(True) for c in rel.columns]
    columns = tuple(NewColumn(n, t) for n, t in zip(called, types, strict=True))
    store, name = _new_name(target.this if isinstance(target, exp.Schema) else target)
    exists = bool(tree.args.get("exists"))
    no_data = any(p.args.get("no") for p in tree.find_all(exp.WithDataProperty))
    return CreateTable(store, name, columns, (), (), exists, rel, filled=not no_data)


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


def _new_name(node: exp.Expr) -> tuple[str, str]:
    """(store, name): unquoted names are kept as written."""
    return node.text("db"), node.name


def _new_column(node: exp.ColumnDef, context: Context) -> tuple[NewColumn, bool, bool]:
    if node.args.get("kind") is None:
        raise ProgrammingError(
            f"column {node.name!r} has no type", sqlstate="42601", position=position(node)
        )
    try:
        t = sql_type(node.args["kind"], context.dialect)
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


def bind_drop(tree: exp.Expr, context: Context) -> DropTable:
    """DROP TABLE of one or several tables."""
    if (tree.args.get("kind") or "").upper() != "TABLE":
        raise NotSupportedError(f"DROP {tree.args.get('kind')} is not supported yet", position=1)
    found = []
    for node in tree.args.get("tables") or [tree.this]:
        try:
            found.append(named_table(node, context))
        except UnknownTable:
            if not tree.args.get("exists"):
                raise
    return DropTable(tuple(found))


# --- ATTACH, DETACH ------------------------------------------------------------------------


def bind_attach(tree: exp.Expr, context: Context) -> Attach:
    """ATTACH 'uri' AS name; the URI may be a parameter."""
    named = tree.this
    if not isinstance(named, exp.Alias):
        raise ProgrammingError(
            "ATTACH needs a name for the store", sqlstate="42601", hint="ATTACH 'uri' AS name"
        )
    if tree.args.get("exists") or tree.expressions:
        raise NotSupportedError("ATTACH takes no options", hint="ATTACH 'uri' AS name")
    uri = named.this
    if isinstance(uri, exp.Var):  # sqlglot's form of a word here: a parameter is one
        uri = exp.column(uri.name)
    binder = ScalarBinder(context, Scope(), QueryBinder(context).query, "ATTACH")
    value = coerce(binder.scalar(uri), TEXT.with_null(False))
    if not isinstance(value, Literal | Param) or value.type.kind is not Kind.TEXT:
        raise TypeMismatch("the URI of ATTACH must be a text", hint="ATTACH 'uri' AS name")
    return Attach(value, named.alias)


def bind_detach(tree: exp.Expr, context: Context) -> Detach:
    """DETACH name."""
    return Detach(tree.name, bool(tree.args.get("exists")))
