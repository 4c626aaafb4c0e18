"""What a session says of itself: VERSION(), CURRENT_USER, PG_TYPEOF(x). All are constants."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, text_literal
from sqlshim.bind.coerce import call, case, settle
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.types import INTEGERS, NUMBERS, Kind, SqlType

USER, DATABASE, SCHEMA = "sqlshim", "sqlshim", "public"
_TYPE_NAMES = {
    Kind.DECIMAL: "numeric",
    Kind.DOUBLE: "double precision",
    Kind.TIME: "time without time zone",
    Kind.TIMESTAMP: "timestamp without time zone",
    Kind.TIMESTAMPTZ: "timestamp with time zone",
    Kind.UNKNOWN: "unknown",
    Kind.STRUCT: "record",
}


def _says(value: str) -> Special:
    return lambda node, binds: text_literal(value)


def type_name(t: SqlType) -> str:
    """A type as PostgreSQL names it."""
    if t.kind is Kind.ARRAY and t.element is not None:
        return type_name(t.element) + "[]"
    return _TYPE_NAMES.get(t.kind, t.kind.value.lower())


_OF_SQLITE = {Kind.UNKNOWN: "text", Kind.BYTES: "blob"}


def _sqlite_name(value: Scalar) -> str:
    if isinstance(value, Literal) and value.value is None:
        return "null"
    kind = value.type.kind
    if kind in INTEGERS or kind is Kind.BOOLEAN:
        return "integer"
    return "real" if kind in NUMBERS else _OF_SQLITE.get(kind, "text")


def typeof(node: exp.Expr, binds: Binds) -> Scalar:
    """TYPEOF(x) of SQLite, whose NULLs have a type of their own, and of DuckDB."""
    value = binds.scalar(node.this)
    if binds.context.dialect != "sqlite":
        return text_literal(type_name(value.type))
    null = call(op.IS_NULL, settle(value))
    return case([(null, text_literal("null"))], text_literal(_sqlite_name(value)))


def pg_typeof(node: exp.Expr, binds: Binds) -> Scalar:
    return text_literal(type_name(binds.scalar(node.expressions[0]).type))


_VERSION = _says("PostgreSQL 15 (sqlshim)")
SPECIAL: dict[type[exp.Expr], Special] = {
    exp.CurrentVersion: _VERSION,
    exp.CurrentUser: _says(USER),
    exp.SessionUser: _says(USER),
    exp.CurrentSchema: _says(SCHEMA),
    exp.CurrentDatabase: _says(DATABASE),
    exp.CurrentCatalog: _says(DATABASE),
    exp.Typeof: typeof,
}
CALLS: dict[str, Special] = {
    "version": _VERSION,
    "pg_typeof": pg_typeof,
    "current_database": _says(DATABASE),
    "database": _says(DATABASE),
    "current_schema": _says(SCHEMA),
}
