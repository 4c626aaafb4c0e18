"""The output side of a SELECT: result names, and what ORDER BY's names and ordinals mean."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.expressions import DataType

from sqlshim.bind.context import Context
from sqlshim.bind.scope import matching, position
from sqlshim.errors import ProgrammingError
from sqlshim.functions import documents
from sqlshim.ir.scalar import Call, Column, Literal, Scalar
from sqlshim.sql.params import PREFIX

_D = DataType.Type
Items = list[tuple[Column, Scalar]]


def where_is(column: str, node: exp.Select) -> int | None:
    """Where an ungrouped column stands: in the select list, HAVING or ORDER BY."""
    places = [*node.expressions, node.args.get("having"), node.args.get("order")]
    for place in places:
        for found in place.find_all(exp.Column) if place is not None else ():
            if found.name.casefold() == column.casefold():
                return position(found)
    return None


def retyped(column: Column, value: Scalar) -> Column:
    """The output column after grouping: a key that is passed through keeps the key's number."""
    if isinstance(value, Column) and value.name == column.name:
        return value
    return Column(column.id, column.name, value.type)


def distinct_numbers(items: Items, context: Context) -> tuple[Items, list[Column]]:
    """Items whose output numbers differ: a column selected twice is renumbered the second time."""
    seen: set[int] = set()
    fresh: Items = []
    for column, value in items:
        if column.id in seen:
            column = context.column(column.name, column.type)
        seen.add(column.id)
        fresh.append((column, value))
    return fresh, [c for c, _ in fresh]


def output_name(entry: exp.Expr, value: Scalar, text: str) -> str:
    """PostgreSQL's names: a column's own (as stored), a function's as written, a type's, or
    ?column?. `text` is the statement's."""
    return _strong_name(entry, value, text) or _weak_name(entry.unnest()) or "?column?"


def _strong_name(entry: exp.Expr, value: Scalar | None, text: str) -> str | None:
    """The name of a column or a function, which a CAST or a CASE around it keeps."""
    node = entry.unnest()
    match node:
        case exp.Column():
            if node.name.startswith(PREFIX):
                return None
            return _stored_name(value) or node.name
        case exp.Parameter():
            return _stored_name(value)
        case exp.Dot():
            return _stored_name(value) or node.expression.name
        case (
            exp.Cast()
            | exp.Filter()
            | exp.Collate()
            | exp.Window()
            | exp.WithinGroup()
            | exp.IgnoreNulls()
            | exp.RespectNulls()
        ):
            return _strong_name(node.this, value, text)
        case exp.Bracket():
            return _strong_name(node.this, value, text) or _weak_name(node.this.unnest())
        case exp.Array():
            return "array"
        case exp.AtTimeZone():
            return "timezone"
        case exp.Overlaps():
            return "overlaps"
        case exp.Case():
            default = node.args.get("default")
            return None if default is None else _strong_name(default, None, text)
        case exp.Exists():
            return "exists"
        case exp.Subquery(this=exp.Select()) | exp.Select():
            first = (node.this if isinstance(node, exp.Subquery) else node).expressions[0]
            return first.alias or _strong_name(first, value, text) or _weak_name(first.unnest())
        case exp.Func() | exp.Mod() if not isinstance(node, exp.Connector):
            return _function_name(node, text)
        case _:
            return None


def _stored_name(value: Scalar | None) -> str | None:
    """The name of a column, or of the field of a struct, as it is stored."""
    match value:
        case Column():
            return value.name
        case Call(fn=documents.FIELD, args=(_, Literal(value=str() as name))):
            return name
        case _:
            return None


def _function_name(node: exp.Expr, text: str) -> str | None:
    """As written; what has a syntax of its own goes by a name of PostgreSQL's."""
    if "start" in node.meta:
        return text[node.meta["start"] : node.meta["end"] + 1].strip('"').lower()
    if isinstance(node, exp.Trim):
        return _TRIMS.get(str(node.args.get("position") or "").upper(), "btrim")
    if isinstance(node, exp.Binary | exp.Concat):  # operators: a % b, a ^ b, 'a' 'b'
        return None
    known = node.sql_name() if isinstance(node, exp.Func) else ""
    return _FUNCTION_NAMES.get(type(node)) or str(known).lower()


def _weak_name(node: exp.Expr) -> str | None:
    """The name of a CASE, or of the type of a constant or an operation that is cast."""
    if isinstance(node, exp.Collate):
        return _weak_name(node.this)
    if isinstance(node, exp.Case | exp.If):
        return "case"
    if isinstance(node, exp.Interval):
        return "interval"
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.IntDiv):
        return "div"
    if isinstance(node, exp.Cast) and isinstance(node.to, exp.DataType):
        kind = node.to.this
        while kind is _D.ARRAY and node.to.expressions:
            node = exp.Cast(this=node.this, to=node.to.expressions[0].copy())
            kind = node.to.this
        return _TYPE_NAMES.get(kind) or str(kind.value).lower()
    return None


_TRIMS = {"LEADING": "ltrim", "TRAILING": "rtrim"}
_FUNCTION_NAMES: dict[type[exp.Expr], str] = {
    exp.JSONArrayAgg: "json_agg",
    exp.JSONObject: "json_object",
    exp.JSONObjectAgg: "json_object_agg",
    exp.JSONValue: "json_value",
    exp.StrPosition: "position",
    exp.TimestampTrunc: "date_trunc",
    exp.CurrentTimestamp: "current_timestamp",
    exp.GroupConcat: "string_agg",
}
_TYPE_NAMES: dict[object, str] = {
    _D.BOOLEAN: "bool",
    _D.SMALLINT: "int2",
    _D.INT: "int4",
    _D.BIGINT: "int8",
    _D.DECIMAL: "numeric",
    _D.BIGDECIMAL: "numeric",
    _D.FLOAT: "float4",
    _D.DOUBLE: "float8",
    _D.CHAR: "bpchar",
    _D.VARBINARY: "bytea",
}


def no_text_constant(node: exp.Literal, clause: str) -> None:
    """ORDER BY 'name' sorts nothing: it is refused, as in PostgreSQL."""
    if node.is_string:
        raise ProgrammingError(
            f"non-integer constant in {clause}",
            sqlstate="42601",
            position=position(node),
            hint="A name is written without quotes, or in double quotes.",
        )


def output_key(target: exp.Expr, items: Items) -> Scalar | None:
    """ORDER BY 2, or ORDER BY an output name: the value of that item; None if it is neither."""
    if isinstance(target, exp.Literal):
        no_text_constant(target, "ORDER BY")
        if not target.this.isdigit() or not 1 <= int(target.this) <= len(items):
            raise ProgrammingError(
                f"ORDER BY position {target.this} is not in select list",
                sqlstate="42P10",
                position=position(target),
            )
        return items[int(target.this) - 1][1]
    if not isinstance(target, exp.Column) or target.args.get("table") is not None:
        return None
    ident = target.this
    if not isinstance(ident, exp.Identifier):
        return None
    found = matching(ident.name, bool(ident.args.get("quoted")), items, lambda i: i[0].name)
    values = {e for _, e in found}
    if len(values) > 1:
        raise ProgrammingError(
            f"ORDER BY {ident.name!r} is ambiguous", sqlstate="42702", position=position(target)
        )
    return found[0][1] if found else None
