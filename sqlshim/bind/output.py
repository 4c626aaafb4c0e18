"""The output side of a SELECT: result names, and what ORDER BY's names and ordinals mean."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.context import Context
from sqlshim.bind.scope import matching, position
from sqlshim.errors import ProgrammingError
from sqlshim.ir.scalar import Column, Scalar

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


def output_name(entry: exp.Expr, value: Scalar) -> str:
    """PostgreSQL's names: a column's own (as stored), a function's, the cast operand's, ?column?"""
    if isinstance(value, Column) and isinstance(entry.unnest(), exp.Column):
        return value.name
    inner = entry.unnest()
    if isinstance(inner, exp.Cast) and isinstance(inner.this, exp.Column | exp.Func | exp.Cast):
        return output_name(inner.this, value)
    if isinstance(inner, exp.Column):
        return inner.name if not inner.name.startswith("sqlshim_param_") else "?column?"
    if isinstance(inner, exp.Filter):
        return output_name(inner.this, value)
    if isinstance(inner, exp.Case | exp.If):
        return "case"
    if isinstance(inner, exp.Exists):
        return "exists"
    if isinstance(inner, exp.Anonymous):
        return str(inner.this).lower()
    if isinstance(inner, exp.Func) and not isinstance(inner, exp.Cast | exp.And | exp.Or | exp.Xor):
        return (
            _FUNCTION_NAMES.get(type(inner))
            or str(inner.meta.get("name") or inner.sql_name()).lower()
        )
    if isinstance(entry, exp.Subquery) and isinstance(entry.this, exp.Select):
        return (
            output_name(entry.this.expressions[0].unalias(), value)
            if not (entry.this.expressions[0].alias)
            else entry.this.expressions[0].alias
        )
    return "?column?"


_FUNCTION_NAMES: dict[type[exp.Expr], str] = {
    exp.StrPosition: "position",
    exp.TimestampTrunc: "date_trunc",
    exp.Pow: "power",
    exp.Rand: "random",
    exp.CurrentTimestamp: "now",
    exp.LogicalAnd: "bool_and",
    exp.LogicalOr: "bool_or",
    exp.GroupConcat: "string_agg",
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
