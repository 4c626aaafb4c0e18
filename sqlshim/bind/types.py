"""sqlglot data types as SQL types: for CAST, CREATE TABLE and declared schemas."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.expressions import DataType

from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.types import (
    BIGINT,
    BOOLEAN,
    BYTES,
    DATE,
    DECIMAL,
    DOUBLE,
    DURATION,
    INTEGER,
    INTERVAL,
    JSON,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    SqlType,
    array,
    decimal,
    map_of,
    struct,
)

_D = DataType.Type
_SIMPLE: dict[object, SqlType] = {
    _D.BOOLEAN: BOOLEAN,
    _D.BIT: BOOLEAN,
    _D.TINYINT: SMALLINT,
    _D.UTINYINT: SMALLINT,
    _D.SMALLINT: SMALLINT,
    _D.SMALLSERIAL: SMALLINT,
    _D.INT: INTEGER,
    _D.MEDIUMINT: INTEGER,
    _D.USMALLINT: INTEGER,
    _D.SERIAL: INTEGER,
    _D.UINT: BIGINT,
    _D.BIGINT: BIGINT,
    _D.BIGSERIAL: BIGINT,
    _D.UBIGINT: decimal(20, 0),
    _D.INT128: decimal(38, 0),
    _D.FLOAT: REAL,
    _D.DOUBLE: DOUBLE,
    _D.TEXT: TEXT,
    _D.VARCHAR: TEXT,
    _D.NVARCHAR: TEXT,
    _D.CHAR: TEXT,
    _D.NCHAR: TEXT,
    _D.BPCHAR: TEXT,
    _D.NAME: TEXT,
    _D.TINYTEXT: TEXT,
    _D.MEDIUMTEXT: TEXT,
    _D.LONGTEXT: TEXT,
    _D.BINARY: BYTES,
    _D.VARBINARY: BYTES,
    _D.BLOB: BYTES,
    _D.TINYBLOB: BYTES,
    _D.MEDIUMBLOB: BYTES,
    _D.LONGBLOB: BYTES,
    _D.DATE: DATE,
    _D.DATE32: DATE,
    _D.TIME: TIME,
    _D.TIMESTAMP: TIMESTAMP,
    _D.TIMESTAMPNTZ: TIMESTAMP,
    _D.DATETIME: TIMESTAMP,
    _D.DATETIME2: TIMESTAMP,
    _D.SMALLDATETIME: TIMESTAMP,
    _D.TIMESTAMPTZ: TIMESTAMPTZ,
    _D.TIMESTAMPLTZ: TIMESTAMPTZ,
    _D.INTERVAL: INTERVAL,
    _D.UUID: UUID,
    _D.JSON: JSON,
    _D.JSONB: JSON,
}


def sql_type(node: exp.Expr) -> SqlType:
    """The SQL type that a type name in a statement stands for (nullable).

    Lengths of VARCHAR and CHAR are not enforced by any store here and are dropped.
    Raises NotSupportedError for a type that sqlshim has no values for.
    """
    if not isinstance(node, DataType):
        raise ProgrammingError(f"type {node.sql()!r} does not exist", sqlstate="42704")
    kind = node.this
    if kind in (_D.DECIMAL, _D.BIGDECIMAL, _D.MONEY):
        return _decimal(node)
    if kind in (_D.ARRAY, _D.LIST) and node.expressions:
        return array(sql_type(node.expressions[0]))
    if kind is _D.STRUCT and node.expressions:
        return struct(tuple((f.name, sql_type(f.args["kind"])) for f in node.expressions))
    if kind is _D.MAP and len(node.expressions) == 2:
        key, value = map(sql_type, node.expressions)
        return map_of(key, value)
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind is _D.USERDEFINED and node.sql().strip('"').lower() == "duration":
        return DURATION
    if kind is _D.USERDEFINED:
        raise ProgrammingError(f"type {node.sql()!r} does not exist", sqlstate="42704")
    raise NotSupportedError(f"type {node.sql()} is not supported")


def _decimal(node: DataType) -> SqlType:
    sizes = [int(p.name) for p in node.expressions]
    if not sizes:
        return DECIMAL
    precision, scale = sizes[0], sizes[1] if len(sizes) > 1 else 0
    if not (1 <= precision <= 38 and 0 <= scale <= precision):
        raise ProgrammingError(
            f"DECIMAL({precision},{scale}) is out of range",
            sqlstate="22023",
            hint="Precision is 1 to 38, scale 0 to the precision.",
        )
    return decimal(precision, scale)
