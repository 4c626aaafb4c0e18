"""How DuckDB says structs and arrays: rows for the table in `functions`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E, array_of_values, call, cast
from sqlshim.backends.duckdb.compile.operators import Build
from sqlshim.backends.duckdb.fields import field_name, field_names
from sqlshim.functions import documents
from sqlshim.functions.model import Function
from sqlshim.functions.varying import READ_AS
from sqlshim.ir.scalar import Call, Literal


def _array_of(node: Call, args: list[E]) -> E:
    return cast(array_of_values(args), node.type)


def _row_of(node: Call, args: list[E]) -> E:
    fields = [
        exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=arg)
        for name, arg in zip(field_names(node.type), args, strict=True)
    ]
    return cast(exp.Struct(expressions=fields), node.type)


def _field(node: Call, args: list[E]) -> E:
    document, name = node.args
    assert isinstance(name, Literal)
    inside = field_name(document.type, str(name.value))
    return call("struct_extract", args[0], exp.Literal.string(inside))


def _read_as(node: Call, args: list[E]) -> E:
    """Values of a varying field that have a type; they are extended JSON text."""
    return call(f"pg_read_{node.type.kind.value.lower()}", *args)


NESTED: Mapping[Function, Build] = {
    documents.FIELD: _field,
    documents.ARRAY_OF: _array_of,
    documents.ROW_OF: _row_of,
    READ_AS: _read_as,
}
