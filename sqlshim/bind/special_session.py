"""What a session says of itself: VERSION(), CURRENT_USER, PG_TYPEOF(x). All are constants."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, text_literal
from sqlshim.ir.scalar import Scalar
from sqlshim.types import Kind, SqlType

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


def pg_typeof(node: exp.Expr, binds: Binds) -> Scalar:
    arg = node.this if isinstance(node, exp.Typeof) else node.expressions[0]
    return text_literal(type_name(binds.scalar(arg).type))


_VERSION = _says("PostgreSQL 15 (sqlshim)")
SPECIAL: dict[type[exp.Expr], Special] = {
    exp.CurrentVersion: _VERSION,
    exp.CurrentUser: _says(USER),
    exp.SessionUser: _says(USER),
    exp.CurrentSchema: _says(SCHEMA),
    exp.CurrentDatabase: _says(DATABASE),
    exp.CurrentCatalog: _says(DATABASE),
    exp.Typeof: pg_typeof,
}
CALLS: dict[str, Special] = {
    "version": _VERSION,
    "pg_typeof": pg_typeof,
    "current_database": _says(DATABASE),
    "database": _says(DATABASE),
    "current_schema": _says(SCHEMA),
}
